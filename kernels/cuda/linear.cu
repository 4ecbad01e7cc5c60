// y (R, O) += b (O,), and cut off at 0 with `relu`: one thread per number, its neighbors in the row beside it.
#include "common.cuh"

extern "C" __global__ void add_bias(Real* y, const Real* b, Index n, int O, int relu) {
    const Index i = thread_number();
    if (i >= n) return;
    const Real v = y[i] + b[i % O];
    y[i] = relu && v < 0 ? Real(0) : v;
}
