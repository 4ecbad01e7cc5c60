"""ReLU + max-pool in one pass, and the way back, for windows that lie side by side.

Beside each maximum stands a byte, its code: which pixel of the window it came from, or DEAD if the
ReLU cut it off. Those bytes are all that the way back has to know.

    N C H W map;  KH KW window;  PH PW pooled size
"""
import functools
from collections import namedtuple

import numpy as np
from numba import prange

from . import vectors as v
from .jit import Entry, entry, on, parallel, serial, threads
from .memory import address, empty, empty_channels_last, suits
from .objects import PIXELS, Packed, layout, reader
from .simd import BYTES, WIDTH, clear
from .stage import rearranged

DEAD = 255
CHUNK = 128
ROWS = 1 << 15      # bytes of a map's rows that a thread keeps: they fit the first cache
MANY = 1 << 14      # numbers below which a second thread costs more than it brings


class Windows(Packed, namedtuple("Windows", "C H W KH KW PH PW PN PR PX bands room")):
    """Sizes, and strides in bytes of the pooled arrays; the codes' are a quarter of them."""


read_windows = reader(Windows)


def windows_of(pooled, size, window):
    """Windows over a map of ``size``; ``pooled`` is any array of their results, channels-last."""
    return _windows(pooled.shape, pooled.strides, tuple(size), window)


@functools.cache
def _windows(shape, strides, size, window):
    return Windows(shape[1], *size, *window, *shape[2:], strides[0], *strides[2:], 1, 0)


@serial
def pool_rows(x, row, y, code, rows, q):
    """ReLU and pool ``rows`` rows of windows: x, channels side by side; ``row`` in bytes."""
    pixel = q.C * 4
    for r in range(rows):
        corner, place = x + r * q.KH * row, r * q.PR
        for _ in range(q.PW):
            for c in range(0, pixel, BYTES):
                left = q.C - c // 4
                if q.KH == 2 and q.KW == 2:
                    best, which = _best_of_four(corner + c, pixel, row, left)
                else:
                    best, which = _best(corner + c, pixel, row, left, q)
                v.store_some(y + place + c, v.unordered(best), left)
                zero, dead = v.fill_int(np.int32(0)), v.fill_int(np.int32(DEAD))
                v.store_bytes(code + (place + c) // 4, v.where_larger(best, zero, which, dead),
                              left)
            corner += q.KW * pixel
            place += q.PX


@serial
def _best_of_four(x, pixel, row, left):
    """The largest of a 2x2 window, as ``v.order`` has it, and which it is; NaN: the last."""
    x00, x01 = v.order(v.load_some(x, left)), v.order(v.load_some(x + pixel, left))
    x10, x11 = v.order(v.load_some(x + row, left)), v.order(v.load_some(x + row + pixel, left))
    upper = v.where_better(x01, x00, v.fill_int(np.int32(1)), v.fill_int(np.int32(0)))
    lower = v.where_better(x11, x10, v.fill_int(np.int32(3)), v.fill_int(np.int32(2)))
    x00, x10 = v.larger(x00, x01), v.larger(x10, x11)
    return v.larger(x00, x10), v.where_better(x10, x00, lower, upper)


@serial
def _best(x, pixel, row, left, q):
    """The largest of a window, as ``v.order`` has it, and which it is."""
    best, which = v.order(v.load_some(x, left)), v.fill_int(np.int32(0))
    for i in range(q.KH):
        for j in range(q.KW):
            value = v.order(v.load_some(x + i * row + j * pixel, left))
            which = v.where_better(value, best, v.fill_int(np.int32(i * q.KW + j)), which)
            best = v.larger(value, best)
    return best, which


