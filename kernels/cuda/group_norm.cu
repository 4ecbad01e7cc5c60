// Group norm and layer norm: every row of K numbers has a mean and a variance of its own.
//
//     group norm   x (N, C, S), G groups of D = C / G channels: N G rows, K = D S
//     layer norm   x (N, K): the same with G = 1, D = K, S = 1
//
// blockDim.x threads share a row, a block has blockDim.y rows; short rows get a warp each, long
// ones 256 threads, very long ones 1,024:
//
//     row  |0 1 2 .. 31|0 1 2 .. 31|0 1 ..     thread x takes the numbers x, x + blockDim.x, ...
//
// A row is read for its mean, for the squares about it, and for the result: the first time from
// memory, then from the cache. Where rows are few and very long, group_norm.py asks batch norm's
// kernels instead, whose blocks share a row. Gradients of weight and bias are sums per channel
// (sums.cuh).
//
// Threads add up their own numbers first, then warps, then the block, in double: always in the same
// order.
#include "sums.cuh"

// Which row this thread works on; rows beyond the last are computed along with it, so that all
// threads meet at every barrier, and not stored.
struct Row {
    Index number, start;
    bool exists;
    __device__ Row(Index rows, Index K) {
        number = Index(blockIdx.x) * blockDim.y + threadIdx.y;
        exists = number < rows;
        if (!exists) number = rows - 1;
        start = number * K;
    }
};

// Over the threads that share a row.
__device__ __forceinline__ double row_sum(double value, double* scratch) {
    return blockDim.x == 32 ? warp_sum(value) : block_sum(value, scratch);
}

// The channel, and so the parameter, of the row's number k.
struct Channels {
    Index first, S;
    __device__ Channels(Index row, Index G, Index D, Index S_) : first(row % G * D), S(S_) {}
    __device__ Index of(Index k) const { return first + (S == 1 ? k : k / S); }
};

extern "C" __global__ void __launch_bounds__(1024, 1) group_norm_forward(
    const Real* x, const Real* w, const Real* b, int weighted, int biased, double eps, Real* y,
    Real* mean, Real* var, Real* inv_std, Index rows, Index K, Index G, Index D, Index S)
{
    __shared__ double scratch[32];
    const Row row(rows, K);
    x += row.start;
    y += row.start;
    double sum = 0, squares = 0;
    for (Index k = threadIdx.x; k < K; k += blockDim.x) sum += x[k];
    const double middle = row_sum(sum, scratch) / K;
    for (Index k = threadIdx.x; k < K; k += blockDim.x) {
        const double d = x[k] - middle;
        squares += d * d;
    }
    const double spread = row_sum(squares, scratch) / K;
    if (!row.exists) return;
    const Real m = Real(middle), scale = Real(1 / sqrt(spread + eps));
    if (threadIdx.x == 0) {
        mean[row.number] = m;
        var[row.number] = Real(spread);
        inv_std[row.number] = scale;
    }
    const Channels channel(row.number, G, D, S);
    for (Index k = threadIdx.x; k < K; k += blockDim.x) {
        Real v = (x[k] - m) * scale;
        if (weighted) v *= w[channel.of(k)];
        if (biased) v += b[channel.of(k)];
        y[k] = v;
    }
}

// dx = inv_std (g - mean(g) - xhat mean(g xhat)) with g = dy w, xhat = (x - mean) inv_std.
extern "C" __global__ void __launch_bounds__(1024, 1) group_norm_dx(
    const Real* dy, const Real* x, const Real* w, int weighted, const Real* mean,
    const Real* inv_std, Real* dx, Index rows, Index K, Index G, Index D, Index S)
{
    __shared__ double scratch[32];
    const Row row(rows, K);
    const Channels channel(row.number, G, D, S);
    const Real m = mean[row.number], scale = inv_std[row.number];
    dy += row.start;
    x += row.start;
    dx += row.start;
    double sum = 0, product = 0;
    for (Index k = threadIdx.x; k < K; k += blockDim.x) {
        const Real g = weighted ? dy[k] * w[channel.of(k)] : dy[k];
        sum += g;
        product += double(g) * double((x[k] - m) * scale);
    }
    const Real shift = Real(row_sum(sum, scratch) / K), slope = Real(row_sum(product, scratch) / K);
    if (!row.exists) return;
    for (Index k = threadIdx.x; k < K; k += blockDim.x) {
        const Real g = weighted ? dy[k] * w[channel.of(k)] : dy[k];
        dx[k] = (g - (shift + (x[k] - m) * scale * slope)) * scale;
    }
}

// dy and dy * xhat: what the gradients of bias and weight sum up.
struct Scaled {
    const Real *dy, *x, *mean, *inv_std;
    Index K;
    __device__ Sums operator()(Index at) const {
        const Real d = dy[at];
        const Index row = at / K;
        return {double(d), double(d) * double((x[at] - mean[row]) * inv_std[row])};
    }
};

extern "C" __global__ void parameters_planes(
    const Real* dy, const Real* x, const Real* mean, const Real* inv_std, Index K, double* partial,
    Index N, int C, Index S)
{
    __shared__ double scratch[32];
    const Scaled values = {dy, x, mean, inv_std, K};
    sum_planes(values, partial, N, C, S, scratch);
}

extern "C" __global__ void parameters_columns(
    const Real* dy, const Real* x, const Real* mean, const Real* inv_std, Index K, double* partial,
    Index N, int C)
{
    __shared__ double scratch[2 * 8 * 32];
    const Scaled values = {dy, x, mean, inv_std, K};
    sum_columns(values, partial, N, C, scratch);
}
