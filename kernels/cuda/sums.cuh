// Two sums per channel, in two stages (norm.cu says how they are shared out).
#pragma once
#include "common.cuh"

struct Sums { double first, second; };

// One part of one channel, S > 1.
template <class Values>
__device__ __forceinline__ void sum_planes(const Values& values, double* partial, Index N, int C,
                                           Index S, double* scratch) {
    const int c = blockIdx.x, part = blockIdx.y, parts = gridDim.y;
    const Index M = N * S, step = Index(parts) * blockDim.x;
    Sums sum = {0, 0};
    for (Index i = part * blockDim.x + threadIdx.x; i < M; i += step) {
        const Sums v = values((i / S * C + c) * S + i % S);
        sum.first += v.first;
        sum.second += v.second;
    }
    sum.first = block_sum(sum.first, scratch);
    sum.second = block_sum(sum.second, scratch);
    if (threadIdx.x == 0) {
        partial[part * C + c] = sum.first;
        partial[(parts + part) * C + c] = sum.second;
    }
}

// One part of 32 channels, S == 1. `scratch` has 2 * 8 * 32 numbers.
template <class Values>
__device__ __forceinline__ void sum_columns(const Values& values, double* partial, Index N, int C,
                                            double* scratch) {
    const int c = blockIdx.x * 32 + threadIdx.x, part = blockIdx.y, parts = gridDim.y;
    Sums sum = {0, 0};
    if (c < C)
        for (Index n = part * 8 + threadIdx.y; n < N; n += Index(parts) * 8) {
            const Sums v = values(n * C + c);
            sum.first += v.first;
            sum.second += v.second;
        }
    double* mine = scratch + threadIdx.y * 32 + threadIdx.x;
    mine[0] = sum.first;
    mine[8 * 32] = sum.second;
    __syncthreads();
    if (threadIdx.y || c >= C) return;
    for (int row = 1; row < 8; ++row) {
        sum.first += mine[row * 32];
        sum.second += mine[(8 + row) * 32];
    }
    partial[part * C + c] = sum.first;
    partial[(parts + part) * C + c] = sum.second;
}
