"""Pooling on the GPU; backward gathers, so that results do not depend on the order of threads."""
import numpy as np

from .launch import contiguous, empty, product, suits, sweep

WARP = 32        # threads
EVERY = 2 ** 30  # pixels that a window reaches, where any window may have chosen any pixel


def max_pool2d_forward(x, kernel, stride, padding, dilation, output_size):
    """(y, index): index is int32 here."""
    if not suits(x):
        return NotImplemented
    x, y, index = _prepare(x, output_size)
    sweep("pool", "max_pool2d_forward", x.dtype, y.size, x, y, index, y.size, *x.shape[2:],
          *output_size, *kernel, *stride, *dilation, padding[0][0], padding[1][0])
    return y, index


def max_pool2d_backward(dy, index, size, window=None):
    """dx; without a ``window``, forward's, every window is asked by every pixel."""
    if not suits(dy):
        return NotImplemented
    dy, index = contiguous(dy), contiguous(index.astype(np.int32, copy=False))
    dx = empty((*dy.shape[:2], *size), dy.dtype)
    reach, stride, first = (EVERY, EVERY), (1, 1), dy.shape[2:]
    if window is not None:
        kernel, stride, ((top, _), (left, _)), dilation = window
        reach, first = [(k - 1) * d for k, d in zip(kernel, dilation)], (top, left)
    sweep("pool", "max_pool2d_backward", dy.dtype, dx.size, dy, index, dx, dx.size, *size,
          *dy.shape[2:], *reach, *stride, *first)
    return dx


def avg_pool2d_forward(x, kernel, stride, padding, output_size, count_include_pad,
                       divisor_override):
    if not suits(x):
        return NotImplemented
    x, y, _ = _prepare(x, output_size, indexed=False)
    sweep("pool", "avg_pool2d_forward", x.dtype, y.size, x, y, y.size, *x.shape[2:], *output_size,
          *kernel, *stride, *padding[0], *padding[1], int(count_include_pad),
          int(divisor_override or 0))
    return y


def avg_pool2d_backward(dy, size, kernel, stride, padding, count_include_pad, divisor_override):
    if not suits(dy):
        return NotImplemented
    dy, dx, _ = _prepare(dy, size, indexed=False)
    sweep("pool", "avg_pool2d_backward", dy.dtype, dx.size, dy, dx, dx.size, *size, *dy.shape[2:],
          *kernel, *stride, *padding[0], *padding[1], int(count_include_pad),
          int(divisor_override or 0))
    return dx


def adaptive_avg_pool2d_forward(x, output_size):
    if not suits(x):
        return NotImplemented
    x, y, _ = _prepare(x, output_size, indexed=False)
    pixels = product(x.shape[2:])
    if tuple(output_size) == (1, 1) and pixels >= WARP:
        sweep("pool", "plane_means", x.dtype, y.size * WARP, x, y, y.size, pixels)
    else:
        sweep("pool", "adaptive_avg_pool2d_forward", x.dtype, y.size, x, y, y.size, *x.shape[2:],
              *output_size)
    return y


def adaptive_avg_pool2d_backward(dy, size):
    if not suits(dy):
        return NotImplemented
    dy, dx, _ = _prepare(dy, size, indexed=False)
    if dy.shape[2:] == (1, 1):
        sweep("pool", "plane_means_backward", dy.dtype, dx.size, dy, dx, dx.size, product(size))
    else:
        sweep("pool", "adaptive_avg_pool2d_backward", dy.dtype, dx.size, dy, dx, dx.size, *size,
              *dy.shape[2:])
    return dx


def adaptive_max_pool2d_forward(x, output_size):
    """(y, index): index is int32 here."""
    if not suits(x):
        return NotImplemented
    x, y, index = _prepare(x, output_size)
    sweep("pool", "adaptive_max_pool2d_forward", x.dtype, y.size, x, y, index, y.size, *x.shape[2:],
          *output_size)
    return y, index


def _prepare(x, size, indexed=True):
    """x row-major, and room for a result of another size and its indices."""
    shape = (*x.shape[:2], *size)
    return contiguous(x), empty(shape, x.dtype), empty(shape, np.int32) if indexed else None
