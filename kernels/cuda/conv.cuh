// What the convolutions share: where in an image the numbers of a column lie.
//
// A convolution is a matrix product whose second matrix is never stored ("implicit GEMM"): its row
// k is one place of the kernel in one channel (a tap), its column p one pixel of the result. The
// gradient of the input is such a product too, with filters for channels:
//
//     forward          y[f, p]  = sum_k w[f, k] x[tap k, pixel p]     k = (c, kh, kw)
//     input gradient   dx[c, p] = sum_k w[k, c] dy[tap k, pixel p]    k = (f, kh, kw)
//
// Chetlur et al. 2014, "cuDNN: Efficient Primitives for Deep Learning", arXiv 1410.0759.
//
// Behind a stride S only every S-th place of the kernel meets a pixel of the input, and which they
// are depends on the pixel's phase, its remainder by S. All that a block computes is of one phase,
// so that nothing is multiplied with the zeros between:
//
//     dy     0   1   2         a kernel of 3, padding 1, stride 2: pixels 0, 2, 4 of dx meet place 1
//           /|\ /|\ /|\        of the kernel (phase 0), pixels 1, 3 meet places 2 and 0 (phase 1)
//     dx   . 0 1 2 3 4 .
#pragma once
#include "common.cuh"

struct Geometry {
    Index N;
    int C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G;
};

// One of the two axes of the images.
struct Axis {
    int results, image;     // how many pixels the block's results and the image have
    int stride, start;      // result i reads the image from i * stride + start on,
    int taps, jump;         // at so many taps, one every `jump` pixels
    int place, skip;        // these are the kernel's places place, place + skip, ...
    int origin, spacing;    // result i is pixel origin + i * spacing
};

template <bool BACK>
__device__ __forceinline__ Axis axis_of(int size, int output, int kernel, int stride, int dilation,
                                        int padding, int phase) {
    if (!BACK) return {output, size, stride, -padding, kernel, dilation, 0, 1, 0, 1};
    int place = 0, skip = 1;
    while (skip * dilation % stride) ++skip;
    while (place < skip && (phase + padding - place * dilation) % stride) ++place;
    return {(size - phase + stride - 1) / stride, output,
            1, (phase + padding - place * dilation) / stride,
            place < min(skip, kernel) ? (kernel - place + skip - 1) / skip : 0,
            -skip * dilation / stride, place, skip, phase, stride};
}

struct Axes { Axis h, w; };

// Those of this block: blockIdx.z is the phase.
template <bool BACK> __device__ __forceinline__ Axes axes_of(const Geometry& g) {
    return {axis_of<BACK>(g.H, g.OH, g.KH, g.SH, g.DH, g.TOP, blockIdx.z / g.SW),
            axis_of<BACK>(g.W, g.OW, g.KW, g.SW, g.DW, g.LEFT, blockIdx.z % g.SW)};
}

#define FAR (-(1 << 30))    // a row that no image has, for taps and spots that do not exist,
#define NOWHERE Index(-1)   // and where their results belong

// Taps and spots that a block needs soon are computed at once, a thread each: divisions are slow.
#define TABLE 128

// Row k of the product: how far it lies from where a pixel begins to read, and its weight.
struct __align__(16) Tap {
    Offset offset;
    Index weight;
    int h, w;
};

// Column p of the product: where it begins to read, in the first channel of its group (in the
// padding this is before the image), and where its result belongs.
struct __align__(16) Spot {
    Offset image;
    Index result;
    int h, w;
};

// Rows and inner length of the product of one group.
template <bool BACK> __device__ __forceinline__ int rows_of(const Geometry& g) {
    return (BACK ? g.C : g.F) / g.G;
}
template <bool BACK> __device__ __forceinline__ int length_of(const Geometry& g, const Axes& a) {
    return (BACK ? g.F : g.C) / g.G * a.h.taps * a.w.taps;
}

// Distances in memory: from a result's channel to the next, from a row's weights to the next row's.
template <bool BACK> __device__ __forceinline__ Index plane_of(const Geometry& g) {
    return BACK ? Index(g.H) * g.W : Index(g.OH) * g.OW;
}
template <bool BACK> __device__ __forceinline__ Index weights_of(const Geometry& g) {
    return Index(g.KH * g.KW) * (BACK ? 1 : g.C / g.G);
}

// The first weight of a group.
__device__ __forceinline__ Index weights_before(const Geometry& g, int group) {
    return group * (Index(g.F / g.G) * (g.C / g.G) * g.KH * g.KW);
}

