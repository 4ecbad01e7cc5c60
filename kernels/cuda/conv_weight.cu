// The weights' gradient, a matrix product over all pixels of the result:
//
//     dw[f, k] = sum_p dy[f, p] x[tap k, pixel p]
//
//                      64 taps k              A block of 128 threads computes ROWS filters by 64
//                     +---------+             taps, over one part of the pixels, 16 at a time;
//              16 p   |    B    |             thread (ty, tx) of 8 x 16 keeps TM x 4 results.
//                     +---------+
//            16 p                             The pixels are many and the results few, so several
//            +---+    +---------+             blocks share a tile: blockIdx.z is the part. They
//     ROWS f | A |    |   #     |             write partial[part], which `sum_parts` adds up, in
//            +---+    +---------+             the same order every time.
#include "conv.cuh"

#ifndef ROWS
#define ROWS 64  // or 32, for few filters
#endif
#define TM (ROWS / 8)
#define TAPS 64
#define STEPS 16
#define PAD 4     // rows in shared memory begin in different banks, and at 16 bytes

__device__ __forceinline__ void tile(const Real* x, const Real* dy, Real* partial, int chunk,
                                     const Geometry& g, Real (*A)[ROWS + PAD],
                                     Real (*B)[TAPS + PAD], Tap* taps) {
    const int M = rows_of<false>(g), K = length_of<false>(g), tiles = (M + ROWS - 1) / ROWS;
    const int group = blockIdx.y / tiles, m0 = blockIdx.y % tiles * ROWS, k0 = blockIdx.x * TAPS;
    const int t = threadIdx.x, tx = t % 16, ty = t / 16, step = t % STEPS, row = t / STEPS;
    const Index plane = plane_of<false>(g), begin = Index(blockIdx.z) * chunk;
    const Index end = begin + chunk < g.N * plane ? begin + chunk : g.N * plane;
    Real sum[TM][4] = {}, next_a[TM], next_b[TAPS / 8];

    if (t < TAPS) taps[t] = tap_of<false>(g, k0 + t);
    __syncthreads();
    for (Index p0 = begin;; p0 += STEPS) {
        const Index p = p0 + step;
        Spot spot = spot_of<false>(g, p, group);
        spot.exists = p < end;
        const Index from = (p / plane * g.F + group * M) * plane + p % plane;
#pragma unroll
        for (int j = 0; j < TM; ++j) {
            const int m = m0 + row + j * 8;
            next_a[j] = p < end && m < M ? dy[from + m * plane] : Real(0);
        }
#pragma unroll
        for (int j = 0; j < TAPS / 8; ++j) next_b[j] = fetch<false>(x, g, taps[row + j * 8], spot);
        if (p0 > begin) {
#pragma unroll 8
            for (int k = 0; k < STEPS; ++k) {
                Real a[TM], b[4];
#pragma unroll
                for (int i = 0; i < TM; ++i) a[i] = A[k][ty * TM + i];
#pragma unroll
                for (int j = 0; j < 4; ++j) b[j] = B[k][tx * 4 + j];
#pragma unroll
                for (int i = 0; i < TM; ++i)
#pragma unroll
                    for (int j = 0; j < 4; ++j) sum[i][j] += a[i] * b[j];
            }
        }
        __syncthreads();  // all have read A and B
        if (p0 >= end) break;
#pragma unroll
        for (int j = 0; j < TM; ++j) A[step][row + j * 8] = next_a[j];
#pragma unroll
        for (int j = 0; j < TAPS / 8; ++j) B[step][row + j * 8] = next_b[j];
        __syncthreads();
    }

    partial += Index(blockIdx.z) * g.F * K;
#pragma unroll
    for (int i = 0; i < TM; ++i) {
        const int m = m0 + ty * TM + i;
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            const int k = k0 + tx * 4 + j;
            if (m < M && k < K) partial[Index(group * M + m) * K + k] = sum[i][j];
        }
    }
}

extern "C" __global__ void __launch_bounds__(128) weight_gradient(
    const Real* x, const Real* dy, Real* partial, int chunk, Index N, int C, int H, int W, int F,
    int KH, int KW, int OH, int OW, int SH, int SW, int DH, int DW, int TOP, int LEFT, int G)
{
    __shared__ __align__(16) Real A[STEPS][ROWS + PAD], B[STEPS][TAPS + PAD];
    __shared__ Tap taps[TAPS];
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile(x, dy, partial, chunk, g, A, B, taps);
}

extern "C" __global__ void sum_parts(const Real* partial, Real* dw, Index n, int parts) {
    const Index i = thread_number();
    if (i >= n) return;
    Real sum = 0;
    for (int part = 0; part < parts; ++part) sum += partial[part * n + i];
    dw[i] = sum;
}
