"""Images seen through a map: for each output pixel, where in the input it is taken from.

N C images and channels, H W input size, OH OW output size. Positions are measured from the image's
outer edge: pixel k covers k to k + 1, its center is k + 0.5. A projective map comes as one 3 x 3
matrix per image, M (N, 3, 3), from the centers of the output pixels to input positions:

    (u, v, w) = M (ox + 0.5, oy + 0.5, 1)        px = u / w,  py = v / w

An affine map has (0, 0, 1) for its last row. The nearest pixel is the one that holds the position;
bilinear interpolation blends the four pixels whose centers are around it, and those that lie
outside the image count as 0. ``inside`` is the weight of those that do not; with a fill color,

    y = s * inside + fill * (1 - inside)         s: the blend

(a blend weighs by ``inside`` already; that the edge is weighed twice is torchvision's rule).
"""
import math

from minitorch_cnn.device import array_module


def warp_forward(x, matrix, size, bilinear, fill):
    """(N, C, H, W) through M (N, 3, 3) -> (N, C, OH, OW) for size = (OH, OW); fill (C,) or None."""
    return sample_forward(x, *positions(array_module(x), matrix, size), bilinear, fill)


def warp_backward(dy, matrix, size, bilinear, filled):
    """(N, C, OH, OW) -> (N, C, H, W) for size = (H, W): each dy to the pixels it came from."""
    px, py = positions(array_module(dy), matrix, dy.shape[2:])
    return sample_backward(dy, px, py, size, bilinear, filled)


def sample_forward(x, px, py, bilinear, fill):
    """(N, C, H, W) at positions px, py (N, OH, OW) -> (N, C, OH, OW); fill (C,) or None."""
    xp = array_module(x)
    n = xp.arange(len(x))[:, None, None]
    y, inside = 0, 0
    for row, column, weight in taps(xp, px, py, x.shape[2:], bilinear):
        weight = weight[..., None].astype(x.dtype)     # (N, OH, OW, 1)
        y = y + weight * x[n, :, row, column]          # (N, OH, OW, C)
        inside = inside + weight
    if fill is not None:
        y = y * inside + xp.asarray(fill, dtype=x.dtype) * (1 - inside)
    return xp.ascontiguousarray(xp.moveaxis(y, 3, 1))


def sample_backward(dy, px, py, size, bilinear, filled):
    """(N, C, OH, OW) -> (N, C, H, W): dx[row, column] += weight * dy, and once more with a fill."""
    xp = array_module(dy)
    (N, C), dtype = dy.shape[:2], dy.dtype
    pixels = N * C * math.prod(size)
    planes = xp.arange(N * C).reshape(N, C, 1, 1)
    all_taps = list(taps(xp, px, py, size, bilinear))
    if filled:
        dy = dy * sum(weight for _, _, weight in all_taps)[:, None]
    dx = xp.zeros(pixels)
    for row, column, weight in all_taps:
        place = (planes * size[0] + row[:, None]) * size[1] + column[:, None]
        dx += xp.bincount(place.ravel(), (dy * weight[:, None]).ravel(), pixels)
    return dx.reshape(N, C, *size).astype(dtype)


def positions(xp, matrix, size):
    """px, py (N, OH, OW): where the centers of the output pixels lie in the input."""
    oy, ox = xp.arange(size[0])[:, None] + 0.5, xp.arange(size[1]) + 0.5
    m = xp.asarray(matrix)[..., None, None]            # (N, 3, 3, 1, 1)
    u, v, w = (m[:, i, 0] * ox + m[:, i, 1] * oy + m[:, i, 2] for i in range(3))
    return u / w, v / w


def taps(xp, px, py, size, bilinear):
    """The pixels an output pixel is made of: (row, column, weight), each (N, OH, OW)."""
    px, py = xp.asarray(px), xp.asarray(py)
    if not bilinear:
        yield _tap(xp, xp.floor(py), xp.floor(px), 1, size)
        return
    left, top = xp.floor(px - 0.5), xp.floor(py - 0.5)
    right, below = px - 0.5 - left, py - 0.5 - top     # shares of the pixels on those sides
    yield _tap(xp, top, left, (1 - below) * (1 - right), size)
    yield _tap(xp, top, left + 1, (1 - below) * right, size)
    yield _tap(xp, top + 1, left, below * (1 - right), size)
    yield _tap(xp, top + 1, left + 1, below * right, size)


def _tap(xp, row, column, weight, size):
    """A pixel that is not in the image (or nowhere: NaN) becomes pixel (0, 0) with weight 0."""
    inside = (row >= 0) & (row < size[0]) & (column >= 0) & (column < size[1])
    row, column = (xp.where(inside, i, 0).astype(xp.int64) for i in (row, column))
    return row, column, xp.where(inside, weight, 0)
