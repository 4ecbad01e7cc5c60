// Tensor cores (nvcuda::wmma) on a CPU: every lane of a warp keeps the tile, lane 0 stores it.
#pragma once
#include "cuda.h"

namespace nvcuda::wmma {

struct matrix_a {};
struct matrix_b {};
struct accumulator {};
struct row_major {};
struct col_major {};
namespace precision { struct tf32 {}; }
enum layout_t { mem_row_major, mem_col_major };

// Ten bits of the mantissa are kept, rounded to nearest.
inline float __float_to_tf32(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    if ((bits & 0x7f800000u) != 0x7f800000u) bits = (bits + 0x1000u) & 0xffffe000u;
    memcpy(&value, &bits, 4);
    return value;
}

template <class Use, int M, int N, int K, class T, class Layout = void> struct fragment {
    static constexpr int rows = std::is_same_v<Use, matrix_b> ? K : M;
    static constexpr int columns = std::is_same_v<Use, matrix_a> ? K : N;
    static constexpr bool by_rows = !std::is_same_v<Layout, col_major>;
    static constexpr int num_elements = rows * columns;
    float x[rows * columns];
};

template <class F> void fill_fragment(F& f, float value) {
    for (float& element : f.x) element = value;
}

// Hardware wants 32-byte tiles and rows of whole 16 bytes; what it gets else is not defined.
inline void check_alignment(const void* place, unsigned stride) {
    if (uintptr_t(place) % 32 || stride % 4) __builtin_trap();
}

template <class F, class T> void load_matrix_sync(F& f, const T* from, unsigned stride) {
    __syncwarp();
    check_alignment(from, stride);
    for (int r = 0; r < F::rows; ++r)
        for (int c = 0; c < F::columns; ++c)
            f.x[r * F::columns + c] = from[F::by_rows ? r * stride + c : c * stride + r];
}

template <class F, class T>
void store_matrix_sync(T* to, const F& f, unsigned stride, layout_t layout) {
    check_alignment(to, stride);
    if (sim::lane() == 0)
        for (int r = 0; r < F::rows; ++r)
            for (int c = 0; c < F::columns; ++c)
                to[layout == mem_row_major ? r * stride + c : c * stride + r] =
                    T(f.x[r * F::columns + c]);
    __syncwarp();
}

template <class D, class A, class B> void mma_sync(D& d, const A& a, const B& b, const D& c) {
    D sum = c;
    for (int i = 0; i < A::rows; ++i)
        for (int k = 0; k < A::columns; ++k)
            for (int j = 0; j < B::columns; ++j)
                sum.x[i * D::columns + j] += a.x[i * A::columns + k] * b.x[k * B::columns + j];
    d = sum;
}

}  // namespace nvcuda::wmma
