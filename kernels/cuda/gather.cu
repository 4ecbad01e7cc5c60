// A batch from a data set that stays on the GPU as bytes: one thread per number of the batch, which
// finds its image by the index; neighbors read neighboring bytes of the same image.
//
//     images  |..|..|##|..|##|..|        index = 4, 2:  y  |##|##|
#include "common.cuh"

extern "C" __global__ void gather_batch(
    const unsigned char* images, const long long* index, const float* scale, const float* shift,
    float* y, Index n, int C, Index S, Index M)
{
    const Index i = thread_number();
    if (i >= n) return;
    const int c = i / S % C;
    const long long image = index[i / S / C];
    if (image < 0 || image >= M) {  // no image has this number: the batch says so
        y[i] = INFINITY - INFINITY;
        return;
    }
    y[i] = float(images[(Index(image) * C + c) * S + i % S]) * scale[c] + shift[c];
}
