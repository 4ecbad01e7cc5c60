// Images seen through a map: one thread per output pixel of a channel, which blends the four pixels
// around its position (or takes the nearest). kernels/reference/warp.py has the formulas.
//
//     y  . # .        x   . . . .
//        . . .   -->      . a b .      a, b, c, d around (px, py)
//                         . c d .
//
// Back: many output pixels may have seen an input pixel, from anywhere. So the output pixels are
// sorted by the cell that their position lies in, a cell being the square between four centers of
// input pixels (for the nearest pixel: the pixel itself). One thread per input pixel then adds up
// the gradients from its four cells, in order: no atomics, and the same bits in every run.
//
//     . . .        cells of pixel x:   0|1
//     . x .                            -x-
//     . . .                            2|3
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

// Where the centers of the output pixels lie in the input.
extern "C" __global__ void positions(
    const double* matrix, double* px, double* py, Index n, int OH, int OW)
{
    const Index i = thread_number();
    if (i >= n) return;
    const double ox = double(i % OW) + 0.5, oy = double(i / OW % OH) + 0.5;
    const double* const m = matrix + i / OW / OH * 9;
    const double depth = m[6] * ox + m[7] * oy + m[8];
    px[i] = (m[0] * ox + m[1] * oy + m[2]) / depth;
    py[i] = (m[3] * ox + m[4] * oy + m[5]) / depth;
}

// Cell (top, left) of a position begins in row `top`: -1 .. H - 1. What is nowhere near the image
// gets the number after the last.
extern "C" __global__ void cells_of(
    const double* px, const double* py, long long* cells, int bilinear, Index n, Index places,
    long long nowhere, int H, int W)
{
    const Index i = thread_number();
    if (i >= n) return;
    const double half = bilinear ? 0.5 : 0;
    const double top = floor(py[i] - half), left = floor(px[i] - half);
    const double first = bilinear ? -1 : 0;
    const bool near = top >= first && top < H && left >= first && left < W;  // NaN is nowhere
    cells[i] = near ? ((long long)(i / places) * (H + 1) + int(top) + 1) * (W + 1) + int(left) + 1
                    : nowhere;
}

// `order` lists the output pixels cell by cell, cell k from starts[k] on.
extern "C" __global__ void sample_backward(
    const Real* dy, const double* px, const double* py, const long long* order,
    const long long* starts, int bilinear, int filled, Real* dx, Index n, int C, int H, int W,
    Index places)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int w = i % W, h = i / W % H;
    const Index plane = i / W / H, image = plane / C;
    double sum = 0;
    for (int corner = 0; corner < (bilinear ? 4 : 1); ++corner) {
        const int top = bilinear ? h - 1 + corner / 2 : h, left = bilinear ? w - 1 + corner % 2 : w;
        const long long cell = ((long long)image * (H + 1) + top + 1) * (W + 1) + left + 1;
        for (long long k = starts[cell]; k < starts[cell + 1]; ++k) {
            const Index o = Index(order[k]);
            double weight = 1;
            if (bilinear) {
                const double below = py[o] - 0.5 - top, right = px[o] - 0.5 - left;
                weight = (top < h ? below : 1 - below) * (left < w ? right : 1 - right);
                if (filled)  // once more: the share of its pixels that are in the image
                    weight *= ((top >= 0 ? 1 - below : 0) + (top < H - 1 ? below : 0)) *
                              ((left >= 0 ? 1 - right : 0) + (left < W - 1 ? right : 0));
            }
            sum += weight * double(dy[plane * places + o % places]);
        }
    }
    dx[i] = Real(sum);
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
