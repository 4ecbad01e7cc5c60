// Arithmetic, and the activations made of straight pieces; sweep.cuh says which thread does what.
//
// A comparison with NaN is false; so the arms of each ?: stand such that NaN stays NaN.
#include "sweep.cuh"

extern "C" __global__ void relu_forward(const Real* x, Real* y, Index n) {
    of_one(x, y, n, [](Real x) { return x < 0 ? Real(0) : x; });
}

extern "C" __global__ void relu_backward(const Real* dy, const Real* y, Real* dx, Index n) {
    of_two(dy, y, dx, n, [](Real dy, Real y) { return y <= 0 ? Real(0) : dy; });
}

// arithmetic --------------------------------------------------------------------------------------

extern "C" __global__ void add(const Real* x, const Real* z, Real* y, Index n) {
    of_two(x, z, y, n, [](Real x, Real z) { return x + z; });
}

extern "C" __global__ void add_number(const Real* x, Real* y, Index n, Real z) {
    of_one(x, y, n, [=](Real x) { return x + z; });
}

extern "C" __global__ void add_relu(const Real* x, const Real* z, Real* y, Index n) {
    of_two(x, z, y, n, [](Real x, Real z) { return x + z < 0 ? Real(0) : x + z; });
}

extern "C" __global__ void sub(const Real* x, const Real* z, Real* y, Index n) {
    of_two(x, z, y, n, [](Real x, Real z) { return x - z; });
}

extern "C" __global__ void rsub_number(const Real* x, Real* y, Index n, Real z) {
    of_one(x, y, n, [=](Real x) { return z - x; });
}

extern "C" __global__ void mul(const Real* x, const Real* z, Real* y, Index n) {
    of_two(x, z, y, n, [](Real x, Real z) { return x * z; });
}

extern "C" __global__ void mul_number(const Real* x, Real* y, Index n, Real z) {
    of_one(x, y, n, [=](Real x) { return x * z; });
}

// straight pieces ---------------------------------------------------------------------------------

extern "C" __global__ void clamp_forward(const Real* x, Real* y, Index n, Real low, Real high) {
    of_one(x, y, n, [=](Real x) {
        x = x < low ? low : x;
        return x > high ? high : x;
    });
}

extern "C" __global__ void clamp_backward(
    const Real* dy, const Real* x, Real* dx, Index n, Real low, Real high)
{
    of_two(dy, x, dx, n, [=](Real dy, Real x) { return x >= low && x <= high ? dy : Real(0); });
}

extern "C" __global__ void hardtanh_backward(
    const Real* dy, const Real* x, Real* dx, Index n, Real low, Real high)
{
    of_two(dy, x, dx, n, [=](Real dy, Real x) { return x > low && x < high ? dy : Real(0); });
}

extern "C" __global__ void leaky_relu_forward(const Real* x, Real* y, Index n, Real slope) {
    of_one(x, y, n, [=](Real x) { return x > 0 ? x : x * slope; });
}

extern "C" __global__ void leaky_relu_backward(
    const Real* dy, const Real* x, Real* dx, Index n, Real slope)
{
    of_two(dy, x, dx, n, [=](Real dy, Real x) { return x > 0 ? dy : dy * slope; });
}

// min(max(x + 3, 0), 6)
__device__ __forceinline__ Real up_to_six(Real x) {
    x += 3;
    x = x < 0 ? Real(0) : x;
    return x > 6 ? Real(6) : x;
}

extern "C" __global__ void hardsigmoid_forward(const Real* x, Real* y, Index n) {
    of_one(x, y, n, [](Real x) { return up_to_six(x) / 6; });
}

extern "C" __global__ void hardsigmoid_backward(const Real* dy, const Real* x, Real* dx, Index n) {
    of_two(dy, x, dx, n, [](Real dy, Real x) { return x > -3 && x < 3 ? dy / 6 : Real(0); });
}

extern "C" __global__ void hardswish_forward(const Real* x, Real* y, Index n) {
    of_one(x, y, n, [](Real x) { return x < 3 ? x * up_to_six(x) / 6 : x; });
}

extern "C" __global__ void hardswish_backward(const Real* dy, const Real* x, Real* dx, Index n) {
    of_two(dy, x, dx, n, [](Real dy, Real x) {
        if (x <= -3) return Real(0);
        return x >= 3 ? dy : dy * (x / 3 + Real(0.5));
    });
}

// What is kept, divided by its probability; one thread per number.
extern "C" __global__ void dropout_mask(
    const float* uniform, Real* mask, Index n, float p, Real rest)
{
    const Index i = thread_number();
    if (i < n) mask[i] = uniform[i] >= p ? 1 / rest : Real(0);
}
