"""Elementwise kernels on the CPU: arrays whose memory runs the same way, as one long row."""
import numpy as np
from numba import prange

from . import vectors as v
from .jit import Entry, parallel, threads
from .memory import address, empty, suits
from .simd import WIDTH

MANY = 1 << 14  # floats below which NumPy is as fast


def _worth_it(x):
    """Whether a compiled kernel is faster; always where its calls are captured."""
    return x.size >= MANY or Entry.tape is not None


def _workers(x):
    return threads() if x.size >= MANY else 1


def _dense(x):
    """The order of x's axes in memory if there are no gaps, else None."""
    if x.flags.c_contiguous:
        return tuple(range(x.ndim))
    if x.ndim == 4 and x.transpose(0, 2, 3, 1).flags.c_contiguous:
        return (0, 2, 3, 1)
    return None


def _empty_like(x, order):
    """A new array whose memory runs as x's."""
    y = empty(tuple([x.shape[i] for i in order]), np.float32)
    return y if order == tuple(range(x.ndim)) else y.transpose(0, 3, 1, 2)


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
    order = _dense(x) if _worth_it(x) and suits(x) else None
    if order is None:
        return NotImplemented
    y = _empty_like(x, order)
    _relu_forward(address(x), address(y), x.size, _workers(x))
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
    order = _dense(y) if _worth_it(y) and suits(dy, y) else None
    if order is None:
        return NotImplemented
    if dy.strides != y.strides:
        same = _empty_like(y, order)
        same[...] = dy
        Entry.spoiled = True
        dy = same
    dx = _empty_like(y, order)
    _relu_backward(address(dy), address(y), address(dx), y.size, _workers(y))
    return dx
