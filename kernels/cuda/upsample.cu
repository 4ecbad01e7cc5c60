// Bilinear interpolation, y[o] = (1 - t[o]) x[low[o]] + t[o] x[high[o]] along rows and columns.
//
// Forward, one thread per output pixel: a blend of four pixels. Backward, one thread per input
// pixel; `rows` and `columns` say which outputs an input position has a share in (first and one
// past the last), so that it can gather:
//
//     dx[h, w] = sum over those oh, ow of share(h, oh) share(w, ow) dy[oh, ow]
#include "common.cuh"

extern "C" __global__ void upsample_forward(
    const Real* x, Real* y, const int* row_low, const int* row_high, const Real* row_t,
    const int* col_low, const int* col_high, const Real* col_t, Index n, int H, int W, int OH,
    int OW)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int ow = i % OW, oh = i / OW % OH;
    x += i / OW / OH * H * W;
    const Real* const top = x + row_low[oh] * W;
    const Real* const below = x + row_high[oh] * W;
    const int left = col_low[ow], right = col_high[ow];
    const Real s = row_t[oh], t = col_t[ow];
    y[i] = (1 - t) * ((1 - s) * top[left] + s * below[left]) +
           t * ((1 - s) * top[right] + s * below[right]);
}

// How much of input position `p` is in output `o`.
__device__ __forceinline__ Real share(int p, int o, const int* low, const int* high,
                                      const Real* t) {
    return (low[o] == p ? 1 - t[o] : Real(0)) + (high[o] == p ? t[o] : Real(0));
}

extern "C" __global__ void upsample_backward(
    const Real* dy, Real* dx, const int* row_low, const int* row_high, const Real* row_t,
    const int* rows, const int* col_low, const int* col_high, const Real* col_t, const int* columns,
    Index n, int H, int W, int OH, int OW)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int w = i % W, h = i / W % H;
    dy += i / W / H * OH * OW;
    Real sum = 0;
    for (int oh = rows[2 * h]; oh < rows[2 * h + 1]; ++oh) {
        Real row = 0;
        for (int ow = columns[2 * w]; ow < columns[2 * w + 1]; ++ow)
            row += share(w, ow, col_low, col_high, col_t) * dy[oh * OW + ow];
        sum += share(h, oh, row_low, row_high, row_t) * row;
    }
    dx[i] = sum;
}
