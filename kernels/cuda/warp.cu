// Images seen through a map: one thread per output pixel of a channel, which blends the four pixels
// around its position (or takes the nearest). kernels/reference/warp.py has the formulas.
//
//     y  . # .        x   . . . .
//        . . .   -->      . a b .      a, b, c, d around (px, py)
//                         . c d .
#include "common.cuh"

// The pixel at a row and column of an image, and by how much it counts: outside, not at all.
__device__ __forceinline__ void tap(const Real* x, double row, double column, double weight, int H,
                                    int W, Real& sum, Real& inside) {
    if (!(row >= 0 && row < H && column >= 0 && column < W)) return;  // NaN is nowhere
    sum += Real(weight) * x[Index(int(row)) * W + int(column)];
    inside += Real(weight);
}

__device__ __forceinline__ Real sample(const Real* x, double px, double py, int bilinear,
                                       int filled, Real fill, int H, int W) {
    Real sum = 0, inside = 0;
    if (bilinear) {
        const double left = floor(px - 0.5), top = floor(py - 0.5);
        const double right = px - 0.5 - left, below = py - 0.5 - top;
        tap(x, top, left, (1 - below) * (1 - right), H, W, sum, inside);
        tap(x, top, left + 1, (1 - below) * right, H, W, sum, inside);
        tap(x, top + 1, left, below * (1 - right), H, W, sum, inside);
        tap(x, top + 1, left + 1, below * right, H, W, sum, inside);
    } else {
        tap(x, floor(py), floor(px), 1, H, W, sum, inside);
    }
    return filled ? sum * inside + fill * (1 - inside) : sum;
}

extern "C" __global__ void warp_forward(
    const Real* x, const double* matrix, const Real* fill, int bilinear, int filled, Real* y,
    Index n, int C, int H, int W, int OH, int OW)
{
    const Index i = thread_number();
    if (i >= n) return;
    const double ox = double(i % OW) + 0.5, oy = double(i / OW % OH) + 0.5;
    const Index plane = i / OW / OH;
    const double* const m = matrix + plane / C * 9;
    const double depth = m[6] * ox + m[7] * oy + m[8];
    const double px = (m[0] * ox + m[1] * oy + m[2]) / depth;
    const double py = (m[3] * ox + m[4] * oy + m[5]) / depth;
    y[i] = sample(x + plane * H * W, px, py, bilinear, filled, fill[plane % C], H, W);
}

extern "C" __global__ void sample_forward(
    const Real* x, const double* px, const double* py, const Real* fill, int bilinear, int filled,
    Real* y, Index n, int C, int H, int W, int OH, int OW)
{
    const Index i = thread_number();
    if (i >= n) return;
    const Index plane = i / OW / OH, place = plane / C * OH * OW + i % (Index(OH) * OW);
    y[i] = sample(x + plane * H * W, px[place], py[place], bilinear, filled, fill[plane % C], H, W);
}
