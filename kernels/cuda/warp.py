"""Images seen through a map, on the GPU."""
import numpy as np

from minitorch_cnn.device import cupy

from .launch import contiguous, empty, suits, sweep


def warp_forward(x, matrix, size, bilinear, fill):
    """(N, C, H, W) through M (N, 3, 3) -> (N, C, OH, OW)."""
    if not suits(x):
        return NotImplemented
    return _run("warp_forward", x, [_there(matrix, (len(x), 3, 3))], size, bilinear, fill)


def sample_forward(x, px, py, bilinear, fill):
    """(N, C, H, W) at positions px, py (N, OH, OW) -> (N, C, OH, OW)."""
    if not suits(x):
        return NotImplemented
    size = px.shape[1:]
    return _run("sample_forward", x, [_there(p, (len(x), *size)) for p in (px, py)], size, bilinear,
                fill)


def warp_backward(dy, matrix, size, bilinear, filled):
    """(N, C, OH, OW) -> (N, C, H, W) for size = (H, W)."""
    if not suits(dy) or dy.size == 0:
        return NotImplemented
    matrix = _there(matrix, (len(dy), 3, 3))
    px, py = [empty((len(dy), *dy.shape[2:]), np.float64) for _ in range(2)]
    sweep("warp", "positions", dy.dtype, px.size, matrix, px, py, px.size, *dy.shape[2:])
    return _back(dy, px, py, size, bilinear, filled)


def sample_backward(dy, px, py, size, bilinear, filled):
    """(N, C, OH, OW) -> (N, C, H, W), from positions px, py (N, OH, OW)."""
    if not suits(dy) or dy.size == 0:
        return NotImplemented
    shape = len(dy), *dy.shape[2:]
    return _back(dy, _there(px, shape), _there(py, shape), size, bilinear, filled)


def _back(dy, px, py, size, bilinear, filled):
    xp, dy = cupy(), contiguous(dy)
    (N, C), (H, W), real = dy.shape[:2], size, dy.dtype
    places, nowhere = px.size // N, N * (H + 1) * (W + 1)
    cells = empty((px.size,), np.int64)
    sweep("warp", "cells_of", real, px.size, px, py, cells, bool(bilinear), px.size, places,
          nowhere, H, W)
    order = xp.argsort(cells)
    starts = xp.searchsorted(cells[order], xp.arange(nowhere + 1))
    dx = empty((N, C, H, W), real)
    sweep("warp", "sample_backward", real, dx.size, dy, px, py, order, starts, bool(bilinear),
          bool(filled), dx, dx.size, C, H, W, places)
    return dx


def _there(array, shape):
    array = cupy().asarray(array).astype(np.float64, copy=False)
    return contiguous(cupy().broadcast_to(array, shape))


def _run(name, x, where, size, bilinear, fill):
    x = contiguous(x)
    y = empty((*x.shape[:2], *size), x.dtype)
    fills = cupy().asarray(np.zeros(x.shape[1]) if fill is None else fill).astype(x.dtype)
    sweep("warp", name, x.dtype, y.size, x, *where, fills, bool(bilinear), fill is not None, y,
          y.size, *x.shape[1:], *size)
    return y
