// The weights' gradient, a matrix product over all pixels of the result:
//
//     dw[f, k] = sum_p dy[f, p] x[tap k, pixel p]
//
//                      64 taps k              A block of 128 threads computes ROWS filters by 64
//                     +---------+             taps, over one part of the pixels, 16 at a time;
//              16 p   |    B    |             thread (ty, tx) of 8 x 16 keeps TM x 4 results. The
//                     +---------+             next 16 are on their way to a second A and B. For
//                                             up to 16 taps one warp does 32 filters.
//            16 p
//            +---+    +---------+             The pixels are many and the results few, so several
//     ROWS f | A |    |   #     |             blocks share a tile: blockIdx.z is the part. They
//            +---+    +---------+             write partial[part], which `sum_parts` adds up, in
//                                             the same order every time.
//
// Before a ReLU + max-pool dy is spread over the pixels as it is fetched (conv.cuh, Windows).
#include "conv.cuh"

#ifndef COLUMNS
#define COLUMNS 64  // or 16, for few taps
#endif
#ifndef ROWS
#define ROWS (COLUMNS == 16 ? 32 : 64)  // or 32, for few filters
#endif
#define TM (ROWS / 8)
#define THREADS (2 * COLUMNS)
#define STEPS 16
#define LINES (THREADS / STEPS)  // rows of A, or columns of B, that all fetch at once
#define FETCHES_A (ROWS / LINES)
#define FETCHES_B (COLUMNS / LINES)
#define PAD 4     // rows in shared memory begin in different banks, and at 16 bytes

struct Shared {
    __align__(16) Real A[2][STEPS][ROWS + PAD];
    __align__(16) Real B[2][STEPS][COLUMNS + PAD];
    Spot spots[THREADS];    // of so many pixels
    int places[THREADS];    // in their windows
    Tap taps[COLUMNS];
};

__device__ __forceinline__ void multiply(const Shared& s, int buffer, int ty, int tx,
                                         Real (&sum)[TM][4]) {
#pragma unroll 8
    for (int k = 0; k < STEPS; ++k) {
        Real a[TM], b[4];
#pragma unroll
        for (int i = 0; i < TM; ++i) a[i] = s.A[buffer][k][ty * TM + i];
#pragma unroll
        for (int j = 0; j < 4; ++j) b[j] = s.B[buffer][k][tx * 4 + j];
#pragma unroll
        for (int i = 0; i < TM; ++i)
#pragma unroll
            for (int j = 0; j < 4; ++j) sum[i][j] += a[i] * b[j];
    }
}

template <bool POOL>
__device__ __forceinline__ void tile(const Real* x, const Real* dy, const unsigned char* code,
                                     Real* partial, int chunk, const Windows& windows,
                                     const Geometry& g, Shared& s) {
    const Axes a = axes_of<false>(g);
    const int M = rows_of<false>(g), K = length_of<false>(g, a), tiles = (M + ROWS - 1) / ROWS;
    const int group = blockIdx.y / tiles, m0 = blockIdx.y % tiles * ROWS;
    const int k0 = blockIdx.x * COLUMNS, t = threadIdx.x;
    const int tx = t % (COLUMNS / 4), ty = t / (COLUMNS / 4);
    const int step = t % STEPS, row = t / STEPS;  // of A and B, where this thread fetches
    const Index plane = POOL ? Index(windows.PH) * windows.PW : plane_of<false>(g);
    const Index before = (m0 + row) * plane, begin = Index(blockIdx.z) * chunk;
    const Index pixels = g.N * plane_of<false>(g) - begin;
    const int length = pixels < chunk ? pixels : chunk;
    Real sum[TM][4] = {}, next_a[FETCHES_A], next_b[FETCHES_B];
    int next_code[FETCHES_A], place = 0;

    if (t < COLUMNS) s.taps[t] = tap_of<false>(g, a, k0 + t);
    for (int p0 = 0;; p0 += STEPS) {
        const int buffer = p0 / STEPS % 2;
        if (p0 < length) {
            if (p0 % THREADS == 0) {
                Spot spot = spot_of<false>(g, a, begin + p0 + t, group);
                if (POOL) s.places[t] = window_of(spot, g, windows, begin + p0 + t, group);
                if (p0 + t >= length) spot.h = FAR;
                s.spots[t] = spot;
                __syncthreads();
            }
            // consecutive threads take consecutive pixels
            const Spot spot = s.spots[p0 % THREADS + step];
            const int height = spot.h != FAR ? M - m0 - row : 0;
            Index from = before + spot.result;
            if (POOL) place = s.places[p0 % THREADS + step];
#pragma unroll
            for (int j = 0; j < FETCHES_A; ++j) {
                next_a[j] = j * LINES < height ? dy[from] : Real(0);
                if (POOL) next_code[j] = j * LINES < height ? code[from] : place;
                from += LINES * plane;
            }
#pragma unroll
            for (int j = 0; j < FETCHES_B; ++j)
                next_b[j] = fetch(x, a, s.taps[row + j * LINES], spot);
        }
        if (p0) multiply(s, 1 - buffer, ty, tx, sum);  // meanwhile: the pixels before
        if (p0 >= length) break;
#pragma unroll
        for (int j = 0; j < FETCHES_A; ++j)
            s.A[buffer][step][row + j * LINES] =
                POOL && next_code[j] != place ? Real(0) : next_a[j];
#pragma unroll
        for (int j = 0; j < FETCHES_B; ++j) s.B[buffer][step][row + j * LINES] = next_b[j];
        __syncthreads();  // all have read the other A and B, and spots
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

extern "C" __global__ void __launch_bounds__(THREADS) weight_gradient(
    const Real* x, const Real* dy, Real* partial, int chunk, Index N, int C, int H, int W, int F,
    int KH, int KW, int OH, int OW, int SH, int SW, int DH, int DW, int TOP, int LEFT, int G)
{
    __shared__ Shared shared;
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile<false>(x, dy, nullptr, partial, chunk, {}, g, shared);
}

extern "C" __global__ void __launch_bounds__(THREADS) weight_gradient_pool(
    const Real* x, const Real* dy, const unsigned char* code, Real* partial, int chunk, int PH,
    int PW, int WINDOW_H, int WINDOW_W, Index N, int C, int H, int W, int F, int KH, int KW, int OH,
    int OW, int SH, int SW, int DH, int DW, int TOP, int LEFT, int G)
{
    __shared__ Shared shared;
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile<true>(x, dy, code, partial, chunk, {PH, PW, WINDOW_H, WINDOW_W}, g, shared);
}

// A block of 32 weights by up to 32 rows of threads: row y adds up the parts y, y + rows ...
extern "C" __global__ void __launch_bounds__(1024) sum_parts(
    const Real* partial, Real* dw, Index n, int parts)
{
    __shared__ Real scratch[32][32];
    const int x = threadIdx.x, y = threadIdx.y, rows = blockDim.y;
    const Index i = Index(blockIdx.x) * 32 + x;
    Real sum = 0;
    if (i < n)
        for (int part = y; part < parts; part += rows) sum += partial[part * n + i];
    scratch[y][x] = sum;
    __syncthreads();
    if (y || i >= n) return;
    for (int row = 1; row < rows; ++row) sum += scratch[row][x];
    dw[i] = sum;
}
