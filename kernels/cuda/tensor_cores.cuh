// Tensor cores: a product of two small matrices, done by a whole warp in one instruction.
//
//     D (16 x 8) += A (16 x 8) B (8 x 8)          factors in TF32, floats with 10 bits of fraction
//
// Every lane holds some numbers of each matrix. Lane 4 g + c has
//
//                                  b[0]   row c of B, column g
//                                  b[1]   row c + 4
//
//     row g of A     a[0] a[2]     d[0] d[1]   row g of D, columns 2 c and 2 c + 1
//     row g + 8      a[1] a[3]     d[2] d[3]   row g + 8
//     columns         c   c + 4
//
// The columns of A may change places if the rows of B do, too. So a tile takes 16 of them at a time
// for two products, and lane c of a group has 4 c, 4 c + 1 in the first, 4 c + 2, 4 c + 3 in the
// second: four neighbors in memory.
//
// `mma` is "mma.m16n8k8" in https://docs.nvidia.com/cuda/parallel-thread-execution/.
#pragma once
#include "common.cuh"

// A tile of the result, ROWS x COLUMNS, and the block that computes it.
#ifndef ROWS
#define ROWS 128    // or 64, or 32, for few filters or few blocks
#endif
#define COLUMNS 128
#define TALL (ROWS == 32 ? 1 : 2)       // a warp's products below each other
#define THREADS (8 * ROWS / TALL)
#define AT_ONCE (512 / THREADS)         // blocks on a processor, at least
#define STEPS 16                        // of the inner dimension, at a time

#ifdef __CUDACC__
__device__ __forceinline__ void mma(float (&d)[4], const Pack& a, float b0, float b1) {
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(__float_as_int(a.v[0])), "r"(__float_as_int(a.v[1])), "r"(__float_as_int(a.v[2])),
          "r"(__float_as_int(a.v[3])), "r"(__float_as_int(b0)), "r"(__float_as_int(b1)));
}
#else
#include <tensor_cores.h>  // the same for a CPU, tests/gpu_sim/shim
#endif

// Rounded to nearest; tensor cores do not look at the last 13 bits.
__device__ __forceinline__ float to_tf32(float v) {
    return fabsf(v) < INFINITY ? __int_as_float(__float_as_int(v) + 0x1000) : v;
}

// In shared memory A lies as lanes will hold it, block by block of 16 x 16: 16 bytes for each lane
// and product. So number i of a block is A[row_in_a(i)][column_in_a(i)].
__device__ __forceinline__ int row_in_a(unsigned i) { return i / 16 % 8 + i % 2 * 8; }
__device__ __forceinline__ int column_in_a(unsigned i) {
    return i / 4 % 4 * 4 + i / 128 * 2 + i / 2 % 2;
}

// B lies column by column, with 16 bytes unused behind every two columns: so threads that store four
// numbers each of columns side by side meet all banks, as lanes that read do.
#define PAIR (2 * STEPS + 4)
__device__ __forceinline__ int place_in_b(unsigned k, unsigned n) {
    return n / 2 * PAIR + n % 2 * STEPS + k;
}

__device__ __forceinline__ Pack four(const float* from) {
    return *reinterpret_cast<const Pack*>(from);
}

// A warp's part of a tile: sum (16 TALL x 32) += A (16 TALL x 16) B (16 x 32), from row m and column
// n of the tile on.
__device__ __forceinline__ void multiply(float (&sum)[TALL][4][4], const float* A, const float* B,
                                         int m, int n) {
    const unsigned lane = threadIdx.x % 32;
    A += m * STEPS + lane * 4;
    B += n / 2 * PAIR + place_in_b(lane % 4 * 4, lane / 4);
    Pack b[4];
#pragma unroll
    for (int j = 0; j < 4; ++j) b[j] = four(B + j * 4 * PAIR);
#pragma unroll
    for (int i = 0; i < TALL; ++i)
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const Pack a = four(A + (i * 2 + half) * 128);
#pragma unroll
            for (int j = 0; j < 4; ++j)
                mma(sum[i][j], a, b[j].v[2 * half], b[j].v[2 * half + 1]);
        }
}
