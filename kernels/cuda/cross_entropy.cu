// Softmax and the likelihood of the right class: scores x (N, K, S), one label for each of N S rows
// of K numbers (rows.cuh says which thread does what). A row whose label is `ignored` counts
// nothing; one whose label is no class is NaN.
//
// The losses are added up in two stages, the same in every run; a single block needs no second:
//
//     losses  |part 0|part 1|part 2|..      a block per part
//                 \      |      /
//                  loss, counts             one block
#include "rows.cuh"

// unit = softmax(x) - one-hot, and the loss of every row.
extern "C" __global__ void cross_entropy_rows(
    const Real* x, const long long* labels, long long ignored, Real* unit, Real* losses,
    Index rows, int K, Index S)
{
    __shared__ Real scratch[32];
    const Row row(rows, K, S);
    const Real most = largest(x, row, K, scratch);
    const Real sum = log(sum_of_exps(x, row, K, most, scratch));
    if (!row.exists) return;
    const long long label = labels[row.number];
    const bool counts = label != ignored, wrong = label < 0 || label >= K;
    for (int k = row.first; k < K; k += row.stride) {
        Real u = exp((x[row.at(k)] - most) - sum) - (k == label ? 1 : 0);
        if (wrong) u = Real(NAN);
        unit[row.at(k)] = counts ? u : Real(0);
    }
    if (row.first) return;
    const Real loss = wrong ? Real(NAN) : sum - (x[row.at(int(label))] - most);
    losses[row.number] = counts ? loss : Real(0);
}

// The loss of every row, from log-softmax; one thread per row.
extern "C" __global__ void nll_losses(
    const Real* logp, const long long* labels, long long ignored, Real* losses, Index rows, int K,
    Index S)
{
    const Index i = thread_number();
    if (i >= rows) return;
    const long long label = labels[i];
    Real loss = 0;
    if (label != ignored)
        loss = label < 0 || label >= K ? Real(NAN)
                                       : -logp[(i / S * K + Index(label)) * S + i % S];
    losses[i] = loss;
}

// The sum of the losses, or their mean over the rows that count; how many count, and how many
// labels are no class.
__device__ __forceinline__ void conclude(double sum, double counted, double wrong, int mean,
                                         Real* loss, long long* counts) {
    *loss = Real(mean ? sum / counted : sum);
    counts[0] = (long long)counted;
    counts[1] = (long long)wrong;
}

// partial[0 .. 2][part]: sum, counted, wrong of a part.
extern "C" __global__ void losses_sum(
    const Real* losses, const long long* labels, long long ignored, int mean, double* partial,
    Real* loss, long long* counts, Index rows, int K)
{
    __shared__ double scratch[32];
    double sum = 0, counted = 0, wrong = 0;
    const Index step = Index(gridDim.x) * blockDim.x;
    for (Index i = thread_number(); i < rows; i += step) {
        const long long label = labels[i];
        sum += losses[i];
        counted += label != ignored;
        wrong += label != ignored && (label < 0 || label >= K);
    }
    sum = block_sum(sum, scratch);
    counted = block_sum(counted, scratch);
    wrong = block_sum(wrong, scratch);
    if (threadIdx.x) return;
    if (gridDim.x == 1) {
        conclude(sum, counted, wrong, mean, loss, counts);
        return;
    }
    partial[blockIdx.x] = sum;
    partial[gridDim.x + blockIdx.x] = counted;
    partial[2 * gridDim.x + blockIdx.x] = wrong;
}

extern "C" __global__ void losses_finish(
    const double* partial, int parts, int mean, Real* loss, long long* counts)
{
    __shared__ double scratch[32];
    double sum = 0, counted = 0, wrong = 0;
    for (int part = threadIdx.x; part < parts; part += blockDim.x) {
        sum += partial[part];
        counted += partial[parts + part];
        wrong += partial[2 * parts + part];
    }
    sum = block_sum(sum, scratch);
    counted = block_sum(counted, scratch);
    wrong = block_sum(wrong, scratch);
    if (threadIdx.x == 0) conclude(sum, counted, wrong, mean, loss, counts);
}

// dy, or its share in a mean.
__device__ __forceinline__ Real factor(const Real* dy, const long long* counts, int mean) {
    return mean ? *dy / Real(counts[0] > 0 ? counts[0] : 1) : *dy;
}

extern "C" __global__ void cross_entropy_backward(
    const Real* unit, const Real* dy, const long long* counts, int mean, Real* dx, Index n)
{
    const Index i = thread_number();
    if (i < n) dx[i] = unit[i] * factor(dy, counts, mean);
}

// -dy at the labels that count, 0 elsewhere; one thread per number.
extern "C" __global__ void nll_backward(
    const Real* dy, const long long* labels, long long ignored, const long long* counts, int mean,
    Real* dlogp, Index n, int K, Index S)
{
    const Index i = thread_number();
    if (i >= n) return;
    const long long label = labels[i / S / K * S + i % S];
    const bool here = label != ignored && label == (long long)(i / S % K);
    dlogp[i] = here ? -factor(dy, counts, mean) : Real(0);
}
