// Convolution as an implicit matrix product, tile by tile (conv.cuh says of what):
//
//                  128 columns          A block of 128 threads computes a tile of ROWS by 128
//                 +-----------+         columns. For 8 steps of k at a time it copies A and B into
//            8 k  |     B     |         shared memory, while the numbers of the next 8 steps are on
//                 +-----------+         their way into registers.
//          8 k
//         +---+   +-----------+         Thread (ty, tx) of 8 x 16 keeps TM x 8 results in
//   ROWS  | A |   |   # #     |         registers: TM rows, two times four columns. For TM + 8
//         |   |   |           |         numbers that it reads it does TM * 8 products.
//         +---+   +-----------+
//
// blockIdx.x is the tile's place along the pixels, blockIdx.y along the rows, group by group.
//
// For a convolution + ReLU + max-pool of 2 x 2, the four pixels of a window are columns side by side:
// a thread has them in its registers, and only their maximum is stored, with its place.
#include "conv.cuh"
#include "window.cuh"

#ifndef ROWS
#define ROWS 64      // or 32, for few filters
#endif
#define TM (ROWS / 8)
#define THREADS 128
#define COLUMNS 128  // one for each thread to fetch
#define STEPS 8
#define PAD 4        // rows of A in shared memory begin in different banks, and at 16 bytes

__device__ __forceinline__ int column_of(int tx, int j) { return j / 4 * 64 + tx * 4 + j % 4; }

// Column p, counted window by window: pixel p % 4 of window p / 4.
__device__ __forceinline__ Spot pooled_spot_of(const Geometry& g, Index p, int group) {
    const int PH = g.OH / 2, PW = g.OW / 2, pixel = p % 4;
    const Index window = p / 4, n = window / PW / PH;
    Spot spot;
    spot.exists = n < g.N;
    spot.image = (n * g.C + group * (g.C / g.G)) * g.H * g.W;
    spot.h = int(2 * (window / PW % PH) + pixel / 2) * g.SH - g.TOP;
    spot.w = int(2 * (window % PW) + pixel % 2) * g.SW - g.LEFT;
    return spot;
}

