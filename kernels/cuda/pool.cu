// Pooling. N images of C channels, "planes" of H x W pixels; windows KH x KW; results OH x OW.
//
// Forward, one thread per result; its neighbors read neighboring windows:
//
//     x  . . [. . .] . .        y  . . # . .
//        . . [. . .] . .
//
// Backward, one thread per pixel, which asks the windows that cover it: nothing is written twice,
// so no atomics, and the sums are always formed in the same order.
#include "common.cuh"

// The first and one past the last result of an axis whose windows may cover pixel `p`, counted from
// the edge of the padding; a window reaches `reach` pixels beyond its first.
__device__ __forceinline__ int first_window(int p, int reach, int stride) {
    return p > reach ? (p - reach + stride - 1) / stride : 0;
}
__device__ __forceinline__ int end_window(int p, int stride, int windows) {
    return min(p / stride + 1, windows);
}

extern "C" __global__ void max_pool2d_forward(
    const Real* x, Real* y, int* index, Index n, int H, int W, int OH, int OW, int KH, int KW,
    int SH, int SW, int DH, int DW, int TOP, int LEFT)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int ow = i % OW, oh = i / OW % OH;
    x += i / OW / OH * H * W;
    const int top = oh * SH - TOP, left = ow * SW - LEFT;
    // the first row and column inside the image: the index where all is minus infinity
    const int kh0 = top < 0 ? (-top + DH - 1) / DH : 0, kw0 = left < 0 ? (-left + DW - 1) / DW : 0;
    Real best = -Real(INFINITY);
    int place = (top + kh0 * DH) * W + left + kw0 * DW;
    for (int kh = kh0; kh < KH; ++kh) {
        const int h = top + kh * DH;
        if (h >= H) break;
        for (int kw = kw0; kw < KW; ++kw) {
            const int w = left + kw * DW;
            if (w >= W) break;
            const Real v = x[h * W + w];
            if (v > best || v != v) {  // the last NaN wins
                best = v;
                place = h * W + w;
            }
        }
    }
    y[i] = best;
    index[i] = place;
}

extern "C" __global__ void max_pool2d_backward(
    const Real* dy, const int* index, Real* dx, Index n, int H, int W, int OH, int OW,
    int REACH_H, int REACH_W, int SH, int SW, int TOP, int LEFT)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int w = i % W, h = i / W % H, here = h * W + w;
    const Index plane = i / W / H * OH * OW;
    const int oh1 = end_window(h + TOP, SH, OH), ow1 = end_window(w + LEFT, SW, OW);
    Real sum = 0;
    for (int oh = first_window(h + TOP, REACH_H, SH); oh < oh1; ++oh)
        for (int ow = first_window(w + LEFT, REACH_W, SW); ow < ow1; ++ow) {
            const Index o = plane + oh * OW + ow;
            if (index[o] == here) sum += dy[o];
        }
    dx[i] = sum;
}

// What the sum of window (oh, ow) is divided by: an own number, or its pixels, with those of the
// padding or without.
__device__ __forceinline__ Real divisor_of(int oh, int ow, int H, int W, int KH, int KW, int SH,
                                           int SW, int TOP, int BOTTOM, int LEFT, int RIGHT,
                                           int include_pad, int divisor) {
    if (divisor) return Real(divisor);
    const int top = oh * SH - TOP, left = ow * SW - LEFT;
    if (include_pad)
        return Real(min(top + KH, H + BOTTOM) - top) * Real(min(left + KW, W + RIGHT) - left);
    return Real(min(top + KH, H) - max(top, 0)) * Real(min(left + KW, W) - max(left, 0));
}

extern "C" __global__ void avg_pool2d_forward(
    const Real* x, Real* y, Index n, int H, int W, int OH, int OW, int KH, int KW, int SH, int SW,
    int TOP, int BOTTOM, int LEFT, int RIGHT, int include_pad, int divisor)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int ow = i % OW, oh = i / OW % OH;
    x += i / OW / OH * H * W;
    const int h1 = min(oh * SH - TOP + KH, H), w1 = min(ow * SW - LEFT + KW, W);
    Real sum = 0;
    for (int h = max(oh * SH - TOP, 0); h < h1; ++h) {
        Real row = 0;  // sums of sums: fewer roundings
        for (int w = max(ow * SW - LEFT, 0); w < w1; ++w) row += x[h * W + w];
        sum += row;
    }
    y[i] = sum / divisor_of(oh, ow, H, W, KH, KW, SH, SW, TOP, BOTTOM, LEFT, RIGHT, include_pad,
                            divisor);
}

