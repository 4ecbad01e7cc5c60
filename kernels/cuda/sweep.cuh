// A function of every number of an array, or of the numbers at the same place of two. A thread
// takes PACK numbers side by side, in one load and one store:
//
//     x  |0 1 2 3|4 5 6 7|8 9 ...        thread 0, thread 1, ...
//     y  |0 1 2 3|4 5 6 7|8 9 ...
#pragma once
#include "common.cuh"

template <class Function>
__device__ __forceinline__ void of_one(const Real* x, Real* y, Index n, const Function& f) {
    const Index i = PACK * thread_number();
    Pack p = load(x, i, n);
#pragma unroll
    for (int k = 0; k < PACK; ++k) p.v[k] = f(p.v[k]);
    store(y, i, n, p);
}

template <class Function>
__device__ __forceinline__ void of_two(const Real* x, const Real* z, Real* y, Index n,
                                       const Function& f) {
    const Index i = PACK * thread_number();
    Pack p = load(x, i, n), q = load(z, i, n);
#pragma unroll
    for (int k = 0; k < PACK; ++k) p.v[k] = f(p.v[k], q.v[k]);
    store(y, i, n, p);
}
