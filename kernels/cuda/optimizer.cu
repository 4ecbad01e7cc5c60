// One step of an optimizer: every array is read once and written once. A thread takes PACK numbers
// side by side of each; the sums are the reference's, in its order. In a graph the learning rate and
// all other numbers come from memory ("changing"), since arguments stay as they were captured.
//
//     w  |0 1 2 3|4 5 6 7|8 9 ...
//     g  |0 1 2 3|4 5 6 7|8 9 ...        thread 0, thread 1, ...
//     m  |0 1 2 3|4 5 6 7|8 9 ...
#include "common.cuh"

extern "C" __global__ void sgd_update(
    Real* w, const Real* g, Real lr, Index n, const Real* numbers, int changing)
{
    if (changing) lr = numbers[0];
    const Index i = PACK * thread_number();
    Pack pw = load(w, i, n), pg = load(g, i, n);
#pragma unroll
    for (int k = 0; k < PACK; ++k) pw.v[k] -= lr * pg.v[k];
    store(w, i, n, pw);
}

extern "C" __global__ void penalized(
    const Real* w, const Real* g, Real* result, Real decay, Index n, const Real* numbers,
    int changing)
{
    if (changing) decay = numbers[0];
    const Index i = PACK * thread_number();
    Pack pw = load(w, i, n), pg = load(g, i, n);
#pragma unroll
    for (int k = 0; k < PACK; ++k) pw.v[k] = decay * pw.v[k] + pg.v[k];
    store(result, i, n, pw);
}

extern "C" __global__ void shrink(
    Real* w, Real factor, Index n, const Real* numbers, int changing)
{
    if (changing) factor = numbers[0];
    const Index i = PACK * thread_number();
    Pack pw = load(w, i, n);
#pragma unroll
    for (int k = 0; k < PACK; ++k) pw.v[k] *= factor;
    store(w, i, n, pw);
}

extern "C" __global__ void momentum_update(
    Real* w, const Real* g, Real* b, Real lr, Real momentum, Index n,
    const Real* numbers, int changing)
{
    if (changing) {
        lr = numbers[0];
        momentum = numbers[1];
    }
    const Index i = PACK * thread_number();
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
    Real* w, const Real* g, Real* s, Real lr, Real alpha, Real rest, Real eps, Index n,
    const Real* numbers, int changing)
{
    if (changing) {
        lr = numbers[0];
        alpha = numbers[1];
        rest = numbers[2];
        eps = numbers[3];
    }
    const Index i = PACK * thread_number();
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
    Real* w, const Real* g, Real* m, Real* v, Real rate, Real rest1, Real beta2, Real rest2,
    Real correction, Real eps, Index n, const Real* numbers, int changing)
{
    if (changing) {
        rate = numbers[0];
        rest1 = numbers[1];
        beta2 = numbers[2];
        rest2 = numbers[3];
        correction = numbers[4];
        eps = numbers[5];
    }
    const Index i = PACK * thread_number();
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
    Real* w, const Real* g, Real* s, Real* u, Real lr, Real rho, Real rest, Real eps, Index n,
    const Real* numbers, int changing)
{
    if (changing) {
        lr = numbers[0];
        rho = numbers[1];
        rest = numbers[2];
        eps = numbers[3];
    }
    const Index i = PACK * thread_number();
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
