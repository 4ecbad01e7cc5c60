// ReLU. A thread takes PACK numbers side by side, in one load and one store:
//
//     x  |0 1 2 3|4 5 6 7|8 9 ...        thread 0, thread 1, ...
#include "common.cuh"

extern "C" __global__ void relu_forward(const Real* x, Real* y, Index n) {
    const Index i = PACK * thread_number();
    Pack p = load(x, i, n);
#pragma unroll
    for (int k = 0; k < PACK; ++k) p.v[k] = p.v[k] < 0 ? Real(0) : p.v[k];  // NaN stays NaN
    store(y, i, n, p);
}

extern "C" __global__ void relu_backward(const Real* dy, const Real* y, Real* dx, Index n) {
    const Index i = PACK * thread_number();
    Pack d = load(dy, i, n), p = load(y, i, n);
#pragma unroll
    for (int k = 0; k < PACK; ++k) d.v[k] = p.v[k] <= 0 ? Real(0) : d.v[k];
    store(dx, i, n, d);
}
