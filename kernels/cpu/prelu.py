"""PReLU on the CPU: a slope for every channel, or one for all.

x (N, C, ...) as a table: R rows (pixels of all images), C columns; ``step`` bytes lie between the
slopes of neighboring vectors of channels, 0 for a single slope.
"""
import numpy as np
from numba import prange

from . import vectors as v
from .jit import entry, on, parallel, serial, threads
from .memory import address, contiguous, empty, suits
from .norm import CHUNK, MANY
from .rows import empty_table, fits, table
from .simd import WIDTH, read


@serial
def _slopes(w, single, c, left):
    """The slopes of the channels from c on."""
    return v.fill(read(w)) if single else v.load_some(w + 4 * c, left)


@parallel
def _forward(x, w, single, y, rows, channels, workers):
    """y = x where x > 0, else x * w."""
    for thread in prange(workers):
        zero = v.fill(np.float32(0))
        for r in range(thread * rows // workers, (thread + 1) * rows // workers):
            for c in range(0, channels, WIDTH):
                left, place = channels - c, (r * channels + c) * 4
                value = v.load_some(x + place, left)
                cut = v.mul(value, _slopes(w, single, c, left))
                v.store_some(y + place, v.where_less(zero, value, value, cut), left)


@parallel
def _backward(dy, x, w, single, dx, rows, channels, sums, workers):
    """dx; per thread and channel, in float64, the sum of dy * x where x > 0 is false."""
    for thread in prange(workers):
        zero = v.fill(np.float32(0))
        part = np.zeros(channels + WIDTH, np.float32)
        place_of_part = part.ctypes.data
        sums[thread] = 0
        last = (thread + 1) * rows // workers
        for first in range(thread * rows // workers, last, CHUNK):
            for c in range(0, channels, WIDTH):
                left, total = channels - c, zero
                slopes = _slopes(w, single, c, left)
                for r in range(first, min(first + CHUNK, last)):
                    place = (r * channels + c) * 4
                    value, g = v.load_some(x + place, left), v.load_some(dy + place, left)
                    total = v.add(total, v.where_less(zero, value, zero, v.mul(g, value)))
                    v.store_some(dx + place, v.where_less(zero, value, g, v.mul(g, slopes)), left)
                v.store(place_of_part + 4 * c, total)
            for c in range(channels):
                sums[thread, c] += part[c]


@entry
def _add_up(sums, dw):
    """The sum over the threads, and over the channels if there is one slope."""
    totals = np.zeros(sums.shape[1])
    for thread in range(len(sums)):
        for c in range(totals.size):
            totals[c] += sums[thread, c]
    if dw.size == 1:
        dw[0] = totals.sum()
    else:
        for c in range(dw.size):
            dw[c] = totals[c]


def prelu_forward(x, w):
    """y: see ``kernels/reference/prelu.py``."""
    if not fits(x) or not suits(w):
        return NotImplemented
    t, w, y = table(x), contiguous(w), empty_table(x.shape)
    workers = threads() if x.size >= MANY else 1
    on(workers, _forward)(t.start, address(w), w.size == 1, address(y), t.rows,
                          t.columns, workers)
    return y


def prelu_backward(dy, x, w):
    """(dx, dw): see ``kernels/reference/prelu.py``."""
    if not fits(dy, x) or not suits(w):
        return NotImplemented
    g, t, w = table(dy), table(x), contiguous(w)
    dx, dw = empty_table(dy.shape), empty((w.size,), np.float32)
    workers = threads() if x.size >= MANY else 1
    sums = empty((workers, t.columns), np.float64)
    on(workers, _backward)(g.start, t.start, address(w), w.size == 1, address(dx),
                           t.rows, t.columns, sums, workers)
    _add_up(sums, dw)
    return dx, dw.reshape(w.shape)
