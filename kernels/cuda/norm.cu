// Batch normalization. x (N, C, S): S values of a channel side by side, N times; M = N * S of them.
//
// Sums per channel come in two stages, which makes them the same in every run and lets many blocks
// work on few channels. `parts` blocks share a channel; a second kernel adds up what they found:
//
//     channel c   |part 0|part 1|part 2|..      block (c, part), 256 threads: partial[part][c]
//                    \      |      /
//                     mean[c], var[c]           one thread per channel
//
// For S == 1 a channel is a column, and threads side by side take columns side by side:
//
//     rows  |c0 c1 .. c31|                      block of 32 x 8 threads: 8 rows at a time
//
// All sums are formed in double: a channel may have millions of values.
#include "sums.cuh"
#include "window.cuh"

// Two numbers for each value: they and their squares, about a center so that no digits are lost.
struct Moments {
    const Real* x;
    double center;
    __device__ Sums operator()(Index at) const {
        const double d = double(x[at]) - center;
        return {d, d * d};
    }
};

// dy and dy * xhat: what the gradients of bias and weight sum up.
struct Gradients {
    const Real *dy, *x;
    Real mean, inv_std;
    __device__ Sums operator()(Index at) const {
        const Real d = dy[at];
        return {double(d), double(d) * double((x[at] - mean) * inv_std)};
    }
};

// dy where the window of a pooling let it pass.
struct Passed {
    const Real* dy;
    const unsigned char* code;
    __device__ Sums operator()(Index at) const {
        return {code[at] == DEAD ? 0 : double(dy[at]), 0};
    }
};

// dy alone.
struct Plain {
    const Real* x;
    __device__ Sums operator()(Index at) const { return {double(x[at]), 0}; }
};

// About what a channel's values are summed: the mean where it is known, else any of them.
__device__ __forceinline__ double center_of(const Real* x, const Real* mean, int known, int c,
                                            Index S) {
    const double center = known ? mean[c] : x[c * S];
    return center - center == 0 ? center : 0;  // not about infinity
}

extern "C" __global__ void moments_planes(
    const Real* x, const Real* mean, int known, double* partial, Index N, int C, Index S)
{
    __shared__ double scratch[32];
    const Moments values = {x, center_of(x, mean, known, blockIdx.x, S)};
    sum_planes(values, partial, N, C, S, scratch);
}

extern "C" __global__ void moments_columns(
    const Real* x, const Real* mean, int known, double* partial, Index N, int C)
{
    __shared__ double scratch[2 * 8 * 32];
    const int c = blockIdx.x * 32 + threadIdx.x;
    const Moments values = {x, c < C ? center_of(x, mean, known, c, 1) : 0};
    sum_columns(values, partial, N, C, scratch);
}

// The second stage: one thread per channel. `mean` may hold the center, and is overwritten.
extern "C" __global__ void moments_finish(
    const Real* x, Real* mean, int known, const double* partial, Real* var, int C, Index S,
    int parts, double M)
{
    const int c = thread_number();
    if (c >= C) return;
    double first = 0, second = 0;
    for (int part = 0; part < parts; ++part) {
        first += partial[part * C + c];
        second += partial[(parts + part) * C + c];
    }
    const double center = center_of(x, mean, known, c, S), about = first / M;
    const double square = second / M - about * about;
    mean[c] = Real(center + about);
    var[c] = Real(square < 0 ? 0 : square);
}

extern "C" __global__ void gradients_planes(
    const Real* dy, const Real* x, const Real* mean, const Real* inv_std, double* partial, Index N,
    int C, Index S)
{
    __shared__ double scratch[32];
    const Gradients values = {dy, x, mean[blockIdx.x], inv_std[blockIdx.x]};
    sum_planes(values, partial, N, C, S, scratch);
}

extern "C" __global__ void gradients_columns(
    const Real* dy, const Real* x, const Real* mean, const Real* inv_std, double* partial, Index N,
    int C)
{
    __shared__ double scratch[2 * 8 * 32];
    const int c = min(int(blockIdx.x * 32 + threadIdx.x), C - 1);
    const Gradients values = {dy, x, mean[c], inv_std[c]};
    sum_columns(values, partial, N, C, scratch);
}

extern "C" __global__ void channel_sum_planes(
    const Real* x, double* partial, Index N, int C, Index S)
{
    __shared__ double scratch[32];
    const Plain values = {x};
    sum_planes(values, partial, N, C, S, scratch);
}

extern "C" __global__ void channel_sum_columns(const Real* x, double* partial, Index N, int C) {
    __shared__ double scratch[2 * 8 * 32];
    const Plain values = {x};
    sum_columns(values, partial, N, C, scratch);
}

// Few rows: no second stage.
extern "C" __global__ void channel_sum_rows(const Real* x, Real* total, Index N, int C) {
    __shared__ double scratch[2 * 8 * 32];
    const Plain values = {x};
    const int c = blockIdx.x * 32 + threadIdx.x;
    const Sums sum = column_sums(values, c, N, C, scratch);
    if (threadIdx.y == 0 && c < C) total[c] = Real(sum.first);
}

extern "C" __global__ void behind_sum_planes(
    const Real* dy, const unsigned char* code, double* partial, Index N, int C, Index S)
{
    __shared__ double scratch[32];
    const Passed values = {dy, code};
    sum_planes(values, partial, N, C, S, scratch);
}

extern "C" __global__ void behind_sum_columns(
    const Real* dy, const unsigned char* code, double* partial, Index N, int C)
{
    __shared__ double scratch[2 * 8 * 32];
    const Passed values = {dy, code};
    sum_columns(values, partial, N, C, scratch);
}

extern "C" __global__ void sums_finish(
    const double* partial, Real* first, Real* second, int C, int parts)
{
    const int c = thread_number();
    if (c >= C) return;
    double a = 0, b = 0;
    for (int part = 0; part < parts; ++part) {
        a += partial[part * C + c];
        b += partial[(parts + part) * C + c];
    }
    first[c] = Real(a);
    second[c] = Real(b);
}

// One thread per value.
extern "C" __global__ void batch_norm_forward(
    const Real* x, const Real* mean, const Real* inv_std, const Real* weight, const Real* bias,
    int weighted, int biased, Real* y, Index n, int C, Index S)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int c = i / S % C;
    Real v = (x[i] - mean[c]) * inv_std[c];
    if (weighted) v *= weight[c];
    if (biased) v += bias[c];
    y[i] = v;
}

// In training mean and inv_std depend on x too; else dx is dy, scaled.
extern "C" __global__ void batch_norm_dx(
    const Real* dy, const Real* x, const Real* mean, const Real* inv_std, const Real* weight,
    int weighted, const Real* dw, const Real* db, int training, Real* dx, Index n, int C, Index S,
    Real M)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int c = i / S % C;
    Real d = dy[i];
    if (training) d -= (db[c] + (x[i] - mean[c]) * inv_std[c] * dw[c]) / M;
    dx[i] = d * (weighted ? inv_std[c] * weight[c] : inv_std[c]);
}
