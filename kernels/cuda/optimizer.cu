// One step of an optimizer: every array is read once and written once. A thread takes PACK numbers
// side by side of each; the sums are the reference's, in its order. In a graph the learning rate and
// all other numbers come from memory ("changing"), since arguments stay as they were captured.
//
// A net has many parameters, most of them small: a launch takes up to eight. A block belongs to one
// of them, and each gets as many blocks as it fills:
//
//     block      0  1  2  3 | 4 | 5  6 | 7
//     parameter  w0           w1  w2     w3
#include "common.cuh"

#define EIGHT(x) x##0, x##1, x##2, x##3, x##4, x##5, x##6, x##7

#define FOUR(k, a, b, c, d) (k < 2 ? (k == 0 ? a : b) : (k == 2 ? c : d))
#define ONE_OF(k, x) (k < 4 ? FOUR(k, x##0, x##1, x##2, x##3) : FOUR(k - 4, x##4, x##5, x##6, x##7))

struct Place {
    int parameter;
    Index i;        // of the thread's first number
};

__device__ __forceinline__ Place place_of(EIGHT(Index n)) {
    const Index each = PACK * blockDim.x;
    Place at = {0, Index(blockIdx.x)};  // first the number of the block, among its parameter's
#define NEXT(k, n) if (at.parameter == k && at.i >= (n + each - 1) / each) { \
        at.i -= (n + each - 1) / each; \
        at.parameter = k + 1; \
    }
    NEXT(0, n0) NEXT(1, n1) NEXT(2, n2) NEXT(3, n3) NEXT(4, n4) NEXT(5, n5) NEXT(6, n6)
    at.i = at.i * each + PACK * threadIdx.x;
    return at;
}

extern "C" __global__ void sgd_update(
    EIGHT(Real* w), EIGHT(const Real* g), EIGHT(Index n), Real lr, const Real* numbers,
    int changing)
{
    if (changing) lr = numbers[0];
    const Place at = place_of(EIGHT(n));
    const Index i = at.i, n = ONE_OF(at.parameter, n);
    Real* w = ONE_OF(at.parameter, w);
    const Real* g = ONE_OF(at.parameter, g);
    Pack pw = load(w, i, n), pg = load(g, i, n);
#pragma unroll
    for (int k = 0; k < PACK; ++k) pw.v[k] -= lr * pg.v[k];
    store(w, i, n, pw);
}

extern "C" __global__ void penalized(
    EIGHT(const Real* w), EIGHT(const Real* g), EIGHT(Real* result), EIGHT(Index n), Real decay,
    const Real* numbers, int changing)
{
    if (changing) decay = numbers[0];
    const Place at = place_of(EIGHT(n));
    const Index i = at.i, n = ONE_OF(at.parameter, n);
    const Real* w = ONE_OF(at.parameter, w);
    const Real* g = ONE_OF(at.parameter, g);
    Real* result = ONE_OF(at.parameter, result);
    Pack pw = load(w, i, n), pg = load(g, i, n);
#pragma unroll
    for (int k = 0; k < PACK; ++k) pw.v[k] = decay * pw.v[k] + pg.v[k];
    store(result, i, n, pw);
}

extern "C" __global__ void shrink(
    EIGHT(Real* w), EIGHT(Index n), Real factor, const Real* numbers, int changing)
{
    if (changing) factor = numbers[0];
    const Place at = place_of(EIGHT(n));
    const Index i = at.i, n = ONE_OF(at.parameter, n);
    Real* w = ONE_OF(at.parameter, w);
    Pack pw = load(w, i, n);
#pragma unroll
    for (int k = 0; k < PACK; ++k) pw.v[k] *= factor;
    store(w, i, n, pw);
}

extern "C" __global__ void momentum_update(
    EIGHT(Real* w), EIGHT(const Real* g), EIGHT(Real* b), EIGHT(Index n), Real lr, Real momentum,
    const Real* numbers, int changing)
{
    if (changing) {
        lr = numbers[0];
        momentum = numbers[1];
    }
    const Place at = place_of(EIGHT(n));
    const Index i = at.i, n = ONE_OF(at.parameter, n);
    Real* w = ONE_OF(at.parameter, w);
    const Real* g = ONE_OF(at.parameter, g);
    Real* b = ONE_OF(at.parameter, b);
    Pack pw = load(w, i, n), pg = load(g, i, n), pb = load(b, i, n);
#pragma unroll
    for (int k = 0; k < PACK; ++k) {
        pb.v[k] = momentum * pb.v[k] + pg.v[k];
        pw.v[k] -= lr * pb.v[k];
    }
    store(b, i, n, pb);
    store(w, i, n, pw);
}

