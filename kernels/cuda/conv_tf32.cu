// Convolution on tensor cores: the products of conv.cu in TF32, whose factors keep 10 bits of their
// fractions while sums are formed in float. From compute capability 8.0 on.
// needs sm_80
//
//                   128 columns            A block of 16 warps (8 for fewer rows) computes a tile of
//                  +--+--+--+--+           ROWS x 128, 16 steps of k at a time; the next 16 are on
//           16 k   |  |B |  |  |           their way into registers, to a second A and B.
//                  +--+--+--+--+
//          16 k                            A warp has 32 x 32 results (16 x 32 of 32 rows), made of
//          +--+    +--+--+--+--+           products of 16 x 8 (tensor_cores.cuh).
//          |A |    |w0|w1|w2|w3|
//   ROWS   |  |    +--+--+--+--+           B lies column by column: a thread stores four taps of a
//          |  |    |w4|w5|w6|w7|           pixel at once. Convolution + ReLU + max-pool is as in
//          +--+    +--+--+--+--+           conv.cu.
#include "conv.cuh"
#include "tensor_cores.cuh"
#include "window.cuh"

#define FETCHES_A (ROWS * STEPS / THREADS)      // numbers that a thread fetches
#define FETCHES_B (COLUMNS * STEPS / THREADS)

struct Shared {
    __align__(16) float A[2][ROWS * STEPS];
    __align__(16) float B[2][COLUMNS / 2 * PAIR];
    Tap taps[TABLE];             // of so many steps of k
    Index results[COLUMNS];     // where the columns' results belong
    float bias[ROWS];
};

// The results of a lane: rows `high` + 8 i, columns `left` + 8 j and its neighbor.
template <bool BACK>
__device__ __forceinline__ void store(float (&sum)[TALL][4][4], int high, int left, int rows,
                                      int relu, float* result, const Geometry& g,
                                      const Shared& s) {
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        const Index to = s.results[left + j / 2 * 8 + j % 2];
        if (to == NOWHERE) continue;
#pragma unroll
        for (int i = 0; i < 2 * TALL; ++i) {
            const int m = high + i * 8;
            if (m >= rows) continue;
            const float v = sum[i / 2][j / 2][i % 2 * 2 + j % 2] + s.bias[m];
            result[to + m * plane_of<BACK>(g)] = relu && v < 0 ? 0.f : v;
        }
    }
}

// Two lanes have the four pixels of a window; one takes the even rows, the other the odd ones.
__device__ __forceinline__ void store_pooled(float (&sum)[TALL][4][4], int high, int left, int rows,
                                             float* result, unsigned char* code, const Geometry& g,
                                             const Shared& s) {
    const bool odd = threadIdx.x % 2;
#pragma unroll
    for (int j = 0; j < 4; ++j) {
        const Index to = s.results[left + j * 8];
#pragma unroll
        for (int i = 0; i < 2 * TALL; i += 2) {
            float (&four)[4] = sum[i / 2][j];
            const float mine[2] = {odd ? four[2] : four[0], odd ? four[3] : four[1]};
            float other[2] = {odd ? four[0] : four[2], odd ? four[1] : four[3]};
            for (float& v : other) v = __shfl_xor_sync(0xffffffffu, v, 1);
            const int m = high + (i + odd) * 8;
            if (to == NOWHERE || m >= rows) continue;
            Best best;
#pragma unroll
            for (int k = 0; k < 4; ++k)
                best.show((k / 2 == odd ? mine[k % 2] : other[k % 2]) + s.bias[m], k);
            const Index at = to + m * result_plane<false, true>(g);
            best.store(result + at, code + at);
        }
    }
}

