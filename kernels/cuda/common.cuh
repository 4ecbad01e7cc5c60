// What every kernel may use. The launcher (launch.py) defines REAL, float or double, and WIDE where
// an array is too long for 32-bit indices.
#pragma once

#ifndef REAL
#define REAL float
#endif
#ifndef INFINITY  // NVRTC has no math.h
#define INFINITY __int_as_float(0x7f800000)
#endif
#ifndef NAN
#define NAN __int_as_float(0x7fffffff)
#endif

typedef REAL Real;
#ifdef WIDE
typedef long long Index;
typedef long long Offset;
#else
typedef unsigned Index;  // divisions by it are several times faster than in 64 bits
typedef int Offset;      // from one number of an array to another, either way
#endif

// One thread per item: the number of this one. The launcher starts whole blocks, so some threads of
// the last block have a number beyond the items.
__device__ __forceinline__ Index thread_number() {
    return Index(blockIdx.x) * blockDim.x + threadIdx.x;
}

// 16 bytes: the most that a thread can load or store at once.
#define PACK (16 / int(sizeof(Real)))
struct __align__(16) Pack { Real v[PACK]; };

// The numbers x[i] .. x[i + PACK - 1], zeros beyond the n-th.
__device__ __forceinline__ Pack load(const Real* x, Index i, Index n) {
    if (i + PACK <= n && (size_t)(x + i) % 16 == 0) return *reinterpret_cast<const Pack*>(x + i);
    Pack p;
#pragma unroll
    for (int k = 0; k < PACK; ++k) p.v[k] = i + k < n ? x[i + k] : Real(0);
    return p;
}

__device__ __forceinline__ void store(Real* y, Index i, Index n, const Pack& p) {
    if (i + PACK <= n && (size_t)(y + i) % 16 == 0) {
        *reinterpret_cast<Pack*>(y + i) = p;
        return;
    }
#pragma unroll
    for (int k = 0; k < PACK; ++k)
        if (i + k < n) y[i + k] = p.v[k];
}

// Sums over the 32 threads of a warp; all of them get the result.
//
//     0 1 2 3 4 5 6 7      each adds what its partner has, 16, 8, 4, 2, 1 threads away:
//     |_|_|_|_^ ^ ^ ^      five steps, and always in the same order
template <class T> __device__ __forceinline__ T warp_sum(T value) {
#pragma unroll
    for (int away = 16; away > 0; away /= 2) value += __shfl_xor_sync(0xffffffffu, value, away);
    return value;
}

template <class T> __device__ __forceinline__ T warp_max(T value) {
#pragma unroll
    for (int away = 16; away > 0; away /= 2) {
        const T other = __shfl_xor_sync(0xffffffffu, value, away);
        value = other > value ? other : value;
    }
    return value;
}

// Sums over the threads of a block of whole warps; `scratch` is 32 numbers of shared memory. All
// threads must come here, and all get the result.
template <class T> __device__ __forceinline__ T block_sum(T value, T* scratch) {
    const int thread = threadIdx.x + blockDim.x * threadIdx.y;
    const int warps = blockDim.x * blockDim.y / 32;
    value = warp_sum(value);
    if (thread % 32 == 0) scratch[thread / 32] = value;
    __syncthreads();
    value = warp_sum(thread % 32 < warps ? scratch[thread % 32] : T(0));
    __syncthreads();  // before the scratch memory is used again
    return value;
}