@serial
def unpool(dy, code, q, top, left, rows, columns, target):
    """A piece of the gradient before the pooling, as ``stage``: from row ``top``, column ``left``.

    dy and code are the addresses of one image. What lies outside the windows is 0.
    """
    pixel = q.C * 4
    line = columns * pixel
    begin, end = max(-left, 0), max(min(columns, q.PW * q.KW - left), 0)
    for i in range(rows):
        h = top + i
        here = target + i * line
        if h < 0 or h >= q.PH * q.KH or begin >= end:
            clear(here, line)
            continue
        clear(here, begin * pixel)
        clear(here + end * pixel, (columns - end) * pixel)
        w = max(left, 0)
        place, kw = h // q.KH * q.PR + w // q.KW * q.PX, w % q.KW
        first = h % q.KH * q.KW
        here, stop = here + begin * pixel, here + end * pixel
        if kw == 0 and q.KW == 2 and pixel % BYTES == 0:
            pairs = (stop - here) // (2 * pixel)
            _unpool_pairs(dy + place, code + place // 4, q.PX, first, pairs, here, pixel)
            here, place = here + 2 * pairs * pixel, place + pairs * q.PX
        while here < stop:
            count = min(q.KW - kw, (stop - here) // pixel)
            for c in range(0, pixel, BYTES):
                many = q.C - c // 4
                which = v.load_bytes(code + (place + c) // 4, many)
                value = v.load_some(dy + place + c, many)
                for j in range(count):
                    position = v.fill_int(np.int32(first + kw + j))
                    v.store_some(here + j * pixel + c, v.where_equal(which, position, value), many)
            here += count * pixel
            kw, place = 0, place + q.PX


@serial
def _unpool_pairs(dy, code, step, first, pairs, target, pixel):
    """A row of windows two pixels wide, whole vectors of channels."""
    one, two = v.fill_int(np.int32(first)), v.fill_int(np.int32(first + 1))
    for _ in range(pairs):
        for c in range(0, pixel, BYTES):
            which = v.load_bytes(code + c // 4, WIDTH)
            value = v.load(dy + c)
            v.store(target + c, v.where_equal(which, one, value))
            v.store(target + pixel + c, v.where_equal(which, two, value))
        dy, code, target = dy + step, code + step // 4, target + 2 * pixel


@parallel
def _pool_all(x, y, code, n, windows):
    for job in prange(n * read_windows(windows).PH):
        q = read_windows(windows)
        row = q.W * q.C * 4
        place = job // q.PH * q.PN + job % q.PH * q.PR
        pool_rows(x + (job // q.PH * q.H + job % q.PH * q.KH) * row, row, y + place,
                  code + place // 4, 1, q)


def relu_max_pool2d_forward(x, window):
    """(y, code) from the result of a convolution."""
    if not suits(x) or window[0] * window[1] >= DEAD:
        return NotImplemented
    x = channels_last_dense(x)
    n, c, h, w = x.shape
    size = n, c, h // window[0], w // window[1]
    y, code = empty_channels_last(size, np.float32), empty_channels_last(size, np.uint8)
    on(_workers(x.size), _pool_all)(address(x), address(y), address(code), n,
                             windows_of(y, (h, w), window).address)
    return y, code


@parallel
def _unpool_all(dy, code, dx, n, windows):
    for i in prange(n):
        q = read_windows(windows)
        unpool(dy + i * q.PN, code + i * q.PN // 4, q, 0, 0, q.H, q.W, dx + i * q.H * q.W * q.C * 4)


def unpool2d(dy, code, size, window):
    """The gradient before pooling and ReLU."""
    if not suits(dy):
        return NotImplemented
    dy, code = channels_last_dense(dy), codes(code)
    dx = empty_channels_last((*dy.shape[:2], *size), np.float32)
    on(_workers(dx.size), _unpool_all)(address(dy), address(code), address(dx), len(dy),
                                windows_of(dy, size, window).address)
    return dx


def _workers(size):
    return threads() if size >= MANY else 1


def channels_last_dense(x):
    """x, or a copy, whose memory runs N, H, W, C without gaps."""
    return x if layout(x) == PIXELS else rearranged(x)


def codes(code):
    """code, or a copy of what the reference made, whose memory runs N, H, W, C without gaps."""
    pixels = code.transpose(0, 2, 3, 1)
    if pixels.flags.c_contiguous:
        return code
    Entry.spoiled = True
    return np.ascontiguousarray(pixels).transpose(0, 3, 1, 2)


@parallel
def _alive_sums(dy, code, rows, channels, sums, workers):
    """Per thread and channel: the sum of dy where the ReLU let it pass."""
    dead, zero = v.fill_int(np.int32(DEAD)), v.fill(np.float32(0))
    for thread in prange(workers):
        last = (thread + 1) * rows // workers
        for c in range(0, channels, WIDTH):
            total = zero
            for first in range(thread * rows // workers, last, CHUNK):
                part = zero     # sums of sums: fewer roundings
                for r in range(first, min(first + CHUNK, last)):
                    place = r * channels + c
                    value = v.load_some(dy + place * 4, channels - c)
                    which = v.load_bytes(code + place, channels - c)
                    part = v.add(part, v.where_unequal(which, dead, value))
                total = v.add(total, part)
            v.store(sums + (thread * (channels + WIDTH) + c) * 4, total)


@entry
def _add_up(sums, channels, workers, result):
    """result = the sums of all threads."""
    for c in range(0, channels, WIDTH):
        total = v.fill(np.float32(0))
        for thread in range(workers):
            total = v.add(total, v.load(sums + (thread * (channels + WIDTH) + c) * 4))
        v.store_some(result + c * 4, total, channels - c)


def unpooled_channel_sum(dy, code):
    """The sum over everything but the channels of the gradient before pooling and ReLU, (C,)."""
    if not suits(dy):
        return NotImplemented
    dy, code = channels_last_dense(dy), codes(code)
    n, c, h, w = dy.shape
    workers = _workers(dy.size)
    sums, db = empty((workers, c + WIDTH), np.float32), empty((c,), np.float32)
    on(workers, _alive_sums)(address(dy), address(code), n * h * w, c, address(sums), workers)
    _add_up(address(sums), c, workers, address(db))
    return db
