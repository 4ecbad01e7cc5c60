// im2col and the way back, columns (N, C, KH, KW, OH, OW).
//
// im2col: one thread per number of the columns. col2im: one thread per pixel, which asks every
// place of the kernel for the window that has the pixel there: a sum in a fixed order, no atomics.
#include "common.cuh"

extern "C" __global__ void im2col(
    const Real* x, Real* col, Index n, int H, int W, int KH, int KW, int OH, int OW, int SH, int SW,
    int DH, int DW, int TOP, int LEFT)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int ow = i % OW, oh = i / OW % OH, kw = i / OW / OH % KW, kh = i / OW / OH / KW % KH;
    const int h = oh * SH - TOP + kh * DH, w = ow * SW - LEFT + kw * DW;
    const bool inside = h >= 0 && h < H && w >= 0 && w < W;
    col[i] = inside ? x[(i / OW / OH / KW / KH * H + h) * W + w] : Real(0);
}

extern "C" __global__ void col2im(
    const Real* col, Real* x, Index n, int H, int W, int KH, int KW, int OH, int OW, int SH, int SW,
    int DH, int DW, int TOP, int LEFT)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int w = i % W, h = i / W % H;
    col += i / W / H * KH * KW * OH * OW;
    Real sum = 0;
    for (int kh = 0; kh < KH; ++kh) {
        const int a = h + TOP - kh * DH;
        if (a < 0 || a % SH || a / SH >= OH) continue;
        for (int kw = 0; kw < KW; ++kw) {
            const int b = w + LEFT - kw * DW;
            if (b < 0 || b % SW || b / SW >= OW) continue;
            sum += col[(Index(kh * KW + kw) * OH + a / SH) * OW + b / SW];
        }
    }
    x[i] = sum;
}
