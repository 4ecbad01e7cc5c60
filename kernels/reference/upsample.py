"""Bilinear interpolation of images: every output pixel blends the four input pixels around it.

N C images and channels, H W input size, OH OW output size. An axis comes as (low, high, t): output
position o lies between the input positions low[o] and high[o], at the fraction t[o] of the way:

    y[o] = (1 - t[o]) * x[low[o]] + t[o] * x[high[o]]

Rows first, then columns; the way back the other way round.
"""
from minitorch_cnn.device import array_module


def upsample_bilinear2d_forward(x, rows, columns):
    """(N, C, H, W) -> (N, C, OH, OW)."""
    return blend(blend(x, rows, 2), columns, 3)


def upsample_bilinear2d_backward(dy, rows, columns, size):
    """(N, C, OH, OW) -> (N, C, H, W) for size = (H, W)."""
    H, W = size
    return spread(spread(dy, columns, 3, W), rows, 2, H)


def blend(x, axis, dim):
    """Interpolate along one dim."""
    low, high, t = axis
    xp = array_module(x)
    t = t.reshape((-1,) + (1,) * (x.ndim - 1 - dim))
    return (1 - t) * xp.take(x, low, axis=dim) + t * xp.take(x, high, axis=dim)


def spread(dy, axis, dim, n):
    """The gradient of ``blend``: each output's goes to its two inputs, by their weights."""
    low, high, t = axis
    xp = array_module(dy)
    dx = xp.zeros(dy.shape[:dim] + (n,) + dy.shape[dim + 1:], dy.dtype)
    to, d = xp.moveaxis(dx, dim, 0), xp.moveaxis(dy, dim, 0)
    for o in range(len(d)):
        to[low[o]] += (1 - t[o]) * d[o]
        to[high[o]] += t[o] * d[o]
    return dx
