// Batch norm + ReLU (+ max-pool with windows side by side); norm.cu has the statistics.
//
// The way back needs two sums per channel, of g and of g (x - mean), where g is dy behind the ReLU
// and the pooling. Windows keep one pixel each, so the sums run over the windows, not the pixels:
//
//     channel c   |part 0|part 1|..      block (c, part): partial[part][c]
//                      \  |  /
//              factors[0..2][c], dw[c], db[c]        one thread per channel
//
//     dx = factors[0] g + factors[1] + factors[2] (x - mean)                 one thread per pixel
//
// For S == 1 (no pixels) 32 channels share a block, as in norm.cu.
#include "sums.cuh"
#include "window.cuh"

// Where the numbers behind the ReLU come from: without windows `code` says where it let them pass,
// and S counts the pixels of a plane; with windows S counts those.
struct Behind {
    const Real *dy, *x;
    const unsigned char* code;
    double mean;
    int pooled, H, W, PH, PW, KH, KW;

    __device__ Sums operator()(Index i) const {
        if (!pooled) {
            const double g = dy[i], away = double(x[i]) - mean;
            return code[i] ? Sums{g, g * away} : Sums{0, 0};
        }
        const int place = code[i];
        if (place == DEAD) return {0, 0};
        const int h = i / PW % PH * KH + place / KW, w = i % PW * KW + place % KW;
        const double g = dy[i];
        return {g, g * (double(x[(i / PW / PH * H + h) * W + w]) - mean)};
    }
};

extern "C" __global__ void behind_planes(
    const Real* dy, const Real* x, const unsigned char* code, const Real* mean,
    int pooled, int H, int W, int PH, int PW, int KH, int KW, double* partial, Index N, int C,
    Index S)
{
    __shared__ double scratch[32];
    const Behind values = {dy, x, code, double(mean[blockIdx.x]), pooled, H, W, PH, PW, KH, KW};
    sum_planes(values, partial, N, C, S, scratch);
}

extern "C" __global__ void behind_columns(
    const Real* dy, const Real* x, const unsigned char* code, const Real* mean,
    int pooled, int H, int W, int PH, int PW, int KH, int KW, double* partial, Index N, int C)
{
    __shared__ double scratch[2 * 8 * 32];
    const int c = min(int(blockIdx.x * 32 + threadIdx.x), C - 1);
    const Behind values = {dy, x, code, double(mean[c]), pooled, H, W, PH, PW, KH, KW};
    sum_columns(values, partial, N, C, scratch);
}

// `rows` values per channel in training; 0: mean and inv_std are constants.
extern "C" __global__ void factors_finish(
    const double* partial, const Real* inv_std, const Real* weight, int weighted, double rows,
    Real* factors, Real* dw, Real* db, int C, int parts)
{
    const int c = thread_number();
    if (c >= C) return;
    double sum = 0, product = 0;
    for (int part = 0; part < parts; ++part) {
        sum += partial[part * C + c];
        product += partial[(parts + part) * C + c];
    }
    const double inv = inv_std[c], a = weighted ? inv * weight[c] : inv;
    factors[c] = Real(a);
    factors[C + c] = Real(rows ? -a * sum / rows : 0);
    factors[2 * C + c] = Real(rows ? -a * inv * inv * product / rows : 0);
    dw[c] = Real(product * inv);
    db[c] = Real(sum);
}

extern "C" __global__ void behind_dx(
    const Real* dy, const Real* x, const unsigned char* code, const Real* mean,
    const Real* factors, int pooled, int H, int W, int PH, int PW, int KH, int KW, Real* dx,
    Index n, int C, Index S)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int c = i / S % C;
    Real g;
    if (pooled) g = unpooled(dy, code, i / W / H, i / W % H, i % W, PH, PW, KH, KW);
    else g = code[i] ? dy[i] : Real(0);
    const Real slope = factors[2 * C + c];  // 0 where the statistics are constants: not 0 * inf
    dx[i] = factors[c] * g + factors[C + c] + (slope ? slope * (x[i] - mean[c]) : 0);
}

// One thread per value: batch norm, cut off at `low` and `high` where they are given; and whether the
// gradient passes.
extern "C" __global__ void batch_norm_clip(
    const Real* x, const Real* mean, const Real* inv_std, const Real* weight, const Real* bias,
    int weighted, int biased, int lower, Real low, int upper, Real high, Real* y,
    unsigned char* passed, Index n, int C, Index S)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int c = i / S % C;
    Real v = (x[i] - mean[c]) * inv_std[c];
    if (weighted) v *= weight[c];
    if (biased) v += bias[c];
    passed[i] = !(lower && v <= low) && !(upper && v >= high);
    if (lower && v < low) v = low;
    if (upper && v > high) v = high;
    y[i] = v;
}

// One thread per window.
extern "C" __global__ void batch_norm_relu_pool(
    const Real* x, const Real* mean, const Real* inv_std, const Real* weight, const Real* bias,
    int weighted, int biased, Real* y, unsigned char* code, Index n, int C, int H, int W, int PH,
    int PW, int KH, int KW)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int pw = i % PW, ph = i / PW % PH, c = i / PW / PH % C;
    const Real middle = mean[c], scale = inv_std[c], factor = weighted ? weight[c] : Real(1);
    const Real shift = biased ? bias[c] : Real(0);
    x += (i / PW / PH * H + ph * KH) * W + pw * KW;
    Best best;
    for (int kh = 0; kh < KH; ++kh)
        for (int kw = 0; kw < KW; ++kw) {
            Real v = (x[kh * W + kw] - middle) * scale;
            if (weighted) v *= factor;
            if (biased) v += shift;
            best.show(v, kh * KW + kw);
        }
    best.store(y + i, code + i);
}

// inv_std = 1 / sqrt(var + eps); in training the running statistics move.
extern "C" __global__ void deviations(
    const Real* mean, const Real* var, Real* inv_std, Real* running_mean, Real* running_var,
    int tracked, Real kept, Real momentum, Real unbiased, Real eps, int C)
{
    const int c = thread_number();
    if (c >= C) return;
    inv_std[c] = 1 / sqrt(var[c] + eps);
    if (!tracked) return;
    running_mean[c] = running_mean[c] * kept + momentum * mean[c];
    running_var[c] = running_var[c] * kept + momentum * (var[c] * unbiased);
}
