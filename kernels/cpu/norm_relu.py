"""Batch norm + ReLU (+ max-pool) in one pass over the pixels, and the way back in two.

The ReLU is min(max(., low), high): 0 and none for ReLU, 0 and 6 for ReLU6, none at all for batch
norm by itself. No bound is NaN, with which every comparison is false.

With windows, only the maxima are kept, beside each the byte of ``relu_pool.py`` and ``at``, the x
it came from: all other pixels have gradient 0, so the sums of the way back run over the pooled
arrays, a quarter of the size. (Where statistics are constants, an infinite x that is no maximum
makes a NaN of the plain ops' dw, by 0 * inf, and not here.)

    R rows (pixels of all images);  C channels;  xhat = (x - mean) inv_std
    s = sum of g,  q = sum of g (x - mean),  where g is dy behind the ReLU and the pooling
    dx = a g + b + c (x - mean),  a = w inv_std,  b = -a s / R,  c = -a inv_std**2 q / R
"""
from collections import namedtuple

import numpy as np
from numba import prange

from . import vectors as v
from .jit import entry, on, parallel, serial, threads
from .memory import address, aligned, empty, empty_channels_last
from .norm import CHUNK, MANY, channel_sums
from .objects import ROWS, layout
from .relu_pool import DEAD, codes, read_windows, windows_of
from .rows import empty_table, fits, table
from .simd import WIDTH

MEAN, INV_STD, SCALE, SHIFT = range(4)  # the rows of ``constants``, C numbers each
A, B, C_ = range(3)                     # the rows of ``factors``
NONE = np.empty(0, np.float32)
# x as a table, the constants, with windows ``at``, without them the bounds of the ReLU
Kept = namedtuple("Kept", "x constants at limits")


@entry
def prepare(sums, rows, w, b, running_mean, running_var, eps, momentum, constants):
    """Fill in the constants; move the running statistics.

    ``sums`` (threads, 2, C) of x and x**2, or without threads: then the running statistics are
    taken. w, b and the running statistics may be empty.
    """
    for c in range(constants.shape[1]):
        if len(sums) == 0:
            mean, var = running_mean[c], running_var[c]
        else:
            total, square = 0.0, 0.0
            for thread in range(len(sums)):
                total += sums[thread, 0, c]
                square += sums[thread, 1, c]
            exact = total / rows
            mean, var = np.float32(exact), np.float32(max(square / rows - exact * exact, 0.0))
            if running_mean.size:
                keep, share = np.float32(1 - momentum), np.float32(momentum)
                unbiased = var * np.float32(rows / (rows - 1))
                running_mean[c] = running_mean[c] * keep + share * mean
                running_var[c] = running_var[c] * keep + share * unbiased
        inv_std = np.float32(1) / np.sqrt(var + np.float32(eps))
        scale = inv_std * w[c] if w.size else inv_std
        constants[MEAN, c], constants[INV_STD, c], constants[SCALE, c] = mean, inv_std, scale
        constants[SHIFT, c] = (b[c] if b.size else np.float32(0)) - mean * scale


@serial
def _between(value, low, high):
    """min(max(value, low), high); NaN stays NaN."""
    value = v.where_less(value, low, low, value)
    return v.where_less(high, value, high, value)


@serial
def _let_pass(dy, value, low, high, zero):
    """dy where low < value < high, else 0."""
    return v.where_at_most(value, low, zero, v.where_at_most(high, value, zero, dy))


