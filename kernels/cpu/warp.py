"""Images seen through a map, in Numba: one pass over the output, a row of pixels at a time.

Most pixels lie well inside the input, where four neighbors are blended without asking which of them
exist. The rest goes the slow way.
"""
import numpy as np
from numba import prange

from .jit import inline, parallel


@inline
def _blend(x, n, px, py, bilinear, fill, filled, y, oy, ox):
    """Write y[n, :, oy, ox]: the input at (px, py)."""
    H, W = x.shape[2], x.shape[3]
    if not bilinear:
        found = px >= 0 and px < W and py >= 0 and py < H
        for c in range(x.shape[1]):
            if found:
                y[n, c, oy, ox] = x[n, c, int(py), int(px)]
            else:
                y[n, c, oy, ox] = fill[c]
    elif px >= 0.5 and px < W - 0.5 and py >= 0.5 and py < H - 0.5:
        left, top = int(px - 0.5), int(py - 0.5)
        right, below = np.float32(px - 0.5 - left), np.float32(py - 0.5 - top)
        for c in range(x.shape[1]):
            a, b = x[n, c, top, left], x[n, c, top, left + 1]
            d, e = x[n, c, top + 1, left], x[n, c, top + 1, left + 1]
            a += right * (b - a)
            d += right * (e - d)
            y[n, c, oy, ox] = a + below * (d - a)
    elif px > -0.5 and px < W + 0.5 and py > -0.5 and py < H + 0.5:
        left, top = int(np.floor(px - 0.5)), int(np.floor(py - 0.5))
        right, below = np.float32(px - 0.5 - left), np.float32(py - 0.5 - top)
        for c in range(x.shape[1]):
            blend = inside = np.float32(0)
            for i in range(2):
                for j in range(2):
                    if 0 <= top + i < H and 0 <= left + j < W:
                        weight = ((below if i else 1 - below) * (right if j else 1 - right))
                        blend += weight * x[n, c, top + i, left + j]
                        inside += weight
            if filled:
                blend = blend * inside + fill[c] * (1 - inside)
            y[n, c, oy, ox] = blend
    else:  # outside, or nowhere: NaN
        for c in range(x.shape[1]):
            y[n, c, oy, ox] = fill[c]


@parallel
def _warp(x, matrix, bilinear, fill, filled, y):
    OH, OW = y.shape[2], y.shape[3]
    for line in prange(y.shape[0] * OH):
        n, oy = line // OH, line % OH
        m = matrix[n]
        u, v, w = m[0, 1] * (oy + 0.5), m[1, 1] * (oy + 0.5), m[2, 1] * (oy + 0.5)
        u, v, w = u + m[0, 2], v + m[1, 2], w + m[2, 2]
        projective = m[2, 0] != 0 or w != 1
        for ox in range(OW):
            px, py = u + m[0, 0] * (ox + 0.5), v + m[1, 0] * (ox + 0.5)
            if projective:
                depth = w + m[2, 0] * (ox + 0.5)
                px, py = px / depth, py / depth
            _blend(x, n, px, py, bilinear, fill, filled, y, oy, ox)


@parallel
def _sample(x, px, py, bilinear, fill, filled, y):
    OH = y.shape[2]
    for line in prange(y.shape[0] * OH):
        n, oy = line // OH, line % OH
        for ox in range(y.shape[3]):
            _blend(x, n, px[n, oy, ox], py[n, oy, ox], bilinear, fill, filled, y, oy, ox)


def warp_forward(x, matrix, size, bilinear, fill):
    """(N, C, H, W) through M (N, 3, 3) -> (N, C, OH, OW)."""
    if x.dtype != np.float32:
        return NotImplemented
    matrix = np.array(np.broadcast_to(matrix, (len(x), 3, 3)), np.float64)
    return _run(_warp, x, (matrix,), size, bilinear, fill)


def sample_forward(x, px, py, bilinear, fill):
    """(N, C, H, W) at positions px, py (N, OH, OW) -> (N, C, OH, OW)."""
    if x.dtype != np.float32:
        return NotImplemented
    places = [np.array(np.broadcast_to(p, (len(x), *p.shape[1:])), np.float64) for p in (px, py)]
    return _run(_sample, x, places, px.shape[1:], bilinear, fill)


def _run(kernel, x, where, size, bilinear, fill):
    x = np.ascontiguousarray(x)
    if not x.flags.writeable:  # would be another type to Numba, and compiled once more
        x = x.copy()
    filled = fill is not None
    fill = np.array(fill, np.float32) if filled else np.zeros(x.shape[1], np.float32)
    y = np.empty((*x.shape[:2], *size), np.float32)
    kernel(x, *where, bool(bilinear), fill, filled, y)
    return y
