"""Elementwise kernels on the CPU: arrays whose memory runs the same way, as one long row."""
import numpy as np
from numba import prange

from . import vectors as v
from .jit import Entry, on, parallel, threads
from .memory import address, empty, empty_channels_last
from .objects import OTHER, PIXELS, layout
from .simd import WIDTH

MANY = 1 << 16  # floats below which one thread is as fast


def _empty_like(x, order):
    """A new array whose memory runs as x's, which has the layout ``order``."""
    return empty_channels_last(x.shape, x.dtype) if order == PIXELS else empty(x.shape, x.dtype)


def _workers(x):
    return threads() if x.size >= MANY else 1


@parallel
def _relu_forward(x, y, count, workers):
    zero = v.fill(np.float32(0))
    steps = (count + WIDTH - 1) // WIDTH
    for thread in prange(workers):
        for i in range(thread * steps // workers * WIDTH, (thread + 1) * steps // workers * WIDTH,
                       WIDTH):
            value = v.load_some(x + 4 * i, count - i)
            v.store_some(y + 4 * i, v.where_less(value, zero, zero, value), count - i)


def relu_forward(x):
    """max(x, 0); NaN stays NaN."""
    order = layout(x)
    if order <= OTHER:
        return NotImplemented
    y, workers = _empty_like(x, order), _workers(x)
    on(workers, _relu_forward)(address(x), address(y), x.size, workers)
    return y


@parallel
def _relu_backward(dy, y, dx, count, workers):
    zero = v.fill(np.float32(0))
    steps = (count + WIDTH - 1) // WIDTH
    for thread in prange(workers):
        for i in range(thread * steps // workers * WIDTH, (thread + 1) * steps // workers * WIDTH,
                       WIDTH):
            slope = v.load_some(dy + 4 * i, count - i)
            value = v.load_some(y + 4 * i, count - i)
            v.store_some(dx + 4 * i, v.where_at_most(value, zero, zero, slope), count - i)


def relu_backward(dy, y):
    """0 where y <= 0, else dy."""
    order, same = layout(y), layout(dy)
    if order <= OTHER or not same:
        return NotImplemented
    if same != order:
        other = _empty_like(y, order)
        other[...] = dy
        Entry.spoiled = True
        dy = other
    dx, workers = _empty_like(y, order), _workers(y)
    on(workers, _relu_backward)(address(dy), address(y), address(dx), y.size, workers)
    return dx
