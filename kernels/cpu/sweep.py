"""One loop for all elementwise kernels: over arrays whose memory runs the same way, as one row.

    x, z arrays that are read, y the result: all of one shape;  p q r numbers;  a b c the same
    numbers in every lane of a vector

A kernel is a function of vectors, and ``of_one`` or ``of_two`` puts the loop around it:

    @of_one
    def shifted(x, a, b, c):
        return v.add(x, a)

    y = sweep(shifted, x, 3.0)
"""
import types

import numpy as np
from numba import prange

from . import vectors as v
from .jit import parallel, serial, threads
from .memory import address, contiguous, empty, empty_channels_last
from .objects import OTHER, PIXELS, ROWS, layout
from .simd import BYTES, WIDTH
from .stage import rearranged

MANY = 1 << 15      # floats below which one thread is as fast


@serial
def _share(count, thread, workers):
    """Where a thread's part begins, its last whole vector ends, and the part ends."""
    steps = (count + WIDTH - 1) // WIDTH
    first, last = thread * steps // workers * WIDTH, (thread + 1) * steps // workers * WIDTH
    return first, min(last, count // WIDTH * WIDTH), min(last, count)


def curve(x, *others):
    """What a kernel computes; ``_around`` puts it here."""
    raise NotImplementedError


def _one(x, y, count, workers, p, q, r):
    for thread in prange(workers):
        a, b, c = v.fill(np.float32(p)), v.fill(np.float32(q)), v.fill(np.float32(r))
        first, whole, last = _share(count, thread, workers)
        for i in range(4 * first, 4 * whole, BYTES):
            v.store(y + i, curve(v.load(x + i), a, b, c))
        if whole < last:
            i, left = 4 * whole, last - whole
            v.store_some(y + i, curve(v.load_some(x + i, left), a, b, c), left)


def _two(x, z, y, count, workers, p, q, r):
    for thread in prange(workers):
        a, b, c = v.fill(np.float32(p)), v.fill(np.float32(q)), v.fill(np.float32(r))
        first, whole, last = _share(count, thread, workers)
        for i in range(4 * first, 4 * whole, BYTES):
            v.store(y + i, curve(v.load(x + i), v.load(z + i), a, b, c))
        if whole < last:
            i, left = 4 * whole, last - whole
            v.store_some(y + i, curve(v.load_some(x + i, left), v.load_some(z + i, left), a, b, c),
                         left)


def _around(loop, function):
    """``loop`` with ``function`` for its curve, compiled; an Entry."""
    scope = {**loop.__globals__, "curve": serial(function)}
    kernel = types.FunctionType(loop.__code__, scope)
    file = function.__module__.rpartition(".")[2]
    kernel.__qualname__ = f"{loop.__name__}_{file}{function.__name__}"  # the cache goes by this
    return parallel(kernel)


def of_one(function):
    """The kernel that applies ``function(x, a, b, c)`` to all vectors of an array."""
    return _around(_one, function)


def of_two(function):
    """The kernel that applies ``function(x, z, a, b, c)`` to all vectors of two arrays."""
    return _around(_two, function)


def sweep(kernel, x, p=0.0, q=0.0, r=0.0, many=MANY):
    """A new array: a kernel ``of_one`` on x; NotImplemented unless x is float32 with some in it.

    From ``many`` floats on it runs on all threads.
    """
    order = layout(x)
    if order <= OTHER:
        if order == 0:
            return NotImplemented
        x = gapless(x)
    y = empty_like(x, order)
    size = x.size
    run = kernel if size >= many and threads() > 1 else kernel.alone
    run(address(x), address(y), size, threads() if size >= many else 1, p, q, r)
    return y


def sweep_two(kernel, x, z, p=0.0, q=0.0, r=0.0, many=MANY):
    """The same for a kernel ``of_two`` on x and z, which have one shape."""
    order, other = layout(x), layout(z)
    if order == 0 or other == 0 or x.shape != z.shape:
        return NotImplemented
    if order != other or order == OTHER:
        x, z = alike(x, z, order, other)
        order = layout(x)
    y = empty_like(x, order)
    size = x.size
    run = kernel if size >= many and threads() > 1 else kernel.alone
    run(address(x), address(z), address(y), size, threads() if size >= many else 1, p, q, r)
    return y


def empty_like(x, order):
    """A new array whose memory runs as x's, which has no gaps and the layout ``order``."""
    if order == ROWS:
        return empty(x.shape, x.dtype)
    if order == PIXELS:
        return empty_channels_last(x.shape, x.dtype)
    axes = axes_of(x)
    return empty(x.transpose(axes).shape, x.dtype).transpose(np.argsort(axes))


def axes_of(x):
    """The axes in the order in which memory runs through them."""
    return sorted(range(x.ndim), key=lambda i: -x.strides[i])


def _is_gapless(x):
    return x.transpose(axes_of(x)).flags.c_contiguous


def gapless(x):
    """x, or a copy where there are gaps in its memory."""
    return x if _is_gapless(x) else contiguous(x)


def alike(x, z, order, other):
    """x and z, or copies, in memory that runs the same way without gaps."""
    if PIXELS in (order, other):
        return [t if layout(t) == PIXELS else rearranged(t) for t in (x, z)]
    if order == other and x.strides == z.strides and _is_gapless(x):
        return x, z
    return contiguous(x), contiguous(z)