template <bool BACK, bool POOL>
__device__ __forceinline__ void tile(const float* image, const float* weights, const float* bias,
                                     int biased, int relu, float* result, unsigned char* code,
                                     const Geometry& g, Shared& s) {
    const Axes a = axes_of<BACK>(g);
    const int M = rows_of<BACK>(g), K = length_of<BACK>(g, a), tiles = (M + ROWS - 1) / ROWS;
    const int group = blockIdx.y / tiles, m0 = blockIdx.y % tiles * ROWS, rows = M - m0;
    const Index first = Index(blockIdx.x) * COLUMNS;
    if (first >= columns_of<POOL>(g, a)) return;  // other phases have more

    const int t = threadIdx.x, warp = t / 32, lane = t % 32;
    const int row = t / 256 * 16 + row_in_a(t % 256), k = column_in_a(t % 256);     // of A
    const int column = t % COLUMNS, from = t / COLUMNS * 4;                         // of B
    const Spot spot = column_spot<BACK, POOL>(g, a, first + column, group);
    const Index width = weights_of<BACK>(g);
    const Index before = weights_before(g, group) + (m0 + row) * width;
    if (t < COLUMNS) s.results[t] = spot.result;
    if (t < ROWS) s.bias[t] = biased && t < rows ? bias[group * M + m0 + t] : 0.f;
    __syncthreads();

    float sum[TALL][4][4] = {}, next_a[FETCHES_A], next_b[FETCHES_B];
    for (int k0 = 0;; k0 += STEPS) {
        const int buffer = k0 / STEPS % 2;
        if (k0 < K) {
            if (k0 % TABLE == 0) {
                if (t < TABLE) s.taps[t] = tap_of<BACK>(g, a, k0 + t);
                __syncthreads();
            }
            const Tap* const taps = s.taps + k0 % TABLE;
            const int height = k0 + k < K ? rows - row : 0;
            Index weight = before + taps[k].weight;
#pragma unroll
            for (int j = 0; j < FETCHES_A; ++j) {
                next_a[j] = j * (THREADS / STEPS) < height ? weights[weight] : 0.f;
                weight += width * (THREADS / STEPS);
            }
#pragma unroll
            for (int j = 0; j < FETCHES_B; ++j)  // neighbors take neighboring pixels
                next_b[j] = fetch(image, a, taps[from + j / 4 * (THREADS / 32) + j % 4], spot);
        }
        if (k0)  // meanwhile: the steps before
            multiply(sum, s.A[1 - buffer], s.B[1 - buffer], warp / 4 * 16 * TALL, warp % 4 * 32);
        if (k0 >= K) break;
#pragma unroll
        for (int j = 0; j < FETCHES_A; ++j) s.A[buffer][t + j * THREADS] = to_tf32(next_a[j]);
#pragma unroll
        for (int j = 0; j < FETCHES_B; j += 4) {
            Pack p;
#pragma unroll
            for (int i = 0; i < 4; ++i) p.v[i] = to_tf32(next_b[j + i]);
            const int place = place_in_b(from, column) + j / 4 * (THREADS / 32);
            *reinterpret_cast<Pack*>(&s.B[buffer][place]) = p;
        }
        __syncthreads();  // all have read the other A and B, and taps
    }

    const int high = warp / 4 * 16 * TALL + lane / 4, left = warp % 4 * 32 + lane % 4 * 2;
    const Index below = m0 * result_plane<BACK, POOL>(g);
    if constexpr (POOL) store_pooled(sum, high, left, rows, result + below, code + below, g, s);
    else store<BACK>(sum, high, left, rows, relu, result + below, g, s);
}

extern "C" __global__ void __launch_bounds__(THREADS, AT_ONCE) forward(
    const Real* x, const Real* w, const Real* bias, int biased, int relu, Real* y, Index N, int C,
    int H, int W, int F, int KH, int KW, int OH, int OW, int SH, int SW, int DH, int DW, int TOP,
    int LEFT, int G)
{
    __shared__ Shared shared;
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile<false, false>(x, w, bias, biased, relu, y, nullptr, g, shared);
}

extern "C" __global__ void __launch_bounds__(THREADS, AT_ONCE) forward_pool(
    const Real* x, const Real* w, const Real* bias, int biased, Real* y, unsigned char* code,
    Index N, int C, int H, int W, int F, int KH, int KW, int OH, int OW, int SH, int SW, int DH,
    int DW, int TOP, int LEFT, int G)
{
    __shared__ Shared shared;
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile<false, true>(x, w, bias, biased, 0, y, code, g, shared);
}

extern "C" __global__ void __launch_bounds__(THREADS, AT_ONCE) input_gradient(
    const Real* dy, const Real* w, Real* dx, Index N, int C, int H, int W, int F, int KH, int KW,
    int OH, int OW, int SH, int SW, int DH, int DW, int TOP, int LEFT, int G)
{
    __shared__ Shared shared;
    const Geometry g = {N, C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G};
    tile<true, false>(dy, w, w, 0, 0, dx, nullptr, g, shared);
}
