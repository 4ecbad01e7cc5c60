// The weights' gradient on tensor cores: the product of conv_weight.cu in TF32.
// needs sm_80
//
//                   64 taps k          A block of 4 warps computes 64 filters by 64 taps over one
//                  +----+----+         part of the pixels, 16 at a time; A lies column by column,
//           16 p   |  B |    |         as consecutive threads fetch consecutive pixels.
//                  +----+----+
//          16 p                        A warp has a quarter: two by two fragments of 16 x 16.
//          +--+    +----+----+         Parts are added up by `sum_parts` of conv_weight.cu.
//    64 f  |A |    | w0 | w1 |
//          |  |    | w2 | w3 |
//          +--+    +----+----+
#include <mma.h>

#include "conv.cuh"

using namespace nvcuda;

#define SIDE 64
#define STEPS 16
#define WIDTH (SIDE + 4)

struct Tile {
    __align__(32) float A[STEPS][WIDTH];
    __align__(32) float B[STEPS][WIDTH];
    __align__(32) float C[SIDE][WIDTH];
    Tap taps[SIDE];
};

extern "C" __global__ void __launch_bounds__(128) weight_gradient(
    const Real* x, const Real* dy, Real* partial, int chunk, Index N, int C, int H, int W, int F,
    int KH, int KW, int OH, int OW, int SH, int SW, int DH, int DW, int TOP, int LEFT, int G)
{
    __shared__ Tile s;
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    const int M = rows_of<false>(g), K = length_of<false>(g), tiles = (M + SIDE - 1) / SIDE;
    const int group = blockIdx.y / tiles, m0 = blockIdx.y % tiles * SIDE, k0 = blockIdx.x * SIDE;
    const int t = threadIdx.x, row = t / 32 / 2 * 32, column = t / 32 % 2 * 32;
    const int step = t % STEPS, line = t / STEPS;
    const Index plane = plane_of<false>(g), begin = Index(blockIdx.z) * chunk;
    const Index end = begin + chunk < g.N * plane ? begin + chunk : g.N * plane;
    float next_a[8], next_b[8];
    wmma::fragment<wmma::accumulator, 16, 16, 8, float> sum[2][2];
    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j) wmma::fill_fragment(sum[i][j], 0.f);

    if (t < SIDE) s.taps[t] = tap_of<false>(g, k0 + t);
    __syncthreads();
    for (Index p0 = begin;; p0 += STEPS) {
        const Index p = p0 + step;
        Spot spot = spot_of<false>(g, p, group);
        spot.exists = p < end;
        const Index from = (p / plane * g.F + group * M) * plane + p % plane;
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            const int m = m0 + line + j * 8;
            next_a[j] = p < end && m < M ? dy[from + m * plane] : 0.f;
            next_b[j] = fetch<false>(x, g, s.taps[line + j * 8], spot);
        }
        if (p0 > begin) {
#pragma unroll
            for (int k = 0; k < STEPS; k += 8) {
                wmma::fragment<wmma::matrix_a, 16, 16, 8, wmma::precision::tf32, wmma::col_major> a;
                wmma::fragment<wmma::matrix_b, 16, 16, 8, wmma::precision::tf32, wmma::row_major>
                    b[2];
                for (int j = 0; j < 2; ++j)
                    wmma::load_matrix_sync(b[j], &s.B[k][column + j * 16], WIDTH);
                for (int i = 0; i < 2; ++i) {
                    wmma::load_matrix_sync(a, &s.A[k][row + i * 16], WIDTH);
                    for (int j = 0; j < 2; ++j) wmma::mma_sync(sum[i][j], a, b[j], sum[i][j]);
                }
            }
        }
        __syncthreads();  // all have read A and B
        if (p0 >= end) break;
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            s.A[step][line + j * 8] = wmma::__float_to_tf32(next_a[j]);
            s.B[step][line + j * 8] = wmma::__float_to_tf32(next_b[j]);
        }
        __syncthreads();
    }

    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j)
            wmma::store_matrix_sync(&s.C[row + i * 16][column + j * 16], sum[i][j], WIDTH,
                                    wmma::mem_row_major);
    __syncthreads();
    partial += Index(blockIdx.z) * g.F * K;
    for (int i = t; i < SIDE * SIDE; i += 128) {
        const int m = m0 + i / SIDE, k = k0 + i % SIDE;
        if (m < M && k < K) partial[Index(group * M + m) * K + k] = s.C[i / SIDE][i % SIDE];
    }
}