template <bool BACK>
__device__ __forceinline__ Tap tap_of(const Geometry& g, const Axes& a, int k) {
    if (k >= length_of<BACK>(g, a)) return {0, 0, FAR, FAR};
    const int w = k % a.w.taps, h = k / a.w.taps % a.h.taps, inner = k / a.w.taps / a.h.taps;
    const int kh = a.h.place + h * a.h.skip, kw = a.w.place + w * a.w.skip;
    Tap tap;
    tap.h = h * a.h.jump;
    tap.w = w * a.w.jump;
    tap.offset = inner * plane_of<!BACK>(g) + tap.h * a.w.image + tap.w;
    tap.weight = inner * Index(g.KH * g.KW) * (BACK ? g.C / g.G : 1) + kh * g.KW + kw;
    return tap;
}

// The spot of result (i, j) of image n.
template <bool BACK>
__device__ __forceinline__ Spot spot_of(const Geometry& g, const Axes& a, Index n, int i, int j,
                                        int group) {
    if (n >= g.N) return {0, NOWHERE, FAR, FAR};
    const int from = BACK ? g.F : g.C, to = BACK ? g.C : g.F;
    Spot spot;
    spot.h = i * a.h.stride + a.h.start;
    spot.w = j * a.w.stride + a.w.start;
    spot.image = (n * from + group * (from / g.G)) * plane_of<!BACK>(g) + spot.h * a.w.image
                 + spot.w;
    spot.result = (n * to + group * (to / g.G)) * plane_of<BACK>(g)
                  + (a.h.origin + i * a.h.spacing) * (BACK ? g.W : g.OW) + a.w.origin
                  + j * a.w.spacing;
    return spot;
}

// Column p: pixel by pixel, row by row, image by image.
template <bool BACK>
__device__ __forceinline__ Spot spot_of(const Geometry& g, const Axes& a, Index p, int group) {
    const Index row = p / a.w.results;
    return spot_of<BACK>(g, a, row / a.h.results, row % a.h.results, p % a.w.results, group);
}

// For ReLU + max-pool of 2 x 2 columns are counted window by window: column p is pixel p % 4 of
// window p / 4, results are one per window, and pixels left over have no column.
template <bool POOL> __device__ __forceinline__ Index columns_of(const Geometry& g, const Axes& a) {
    return POOL ? 4 * g.N * (g.OH / 2) * (g.OW / 2) : g.N * a.h.results * a.w.results;
}
template <bool BACK, bool POOL> __device__ __forceinline__ Index result_plane(const Geometry& g) {
    return POOL ? Index(g.OH / 2) * (g.OW / 2) : plane_of<BACK>(g);
}

template <bool BACK, bool POOL>
__device__ __forceinline__ Spot column_spot(const Geometry& g, const Axes& a, Index p, int group) {
    if (!POOL) return spot_of<BACK>(g, a, p, group);
    const int PH = g.OH / 2, PW = g.OW / 2, pixel = p % 4;
    const Index window = p / 4, row = window / PW, n = row / PH;
    const int ph = row % PH, pw = window % PW;
    Spot spot = spot_of<false>(g, a, n, 2 * ph + pixel / 2, 2 * pw + pixel % 2, group);
    if (n < g.N) spot.result = ((n * g.F + group * (g.F / g.G)) * PH + ph) * PW + pw;
    return spot;
}

// Behind a ReLU and windows of KH x KW side by side, PH x PW of them, the gradient of pixel p of the
// result is dy of its window where `code` says that the window chose it. Returns which pixel of its
// window it is, and makes the spot's result the window.
struct Windows { int PH, PW, KH, KW; };

__device__ __forceinline__ int window_of(Spot& spot, const Geometry& g, const Windows& w, Index p,
                                         int group) {
    const Index row = p / g.OW, n = row / g.OH;
    const int oh = row % g.OH, ow = p % g.OW, ph = oh / w.KH, pw = ow / w.KW;
    if (ph >= w.PH || pw >= w.PW) spot.h = FAR;  // left over
    spot.result = ((n * g.F + group * (g.F / g.G)) * w.PH + ph) * w.PW + pw;
    return oh % w.KH * w.KW + ow % w.KW;
}

// The number in row `tap` and column `spot`, which begins to read at `from`; zero in the padding.
__device__ __forceinline__ Real fetch(const Real* from, const Axes& a, const Tap& tap,
                                      const Spot& spot) {
    const bool inside = (unsigned(spot.h + tap.h) < unsigned(a.h.image))
                        & (unsigned(spot.w + tap.w) < unsigned(a.w.image));  // && would branch
    return inside ? from[Index(spot.image + tap.offset)] : Real(0);
}
