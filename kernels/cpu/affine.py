"""y = x * scale + shift, with one scale and one shift for each channel: batch norm's last step.

In one pass, in whichever order x lies: the channels of a pixel side by side, or the pixels of a
channel.
"""
import math

from numba import prange

from . import vectors as v
from .jit import on, parallel, threads
from .memory import FLOAT, address, empty
from .objects import ROWS, layout
from .rows import empty_table, table
from .simd import BYTES, WIDTH, read

MANY = 1 << 14  # numbers below which one thread is as fast


@parallel
def _pixels(x, scale, shift, y, rows, channels, workers):
    """A row for every pixel."""
    for thread in prange(workers):
        whole = 4 * (channels // WIDTH * WIDTH)
        for r in range(thread * rows // workers, (thread + 1) * rows // workers):
            source, target = x + r * channels * 4, y + r * channels * 4
            for c in range(0, whole, BYTES):
                v.store(target + c, v.fma(v.load(source + c), v.load(scale + c),
                                          v.load(shift + c)))
            if whole < 4 * channels:
                left = channels - whole // 4
                value = v.fma(v.load_some(source + whole, left), v.load_some(scale + whole, left),
                              v.load_some(shift + whole, left))
                v.store_some(target + whole, value, left)


@parallel
def _planes(x, scale, shift, y, planes, channels, pixels, workers):
    """A plane for every channel of every image."""
    for thread in prange(workers):
        whole = 4 * (pixels // WIDTH * WIDTH)
        for plane in range(thread * planes // workers, (thread + 1) * planes // workers):
            factor = v.fill(read(scale + plane % channels * 4))
            summand = v.fill(read(shift + plane % channels * 4))
            source, target = x + plane * pixels * 4, y + plane * pixels * 4
            for i in range(0, whole, BYTES):
                v.store(target + i, v.fma(v.load(source + i), factor, summand))
            if whole < 4 * pixels:
                left = pixels - whole // 4
                v.store_some(target + whole, v.fma(v.load_some(source + whole, left), factor,
                                                   summand), left)


def scaled(x, scale, shift):
    """y for x (N, C, ...), float32; scale and shift (C,), without gaps."""
    workers = threads() if x.size >= MANY else 1
    (n, c), pixels = x.shape[:2], math.prod(x.shape[2:])
    if pixels >= WIDTH and layout(x) == ROWS:
        y = empty(x.shape, FLOAT)
        on(workers, _planes)(address(x), address(scale), address(shift), address(y), n * c, c,
                             pixels, workers)
        return y
    t, y = table(x), empty_table(x.shape)
    on(workers, _pixels)(t.start, address(scale), address(shift), address(y), t.rows, t.columns,
                         workers)
    return y
