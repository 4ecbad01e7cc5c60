"""Softmax and log-softmax along any axis, in vectors.

An array is seen as (outer, K, inner): K scores compete that lie ``inner`` floats apart. They are
summed up line by line. Where inner is 1, a line is one row of K scores, in vectors of WIDTH; at the
end the lanes are joined. Otherwise a line is K vectors of WIDTH columns side by side, each lane a
sum of its own.

    line (start, step, count, lanes, last): ``count`` vectors from an address on, ``step`` bytes
    apart, with so many lanes in use, in the last one ``last``

Sums are formed in pieces of PIECE vectors, so that rounding does not grow with K.
"""
import math

import numpy as np
from numba import prange

from . import vectors as v
from .curves import decay, fade, log
from .jit import on, parallel, serial, threads
from .memory import address
from .objects import OTHER, ROWS, layout
from .simd import BYTES, WIDTH
from .sweep import alike, axes_of, empty_like, gapless

MANY = 1 << 12      # scores below which one thread is as fast
PIECE = 32


@serial
def line_of(i, classes, inner):
    """The i-th line of an array, from address 0 on."""
    if inner == 1:
        count = (classes + WIDTH - 1) // WIDTH
        return 4 * i * classes, BYTES, count, WIDTH, classes - (count - 1) * WIDTH
    blocks = (inner + WIDTH - 1) // WIDTH
    column = i % blocks * WIDTH
    lanes = min(inner - column, WIDTH)
    return 4 * (i // blocks * classes * inner + column), 4 * inner, classes, lanes, lanes


@serial
def _load(start, lanes, other):
    if lanes == WIDTH:
        return v.load(start)
    return v.load_some_else(start, lanes, other)


@serial
def _store(start, value, lanes):
    if lanes == WIDTH:
        v.store(start, value)
    else:
        v.store_some(start, value, lanes)


@serial
def largest(x, step, count, lanes, last, joined):
    """The largest score of a line. NaN does not count: it comes back in the sum."""
    low = v.fill(np.float32(-np.inf))
    best = low
    for k in range(count):
        score = _load(x + k * step, last if k == count - 1 else lanes, low)
        best = v.where_less(best, score, score, best)
    return v.fill(v.highest(best)) if joined else best


@serial
def exponentials(x, y, step, count, lanes, last, joined, best):
    """y = e^(x - best), and their sum."""
    low, total = v.fill(np.float32(-np.inf)), v.fill(np.float32(0))
    for piece in range(0, count, PIECE):
        part = v.fill(np.float32(0))
        for k in range(piece, min(piece + PIECE, count)):
            n = last if k == count - 1 else lanes
            e = decay(v.sub(_load(x + k * step, n, low), best))
            _store(y + k * step, e, n)
            part = v.add(part, e)
        total = v.add(total, part)
    return v.fill(v.total(total)) if joined else total


@serial
def _sum_of_exponentials(x, step, count, lanes, last, joined, best):
    """The sum of e^(x - best)."""
    low, total = v.fill(np.float32(-np.inf)), v.fill(np.float32(0))
    for piece in range(0, count, PIECE):
        part = v.fill(np.float32(0))
        for k in range(piece, min(piece + PIECE, count)):
            score = _load(x + k * step, last if k == count - 1 else lanes, low)
            part = v.add(part, fade(v.sub(score, best)))
        total = v.add(total, part)
    return v.fill(v.total(total)) if joined else total


@serial
def divide(y, step, count, lanes, last, total):
    """y = y / total."""
    for k in range(count):
        n = last if k == count - 1 else lanes
        _store(y + k * step, v.div(_load(y + k * step, n, total), total), n)


@parallel
def _softmax_forward(x, y, lines, classes, inner, workers):
    for thread in prange(workers):
        for i in range(thread * lines // workers, (thread + 1) * lines // workers):
            start, step, count, lanes, last = line_of(i, classes, inner)
            joined = inner == 1
            best = largest(x + start, step, count, lanes, last, joined)
            total = exponentials(x + start, y + start, step, count, lanes, last, joined, best)
            divide(y + start, step, count, lanes, last, total)


@parallel
def _log_softmax_forward(x, y, lines, classes, inner, workers):
    for thread in prange(workers):
        for i in range(thread * lines // workers, (thread + 1) * lines // workers):
            start, step, count, lanes, last = line_of(i, classes, inner)
            joined, x_line, y_line = inner == 1, x + start, y + start
            best = largest(x_line, step, count, lanes, last, joined)
            shift = log(_sum_of_exponentials(x_line, step, count, lanes, last, joined, best))
            for k in range(count):
                n = last if k == count - 1 else lanes
                score = v.sub(_load(x_line + k * step, n, best), best)  # first: keeps its digits
                _store(y_line + k * step, v.sub(score, shift), n)


@serial
def _sum(x, y, step, count, lanes, last, joined):
    """The sum of x y over a line; of x alone where y is 0."""
    zero = v.fill(np.float32(0))
    total = zero
    for piece in range(0, count, PIECE):
        part = zero
        for k in range(piece, min(piece + PIECE, count)):
            n = last if k == count - 1 else lanes
            value = _load(x + k * step, n, zero)
            part = v.fma(value, _load(y + k * step, n, zero), part) if y else v.add(part, value)
        total = v.add(total, part)
    return v.fill(v.total(total)) if joined else total


@parallel
def _softmax_backward(dy, y, dx, lines, classes, inner, workers):
    for thread in prange(workers):
        for i in range(thread * lines // workers, (thread + 1) * lines // workers):
            start, step, count, lanes, last = line_of(i, classes, inner)
            total = _sum(dy + start, y + start, step, count, lanes, last, inner == 1)
            for k in range(count):
                n, place = last if k == count - 1 else lanes, start + k * step
                rest = v.sub(_load(dy + place, n, total), total)
                _store(dx + place, v.mul(_load(y + place, n, total), rest), n)


@parallel
def _log_softmax_backward(dy, y, dx, lines, classes, inner, workers):
    for thread in prange(workers):
        for i in range(thread * lines // workers, (thread + 1) * lines // workers):
            start, step, count, lanes, last = line_of(i, classes, inner)
            total = _sum(dy + start, 0, step, count, lanes, last, inner == 1)
            for k in range(count):
                n, place = last if k == count - 1 else lanes, start + k * step
                share = v.mul(decay(_load(y + place, n, total)), total)
                _store(dx + place, v.sub(_load(dy + place, n, total), share), n)


def _lines(x, order, axis):
    """(lines, classes, inner) of an array without gaps."""
    shape = x.shape
    if order != ROWS:
        axes = axes_of(x)
        shape, axis = x.transpose(axes).shape, axes.index(axis % x.ndim)
    classes, inner = shape[axis], math.prod(shape[axis + 1:] if axis != -1 else ())
    return x.size // (classes * inner) * (-(-inner // WIDTH)), classes, inner


def _forward(kernel, x, axis):
    order = layout(x)
    if order <= OTHER:
        if order == 0:
            return NotImplemented
        x = gapless(x)
        order = layout(x)
    y, workers = empty_like(x, order), threads() if x.size >= MANY else 1
    on(workers, kernel)(address(x), address(y), *_lines(x, order, axis), workers)
    return y


def _backward(kernel, dy, y, axis):
    order, other = layout(dy), layout(y)
    if order == 0 or other == 0 or dy.shape != y.shape:
        return NotImplemented
    if order != other or order == OTHER:
        dy, y = alike(dy, y, order, other)
        order = layout(dy)
    dx, workers = empty_like(dy, order), threads() if dy.size >= MANY else 1
    on(workers, kernel)(address(dy), address(y), address(dx), *_lines(dy, order, axis), workers)
    return dx


def softmax_forward(x, axis):
    """exp(x_i) / sum_j exp(x_j)."""
    return _forward(_softmax_forward, x, axis)


def softmax_backward(dy, y, axis):
    """y_i (dy_i - sum_j dy_j y_j)."""
    return _backward(_softmax_backward, dy, y, axis)


def log_softmax_forward(x, axis):
    """x_i - log sum_j exp(x_j)."""
    return _forward(_log_softmax_forward, x, axis)


def log_softmax_backward(dy, y, axis):
    """dy_i - exp(y_i) sum_j dy_j."""
    return _backward(_log_softmax_backward, dy, y, axis)
