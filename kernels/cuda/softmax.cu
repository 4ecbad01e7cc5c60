// Softmax and log-softmax along one axis, of arrays seen as (outer, K, inner).
//
// inner == 1: the K numbers of a row lie side by side. blockDim.x threads share a row, a block has
// blockDim.y rows; long rows get 256 threads, short ones a warp each:
//
//     row  |0 1 2 .. 31|0 1 2 .. 31|0 1 ..     thread x takes the numbers x, x + blockDim.x, ...
//
// inner > 1: one thread per column of K numbers; its neighbors read the numbers beside its own.
//
// Cross-entropy (rows only) goes on from there: the loss of a row, and its gradient but for a factor.
//
// Threads add up their own numbers first, then warps, then the block: always in the same order.
#include "common.cuh"

// Over the threads that share a row.
__device__ __forceinline__ Real row_sum(Real value, Real* scratch) {
    if (blockDim.x == 1) return value;
    return blockDim.x == 32 ? warp_sum(value) : block_sum(value, scratch);
}

__device__ __forceinline__ Real row_max(Real value, Real* scratch) {
    if (blockDim.x == 1) return value;
    value = warp_max(value);
    if (blockDim.x == 32) return value;
    const int lane = threadIdx.x % 32;
    if (lane == 0) scratch[threadIdx.x / 32] = value;
    __syncthreads();
    value = warp_max(lane < int(blockDim.x) / 32 ? scratch[lane] : -Real(INFINITY));
    __syncthreads();
    return value;
}

// Which row this thread works on; rows beyond the last are computed along with it, so that all
// threads meet at every barrier, and not stored.
struct Row {
    Index start, step;
    int first, stride;
    bool exists;
    __device__ Row(Index rows, int K, Index inner) {
        Index row = Index(blockIdx.x) * blockDim.y + threadIdx.y;
        exists = row < rows;
        if (!exists) row = rows - 1;
        start = row / inner * (K * inner) + row % inner;
        step = inner;
        first = threadIdx.x;
        stride = blockDim.x;
    }
    __device__ Index at(int k) const { return start + k * step; }
};

__device__ __forceinline__ Real largest(const Real* x, const Row& row, int K, Real* scratch) {
    Real best = -Real(INFINITY);
    for (int k = row.first; k < K; k += row.stride) {
        const Real v = x[row.at(k)];
        best = v > best ? v : best;  // NaN is left out here and comes back in the sum
    }
    return row_max(best, scratch);
}

extern "C" __global__ void softmax_forward(const Real* x, Real* y, Index rows, int K, Index inner) {
    __shared__ Real scratch[32];
    const Row row(rows, K, inner);
    const Real most = largest(x, row, K, scratch);
    Real sum = 0;
    for (int k = row.first; k < K; k += row.stride) sum += exp(x[row.at(k)] - most);
    sum = row_sum(sum, scratch);
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
    Real sum = 0;
    for (int k = row.first; k < K; k += row.stride) sum += exp(x[row.at(k)] - most);
    sum = log(row_sum(sum, scratch));
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

// unit = softmax(x) - one-hot, and the loss of every row. A row whose label is `ignored` counts
// nothing; one whose label is no class is NaN.
extern "C" __global__ void cross_entropy_rows(
    const Real* x, const long long* labels, long long ignored, Real* unit, Real* losses,
    Index rows, int K)
{
    __shared__ Real scratch[32];
    const Row row(rows, K, 1);
    const Real most = largest(x, row, K, scratch);
    Real sum = 0;
    for (int k = row.first; k < K; k += row.stride) sum += exp(x[row.at(k)] - most);
    sum = log(row_sum(sum, scratch));
    if (!row.exists) return;
    const Index number = row.start / K;
    const long long label = labels[number];
    const bool counts = label != ignored, wrong = label < 0 || label >= K;
    for (int k = row.first; k < K; k += row.stride) {
        Real u = exp((x[row.at(k)] - most) - sum) - (k == label ? 1 : 0);
        if (wrong) u = Real(NAN);
        unit[row.at(k)] = counts ? u : Real(0);
    }
    if (row.first) return;
    const Real loss = wrong ? Real(NAN) : sum - (x[row.at(int(label))] - most);
    losses[number] = counts ? loss : Real(0);
}

// One block: the sum of the losses, or their mean over the rows that count; how many count, and how
// many labels are no class.
extern "C" __global__ void cross_entropy_sum(
    const Real* losses, const long long* labels, long long ignored, int mean, Real* loss,
    long long* counts, Index rows, int K)
{
    __shared__ double scratch[32];
    double sum = 0, counted = 0, wrong = 0;
    for (Index i = threadIdx.x; i < rows; i += blockDim.x) {
        const long long label = labels[i];
        sum += losses[i];
        counted += label != ignored;
        wrong += label != ignored && (label < 0 || label >= K);
    }
    sum = block_sum(sum, scratch);
    counted = block_sum(counted, scratch);
    wrong = block_sum(wrong, scratch);
    if (threadIdx.x) return;
    *loss = Real(mean ? sum / counted : sum);
    counts[0] = (long long)counted;
    counts[1] = (long long)wrong;
}

extern "C" __global__ void cross_entropy_backward(
    const Real* unit, const Real* dy, const long long* counts, int mean, Real* dx, Index n)
{
    const Index i = thread_number();
    if (i < n) dx[i] = unit[i] * (mean ? *dy / Real(counts[0] > 0 ? counts[0] : 1) : *dy);
}
