// ReLU + max-pool, windows KH x KW side by side, of planes H x W; results PH x PW.
//
// Forward, one thread per window:         Backward, one thread per pixel:
//
//     x  [. .][. .]      y  # #               dy  # #      dx  [0 #][0 0]
//        [. .][. .]                           code 1 2         [0 0][# 0]
//
// The code is a byte: which pixel of its window a result came from, or DEAD.
#include "window.cuh"

extern "C" __global__ void relu_max_pool2d_forward(
    const Real* x, Real* y, unsigned char* code, Index n, int H, int W, int PH, int PW, int KH,
    int KW)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int pw = i % PW, ph = i / PW % PH;
    x += (i / PW / PH * H + ph * KH) * W + pw * KW;
    Best best;
    for (int kh = 0; kh < KH; ++kh)
        for (int kw = 0; kw < KW; ++kw) best.show(x[kh * W + kw], kh * KW + kw);
    best.store(y + i, code + i);
}

extern "C" __global__ void unpool2d(
    const Real* dy, const unsigned char* code, Real* dx, Index n, int H, int W, int PH, int PW,
    int KH, int KW)
{
    const Index i = thread_number();
    if (i >= n) return;
    dx[i] = unpooled(dy, code, i / W / H, i / W % H, i % W, PH, PW, KH, KW);
}