template <bool BACK, bool POOL>
__device__ __forceinline__ void tile(const Real* image, const Real* weights, const Real* bias,
                                     int biased, int relu, Real* result, unsigned char* code,
                                     const Geometry& g, Real (*A)[ROWS + PAD], Real (*B)[COLUMNS],
                                     Tap* taps) {
    const int M = rows_of<BACK>(g), K = length_of<BACK>(g), tiles = (M + ROWS - 1) / ROWS;
    const int group = blockIdx.y / tiles, m0 = blockIdx.y % tiles * ROWS;
    const int t = threadIdx.x, tx = t % 16, ty = t / 16;
    const Index first = Index(blockIdx.x) * COLUMNS;
    const Spot spot = POOL ? pooled_spot_of(g, first + t, group)
                           : spot_of<BACK>(g, first + t, group);
    Real sum[TM][8] = {}, next_a[TM / 2], next_b[STEPS];

    if (t < STEPS) taps[t] = tap_of<BACK>(g, t);
    __syncthreads();
    for (int k0 = 0;; k0 += STEPS) {
        // numbers of A: consecutive threads take consecutive k
#pragma unroll
        for (int j = 0; j < TM / 2; ++j) {
            const Tap& tap = taps[t % STEPS];
            const int m = m0 + t / STEPS + j * (THREADS / STEPS);
            next_a[j] = m < M && tap.exists ? weights[weights_of<BACK>(g, group, m) + tap.weight]
                                            : Real(0);
        }
#pragma unroll
        for (int k = 0; k < STEPS; ++k) next_b[k] = fetch<BACK>(image, g, taps[k], spot);
        if (k0) {  // meanwhile: the products of the steps before
#pragma unroll
            for (int k = 0; k < STEPS; ++k) {
                Real a[TM], b[8];
#pragma unroll
                for (int i = 0; i < TM; ++i) a[i] = A[k][ty * TM + i];
#pragma unroll
                for (int j = 0; j < 8; ++j) b[j] = B[k][column_of(tx, j)];
#pragma unroll
                for (int i = 0; i < TM; ++i)
#pragma unroll
                    for (int j = 0; j < 8; ++j) sum[i][j] += a[i] * b[j];
            }
        }
        __syncthreads();  // all have read A, B and taps
        if (k0 >= K) break;
#pragma unroll
        for (int j = 0; j < TM / 2; ++j)
            A[t % STEPS][t / STEPS + j * (THREADS / STEPS)] = next_a[j];
#pragma unroll
        for (int k = 0; k < STEPS; ++k) B[k][t] = next_b[k];
        if (t < STEPS) taps[t] = tap_of<BACK>(g, k0 + STEPS + t);
        __syncthreads();
    }

    if constexpr (POOL) {
        const Index plane = Index(g.OH / 2) * (g.OW / 2);
#pragma unroll
        for (int j = 0; j < 8; j += 4) {
            const Index o = (first + column_of(tx, j)) / 4;
            if (o >= g.N * plane) continue;
            const Index to = (o / plane * g.F + group * M) * plane + o % plane;
#pragma unroll
            for (int i = 0; i < TM; ++i) {
                const int m = m0 + ty * TM + i;
                if (m >= M) continue;
                Best best;
#pragma unroll
                for (int k = 0; k < 4; ++k)
                    best.show(biased ? sum[i][j + k] + bias[group * M + m] : sum[i][j + k], k);
                best.store(result + to + m * plane, code + to + m * plane);
            }
        }
    } else {
        const Index plane = plane_of<BACK>(g);
        const int channels = BACK ? g.C : g.F;
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            const Index p = first + column_of(tx, j);
            if (p >= g.N * plane) continue;
            Real* const to = result + (p / plane * channels + group * M) * plane + p % plane;
#pragma unroll
            for (int i = 0; i < TM; ++i) {
                const int m = m0 + ty * TM + i;
                if (m >= M) continue;
                Real v = sum[i][j];
                if (biased) v += bias[group * M + m];
                if (relu) v = v < 0 ? Real(0) : v;
                to[m * plane] = v;
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(128) forward(
    const Real* x, const Real* w, const Real* bias, int biased, int relu, Real* y, Index N, int C,
    int H, int W, int F, int KH, int KW, int OH, int OW, int SH, int SW, int DH, int DW, int TOP,
    int LEFT, int G)
{
    __shared__ __align__(16) Real A[STEPS][ROWS + PAD], B[STEPS][COLUMNS];
    __shared__ Tap taps[STEPS];
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile<false, false>(x, w, bias, biased, relu, y, nullptr, g, A, B, taps);
}

extern "C" __global__ void __launch_bounds__(128) forward_pool(
    const Real* x, const Real* w, const Real* bias, int biased, Real* y, unsigned char* code,
    Index N, int C, int H, int W, int F, int KH, int KW, int OH, int OW, int SH, int SW, int DH,
    int DW, int TOP, int LEFT, int G)
{
    __shared__ __align__(16) Real A[STEPS][ROWS + PAD], B[STEPS][COLUMNS];
    __shared__ Tap taps[STEPS];
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile<false, true>(x, w, bias, biased, 0, y, code, g, A, B, taps);
}

extern "C" __global__ void __launch_bounds__(128) input_gradient(
    const Real* dy, const Real* w, Real* dx, Index N, int C, int H, int W, int F, int KH, int KW,
    int OH, int OW, int SH, int SW, int DH, int DW, int TOP, int LEFT, int G)
{
    __shared__ __align__(16) Real A[STEPS][ROWS + PAD], B[STEPS][COLUMNS];
    __shared__ Tap taps[STEPS];
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile<true, false>(dy, w, w, 0, 0, dx, nullptr, g, A, B, taps);
}
