// Images of another size: one thread per output pixel, a weighted sum of the pixels that its row
// and its column are made of. An axis comes as taps: those of output position o lie from starts[o]
// to starts[o + 1], each with an input position and a weight.
//
//                     places of the column
//                        |     |
//     places of  --      a     b
//     the row    --      c     d         y = v0 (u0 a + u1 c) + v1 (u0 b + u1 d)
//
// With the taps turned around the same sum is the way back: no two threads write the same number.
#include "common.cuh"

extern "C" __global__ void resample2d(
    const Real* x, Real* y, const int* row_starts, const int* row_places, const Real* row_weights,
    const int* col_starts, const int* col_places, const Real* col_weights, Index n, int H, int W,
    int OH, int OW)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int ow = i % OW, oh = i / OW % OH;
    x += i / OW / OH * H * W;
    Real sum = 0;
    for (int k = col_starts[ow]; k < col_starts[ow + 1]; ++k) {
        Real column = 0;
        for (int j = row_starts[oh]; j < row_starts[oh + 1]; ++j)
            column += row_weights[j] * x[Index(row_places[j]) * W + col_places[k]];
        sum += col_weights[k] * column;
    }
    y[i] = sum;
}
