// Two sums per channel, in two stages (norm.cu says how they are shared out).
#pragma once
#include "common.cuh"

struct Sums { double first, second; };

// Adds up the values at place(i) for i = first, first + step ..., always in this order; four are
// fetched at once, since memory answers late.
template <class Values, class Place>
__device__ __forceinline__ Sums sum_of(const Values& values, const Place& place, Index first,
                                       Index end, Index step) {
    Sums sum = {0, 0};
    Index i = first;
    for (; i + 3 * step < end; i += 4 * step) {
        Sums v[4];
#pragma unroll
        for (int k = 0; k < 4; ++k) v[k] = values(place(i + k * step));
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            sum.first += v[k].first;
            sum.second += v[k].second;
        }
    }
#pragma unroll 1
    for (; i < end; i += step) {
        const Sums v = values(place(i));
        sum.first += v.first;
        sum.second += v.second;
    }
    return sum;
}

// One part of one channel, S > 1.
template <class Values>
__device__ __forceinline__ void sum_planes(const Values& values, double* partial, Index N, int C,
                                           Index S, double* scratch) {
    const int c = blockIdx.x, part = blockIdx.y, parts = gridDim.y;
    const Index M = N * S, step = Index(parts) * blockDim.x;
    Sums sum = sum_of(values, [=](Index i) { return (i / S * C + c) * S + i % S; },
                      part * blockDim.x + threadIdx.x, M, step);
    sum.first = block_sum(sum.first, scratch);
    sum.second = block_sum(sum.second, scratch);
    if (threadIdx.x == 0) {
        partial[part * C + c] = sum.first;
        partial[(parts + part) * C + c] = sum.second;
    }
}

// One part of 32 channels, S == 1: the sums of channel c, for the first row of threads.
// `scratch` has 2 * 8 * 32 numbers.
template <class Values>
__device__ __forceinline__ Sums column_sums(const Values& values, int c, Index N, int C,
                                            double* scratch) {
    const int part = blockIdx.y, parts = gridDim.y;
    Sums sum = {0, 0};
    if (c < C)
        sum = sum_of(values, [=](Index n) { return n * C + c; }, part * 8 + threadIdx.y, N,
                     Index(parts) * 8);
    double* mine = scratch + threadIdx.y * 32 + threadIdx.x;
    mine[0] = sum.first;
    mine[8 * 32] = sum.second;
    __syncthreads();
    for (int row = 1; row < 8 && threadIdx.y == 0; ++row) {
        sum.first += mine[row * 32];
        sum.second += mine[(8 + row) * 32];
    }
    return sum;
}

template <class Values>
__device__ __forceinline__ void sum_columns(const Values& values, double* partial, Index N, int C,
                                            double* scratch) {
    const int c = blockIdx.x * 32 + threadIdx.x, part = blockIdx.y, parts = gridDim.y;
    const Sums sum = column_sums(values, c, N, C, scratch);
    if (threadIdx.y || c >= C) return;
    partial[part * C + c] = sum.first;
    partial[(parts + part) * C + c] = sum.second;
}