@parallel
def _relu_rows(x, constants, y, rows, channels, low, high, workers):
    """y = min(max(x * scale + shift, low), high)."""
    for thread in prange(workers):
        lower, upper = v.fill(np.float32(low)), v.fill(np.float32(high))
        scale, shift = constants + SCALE * channels * 4, constants + SHIFT * channels * 4
        for r in range(thread * rows // workers, (thread + 1) * rows // workers):
            for c in range(0, channels, WIDTH):
                left = channels - c
                place = (r * channels + c) * 4
                value = v.fma(v.load_some(x + place, left), v.load_some(scale + 4 * c, left),
                              v.load_some(shift + 4 * c, left))
                v.store_some(y + place, _between(value, lower, upper), left)


@parallel
def _relu_pool(x, constants, y, code, at, n, windows):
    """y, code = the pooled ReLU of x * scale + shift; at = the x that y was made of."""
    for job in prange(n * read_windows(windows).PH):
        q = read_windows(windows)
        zero, dead = v.fill(np.float32(0)), v.fill_int(np.int32(DEAD))
        scale, shift = constants + SCALE * q.C * 4, constants + SHIFT * q.C * 4
        image, ph = job // q.PH, job % q.PH
        pixel = q.C * 4
        row = q.W * pixel
        corner = x + (image * q.H + ph * q.KH) * row
        place = image * q.PN + ph * q.PR
        for _ in range(q.PW):
            for c in range(0, q.C, WIDTH):
                left = q.C - c
                factor, offset = v.load_some(scale + 4 * c, left), v.load_some(shift + 4 * c, left)
                origin = v.load_some(corner + c * 4, left)
                best = v.fma(origin, factor, offset)
                which = v.fill_int(np.int32(0))
                for i in range(q.KH):
                    for j in range(q.KW):
                        raw = v.load_some(corner + i * row + j * pixel + c * 4, left)
                        value = v.fma(raw, factor, offset)
                        which = v.better_index(value, best, v.fill_int(np.int32(i * q.KW + j)),
                                               which)
                        origin = v.better_other(value, best, raw, origin)
                        best = v.better(value, best)
                v.store_some(at + place + c * 4, origin, left)
                which = v.where_larger(v.order(best), v.fill_int(np.int32(0)), which, dead)
                v.store_bytes(code + (place + c * 4) // 4, which, left)
                v.store_some(y + place + c * 4, v.where_less(best, zero, zero, best), left)
            corner += q.KW * pixel
            place += q.PX


@parallel
def _sums_behind_relu(dy, x, constants, rows, channels, low, high, sums, workers):
    """s and q per thread and channel; the ReLU let pass where low < x * scale + shift < high."""
    for thread in prange(workers):
        zero = v.fill(np.float32(0))
        lower, upper = v.fill(np.float32(low)), v.fill(np.float32(high))
        scale, shift = constants + SCALE * channels * 4, constants + SHIFT * channels * 4
        part = np.zeros((2, channels + WIDTH), np.float32)
        one, two = part[0].ctypes.data, part[1].ctypes.data
        sums[thread] = 0
        last = (thread + 1) * rows // workers
        for first in range(thread * rows // workers, last, CHUNK):
            for c in range(0, channels, WIDTH):
                left = channels - c
                center = v.load_some(constants + MEAN * channels * 4 + 4 * c, left)
                factor, offset = v.load_some(scale + 4 * c, left), v.load_some(shift + 4 * c, left)
                s, q = zero, zero
                for r in range(first, min(first + CHUNK, last)):
                    place = (r * channels + c) * 4
                    raw = v.load_some(x + place, left)
                    g = _let_pass(v.load_some(dy + place, left), v.fma(raw, factor, offset), lower,
                                  upper, zero)
                    s, q = v.add(s, g), v.fma(g, v.sub(raw, center), q)
                v.store(one + 4 * c, s)
                v.store(two + 4 * c, q)
            for c in range(channels):
                sums[thread, 0, c] += part[0, c]
                sums[thread, 1, c] += part[1, c]


@parallel
def _sums_behind_pool(dy, code, at, constants, rows, channels, sums, workers):
    """s and q per thread and channel, over the pooled arrays."""
    for thread in prange(workers):
        dead = v.fill_int(np.int32(DEAD))
        part = np.zeros((2, channels + WIDTH), np.float32)
        one, two = part[0].ctypes.data, part[1].ctypes.data
        sums[thread] = 0
        last = (thread + 1) * rows // workers
        for first in range(thread * rows // workers, last, CHUNK):
            for c in range(0, channels, WIDTH):
                left = channels - c
                center = v.load_some(constants + MEAN * channels * 4 + 4 * c, left)
                s, q = v.fill(np.float32(0)), v.fill(np.float32(0))
                for r in range(first, min(first + CHUNK, last)):
                    place = r * channels + c
                    which = v.load_bytes(code + place, left)
                    g = v.where_unequal(which, dead, v.load_some(dy + place * 4, left))
                    s = v.add(s, g)
                    q = v.fma(g, v.sub(v.load_some(at + place * 4, left), center), q)
                v.store(one + 4 * c, s)
                v.store(two + 4 * c, q)
            for c in range(channels):
                sums[thread, 0, c] += part[0, c]
                sums[thread, 1, c] += part[1, c]


@entry
def _factors(sums, rows, training, w, constants, factors, dw, db):
    """a, b and c of dx; dw and db."""
    for c in range(constants.shape[1]):
        s, q = 0.0, 0.0
        for thread in range(len(sums)):
            s += sums[thread, 0, c]
            q += sums[thread, 1, c]
        inv_std = np.float64(constants[INV_STD, c])
        dw[c], db[c] = q * inv_std, s
        a = inv_std * w[c] if w.size else inv_std
        factors[A, c] = a
        factors[B, c] = -a * s / rows if training else 0.0
        factors[C_, c] = -a * inv_std * inv_std * q / rows if training else 0.0


@serial
def _statistics_part(x, factors, line, left):
    """b + c x, and no 0 * inf where the statistics are constants (c = 0)."""
    c = factors + C_ * line
    x = v.where_unequal(v.load_ints(c, left), v.fill_int(np.int32(0)), x)
    return v.fma(x, v.load_some(c, left), v.load_some(factors + B * line, left))


@parallel
def _combine_behind_relu(dy, x, constants, factors, dx, rows, channels, low, high, workers):
    """dx = a g + b + c (x - mean)."""
    for thread in prange(workers):
        zero, line = v.fill(np.float32(0)), channels * 4
        lower, upper = v.fill(np.float32(low)), v.fill(np.float32(high))
        for r in range(thread * rows // workers, (thread + 1) * rows // workers):
            for c in range(0, channels, WIDTH):
                left, place = channels - c, (r * channels + c) * 4
                raw = v.load_some(x + place, left)
                here = constants + 4 * c
                value = v.fma(raw, v.load_some(here + SCALE * line, left),
                              v.load_some(here + SHIFT * line, left))
                g = _let_pass(v.load_some(dy + place, left), value, lower, upper, zero)
                raw = v.sub(raw, v.load_some(here + MEAN * line, left))
                here = factors + 4 * c
                value = _statistics_part(raw, here, line, left)
                value = v.fma(g, v.load_some(here + A * line, left), value)
                v.store_some(dx + place, value, left)


@serial
def combine_rows(dy, code, x, constants, factors, target, first, last, q):
    """dx of the rows ``first`` to ``last`` of an image, whose dy, code and x these are."""
    line = q.C * 4
    for h in range(first, last):
        place, kw = h // q.KH * q.PR, 0
        for w in range(q.W):
            inside = h < q.PH * q.KH and w < q.PW * q.KW
            position = v.fill_int(np.int32(h % q.KH * q.KW + kw))
            for c in range(0, q.C, WIDTH):
                left, pixel = q.C - c, (h * q.W + w) * line + c * 4
                here = factors + 4 * c
                raw = v.sub(v.load_some(x + pixel, left),
                            v.load_some(constants + MEAN * line + 4 * c, left))
                value = _statistics_part(raw, here, line, left)
                if inside:
                    which = v.load_bytes(code + place // 4 + c, left)
                    g = v.where_equal(which, position, v.load_some(dy + place + c * 4, left))
                    value = v.fma(g, v.load_some(here + A * line, left), value)
                v.store_some(target, value, left)
                target += min(left, WIDTH) * 4
            kw += 1
            if kw == q.KW:
                kw, place = 0, place + q.PX


@parallel
def _combine_behind_pool(dy, code, x, constants, factors, dx, n, windows):
    for job in prange(n * read_windows(windows).H):
        q = read_windows(windows)
        image, h, size = job // q.H, job % q.H, q.W * q.C * 4
        combine_rows(dy + image * q.PN, code + image * q.PN // 4, x + image * q.H * size, constants,
                     factors, dx + job * size, h, h + 1, q)


def given(array):
    return NONE if array is None else array


def _workers(size):
    return threads() if size >= MANY else 1


def _plain(*arrays):
    """Whether these arrays of one number per channel are float32 in a row, or missing."""
    return all(a is None or layout(a) == ROWS for a in arrays)


def batch_norm_relu_forward(x, w, b, running_mean, running_var, eps, momentum, training, window,
                            bounds=(0, None)):
    """(y, code, kept): see ``kernels/reference/norm_relu.py``."""
    if not fits(x) or not _plain(w, b, running_mean, running_var):
        return NotImplemented
    if window is not None and (x.ndim != 4 or window[0] * window[1] >= DEAD
                               or x.shape[2] < window[0] or x.shape[3] < window[1]):
        return NotImplemented
    t = table(x)
    workers, channels = _workers(x.size), t.columns
    sums = empty((workers if training else 0, 2, channels), np.float64)
    if training:
        channel_sums(t.start, t.rows, channels, sums, workers)
    constants = empty((4, channels), np.float32)
    prepare(sums, t.rows, given(w), given(b), given(running_mean), given(running_var), eps,
             momentum, constants)
    if window is None:
        y = empty_table(x.shape)
        limits = [np.nan if bound is None else float(bound) for bound in bounds]
        run = on(workers, _relu_rows)
        run(t.start, address(constants), address(y), t.rows, channels, *limits, workers)
        return y, None, Kept(t.array, constants, None, limits)
    n, _, height, width = x.shape
    size = n, channels, height // window[0], width // window[1]
    y, at = empty_channels_last(size, np.float32), empty_channels_last(size, np.float32)
    code = empty_channels_last(size, np.uint8)
    _relu_pool(t.start, address(constants), address(y), address(code), address(at), n,
               windows_of(y, (height, width), window).address)
    return y, code, Kept(t.array, constants, at, None)


def batch_norm_relu_factors(dy, code, kept, w, training, window):
    """(factors, dw, db): a, b and c of dx, a row of C numbers each."""
    if not isinstance(kept, Kept):
        return NotImplemented
    (x, constants, at, limits), dy = kept, aligned(dy)
    channels, rows = x.shape[1], x.size // x.shape[1]
    workers = _workers(dy.size)
    g = table(dy)
    sums = empty((workers, 2, channels), np.float64)
    if window is None:
        run = on(workers, _sums_behind_relu)
        run(g.start, address(x), address(constants), rows, channels, *limits, sums, workers)
    else:
        code = codes(code)
        _sums_behind_pool(g.start, address(code), address(at), address(constants), g.rows, channels,
                          sums, workers)
    factors = empty((3, channels), np.float32)
    dw, db = empty((channels,), np.float32), empty((channels,), np.float32)
    _factors(sums, rows, training, given(w), constants, factors, dw, db)
    return factors, dw, db


def batch_norm_relu_input_gradient(dy, code, kept, factors, window):
    """dx."""
    if not isinstance(kept, Kept):
        return NotImplemented
    (x, constants, _, limits), dy = kept, aligned(dy)
    g, dx = table(dy), empty_table(x.shape if window else dy.shape)
    if window is None:
        workers = _workers(x.size)
        run = on(workers, _combine_behind_relu)
        run(g.start, address(x), address(constants), address(factors), address(dx), g.rows,
            g.columns, *limits, workers)
    else:
        code = codes(code)
        _combine_behind_pool(g.start, address(code), address(x), address(constants),
                             address(factors), address(dx), len(x),
                             windows_of(g.array, x.shape[2:], window).address)
    return dx
