// Convolution as an implicit matrix product, tile by tile (conv.cuh says of what):
//
//                    COLUMNS            A block computes a tile of 64 by 128 with as many threads
//                 +-----------+         as columns, 8 steps of k at a time. While it multiplies
//            8 k  |     B     |         what lies in shared memory, the numbers of the next 8
//                 +-----------+         steps are on their way into registers; they have a second
//          8 k                          A and B to go to, so one barrier is enough.
//         +---+   +-----------+
//   ROWS  | A |   |   # #     |         Thread (ty, tx), 8 by 16 of them, keeps TM x 8 results in
//         |   |   |           |         registers: TM rows, two times four columns. For TM + 8
//         +---+   +-----------+         numbers that it reads it does TM * 8 products.
//
// With few filters a tile is 32 by 64: small nets have few pixels, too, and a GPU many processors.
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
#define COLUMNS (2 * ROWS)
#define THREADS COLUMNS  // each fetches a column of B
#define STEPS 8
#define FETCHES_A (ROWS * STEPS / THREADS)
#define PAD 4        // rows of A in shared memory begin in different banks, and at 16 bytes

struct Shared {
    __align__(16) Real A[2][STEPS][ROWS + PAD];
    __align__(16) Real B[2][STEPS][COLUMNS];
    Tap taps[THREADS];          // of so many steps of k, computed at once
    Index results[COLUMNS];     // where the columns' results belong
};

__device__ __forceinline__ int column_of(int tx, int j) { return j / 4 * (COLUMNS / 2) + tx * 4 + j % 4; }

__device__ __forceinline__ void multiply(const Shared& s, int buffer, int ty, int tx,
                                         Real (&sum)[TM][8]) {
#pragma unroll
    for (int k = 0; k < STEPS; ++k) {
        Real a[TM], b[8];
#pragma unroll
        for (int i = 0; i < TM; ++i) a[i] = s.A[buffer][k][ty * TM + i];
#pragma unroll
        for (int j = 0; j < 8; ++j) b[j] = s.B[buffer][k][column_of(tx, j)];
#pragma unroll
        for (int i = 0; i < TM; ++i)
#pragma unroll
            for (int j = 0; j < 8; ++j) sum[i][j] += a[i] * b[j];
    }
}

template <bool BACK, bool POOL>
__device__ __forceinline__ void tile(const Real* image, const Real* weights, const Real* bias,
                                     int biased, int relu, Real* result, unsigned char* code,
                                     const Geometry& g, Shared& s) {
    const Axes a = axes_of<BACK>(g);
    const int M = rows_of<BACK>(g), K = length_of<BACK>(g, a), tiles = (M + ROWS - 1) / ROWS;
    const int group = blockIdx.y / tiles, m0 = blockIdx.y % tiles * ROWS;
    const int t = threadIdx.x, tx = t % (THREADS / 8), ty = t / (THREADS / 8);
    const Index first = Index(blockIdx.x) * COLUMNS;
    if (first >= columns_of<POOL>(g, a)) return;  // other phases have more

    const Spot spot = column_spot<BACK, POOL>(g, a, first + t, group);
    const int row = m0 + t / STEPS;  // of A, the first of those that this thread fetches
    const Index width = weights_of<BACK>(g);
    const Index before = weights_before(g, group) + row * width;
    s.results[t] = spot.result;
    __syncthreads();

    Real sum[TM][8] = {}, next_a[FETCHES_A], next_b[STEPS];
    for (int k0 = 0;; k0 += STEPS) {
        const int buffer = k0 / STEPS % 2;
        if (k0 < K) {
            if (k0 % THREADS == 0) {
                s.taps[t] = tap_of<BACK>(g, a, k0 + t);
                __syncthreads();
            }
            const Tap* const taps = s.taps + k0 % THREADS;
            // numbers of A: consecutive threads take consecutive k
            const int height = k0 + t % STEPS < K ? M - row : 0;
            Index weight = before + taps[t % STEPS].weight;
#pragma unroll
            for (int j = 0; j < FETCHES_A; ++j) {
                next_a[j] = j * (THREADS / STEPS) < height ? weights[weight] : Real(0);
                weight += width * (THREADS / STEPS);
            }
#pragma unroll
            for (int k = 0; k < STEPS; ++k) next_b[k] = fetch(image, a, taps[k], spot);
        }
        if (k0) multiply(s, 1 - buffer, ty, tx, sum);  // meanwhile: the steps before
        if (k0 >= K) break;
#pragma unroll
        for (int j = 0; j < FETCHES_A; ++j)
            s.A[buffer][t % STEPS][t / STEPS + j * (THREADS / STEPS)] = next_a[j];
#pragma unroll
        for (int k = 0; k < STEPS; ++k) s.B[buffer][k][t] = next_b[k];
        __syncthreads();  // all have read the other A and B, and taps
    }

    const Index plane = result_plane<BACK, POOL>(g);
#pragma unroll
    for (int j = 0; j < 8; j += POOL ? 4 : 1) {
        const Index to = s.results[column_of(tx, j)];
        if (to == NOWHERE) continue;
#pragma unroll
        for (int i = 0; i < TM; ++i) {
            const int m = m0 + ty * TM + i;
            if (m >= M) continue;
            const Real b = biased ? bias[group * M + m] : Real(0);
            if constexpr (POOL) {
                Best best;
#pragma unroll
                for (int k = 0; k < 4; ++k) best.show(sum[i][j + k] + b, k);
                best.store(result + to + m * plane, code + to + m * plane);
            } else {
                const Real v = sum[i][j] + b;
                result[to + m * plane] = relu && v < 0 ? Real(0) : v;
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(THREADS) forward(
    const Real* x, const Real* w, const Real* bias, int biased, int relu, Real* y, Index N, int C,
    int H, int W, int F, int KH, int KW, int OH, int OW, int SH, int SW, int DH, int DW, int TOP,
    int LEFT, int G)
{
    __shared__ Shared shared;
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile<false, false>(x, w, bias, biased, relu, y, nullptr, g, shared);
}

extern "C" __global__ void __launch_bounds__(THREADS) forward_pool(
    const Real* x, const Real* w, const Real* bias, int biased, Real* y, unsigned char* code,
    Index N, int C, int H, int W, int F, int KH, int KW, int OH, int OW, int SH, int SW, int DH,
    int DW, int TOP, int LEFT, int G)
{
    __shared__ Shared shared;
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile<false, true>(x, w, bias, biased, 0, y, code, g, shared);
}

extern "C" __global__ void __launch_bounds__(THREADS) input_gradient(
    const Real* dy, const Real* w, Real* dx, Index N, int C, int H, int W, int F, int KH, int KW,
    int OH, int OW, int SH, int SW, int DH, int DW, int TOP, int LEFT, int G)
{
    __shared__ Shared shared;
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile<true, false>(dy, w, w, 0, 0, dx, nullptr, g, shared);
}
