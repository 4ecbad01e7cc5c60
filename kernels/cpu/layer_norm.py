"""Layer norm on the CPU: each row of K numbers by itself, vectors along the row.

A row is read twice, for its mean and then for the squares around it, and once more for the result;
it stays in the nearest cache. On the way back, with g = dy w and d = x - mean:

    dx = inv_std (g - sum of g / K - d inv_std**2 (sum of g d) / K)
    dw = sum over the rows of dy d inv_std,  db = sum over the rows of dy

Sums run in float32 over a piece of a row, or a chunk of rows, and from there on in float64.
"""
import numpy as np
from numba import prange

from . import vectors as v
from .jit import entry, on, parallel, serial, threads
from .memory import address, contiguous, empty, suits
from .simd import WIDTH, clear, read

PIECE = 4096    # numbers of a row
CHUNK = 256     # rows
MANY = 1 << 14  # numbers below which a second thread costs more than it brings


@serial
def _total(x, center, squared, first, last):
    """The sum of x - center, or of its squares, from ``first`` to ``last``."""
    s = t = v.fill(np.float32(0))
    middle = v.fill(center)
    i = first
    while i + 2 * WIDTH <= last:    # two sums, which need not wait for each other
        d, e = v.sub(v.load(x + 4 * i), middle), v.sub(v.load(x + 4 * (i + WIDTH)), middle)
        s = v.fma(d, d, s) if squared else v.add(s, d)
        t = v.fma(e, e, t) if squared else v.add(t, e)
        i += 2 * WIDTH
    total = np.float64(v.total(v.add(s, t)))
    for k in range(i, last):
        d = read(x + 4 * k) - center
        total += d * d if squared else d
    return total


@parallel
def _forward(x, w, b, y, mean, var, inv_std, rows, k, eps, workers):
    for thread in prange(workers):
        for r in range(thread * rows // workers, (thread + 1) * rows // workers):
            row, result = x + r * k * 4, y + r * k * 4
            total = square = 0.0
            start = read(row)   # the sum is that of the distances from it: numbers all alike are
            start = start if start * 0 == 0 else np.float32(0)  # summed exactly (0 for inf, NaN)
            for first in range(0, k, PIECE):
                total += _total(row, start, False, first, min(first + PIECE, k))
            m = np.float32(start + total / k)
            for first in range(0, k, PIECE):
                square += _total(row, m, True, first, min(first + PIECE, k))
            spread = np.float32(square / k)
            factor = np.float32(1) / np.sqrt(spread + np.float32(eps))
            mean[r], var[r], inv_std[r] = m, spread, factor
            center, scale = v.fill(m), v.fill(factor)
            for i in range(0, k, WIDTH):
                value = v.mul(v.sub(v.load_some(row + 4 * i, k - i), center), scale)
                if w != 0:
                    value = v.mul(value, v.load_some(w + 4 * i, k - i))
                if b != 0:
                    value = v.add(value, v.load_some(b + 4 * i, k - i))
                v.store_some(result + 4 * i, value, k - i)


@parallel
def _backward(dy, x, w, mean, inv_std, dx, sums, rows, k, parameters, workers):
    """dx, unless its address is 0; with ``parameters`` also the sums for dw and db."""
    for thread in prange(workers):
        part = np.zeros(2 * (k + WIDTH), np.float32)
        for_w, for_b = part.ctypes.data, part.ctypes.data + 4 * (k + WIDTH)
        sums[thread] = 0
        last = (thread + 1) * rows // workers
        for first in range(thread * rows // workers, last, CHUNK):
            clear(for_w, 8 * (k + WIDTH))
            for r in range(first, min(first + CHUNK, last)):
                g, row = dy + r * k * 4, x + r * k * 4
                center, scale = v.fill(mean[r]), v.fill(inv_std[r])
                s = q = v.fill(np.float32(0))
                for i in range(0, k, WIDTH):
                    here, d = v.load_some(g + 4 * i, k - i), v.load_some(row + 4 * i, k - i)
                    d = v.sub(d, center)
                    if parameters:
                        v.store(for_w + 4 * i, v.fma(v.mul(here, d), scale, v.load(for_w + 4 * i)))
                        v.store(for_b + 4 * i, v.add(here, v.load(for_b + 4 * i)))
                    if w != 0:
                        here = v.mul(here, v.load_some(w + 4 * i, k - i))
                    s, q = v.add(s, here), v.fma(here, d, q)
                if dx != 0:
                    factor = inv_std[r]
                    _row_gradient(g, row, w, dx + r * k * 4, k, center, scale,
                                  v.fill(-v.total(s) / np.float32(k)),
                                  v.fill(-factor * factor * v.total(q) / np.float32(k)))
            for i in range(k):
                sums[thread, 0, i] += part[i]
                sums[thread, 1, i] += part[k + WIDTH + i]


@serial
def _row_gradient(g, row, w, dx, k, center, scale, shift, slope):
    """dx = scale (g w + shift + slope (x - mean))."""
    for i in range(0, k, WIDTH):
        here = v.load_some(g + 4 * i, k - i)
        if w != 0:
            here = v.mul(here, v.load_some(w + 4 * i, k - i))
        d = v.sub(v.load_some(row + 4 * i, k - i), center)
        v.store_some(dx + 4 * i, v.mul(v.fma(d, slope, v.add(here, shift)), scale), k - i)


@entry
def _add_up(sums, dw, db):
    for i in range(dw.size):
        scaled = plain = 0.0
        for thread in range(len(sums)):
            scaled += sums[thread, 0, i]
            plain += sums[thread, 1, i]
        dw[i], db[i] = scaled, plain


def _workers(x):
    return min(threads(), len(x)) if x.size >= MANY else 1


def layer_norm_forward(x, w, b, eps):
    """(y, mean, var, inv_std): see ``kernels/reference/layer_norm.py``."""
    if not suits(x, w, b):
        return NotImplemented
    x, w, b = contiguous(x), contiguous(w), contiguous(b)
    (rows, k), workers = x.shape, _workers(x)
    y = empty(x.shape, np.float32)
    mean, var, inv_std = [empty((rows,), np.float32) for _ in range(3)]
    on(workers, _forward)(address(x), address(w), address(b), address(y), mean, var, inv_std, rows,
                          k, eps, workers)
    return y, mean, var, inv_std


def layer_norm_backward(dy, x, w, mean, inv_std, needs):
    """(dx, dw, db): see ``kernels/reference/layer_norm.py``."""
    if not suits(dy, x, w):
        return NotImplemented
    dy, x, w = contiguous(dy), contiguous(x), contiguous(w)
    (rows, k), workers, parameters = x.shape, _workers(x), bool(needs[1] or needs[2])
    dx = empty(x.shape, np.float32) if needs[0] else None
    sums = empty((workers, 2, k), np.float64)
    dw, db = [empty((k,), np.float32) for _ in range(2)]
    on(workers, _backward)(address(dy), address(x), address(w), mean, inv_std, address(dx), sums,
                           rows, k, parameters, workers)
    if parameters:
        _add_up(sums, dw, db)
    return dx, dw if needs[1] else None, db if needs[2] else None