extern "C" __global__ void rmsprop_update(
    EIGHT(Real* w), EIGHT(const Real* g), EIGHT(Real* s), EIGHT(Index n), Real lr, Real alpha,
    Real rest, Real eps, const Real* numbers, int changing)
{
    if (changing) {
        lr = numbers[0];
        alpha = numbers[1];
        rest = numbers[2];
        eps = numbers[3];
    }
    const Place at = place_of(EIGHT(n));
    const Index i = at.i, n = ONE_OF(at.parameter, n);
    Real* w = ONE_OF(at.parameter, w);
    const Real* g = ONE_OF(at.parameter, g);
    Real* s = ONE_OF(at.parameter, s);
    Pack pw = load(w, i, n), pg = load(g, i, n), ps = load(s, i, n);
#pragma unroll
    for (int k = 0; k < PACK; ++k) {
        ps.v[k] = alpha * ps.v[k] + rest * (pg.v[k] * pg.v[k]);
        pw.v[k] -= lr * (pg.v[k] / (sqrt(ps.v[k]) + eps));
    }
    store(s, i, n, ps);
    store(w, i, n, pw);
}

extern "C" __global__ void adam_update(
    EIGHT(Real* w), EIGHT(const Real* g), EIGHT(Real* m), EIGHT(Real* v), EIGHT(Index n),
    Real rate, Real rest1, Real beta2, Real rest2, Real correction, Real eps, const Real* numbers,
    int changing)
{
    if (changing) {
        rate = numbers[0];
        rest1 = numbers[1];
        beta2 = numbers[2];
        rest2 = numbers[3];
        correction = numbers[4];
        eps = numbers[5];
    }
    const Place at = place_of(EIGHT(n));
    const Index i = at.i, n = ONE_OF(at.parameter, n);
    Real* w = ONE_OF(at.parameter, w);
    const Real* g = ONE_OF(at.parameter, g);
    Real* m = ONE_OF(at.parameter, m);
    Real* v = ONE_OF(at.parameter, v);
    Pack pw = load(w, i, n), pg = load(g, i, n), pm = load(m, i, n), pv = load(v, i, n);
#pragma unroll
    for (int k = 0; k < PACK; ++k) {
        pm.v[k] += rest1 * (pg.v[k] - pm.v[k]);
        pv.v[k] = beta2 * pv.v[k] + rest2 * (pg.v[k] * pg.v[k]);
        pw.v[k] -= rate * pm.v[k] / (sqrt(pv.v[k]) / correction + eps);
    }
    store(m, i, n, pm);
    store(v, i, n, pv);
    store(w, i, n, pw);
}

extern "C" __global__ void adadelta_update(
    EIGHT(Real* w), EIGHT(const Real* g), EIGHT(Real* s), EIGHT(Real* u), EIGHT(Index n), Real lr,
    Real rho, Real rest, Real eps, const Real* numbers, int changing)
{
    if (changing) {
        lr = numbers[0];
        rho = numbers[1];
        rest = numbers[2];
        eps = numbers[3];
    }
    const Place at = place_of(EIGHT(n));
    const Index i = at.i, n = ONE_OF(at.parameter, n);
    Real* w = ONE_OF(at.parameter, w);
    const Real* g = ONE_OF(at.parameter, g);
    Real* s = ONE_OF(at.parameter, s);
    Real* u = ONE_OF(at.parameter, u);
    Pack pw = load(w, i, n), pg = load(g, i, n), ps = load(s, i, n), pu = load(u, i, n);
#pragma unroll
    for (int k = 0; k < PACK; ++k) {
        ps.v[k] = rho * ps.v[k] + rest * (pg.v[k] * pg.v[k]);
        const Real d = sqrt(pu.v[k] + eps) / sqrt(ps.v[k] + eps) * pg.v[k];
        pu.v[k] = rho * pu.v[k] + rest * (d * d);
        pw.v[k] -= lr * d;
    }
    store(s, i, n, ps);
    store(u, i, n, pu);
    store(w, i, n, pw);
}
