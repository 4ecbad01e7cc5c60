"""Batch norm behind a convolution with few inputs, from the moments of its patches.

The formulas are in ``kernels/reference/moments.py``. The patches of some rows of an image lie in
scratch memory, a line of L numbers each, the constant 1 behind the T of the patch; the sum of the
products of all pairs is then the weight gradient of a 1x1 convolution of the lines with themselves,
and the tiles of ``conv_weight.py`` compute it:

              T 1 . . .                       T 1
    patches  +---------+            T  +-------+-+
    of rows  |         |  ' times   1  +-------+-+  added up in float64
    of one   |         |  itself  =    (T + 1, T + 1)
    image    +---------+

So that nothing cancels where images are bright, the lines hold d = p - c, with c about the mean of
the images' channel, and the sums are put right in float64:

    sum p_t p_u = sum d_t d_u + c_t sum d_u + c_u sum d_t + n c_t c_u
"""
import functools
from collections import namedtuple

import numpy as np
from numba import prange

from . import conv
from . import vectors as v
from .conv_weight import COUNTS, LANES, LINE, room_for, tile
from .jit import entry, on, parallel, run_or, serial, threads
from .memory import address, empty, scratch, suits
from .norm import channel_sums
from .norm_relu import given, prepare
from .objects import ROWS, Packed, layout, reader
from .rows import table
from .simd import BYTES, WIDTH, clear, copy_vector, read, write
from .stage import stage

PIXELS = 512    # at most, if a row has no more, before a sum moves on to float64
CERTAIN = 1e-3  # of what it is the sum of: where a variance is less, its digits cancelled out
SAMPLE = 4      # rows of an image that tell where the mean lies, of 32 images
INV_STD, SCALE, SHIFT = 1, 2, 3     # rows of ``constants``


class Plan(Packed, namedtuple("Plan", "N C H W OH OW KH KW SH SW TOP LEFT XN XC XH XW "
                              "bands threads width T L lines count part x_scratch scratch")):
    """Sizes, strides in bytes, and how the work is cut."""


read_plan = reader(Plan)


