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
#pragma once
#include "common.cuh"

struct Geometry {
    Index N;
    int C, H, W, F, KH, KW, OH, OW, SH, SW, DH, DW, TOP, LEFT, G;
};

// Row k of the product.
struct Tap {
    Index weight, plane;  // in the weights, and the channel's plane in an image
    int dh, dw, exists;
};

// Column p of the product.
struct Spot {
    Index image;          // the first channel of the group in the image it belongs to
    int h, w, exists;
};

template <bool BACK> __device__ __forceinline__ Tap tap_of(const Geometry& g, int k) {
    const int size = g.KH * g.KW, inner = k / size, place = k % size;
    Tap tap;
    tap.exists = inner < (BACK ? g.F : g.C) / g.G;
    tap.weight = BACK ? inner * Index(g.C / g.G) * size + place : Index(k);
    tap.plane = inner * Index(BACK ? g.OH * g.OW : g.H * g.W);
    tap.dh = place / g.KW * g.DH;
    tap.dw = place % g.KW * g.DW;
    return tap;
}

template <bool BACK>
__device__ __forceinline__ Spot spot_of(const Geometry& g, Index p, int group) {
    const int width = BACK ? g.W : g.OW, height = BACK ? g.H : g.OH;
    const Index n = p / width / height;
    const int w = p % width, h = p / width % height;
    Spot spot;
    spot.exists = n < g.N;
    spot.image = BACK ? (n * g.F + group * (g.F / g.G)) * g.OH * g.OW
                      : (n * g.C + group * (g.C / g.G)) * g.H * g.W;
    spot.h = BACK ? h + g.TOP : h * g.SH - g.TOP;
    spot.w = BACK ? w + g.LEFT : w * g.SW - g.LEFT;
    return spot;
}

// The number in row `tap` and column `spot`; zero in the padding, and where no window begins.
template <bool BACK>
__device__ __forceinline__ Real fetch(const Real* image, const Geometry& g, const Tap& tap,
                                      const Spot& spot) {
    if (!tap.exists || !spot.exists) return 0;
    if (!BACK) {
        const int h = spot.h + tap.dh, w = spot.w + tap.dw;
        const bool inside = unsigned(h) < unsigned(g.H) && unsigned(w) < unsigned(g.W);
        return inside ? image[spot.image + tap.plane + h * g.W + w] : Real(0);
    }
    int h = spot.h - tap.dh, w = spot.w - tap.dw;
    if (h < 0 || w < 0) return 0;
    if (g.SH > 1) {
        if (h % g.SH) return 0;
        h /= g.SH;
    }
    if (g.SW > 1) {
        if (w % g.SW) return 0;
        w /= g.SW;
    }
    return h < g.OH && w < g.OW ? image[spot.image + tap.plane + h * g.OW + w] : Real(0);
}

// Rows and inner length of the product of one group, and its columns.
template <bool BACK> __device__ __forceinline__ int rows_of(const Geometry& g) {
    return (BACK ? g.C : g.F) / g.G;
}
template <bool BACK> __device__ __forceinline__ int length_of(const Geometry& g) {
    return (BACK ? g.F : g.C) / g.G * g.KH * g.KW;
}
template <bool BACK> __device__ __forceinline__ Index plane_of(const Geometry& g) {
    return BACK ? Index(g.H) * g.W : Index(g.OH) * g.OW;
}

// The first weight of row m of a group.
template <bool BACK>
__device__ __forceinline__ Index weights_of(const Geometry& g, int group, int m) {
    const Index group_size = Index(g.F / g.G) * (g.C / g.G) * g.KH * g.KW;
    return group * group_size + m * Index(BACK ? g.KH * g.KW : g.C / g.G * g.KH * g.KW);
}
