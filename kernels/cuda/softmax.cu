// Softmax and log-softmax along one axis, of arrays seen as (outer, K, inner): rows.cuh says which
// thread does what.
#include "rows.cuh"

extern "C" __global__ void softmax_forward(const Real* x, Real* y, Index rows, int K, Index inner) {
    __shared__ Real scratch[32];
    const Row row(rows, K, inner);
    const Real most = largest(x, row, K, scratch);
    const Real sum = sum_of_exps(x, row, K, most, scratch);
    if (!row.exists) return;
    for (int k = row.first; k < K; k += row.stride)
        y[row.at(k)] = exp(x[row.at(k)] - most) / sum;
}

extern "C" __global__ void log_softmax_forward(
    const Real* x, Real* y, Index rows, int K, Index inner)
{
    __shared__ Real scratch[32];
    const Row row(rows, K, inner);
    const Real most = largest(x, row, K, scratch);
    const Real sum = log(sum_of_exps(x, row, K, most, scratch));
    if (!row.exists) return;
    for (int k = row.first; k < K; k += row.stride) y[row.at(k)] = (x[row.at(k)] - most) - sum;
}

extern "C" __global__ void softmax_backward(
    const Real* dy, const Real* y, Real* dx, Index rows, int K, Index inner)
{
    __shared__ Real scratch[32];
    const Row row(rows, K, inner);
    Real sum = 0;
    for (int k = row.first; k < K; k += row.stride) sum += dy[row.at(k)] * y[row.at(k)];
    sum = row_sum(sum, scratch);
    if (!row.exists) return;
    for (int k = row.first; k < K; k += row.stride)
        dx[row.at(k)] = y[row.at(k)] * (dy[row.at(k)] - sum);
}

extern "C" __global__ void log_softmax_backward(
    const Real* dy, const Real* y, Real* dx, Index rows, int K, Index inner)
{
    __shared__ Real scratch[32];
    const Row row(rows, K, inner);
    Real sum = 0;
    for (int k = row.first; k < K; k += row.stride) sum += dy[row.at(k)];
    sum = row_sum(sum, scratch);
    if (!row.exists) return;
    for (int k = row.first; k < K; k += row.stride)
        dx[row.at(k)] = dy[row.at(k)] - exp(y[row.at(k)]) * sum;
}
