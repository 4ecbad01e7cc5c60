// The weights' gradient on tensor cores: the product of conv_weight.cu in TF32.
// needs sm_80
//
//                   128 taps k             A block of 16 warps (8 for fewer rows) computes ROWS
//                  +--+--+--+--+           filters by 128 taps over one part of the pixels, 16 at a
//           16 p   |  |B |  |  |           time; a warp has 32 x 32 of them (16 x 32 of 32 rows).
//                  +--+--+--+--+
//          16 p
//          +--+    +--+--+--+--+           A thread fetches the same few taps of B all the time, for
//          |A |    |w0|w1|w2|w3|           which it keeps them in registers. Parts are added up by
//   ROWS   |  |    +--+--+--+--+           `sum_parts` of conv_weight.cu.
//          |  |    |w4|w5|w6|w7|
//          +--+    +--+--+--+--+
#include "conv.cuh"
#include "tensor_cores.cuh"

#define LINES (THREADS / STEPS)         // rows of A, or columns of B, that all fetch at once
#define FETCHES_A (ROWS / LINES)
#define FETCHES_B (COLUMNS / LINES)

struct Shared {
    __align__(16) float A[2][ROWS * STEPS];
    __align__(16) float B[2][COLUMNS / 2 * PAIR];
    Spot spots[TABLE];  // of so many pixels
    int places[TABLE];  // in their windows
};

template <bool POOL>
__device__ __forceinline__ void tile(const Real* x, const Real* dy, const unsigned char* code,
                                     Real* partial, int chunk, const Windows& windows,
                                     const Geometry& g, Shared& s) {
    const Axes a = axes_of<false>(g);
    const int M = rows_of<false>(g), K = length_of<false>(g, a), tiles = (M + ROWS - 1) / ROWS;
    const int group = blockIdx.y / tiles, m0 = blockIdx.y % tiles * ROWS, rows = M - m0;
    const int k0 = blockIdx.x * COLUMNS, t = threadIdx.x, warp = t / 32, lane = t % 32;
    const int row = t / 256 * 16 + row_in_a(t % 256), step = column_in_a(t % 256);  // of A
    const int column = t / STEPS;                                                   // of B
    const Index plane = POOL ? Index(windows.PH) * windows.PW : plane_of<false>(g);
    const Index before = (m0 + row) * plane, begin = Index(blockIdx.z) * chunk;
    const Index pixels = g.N * plane_of<false>(g) - begin;
    const int length = pixels < chunk ? pixels : chunk;

    Tap taps[FETCHES_B];
#pragma unroll
    for (int j = 0; j < FETCHES_B; ++j) taps[j] = tap_of<false>(g, a, k0 + column + j * LINES);
    float sum[TALL][4][4] = {}, next_a[FETCHES_A], next_b[FETCHES_B];
    int next_code[FETCHES_A], place = 0;
    for (int p0 = 0;; p0 += STEPS) {
        const int buffer = p0 / STEPS % 2;
        if (p0 < length) {
            if (p0 % TABLE == 0) {
                if (t < TABLE) {
                    Spot spot = spot_of<false>(g, a, begin + p0 + t, group);
                    if (POOL) s.places[t] = window_of(spot, g, windows, begin + p0 + t, group);
                    if (p0 + t >= length) spot.h = FAR;
                    s.spots[t] = spot;
                }
                __syncthreads();
            }
            const Spot* const spots = s.spots + p0 % TABLE;
            const int height = spots[step].h != FAR ? rows - row : 0;
            Index from = before + spots[step].result;
            if (POOL) place = s.places[p0 % TABLE + step];
#pragma unroll
            for (int j = 0; j < FETCHES_A; ++j) {
                next_a[j] = j * LINES < height ? dy[from] : 0.f;
                if (POOL) next_code[j] = j * LINES < height ? code[from] : place;
                from += LINES * plane;
            }
            const Spot spot = spots[t % STEPS];
#pragma unroll
            for (int j = 0; j < FETCHES_B; ++j) next_b[j] = fetch(x, a, taps[j], spot);
        }
        if (p0)  // meanwhile: the pixels before
            multiply(sum, s.A[1 - buffer], s.B[1 - buffer], warp / 4 * 16 * TALL, warp % 4 * 32);
        if (p0 >= length) break;
#pragma unroll
        for (int j = 0; j < FETCHES_A; ++j)
            s.A[buffer][t + j * THREADS] =
                POOL && next_code[j] != place ? 0.f : to_tf32(next_a[j]);
#pragma unroll
        for (int j = 0; j < FETCHES_B; ++j)
            s.B[buffer][place_in_b(t % STEPS, column) + j * (LINES / 2) * PAIR] =
                to_tf32(next_b[j]);
        __syncthreads();  // all have read the other A and B, and spots
    }

    partial += Index(blockIdx.z) * g.F * K;
    const int high = m0 + warp / 4 * 16 * TALL + lane / 4;
    const int left = k0 + warp % 4 * 32 + lane % 4 * 2;
#pragma unroll
    for (int i = 0; i < 2 * TALL; ++i)
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            const int m = high + i * 8, k = left + j / 2 * 8 + j % 2;
            if (m < M && k < K)
                partial[Index(group * M + m) * K + k] = sum[i / 2][j / 2][i % 2 * 2 + j % 2];
        }
}

extern "C" __global__ void __launch_bounds__(THREADS, AT_ONCE) weight_gradient(
    const Real* x, const Real* dy, Real* partial, int chunk, Index N, int C, int H, int W, int F,
    int KH, int KW, int OH, int OW, int SH, int SW, int DH, int DW, int TOP, int LEFT, int G)
{
    __shared__ Shared shared;
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile<false>(x, dy, nullptr, partial, chunk, {}, g, shared);
}

extern "C" __global__ void __launch_bounds__(THREADS, AT_ONCE) weight_gradient_pool(
    const Real* x, const Real* dy, const unsigned char* code, Real* partial, int chunk, int PH,
    int PW, int WINDOW_H, int WINDOW_W, Index N, int C, int H, int W, int F, int KH, int KW, int OH,
    int OW, int SH, int SW, int DH, int DW, int TOP, int LEFT, int G)
{
    __shared__ Shared shared;
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile<true>(x, dy, code, partial, chunk, {PH, PW, WINDOW_H, WINDOW_W}, g, shared);
}