@functools.cache
def _make_plan(shape, strides, kernel, stride, padding, workers):
    (n, c, h, w), (kh, kw), (sh, sw), ((top, bottom), (left, right)) = (
        shape, kernel, stride, padding)
    oh, ow = (top + h + bottom - kh) // sh + 1, (left + w + right - kw) // sw + 1
    taps, width = c * kh * kw, (ow - 1) * sw + kw
    line = -(-(taps + 1) // WIDTH) * WIDTH
    count = min(COUNTS, key=lambda k: (-(-(taps + 1) // k) * k, -k))
    lines = -(-(taps + 1) // count) * count
    bands = -(-oh // max(1, PIXELS // ow))
    rows = -(-oh // bands)
    staged = room_for(((rows - 1) * sh + kh) * width * c)
    return Plan(n, c, h, w, oh, ow, kh, kw, sh, sw, top, left, *strides, bands,
                min(workers, n * bands), width, taps, line, lines, count,
                -(-line // LANES) * lines * LINE, staged, staged + room_for(rows * ow * line))


@entry
def _find_centers(x, centers, plan):
    """About the mean of each channel, along a row of pixels; 0 for inf and NaN."""
    p = read_plan(plan)
    for c in range(p.C):
        total, count = 0.0, 0
        for n in range(0, p.N, 1 + p.N // 32):
            for h in range(0, p.H, 1 + p.H // SAMPLE):
                place = x + n * p.XN + c * p.XC + h * p.XH
                for w in range(p.W):
                    total += read(place + w * p.XW)
                count += p.W
        mean = np.float32(total / count)
        for i in range(c, len(centers), p.C):
            centers[i] = mean if mean * 0 == 0 else np.float32(0)


@parallel
def _moments(x, centers, sums, scratch, plan):
    """Per thread, in float64: the products of all pairs of p - c, in the order (KH, KW, C, 1)."""
    for thread in prange(read_plan(plan).threads):
        p = read_plan(plan)
        jobs = p.N * p.bands
        part = scratch + thread * (p.part + p.scratch)
        lines = part + p.part + p.x_scratch
        sums[thread] = 0
        for job in range(thread * jobs // p.threads, (thread + 1) * jobs // p.threads):
            n, band = job // p.bands, job % p.bands
            first, last = band * p.OH // p.bands, (band + 1) * p.OH // p.bands
            stage(x + n * p.XN, p.XC, p.XH, p.XW, p.C, p.H, p.W, first * p.SH - p.TOP, -p.LEFT,
                  (last - first - 1) * p.SH + p.KH, p.width, part + p.part)
            _subtract(part + p.part, centers, (last - first - 1) * p.SH + p.KH, p.width * p.C)
            _fill_lines(part + p.part, lines, last - first, p)
            clear(part, p.part)
            target, length = part, p.L * 4
            for block in range(0, p.L, LANES):
                for t in range(0, p.lines, p.count):
                    tile(p.count, min(LANES, p.L - block), lines + 4 * t, p.OW * length, length,
                         lines + 4 * block, p.OW * length, length, last - first, p.OW, target, 0)
                    target += p.count * LINE
            for t in range(p.T + 1):
                for u in range(p.T + 1):
                    place = part + (u // LANES * p.lines + t) * LINE + u % LANES * 4
                    sums[thread, t, u] += read(place)


@serial
def _subtract(x, centers, rows, length):
    """x - centers, for every row of x."""
    for _ in range(rows):
        for i in range(0, length, WIDTH):
            left = length - i
            value = v.sub(v.load_some(x + 4 * i, left), v.load_some(centers + 4 * i, left))
            v.store_some(x + 4 * i, value, left)
        x += 4 * length


@serial
def _fill_lines(x, target, rows, p):
    """A line for every pixel. Whole vectors are copied: what goes too far is overwritten."""
    run = p.KW * p.C * 4
    for h in range(rows):
        for w in range(p.OW):
            source = x + (h * p.SH * p.width + w * p.SW) * p.C * 4
            for kh in range(p.KH):
                for i in range(0, run, BYTES):
                    copy_vector(target + kh * run + i, source + i)
                source += p.width * p.C * 4
            write(target + 4 * p.T, np.float32(1))
            target += p.L * 4


@entry
def _collect(sums, centers, moments, channels, taps):
    """The sum over the threads, of p, in the order (C, KH, KW, 1)."""
    count = channels * taps
    for thread in range(1, len(sums)):
        sums[0] += sums[thread]
    n = sums[0, count, count]
    moments[count, count] = n
    for t in range(count):
        row, c = t % channels * taps + t // channels, np.float64(centers[t % channels])
        total = sums[0, count, t] + n * c
        moments[row, count] = moments[count, row] = total
        for u in range(count):
            column, other = u % channels * taps + u // channels, np.float64(centers[u % channels])
            moments[row, column] = (sums[0, t, u] + c * sums[0, count, u]
                                    + other * sums[0, count, t] + n * c * other)


def patch_moments(x, kernel, stride, padding):
    """See ``kernels/reference/moments.py``."""
    if not suits(x):
        return NotImplemented
    p = _make_plan(x.shape, x.strides, kernel, stride, padding, threads())
    if min(p.OH, p.OW) < 1:
        return NotImplemented
    sums = empty((p.threads, p.T + 1, p.T + 1), np.float64)
    centers = empty((p.width * p.C,), np.float32)
    _find_centers(address(x), centers, p.address)
    run = on(p.threads, _moments)
    run(address(x), address(centers), sums, scratch(p.threads * (p.part + p.scratch)), p.address)
    moments = empty((p.T + 1, p.T + 1), np.float64)
    _collect(sums, centers, moments, p.C, p.KH * p.KW)
    return moments


@serial
def _make_covariance(moments, mean, covariance):
    """Of the numbers of a patch, and their means."""
    taps = len(mean)
    n = moments[taps, taps]
    for t in range(taps):
        mean[t] = moments[taps, t] / n
    for t in range(taps):
        for u in range(taps):
            covariance[t, u] = moments[t, u] / n - mean[t] * mean[u]


@entry
def _sums_of_filters(moments, w, b, sums):
    """sums[0] = the sums of z and of z**2, the rest 0; whether the variances are certain."""
    taps, certain = w.shape[1], True
    n = moments[taps, taps]
    mean, covariance = np.empty(taps), np.empty((taps, taps))
    _make_covariance(moments, mean, covariance)
    sums[1:] = 0
    for f in range(len(w)):
        start = np.float64(b[f]) if b.size else 0.0
        variance = size = 0.0
        for t in range(taps):
            start += np.float64(w[f, t]) * mean[t]
            for u in range(taps):
                term = np.float64(w[f, t]) * covariance[t, u] * np.float64(w[f, u])
                variance += term
                size += abs(term)
        sums[0, 0, f], sums[0, 1, f] = n * start, n * (variance + start * start)
        certain &= not variance < CERTAIN * size
    return certain


@entry
def _fold(w, b, constants, folded, start):
    for f in range(len(w)):
        scale = constants[SCALE, f]
        for t in range(w.shape[1]):
            folded[f, t] = w[f, t] * scale
        start[f] = constants[SHIFT, f] + (b[f] * scale if b.size else np.float32(0))


def norm_by_moments(moments, x, w, b, weight, bias, running_mean, running_var, eps, momentum,
                    stride, padding):
    """See ``kernels/reference/moments.py``. Variances that are not certain are computed anew."""
    arrays = w, b, weight, bias, running_mean, running_var
    if not suits(x) or any(a is not None and layout(a) != ROWS for a in arrays):
        return NotImplemented
    filters, rows = len(w), w.reshape(len(w), -1)
    workers = threads()
    sums = empty((workers, 2, filters), np.float64)

    def from_the_result():
        z = table(conv.conv2d_forward(x, w, b, stride, padding, (1, 1), 1))
        channel_sums(z.start, z.rows, filters, sums, workers)
    run_or(_sums_of_filters, (moments, rows, given(b), sums), from_the_result)
    constants = empty((4, filters), np.float32)
    p = _make_plan(x.shape, x.strides, w.shape[2:], stride, padding, workers)
    prepare(sums, p.N * p.OH * p.OW, given(weight), given(bias), given(running_mean),
            given(running_var), eps, momentum, constants)
    folded, start = empty(w.shape, np.float32), empty((filters,), np.float32)
    _fold(rows, given(b), constants, folded.reshape(rows.shape), start)
    return constants, folded, start


@entry
def _unfold(dw, db, moments, w, constants, weight, full, dweight):
    taps = w.shape[1]
    mean, covariance = np.empty(taps), np.empty((taps, taps))
    _make_covariance(moments, mean, covariance)
    for f in range(len(w)):
        s, inv_std, q = np.float64(db[f]), np.float64(constants[INV_STD, f]), 0.0
        for t in range(taps):
            q += np.float64(w[f, t]) * (np.float64(dw[f, t]) - mean[t] * s)
        scale = inv_std * weight[f] if weight.size else inv_std
        dweight[f] = q * inv_std
        for t in range(taps):
            away = 0.0
            for u in range(taps):
                away += covariance[t, u] * np.float64(w[f, u])
            full[f, t] = scale * (dw[f, t] - s * mean[t] - inv_std * inv_std * q * away)


def norm_by_moments_backward(dw, db, moments, w, constants, weight):
    """See ``kernels/reference/moments.py``."""
    if any(a is not None and layout(a) != ROWS for a in (dw, db, w, constants, weight)):
        return NotImplemented
    full, dweight = empty(w.shape, np.float32), empty(db.shape, np.float32)
    rows = len(w), -1
    _unfold(dw.reshape(rows), db, moments, w.reshape(rows), constants, given(weight),
            full.reshape(rows), dweight)
    return full, dweight, db
