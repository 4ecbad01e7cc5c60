// Convolution with one input channel per group: no sum over channels, so nothing to gain from a
// matrix product. Each of the C channels has F / C filters.
//
// Forward and input gradient: one thread per result, its neighbors along the width beside it.
// Weights' gradient: one block per weight, which sums over all images and pixels:
//
//     dw[f, kh, kw] = sum over n, oh, ow of dy[n, f, oh, ow] x[n, c, oh SH + kh DH - TOP, ...]
#include "conv.cuh"

extern "C" __global__ void depthwise_forward(
    const Real* x, const Real* w, const Real* bias, int biased, int relu, Real* y, Index N, int C,
    int H, int W, int F, int KH, int KW, int OH, int OW, int SH, int SW, int DH, int DW, int TOP,
    int LEFT, int G)
{
    const Index i = thread_number();
    const int ow = i % OW, oh = i / OW % OH, f = i / OW / OH % F;
    const Index n = i / OW / OH / F;
    if (n >= N) return;
    x += (n * C + f / (F / C)) * H * W;
    w += f * KH * KW;
    Real sum = 0;
    for (int kh = 0; kh < KH; ++kh) {
        const int h = oh * SH - TOP + kh * DH;
        for (int kw = 0; kw < KW; ++kw) {
            const int v = ow * SW - LEFT + kw * DW;
            const bool inside = h >= 0 && h < H && v >= 0 && v < W;
            sum += (inside ? x[h * W + v] : Real(0)) * w[kh * KW + kw];
        }
    }
    if (biased) sum += bias[f];
    y[i] = relu && sum < 0 ? Real(0) : sum;
}

extern "C" __global__ void depthwise_input_gradient(
    const Real* dy, const Real* w, Real* dx, Index N, int C, int H, int W, int F, int KH, int KW,
    int OH, int OW, int SH, int SW, int DH, int DW, int TOP, int LEFT, int G)
{
    const Index i = thread_number();
    const int v = i % W, h = i / W % H, c = i / W / H % C;
    const Index n = i / W / H / C;
    if (n >= N) return;
    Real sum = 0;
    for (int f = c * (F / C); f < (c + 1) * (F / C); ++f) {
        const Real* const from = dy + (n * F + f) * OH * OW;
        for (int kh = 0; kh < KH; ++kh) {
            const int a = h + TOP - kh * DH;
            if (a < 0 || a % SH || a / SH >= OH) continue;
            for (int kw = 0; kw < KW; ++kw) {
                const int b = v + LEFT - kw * DW;
                if (b < 0 || b % SW || b / SW >= OW) continue;
                sum += from[a / SH * OW + b / SW] * w[(f * KH + kh) * KW + kw];
            }
        }
    }
    dx[i] = sum;
}

extern "C" __global__ void depthwise_weight_gradient(
    const Real* x, const Real* dy, Real* dw, Index N, int C, int H, int W, int F, int KH, int KW,
    int OH, int OW, int SH, int SW, int DH, int DW, int TOP, int LEFT, int G)
{
    __shared__ Real scratch[32];
    const int kw = blockIdx.x % KW, kh = blockIdx.x / KW % KH, f = blockIdx.x / KW / KH;
    const int c = f / (F / C), plane = OH * OW;
    Real sum = 0;
    for (Index p = threadIdx.x; p < N * plane; p += blockDim.x) {
        const Index n = p / plane;
        const int q = p % plane;
        const int h = q / OW * SH - TOP + kh * DH, v = q % OW * SW - LEFT + kw * DW;
        const bool inside = h >= 0 && h < H && v >= 0 && v < W;
        sum += dy[(n * F + f) * plane + q] * (inside ? x[((n * C + c) * H + h) * W + v] : Real(0));
    }
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) dw[blockIdx.x] = sum;
}
