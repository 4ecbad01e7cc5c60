// The CUDA C language on a CPU, for tests: as much of it as the kernels use.
//
// A kernel is compiled by an ordinary C++ compiler with this file in front. One block runs at a
// time; scheduler.cpp runs its threads one after another, each until it meets a barrier.
#pragma once
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <type_traits>
#include <utility>

#define __global__
#define __device__
#define __host__
#define __constant__ static const
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#if defined(__SANITIZE_ADDRESS__)
#define __shared__ static  // the sanitizer lays red zones around it
#else
#define __shared__ static __attribute__((section("sim_shared")))  // to be filled before each block
#endif
extern "C" {
extern char __start_sim_shared[] __attribute__((weak, visibility("hidden")));
extern char __stop_sim_shared[] __attribute__((weak, visibility("hidden")));
}

struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x = 1, y = 1, z = 1; };
struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(16) double2 { double x, y; };
struct alignas(4) uchar4 { unsigned char x, y, z, w; };
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;
constexpr int warpSize = 32;

namespace sim {

using Body = void (*)(void* kernel, void** arguments);

// Everything about one launch. `order`: 0 threads and blocks in turn, 1 backwards, else shuffled.
struct Launch {
    Body body;
    void* kernel;
    void** arguments;
    const unsigned *grid, *block;
    int order;
    char *shared_begin, *shared_end;
    unsigned dynamic;   // bytes of shared memory beside
};

const char* run(const Launch&);  // nullptr, or what went wrong
void block_barrier(int line);
uint64_t exchange(unsigned mask, uint64_t value, int source, int line);  // source < 0: own value
unsigned ballot(unsigned mask, bool vote, int line);
int lane();
char* dynamic_shared();

template <class... A, size_t... I>
void call(void (*kernel)(A...), void** arguments, std::index_sequence<I...>) {
    kernel(*static_cast<A*>(arguments[I])...);
}

template <class... A>
const char* launch(void (*kernel)(A...), void** arguments, const unsigned* grid,
                   const unsigned* block, int order, unsigned dynamic) {
    Body body = [](void* k, void** a) {
        call(reinterpret_cast<void (*)(A...)>(k), a, std::index_sequence_for<A...>{});
    };
    return run({body, reinterpret_cast<void*>(kernel), arguments, grid, block, order,
                __start_sim_shared, __stop_sim_shared, dynamic});
}

// "4f p4f p1u 8i": of each parameter the bytes and the kind (f float, i int, u unsigned); p, a
// pointer, says so of what it points to, c that this is const.
template <class T> int describe(char* text, size_t room) {
    using V = std::remove_cv_t<std::remove_pointer_t<T>>;
    const char kind = std::is_floating_point_v<V> ? 'f' : std::is_signed_v<V> ? 'i' : 'u';
    const bool reads = std::is_const_v<std::remove_pointer_t<T>>;
    return snprintf(text, room, "%s%s%d%c ", std::is_pointer_v<T> ? "p" : "",
                    std::is_pointer_v<T> && reads ? "c" : "", int(sizeof(V)), kind);
}

template <class... A> const char* signature(void (*)(A...)) {
    static char text[1024];
    int n = 0;
    ((n += describe<A>(text + n, sizeof text - n)), ...);
    return text;
}

template <class T> T shuffle(unsigned mask, T value, int source, int line) {
    static_assert(sizeof(T) <= 8);
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    bits = exchange(mask, bits, source, line);
    memcpy(&value, &bits, sizeof value);
    return value;
}

inline int down(int by) { return lane() + by < 32 ? lane() + by : -1; }

}  // namespace sim

#define __syncthreads() sim::block_barrier(__LINE__)
#define __syncwarp(...) ((void)sim::exchange(0xffffffffu, 0, -1, __LINE__))
#define __shfl_sync(mask, v, source) sim::shuffle(mask, v, (source) & 31, __LINE__)
#define __shfl_down_sync(mask, v, by) sim::shuffle(mask, v, sim::down(int(by)), __LINE__)
#define __shfl_up_sync(mask, v, by) sim::shuffle(mask, v, sim::lane() - int(by), __LINE__)
#define __shfl_xor_sync(mask, v, with) sim::shuffle(mask, v, sim::lane() ^ int(with), __LINE__)
#define __ballot_sync(mask, vote) sim::ballot(mask, (vote) != 0, __LINE__)
#define __any_sync(mask, vote) (sim::ballot(mask, (vote) != 0, __LINE__) != 0)
#define __all_sync(mask, vote) (sim::ballot(mask, (vote) == 0, __LINE__) == 0)

template <class A, class B> constexpr std::common_type_t<A, B> min(A a, B b) {
    return b < a ? b : a;
}
template <class A, class B> constexpr std::common_type_t<A, B> max(A a, B b) {
    return a < b ? b : a;
}

// Real atomics, so that the thread sanitizer knows them as such.
template <class T, class U> T atomicAdd(T* place, U value) {
    T before, after;
    __atomic_load(place, &before, __ATOMIC_RELAXED);
    do {
        after = before + T(value);
    } while (!__atomic_compare_exchange(place, &before, &after, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED));
    return before;
}
template <class T, class U> T atomicMax(T* place, U value) {
    T before, after = T(value);
    __atomic_load(place, &before, __ATOMIC_RELAXED);
    while (before < after && !__atomic_compare_exchange(place, &before, &after, false,
                                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    return before;
}

template <class T> T __ldg(const T* place) { return *place; }
inline float __int_as_float(int v) { float f; memcpy(&f, &v, 4); return f; }
inline int __float_as_int(float v) { int i; memcpy(&i, &v, 4); return i; }
inline float rsqrtf(float x) { return 1.f / sqrtf(x); }
inline unsigned __umulhi(unsigned a, unsigned b) { return unsigned((uint64_t(a) * b) >> 32); }
