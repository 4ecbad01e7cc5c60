// Convolution on tensor cores: the products of conv.cu in TF32, whose factors keep 10 bits of their
// fractions while sums are formed in float. From compute capability 8.0 on.
// needs sm_80
//
//                   64 columns         A block of 4 warps computes a tile of 64 x 64, 16 steps of k
//                  +----+----+         at a time; the next 16 are on their way into registers.
//           16 k   |  B |    |
//                  +----+----+         A warp has a quarter, 32 x 32: two by two fragments of 16 x
//          16 k                        16, each the sum of products (16 x 8) (8 x 16).
//          +--+    +----+----+
//    64    |A |    | w0 | w1 |         The results go through shared memory, so that threads side
//    rows  +--+    +----+----+         by side write pixels side by side, with bias and ReLU.
//          |  |    | w2 | w3 |
//          +--+    +----+----+
#include <mma.h>

#include "conv.cuh"

using namespace nvcuda;

#define THREADS 128
#define SIDE 64
#define STEPS 16
#define A_WIDTH (STEPS + 4)  // rows in shared memory begin in different banks, and at 16 bytes
#define B_WIDTH (SIDE + 4)

struct Tile {
    __align__(32) float A[SIDE][A_WIDTH];
    __align__(32) float B[STEPS][B_WIDTH];
    __align__(32) float C[SIDE][B_WIDTH];
    Tap taps[STEPS];
};

template <bool BACK>
__device__ __forceinline__ void tile(const float* image, const float* weights, const float* bias,
                                     int biased, int relu, float* result, const Geometry& g,
                                     Tile& s) {
    const int M = rows_of<BACK>(g), K = length_of<BACK>(g), tiles = (M + SIDE - 1) / SIDE;
    const int group = blockIdx.y / tiles, m0 = blockIdx.y % tiles * SIDE;
    const int t = threadIdx.x, row = t / 32 / 2 * 32, column = t / 32 % 2 * 32;
    const Index first = Index(blockIdx.x) * SIDE;
    const Spot spot = spot_of<BACK>(g, first + t % SIDE, group);
    float next_a[SIDE * STEPS / THREADS], next_b[SIDE * STEPS / THREADS];
    wmma::fragment<wmma::accumulator, 16, 16, 8, float> sum[2][2];
    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j) wmma::fill_fragment(sum[i][j], 0.f);

    if (t < STEPS) s.taps[t] = tap_of<BACK>(g, t);
    __syncthreads();
    for (int k0 = 0;; k0 += STEPS) {
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            const Tap& tap = s.taps[t % STEPS];
            const int m = m0 + t / STEPS + j * 8;
            next_a[j] = m < M && tap.exists ? weights[weights_of<BACK>(g, group, m) + tap.weight]
                                            : 0.f;
            next_b[j] = fetch<BACK>(image, g, s.taps[t / SIDE + j * 2], spot);
        }
        if (k0) {  // meanwhile: the products of the steps before
#pragma unroll
            for (int k = 0; k < STEPS; k += 8) {
                wmma::fragment<wmma::matrix_a, 16, 16, 8, wmma::precision::tf32, wmma::row_major> a;
                wmma::fragment<wmma::matrix_b, 16, 16, 8, wmma::precision::tf32, wmma::row_major>
                    b[2];
                for (int j = 0; j < 2; ++j)
                    wmma::load_matrix_sync(b[j], &s.B[k][column + j * 16], B_WIDTH);
                for (int i = 0; i < 2; ++i) {
                    wmma::load_matrix_sync(a, &s.A[row + i * 16][k], A_WIDTH);
                    for (int j = 0; j < 2; ++j) wmma::mma_sync(sum[i][j], a, b[j], sum[i][j]);
                }
            }
        }
        __syncthreads();  // all have read A, B and taps
        if (k0 >= K) break;
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            s.A[t / STEPS + j * 8][t % STEPS] = wmma::__float_to_tf32(next_a[j]);
            s.B[t / SIDE + j * 2][t % SIDE] = wmma::__float_to_tf32(next_b[j]);
        }
        if (t < STEPS) s.taps[t] = tap_of<BACK>(g, k0 + STEPS + t);
        __syncthreads();
    }

    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j)
            wmma::store_matrix_sync(&s.C[row + i * 16][column + j * 16], sum[i][j], B_WIDTH,
                                    wmma::mem_row_major);
    __syncthreads();
    const Index plane = plane_of<BACK>(g), p = first + t % SIDE;
    if (!spot.exists) return;
    result += (p / plane * (BACK ? g.C : g.F) + group * M) * plane + p % plane;
    for (int m = t / SIDE; m < SIDE && m0 + m < M; m += THREADS / SIDE) {
        float v = s.C[m][t % SIDE];
        if (biased) v += bias[group * M + m0 + m];
        if (relu) v = v < 0 ? 0.f : v;
        result[(m0 + m) * plane] = v;
    }
}

extern "C" __global__ void __launch_bounds__(128) forward(
    const Real* x, const Real* w, const Real* bias, int biased, int relu, Real* y, Index N, int C,
    int H, int W, int F, int KH, int KW, int OH, int OW, int SH, int SW, int DH, int DW, int TOP,
    int LEFT, int G)
{
    __shared__ Tile shared;
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile<false>(x, w, bias, biased, relu, y, g, shared);
}

extern "C" __global__ void __launch_bounds__(128) input_gradient(
    const Real* dy, const Real* w, Real* dx, Index N, int C, int H, int W, int F, int KH, int KW,
    int OH, int OW, int SH, int SW, int DH, int DW, int TOP, int LEFT, int G)
{
    __shared__ Tile shared;
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile<true>(dy, w, w, 0, 0, dx, g, shared);
}
