"""Copies from one order in memory to another."""
from numba import prange

from .jit import on, parallel, threads
from .memory import address, empty
from .objects import PIXELS, ROWS, layout
from .simd import clear, read, write
from .stage import rearranged

MANY = 1 << 14  # numbers below which one thread is as fast


@parallel
def _to_rows(x, n, channels, pixels, y):
    """(N, H, W, C) in memory -> (N, C, H, W)."""
    size = channels * pixels * 4
    for i in prange(n):
        for c in range(channels):
            source, target = x + i * size + c * 4, y + i * size + c * pixels * 4
            for p in range(pixels):
                write(target + p * 4, read(source + p * channels * 4))


def row_major(x):
    """x (N, C, H, W), float32, channels-last in memory, as a row-major copy."""
    if layout(x) == ROWS:
        return x
    if layout(x) != PIXELS:
        return NotImplemented
    n, c, h, w = x.shape
    y = empty(x.shape, x.dtype)
    on(threads() if x.size >= MANY else 1, _to_rows)(address(x), n, c, h * w, address(y))
    return y


def channels_last(x):
    """x (N, C, H, W), float32, as an array whose memory runs N, H, W, C without gaps."""
    if x.ndim != 4 or not layout(x):
        return NotImplemented
    return x if layout(x) == PIXELS else rearranged(x)


@parallel
def _clear(x, size, workers):
    for thread in prange(workers):
        first, last = size // 4 * thread // workers * 4, size // 4 * (thread + 1) // workers * 4
        clear(x + first, last - first)


def fill_with_zeros(x):
    """Zeros into all of a float32 array without gaps."""
    workers = threads() if x.size >= MANY else 1
    on(workers, _clear)(address(x), x.nbytes, workers)


def zeros_like(x):
    """An array of zeros of the shape of x, row-major."""
    if not layout(x):
        return NotImplemented
    y = empty(x.shape, x.dtype)
    fill_with_zeros(y)
    return y
