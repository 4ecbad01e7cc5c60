// Smooth activations, one launch each; sweep.cuh says which thread does what. The formulas are the
// reference's, but where a difference would lose digits in float32 another form stands here:
//
//     GELU       1 + erf(t)      = erfc(-t)
//     its curve  (1 + tanh u)/2  = 1 / (1 + exp(-2 u))
//     Mish       t               = n / (n + 2), with e = exp(x), n = e (e + 2)
#include "sweep.cuh"

__device__ __forceinline__ Real logistic(Real x) { return 1 / (1 + exp(-x)); }

extern "C" __global__ void sigmoid_forward(const Real* x, Real* y, Index n) {
    of_one(x, y, n, [](Real x) { return logistic(x); });
}

extern "C" __global__ void sigmoid_backward(const Real* dy, const Real* y, Real* dx, Index n) {
    of_two(dy, y, dx, n, [](Real dy, Real y) { return dy * (1 - y) * y; });
}

extern "C" __global__ void tanh_forward(const Real* x, Real* y, Index n) {
    of_one(x, y, n, [](Real x) { return tanh(x); });
}

extern "C" __global__ void tanh_backward(const Real* dy, const Real* y, Real* dx, Index n) {
    of_two(dy, y, dx, n, [](Real dy, Real y) { return dy * (1 - y * y); });
}

extern "C" __global__ void silu_forward(const Real* x, Real* y, Index n) {
    of_one(x, y, n, [](Real x) { return x / (1 + exp(-x)); });
}

extern "C" __global__ void silu_backward(const Real* dy, const Real* x, Real* dx, Index n) {
    of_two(dy, x, dx, n, [](Real dy, Real x) {
        return dy * (logistic(x) * (1 + x * logistic(-x)));
    });
}

// positive = scale, negative = scale alpha.
extern "C" __global__ void elu_forward(
    const Real* x, Real* y, Index n, Real positive, Real negative, Real inner)
{
    of_one(x, y, n, [=](Real x) { return x > 0 ? x * positive : expm1(x * inner) * negative; });
}

// negative = scale alpha inner.
extern "C" __global__ void elu_backward(
    const Real* dy, const Real* x, Real* dx, Index n, Real positive, Real negative, Real inner)
{
    of_two(dy, x, dx, n, [=](Real dy, Real x) {
        return dy * (x > 0 ? positive : exp(x * inner) * negative);
    });
}

// Phi(x), the normal distribution.
__device__ __forceinline__ Real normal(Real x) { return erfc(x * -Real(0.70710678118654752)) / 2; }

extern "C" __global__ void gelu_forward(const Real* x, Real* y, Index n) {
    of_one(x, y, n, [](Real x) { return x * normal(x); });
}

extern "C" __global__ void gelu_backward(const Real* dy, const Real* x, Real* dx, Index n) {
    of_two(dy, x, dx, n, [](Real dy, Real x) {
        const Real density = exp(x * x * Real(-0.5)) * Real(0.39894228040143268);
        return dy * (normal(x) + x * density);
    });
}

extern "C" __global__ void gelu_tanh_forward(
    const Real* x, Real* y, Index n, Real scale, Real cubic)
{
    of_one(x, y, n, [=](Real x) { return x / (1 + exp(-2 * scale * (x + cubic * (x * x * x)))); });
}

extern "C" __global__ void gelu_tanh_backward(
    const Real* dy, const Real* x, Real* dx, Index n, Real scale, Real cubic)
{
    of_two(dy, x, dx, n, [=](Real dy, Real x) {
        Real near = x < Real(-1e6) ? Real(-1e6) : x;  // beyond, s (1 - s) is 0, the powers infinite
        near = near > Real(1e6) ? Real(1e6) : near;
        const Real u = scale * (near + cubic * (near * near * near));
        const Real inner = scale * (1 + 3 * cubic * (near * near)), s = logistic(2 * u);
        return dy * (s + x * (s * logistic(-2 * u) * 2 * inner));
    });
}

extern "C" __global__ void softplus_forward(
    const Real* x, Real* y, Index n, Real beta, Real threshold)
{
    of_one(x, y, n, [=](Real x) {
        const Real bx = x * beta;
        if (bx > threshold) return x;
        return ((bx > 0 ? bx : Real(0)) + log1p(exp(-fabs(bx)))) / beta;  // exp never overflows
    });
}

extern "C" __global__ void softplus_backward(
    const Real* dy, const Real* x, Real* dx, Index n, Real beta, Real threshold)
{
    of_two(dy, x, dx, n, [=](Real dy, Real x) {
        return x * beta > threshold ? dy : dy * logistic(x * beta);
    });
}

extern "C" __global__ void logsigmoid_forward(const Real* x, Real* y, Index n) {
    of_one(x, y, n, [](Real x) { return (x < 0 ? x : Real(0)) - log1p(exp(-fabs(x))); });
}

extern "C" __global__ void logsigmoid_backward(const Real* dy, const Real* x, Real* dx, Index n) {
    of_two(dy, x, dx, n, [](Real dy, Real x) { return dy * logistic(-x); });
}

extern "C" __global__ void mish_forward(const Real* x, Real* y, Index n) {
    of_one(x, y, n, [](Real x) {
        const Real e = exp(x), more = e * (e + 2);
        return x / (1 + 2 / more);  // also where it is 0 or infinite
    });
}

// t + x s (1 - t) (1 + t), with 1 - t = 2 / (n + 2)
extern "C" __global__ void mish_backward(const Real* dy, const Real* x, Real* dx, Index n) {
    of_two(dy, x, dx, n, [](Real dy, Real x) {
        const Real e = exp(x), more = e * (e + 2), t = 1 / (1 + 2 / more);
        return dy * (t + x * (logistic(x) * (1 + t) * (2 / (more + 2))));
    });
}