extern "C" __global__ void avg_pool2d_backward(
    const Real* dy, Real* dx, Index n, int H, int W, int OH, int OW, int KH, int KW, int SH, int SW,
    int TOP, int BOTTOM, int LEFT, int RIGHT, int include_pad, int divisor)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int w = i % W, h = i / W % H;
    const Index plane = i / W / H * OH * OW;
    const int oh1 = end_window(h + TOP, SH, OH), ow1 = end_window(w + LEFT, SW, OW);
    Real sum = 0;
    for (int oh = first_window(h + TOP, KH - 1, SH); oh < oh1; ++oh)
        for (int ow = first_window(w + LEFT, KW - 1, SW); ow < ow1; ++ow)
            sum += dy[plane + oh * OW + ow] / divisor_of(oh, ow, H, W, KH, KW, SH, SW, TOP, BOTTOM,
                                                         LEFT, RIGHT, include_pad, divisor);
    dx[i] = sum;
}

// Bin i of o over n pixels reaches from floor(i * n / o) to ceil((i + 1) * n / o).
__device__ __forceinline__ int bin_start(int i, int n, int o) { return int((long long)i * n / o); }
__device__ __forceinline__ int bin_end(int i, int n, int o) {
    return int(((long long)(i + 1) * n + o - 1) / o);
}

extern "C" __global__ void adaptive_avg_pool2d_forward(
    const Real* x, Real* y, Index n, int H, int W, int OH, int OW)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int ow = i % OW, oh = i / OW % OH;
    x += i / OW / OH * H * W;
    const int h0 = bin_start(oh, H, OH), h1 = bin_end(oh, H, OH);
    const int w0 = bin_start(ow, W, OW), w1 = bin_end(ow, W, OW);
    Real sum = 0;
    for (int h = h0; h < h1; ++h) {
        Real row = 0;
        for (int w = w0; w < w1; ++w) row += x[h * W + w];
        sum += row;
    }
    y[i] = sum / (Real(h1 - h0) * Real(w1 - w0));
}

// All S pixels of a plane in one bin: one warp per plane, whose lanes read side by side.
extern "C" __global__ void plane_means(const Real* x, Real* y, Index planes, Index S) {
    const Index plane = thread_number() / 32;
    if (plane >= planes) return;
    Real sum = 0;
    for (Index i = threadIdx.x % 32; i < S; i += 32) sum += x[plane * S + i];
    sum = warp_sum(sum);
    if (threadIdx.x % 32 == 0) y[plane] = sum / Real(S);
}

extern "C" __global__ void plane_means_backward(const Real* dy, Real* dx, Index n, Index S) {
    const Index i = thread_number();
    if (i < n) dx[i] = dy[i / S] / Real(S);
}

extern "C" __global__ void adaptive_avg_pool2d_backward(
    const Real* dy, Real* dx, Index n, int H, int W, int OH, int OW)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int w = i % W, h = i / W % H;
    const Index plane = i / W / H * OH * OW;
    const int oh1 = bin_end(h, OH, H), ow1 = bin_end(w, OW, W);  // of the bins over this pixel
    Real sum = 0;
    for (int oh = bin_start(h, OH, H); oh < oh1; ++oh)
        for (int ow = bin_start(w, OW, W); ow < ow1; ++ow) {
            const int rows = bin_end(oh, H, OH) - bin_start(oh, H, OH);
            const int columns = bin_end(ow, W, OW) - bin_start(ow, W, OW);
            sum += dy[plane + oh * OW + ow] / (Real(rows) * Real(columns));
        }
    dx[i] = sum;
}

extern "C" __global__ void adaptive_max_pool2d_forward(
    const Real* x, Real* y, int* index, Index n, int H, int W, int OH, int OW)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int ow = i % OW, oh = i / OW % OH;
    x += i / OW / OH * H * W;
    const int h0 = bin_start(oh, H, OH), h1 = bin_end(oh, H, OH);
    const int w0 = bin_start(ow, W, OW), w1 = bin_end(ow, W, OW);
    Real best = -Real(INFINITY);
    int place = h0 * W + w0;
    for (int h = h0; h < h1; ++h)
        for (int w = w0; w < w1; ++w) {
            const Real v = x[h * W + w];
            if (v > best || v != v) {
                best = v;
                place = h * W + w;
            }
        }
    y[i] = best;
    index[i] = place;
}
