// Leaky ReLU with a learned slope for every channel, or a single one. x (N, C, S).
//
// Forward, a thread takes PACK numbers side by side. Backward, dx and the slopes' gradients come
// from one pass over dy and x, which leaves sums per part and channel (norm.cu draws how):
//
//     channel c   |part 0|part 1|part 2|..      block (c, part): dx there, and partial[part][c]
//                    \      |      /
//                         dw[c]                 one block per slope: over its parts, or over all
#include "sums.cuh"

extern "C" __global__ void prelu_forward(
    const Real* x, const Real* w, int single, Real* y, Index n, int C, Index S)
{
    const Index i = PACK * thread_number();
    Pack p = load(x, i, n);
#pragma unroll
    for (int k = 0; k < PACK; ++k) {
        const Real slope = w[single ? 0 : (i + k) / S % C];
        p.v[k] = p.v[k] > 0 ? p.v[k] : p.v[k] * slope;
    }
    store(y, i, n, p);
}

// dx is left where it belongs; dy min(x, 0) is to be summed.
struct Back {
    const Real *dy, *x;
    Real slope;
    Real* dx;
    __device__ Sums operator()(Index at) const {
        const Real d = dy[at], v = x[at];
        dx[at] = v > 0 ? d : d * slope;
        return {v > 0 ? 0 : double(d) * double(v), 0};
    }
};

extern "C" __global__ void prelu_planes(
    const Real* dy, const Real* x, const Real* w, int single, Real* dx, double* partial, Index N,
    int C, Index S)
{
    __shared__ double scratch[32];
    const Back values = {dy, x, w[single ? 0 : blockIdx.x], dx};
    sum_planes(values, partial, N, C, S, scratch);
}

extern "C" __global__ void prelu_columns(
    const Real* dy, const Real* x, const Real* w, int single, Real* dx, double* partial, Index N,
    int C)
{
    __shared__ double scratch[2 * 8 * 32];
    const int c = min(int(blockIdx.x * 32 + threadIdx.x), C - 1);
    const Back values = {dy, x, w[single ? 0 : c], dx};
    sum_columns(values, partial, N, C, scratch);
}

extern "C" __global__ void prelu_finish(
    const double* partial, int single, Real* dw, int C, int parts)
{
    __shared__ double scratch[32];
    const int first = blockIdx.x, step = single ? 1 : C, count = single ? parts * C : parts;
    double sum = 0;
    for (int i = threadIdx.x; i < count; i += blockDim.x) sum += partial[first + i * step];
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) dw[first] = Real(sum);
}
