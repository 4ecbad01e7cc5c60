"""Batch normalization on the CPU: two passes over the pixels, vectors over the channels.

    R rows (pixels of all images);  C channels;  s = sum of dy,  q = sum of dy * (x - mean)

Sums run in float32 over a chunk of rows, and from chunk to chunk in float64. A job is a part of the
rows. For group norm, whose numbers per channel differ from image to image, the jobs do not reach
across images: each image has ``parts`` of them, and ``line`` bytes lie between the numbers of one
image and the next (0 for batch norm, where all images share them).
"""
import numpy as np
from numba import prange

from . import vectors as v
from .affine import scaled
from .jit import entry, parallel, threads
from .memory import address, empty
from .rows import empty_table, fits, table
from .simd import WIDTH

CHUNK = 256     # rows
SAMPLE = 8      # one row in so many tells where the mean lies
MANY = 1 << 14  # numbers below which a second thread costs more than it brings


def _workers(t):
    return threads() if t.rows * t.columns >= MANY else 1


def _floats(per_channel):
    """Numbers a kernel can walk through: float32, side by side."""
    return np.ascontiguousarray(per_channel, np.float32)


@parallel
def channel_sums(x, rows, channels, sums, jobs):
    """Per job and channel, in float64: the sums of x and x**2.

    The squares of a chunk are summed around a number near its mean, the center, so that nothing
    cancels. With x = center + d: sum x**2 = sum d**2 + center * (2 sum d + count * center).
    """
    zero, one = v.fill(np.float32(0)), v.fill(np.float32(1))
    for job in prange(jobs):
        part = np.zeros((3, channels + WIDTH), np.float32)
        places = part[0].ctypes.data, part[1].ctypes.data, part[2].ctypes.data
        sums[job] = 0
        last = (job + 1) * rows // jobs
        for first in range(job * rows // jobs, last, CHUNK):
            count = min(CHUNK, last - first)
            for c in range(0, channels, WIDTH):
                place, left = x + (first * channels + c) * 4, channels - c
                s = q = zero
                for r in range(0, count, SAMPLE):
                    s = v.add(s, v.load_some(place + r * channels * 4, left))
                center = v.mul(s, v.fill(np.float32(1 / -(-count // SAMPLE))))
                center = v.where_less(v.mul(center, zero), one, center, zero)   # 0 for inf and NaN
                s = zero
                for r in range(count):
                    d = v.sub(v.load_some(place + r * channels * 4, left), center)
                    s, q = v.add(s, d), v.fma(d, d, q)
                v.store(places[0] + 4 * c, center)
                v.store(places[1] + 4 * c, s)
                v.store(places[2] + 4 * c, q)
            for c in range(channels):
                center, rest = np.float64(part[0, c]), np.float64(part[1, c])
                sums[job, 0, c] += count * center + rest
                sums[job, 1, c] += part[2, c] + center * (2 * rest + count * center)


def batch_norm_statistics(x):
    """(mean, biased variance) per channel."""
    if not fits(x):
        return NotImplemented
    t = table(x)
    workers = _workers(t)
    sums = np.empty((workers, 2, t.columns), np.float64)
    channel_sums(t.start, t.rows, t.columns, sums, workers)
    mean, square = sums.sum(0) / t.rows
    return mean.astype(np.float32), np.maximum(square - mean * mean, 0).astype(np.float32)


@parallel
def affine(x, scale, shift, y, rows, channels, jobs, parts, line):
    """y = x * scale + shift."""
    for job in prange(jobs):
        a, b = scale + job // parts * line, shift + job // parts * line
        for r in range(job * rows // jobs, (job + 1) * rows // jobs):
            for c in range(0, channels, WIDTH):
                left = channels - c
                place = (r * channels + c) * 4
                value = v.fma(v.load_some(x + place, left), v.load_some(a + 4 * c, left),
                              v.load_some(b + 4 * c, left))
                v.store_some(y + place, value, left)


def batch_norm_forward(x, mean, inv_std, weight, bias):
    """y = (x - mean) * inv_std * weight + bias, as one multiplication and one addition."""
    if not fits(x):
        return NotImplemented
    scale = _floats(inv_std if weight is None else inv_std * weight)
    shift = _floats(-mean * scale if bias is None else bias - mean * scale)
    return scaled(x, scale, shift)


@parallel
def backward_sums(dy, x, mean, rows, channels, sums, jobs, parts, line):
    """Per job and channel, in float64: s and q."""
    for job in prange(jobs):
        part = np.zeros((2, channels + WIDTH), np.float32)
        one, two = part[0].ctypes.data, part[1].ctypes.data
        sums[job] = 0
        last = (job + 1) * rows // jobs
        for first in range(job * rows // jobs, last, CHUNK):
            for c in range(0, channels, WIDTH):
                left = channels - c
                center = v.load_some(mean + job // parts * line + 4 * c, left)
                s, q = v.fill(np.float32(0)), v.fill(np.float32(0))
                for r in range(first, min(first + CHUNK, last)):
                    place = (r * channels + c) * 4
                    g = v.load_some(dy + place, left)
                    s = v.add(s, g)
                    q = v.fma(g, v.sub(v.load_some(x + place, left), center), q)
                v.store(one + 4 * c, s)
                v.store(two + 4 * c, q)
            for c in range(channels):
                sums[job, 0, c] += part[0, c]
                sums[job, 1, c] += part[1, c]


@parallel
def combine(dy, x, mean, a, b, c_, dx, rows, channels, jobs, parts, line):
    """dx = a * dy + b + c * (x - mean)."""
    for job in prange(jobs):
        here = job // parts * line
        for r in range(job * rows // jobs, (job + 1) * rows // jobs):
            for c in range(0, channels, WIDTH):
                left, at = channels - c, here + 4 * c
                place = (r * channels + c) * 4
                value = v.sub(v.load_some(x + place, left), v.load_some(mean + at, left))
                value = v.fma(value, v.load_some(c_ + at, left), v.load_some(b + at, left))
                value = v.fma(v.load_some(dy + place, left), v.load_some(a + at, left), value)
                v.store_some(dx + place, value, left)


def batch_norm_backward(dy, x, mean, inv_std, weight, training, needs):
    """(dx, dw, db); in training the gradient also goes through mean and variance."""
    if not fits(dy, x):
        return NotImplemented
    t, g = table(x), table(dy)
    workers = _workers(t)
    s = q = None
    if training or needs[1] or needs[2]:
        sums = np.empty((workers, 2, t.columns), np.float64)
        center = _floats(mean)
        backward_sums(g.start, t.start, address(center), t.rows, t.columns, sums, workers, 1, 0)
        s, q = sums.sum(0)
        q = q * inv_std
    dx = None
    if needs[0]:
        dx = empty_table(dy.shape)
        _input_gradient(dx, g, t, mean, inv_std, weight, s, q, training)
    dw = q.astype(np.float32) if needs[1] else None
    db = s.astype(np.float32) if needs[2] else None
    return dx, dw, db


def _input_gradient(dx, g, t, mean, inv_std, weight, s, q, training):
    a = _floats(inv_std if weight is None else inv_std * weight)
    workers = _workers(t)
    if not training:
        zero = np.zeros_like(a)
        affine(g.start, address(a), address(zero), address(dx), t.rows, t.columns, workers, 1, 0)
        return
    c, b = _floats(-a * inv_std * q / t.rows), _floats(-a * s / t.rows)
    center = _floats(mean)
    combine(g.start, t.start, address(center), address(a), address(b), address(c), address(dx),
            t.rows, t.columns, workers, 1, 0)


@parallel
def _column_sums(x, rows, channels, sums, workers):
    for thread in prange(workers):
        part = np.zeros(channels + WIDTH, np.float32)
        sums[thread] = 0
        last = (thread + 1) * rows // workers
        for first in range(thread * rows // workers, last, CHUNK // 2):
            for c in range(0, channels, WIDTH):
                s = v.fill(np.float32(0))
                for r in range(first, min(first + CHUNK // 2, last)):
                    s = v.add(s, v.load_some(x + (r * channels + c) * 4, channels - c))
                v.store(part.ctypes.data + 4 * c, s)
            for c in range(channels):
                sums[thread, c] += part[c]


def channel_sum(x):
    """The sum over everything but the channels, (C,): the gradient of a bias."""
    if not fits(x):
        return NotImplemented
    t = table(x)
    workers = _workers(t)
    sums, result = np.empty((workers, t.columns), np.float64), empty((t.columns,), np.float32)
    _column_sums(t.start, t.rows, t.columns, sums, workers)
    _add_up(sums, result)
    return result


@entry
def _add_up(sums, result):
    """The sum over the threads."""
    for c in range(result.size):
        total = sums[0, c]
        for thread in range(1, len(sums)):
            total += sums[thread, c]
        result[c] = total
