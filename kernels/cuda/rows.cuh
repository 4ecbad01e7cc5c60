// Rows: arrays seen as (outer, K, inner), K numbers of a row.
//
// inner == 1: the K numbers of a row lie side by side. blockDim.x threads share a row, a block has
// blockDim.y rows; long rows get 256 threads, short ones a warp each:
//
//     row  |0 1 2 .. 31|0 1 2 .. 31|0 1 ..     thread x takes the numbers x, x + blockDim.x, ...
//
// inner > 1: one thread per column of K numbers; its neighbors read the numbers beside its own.
//
// Threads add up their own numbers first, then warps, then the block: always in the same order.
#pragma once
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
    Index number, start, step;
    int first, stride;
    bool exists;
    __device__ Row(Index rows, int K, Index inner) {
        number = Index(blockIdx.x) * blockDim.y + threadIdx.y;
        exists = number < rows;
        if (!exists) number = rows - 1;
        start = number / inner * (K * inner) + number % inner;
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

// The sum of exp(x - most).
__device__ __forceinline__ Real sum_of_exps(const Real* x, const Row& row, int K, Real most,
                                            Real* scratch) {
    Real sum = 0;
    for (int k = row.first; k < K; k += row.stride) sum += exp(x[row.at(k)] - most);
    return row_sum(sum, scratch);
}
