// y (R, O) += b (O,): one thread per number, its neighbors in the row beside it.
#include "common.cuh"

extern "C" __global__ void add_bias(Real* y, const Real* b, Index n, int O) {
    const Index i = thread_number();
    if (i < n) y[i] += b[i % O];
}
