"""Images in other sizes: nearest, linear and cubic interpolation, and pixel shuffle.

N C images and channels, H W input size, OH OW output size; an axis is one spatial dim. Where the
centers of the pixels lie follows PyTorch (aten/src/ATen/native/UpSample.h):

    align_corners:  source = o * (n - 1) / (on - 1)            the corner pixels' centers coincide
    otherwise:      source = (o + 0.5) * n / on - 0.5          the images' outer edges coincide
"""
import functools
import math

import numpy as np

from .. import kernels
from ..autograd import Function
from ..device import array_module
from . import pool
from .checks import as_tensor, check_float
from .shape import as_sizes, permute, reshape, squeeze, unsqueeze

__all__ = ["interpolate", "pixel_shuffle", "pixel_unshuffle", "upsample"]

CUBIC = -0.75  # the slope parameter of the cubic kernel: PyTorch's choice (Keys 1981 prefers -0.5)


def _spread(dy, dim, n, places, weights):
    """Undo one axis: dx[place[o]] += weight[o] * dy[o] for every (place, weight)."""
    xp = array_module(dy)
    dx = xp.zeros(dy.shape[:dim] + (n,) + dy.shape[dim + 1:], dy.dtype)
    to, d = xp.moveaxis(dx, dim, 0), xp.moveaxis(dy, dim, 0)
    for place, weight in zip(places, weights):
        for o, i in enumerate(place):
            to[i] += weight[o] * d[o]
    return dx


class Nearest(Function):
    """y[o] = x[place[o]] along each axis;  dx[place[o]] += dy[o]."""

    def __init__(self, places):
        self.places = places  # one (on,) index array per axis

    def forward(self, x):
        self.before = x.shape
        xp = array_module(x)
        for dim, place in enumerate(self.places, 2):
            x = xp.take(x, xp.asarray(place), axis=dim)
        return x

    def backward(self, dy):
        for dim, place in enumerate(self.places, 2):
            dy = _spread(dy, dim, self.before[dim], [place], np.ones((1, len(place)), int))
        return dy


class Bilinear(Function):
    """y[o] = (1 - t) * x[low] + t * x[high] along rows, then columns;  dx by the same weights."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns  # (low, high, t) of each output row, column

    def forward(self, x):
        self.size = x.shape[2:]
        y = kernels.upsample_bilinear2d_forward(x, self.rows, self.columns)
        return y.astype(x.dtype, copy=False)  # float16 blends in float32

    def backward(self, dy):
        return kernels.upsample_bilinear2d_backward(dy, self.rows, self.columns, self.size)


class Weighted(Function):
    """y[o] = sum_k weight[k, o] * x[place[k, o]] along each axis;  dx[place] += weight * dy."""

    def __init__(self, axes):
        self.axes = axes  # one (place, weight) pair of (K, on) arrays per axis

    def forward(self, x):
        self.before, dtype = x.shape, x.dtype
        xp = array_module(x)
        for dim, (place, weight) in enumerate(self.axes, 2):
            column = (-1,) + (1,) * (x.ndim - 1 - dim)  # lays a weight vector along dim
            x = sum(xp.asarray(w).reshape(column) * xp.take(x, xp.asarray(p), axis=dim)
                    for p, w in zip(place, weight))
        return x.astype(dtype, copy=False)  # float16 blends in float32

    def backward(self, dy):
        for dim, (place, weight) in enumerate(self.axes, 2):
            dy = _spread(dy, dim, self.before[dim], place, weight)
        return dy


class Taps:
    """What each output position of an axis is the weighted sum of, and the way back.

    ``forward`` and ``backward`` are (starts, places, weights): those of output (of input) position
    o lie from starts[o] to starts[o + 1].
    """

    def __init__(self, place, weight, n):
        # place, weight (K, on)
        o = np.broadcast_to(np.arange(place.shape[1]), place.shape)
        self.forward = _grouped(o.T.ravel(), place.T.ravel(), weight.T.ravel(), place.shape[1])
        self.backward = _grouped(place.T.ravel(), o.T.ravel(), weight.T.ravel(), n)


def _grouped(at, other, weight, count):
    order = np.argsort(at, kind="stable")
    starts = np.searchsorted(at[order], np.arange(count + 1))
    return (starts.astype(np.int64), other[order].astype(np.int64),
            weight[order].astype(np.float32))


@functools.cache
def _taps(mode, n, on, factor, align_corners):
    if mode in ("nearest", "nearest-exact"):
        place = nearest_axis(n, on, factor, mode == "nearest-exact")[None]
        return Taps(place, np.ones(place.shape), n)
    if mode == "bicubic":
        return Taps(*cubic_axis(n, on, factor, align_corners, np.float32), n)
    low, high, t = linear_axis(n, on, factor, align_corners, np.float32)
    return Taps(np.stack([low, high]), np.stack([1 - t, t]), n)


class Resample(Function):
    """y[o] = sum of weight * x[place] over the taps of o, along rows and columns;  dx backwards."""

    silent = True

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns

    def forward(self, x):
        return kernels.resample2d(x, self.rows.forward, self.columns.forward)

    def backward(self, dy):
        return kernels.resample2d(dy, self.rows.backward, self.columns.backward)


def _scale(n, on, factor, align_corners, real):
    """Input pixels per output pixel, in the precision ``real``."""
    if align_corners:
        return real(n - 1) / real(on - 1) if on > 1 else real(0)
    return real(1 / factor) if factor else real(n) / real(on)


def nearest_axis(n, on, factor, exact):
    """(on,) the input position whose pixel each output position takes; in float32, as PyTorch."""
    scale = _scale(n, on, factor, False, np.float32)
    o = np.arange(on, dtype=np.float32)
    return np.minimum(((o + np.float32(0.5) if exact else o) * scale).astype(np.int64), n - 1)


def source_positions(n, on, factor, align_corners, real):
    """(on,) where the centers of the output pixels lie, in input pixels."""
    scale = _scale(n, on, factor, align_corners, real)
    o = np.arange(on).astype(real)
    return o * scale if align_corners else (o + real(0.5)) * scale - real(0.5)


def linear_axis(n, on, factor, align_corners, real):
    """(low, high, t), each (on,): the neighbors of an output position, the way between them."""
    if n == on:
        return np.arange(n), np.arange(n), np.zeros(n, real)
    source = np.maximum(source_positions(n, on, factor, align_corners, real), 0)
    low = np.minimum(source.astype(np.int64), n - 1)
    t = np.clip(source - low.astype(real), 0, 1).astype(real)
    return low, np.minimum(low + 1, n - 1), t


def cubic_axis(n, on, factor, align_corners, real):
    """(place, weight), each (4, on): four neighbors of each output position, their weights."""
    source = source_positions(n, on, factor, align_corners, real)
    low = np.floor(source)
    t = source - low
    weight = np.stack([_far(t + 1), _near(t), _near(1 - t), _far(2 - t)]).astype(real)
    place = low.astype(np.int64) + np.arange(-1, 3)[:, None]
    return place.clip(0, n - 1), weight


def _near(d):
    """Keys' cubic for 0 <= d <= 1."""
    return ((CUBIC + 2) * d - (CUBIC + 3)) * d * d + 1


def _far(d):
    """Keys' cubic for 1 <= d <= 2."""
    return ((CUBIC * d - 5 * CUBIC) * d + 8 * CUBIC) * d - 4 * CUBIC


def antialiased_axis(n, on, factor, align_corners, real, mode):
    """(place, weight), each (K, on): all neighbors in reach of a filter, weights of sum 1.

    Where the image shrinks, the filter grows with the output pixels, as Pillow's does.
    """
    scale = float(_scale(n, on, factor, align_corners, real))
    reach, kernel = FILTERS[mode]
    wide = max(scale, 1.0)
    center = (np.arange(on) + 0.5) * scale
    first = np.maximum((center - reach * wide + 0.5).astype(np.int64), 0)
    end = np.minimum((center + reach * wide + 0.5).astype(np.int64), n)
    place = first + np.arange((end - first).max())[:, None]
    weight = np.where(place < end, kernel((place + 0.5 - center) / wide), 0)
    return place.clip(0, n - 1), (weight / weight.sum(axis=0)).astype(real)


def _triangle(d):
    return np.maximum(1 - abs(d), 0)


def _keys(d, a=-0.5):  # here PyTorch keeps to Pillow's slope, not to CUBIC
    d = abs(d)
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    return np.where(d < 1, near, np.where(d < 2, a * (((d - 5) * d + 8) * d - 4), 0))


def _lanczos(d):
    return np.where(abs(d) < 3, np.sinc(d) * np.sinc(d / 3), 0)


FILTERS = {"bilinear": (1, _triangle), "bicubic": (2, _keys), "lanczos": (3, _lanczos)}
_MODES = {"nearest": (3, 4, 5), "nearest-exact": (3, 4, 5), "area": (3, 4, 5), "linear": (3,),
          "bilinear": (4,), "bicubic": (4,), "lanczos": (4,),
          "trilinear": (5,)}  # mode: dims of the input


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None,
                recompute_scale_factor=None, antialias=False):
    """Images in another size (PyTorch's ``F.interpolate``).

    Parameters
    ----------
    input : Tensor
        (N, C, W), (N, C, H, W) or (N, C, D, H, W), as the mode allows.
    size : int or sequence of int
        The output size of every axis, or of each.
    scale_factor : float or sequence of float
        Instead of ``size``: output size = floor(input size * factor).
    mode : str
        "nearest" (PyTorch's and OpenCV's rule), "nearest-exact" (scikit-image's and PIL's), "area"
        (the mean of the pixels that fall into one), "linear" (3-d), "bilinear" (4-d),
        "bicubic" (4-d), "lanczos" (4-d, with antialias only), "trilinear" (5-d).
    align_corners : bool, optional
        For the linear and cubic modes: the centers of the corner pixels keep their place, instead
        of the outer edges.
    recompute_scale_factor : bool, optional
        Compute positions from the sizes; by default a ``scale_factor`` that was given is used
        itself.
    antialias : bool
        For "bilinear", "bicubic" and "lanczos": where the image shrinks, every input pixel counts,
        as in Pillow's ``resize``.

    Returns
    -------
    Tensor
        Of ``input``'s dtype. The nearest modes take any dtype, the others floats.

    Raises
    ------
    ValueError
        For an unknown mode, a mode that does not fit the dims, both or neither of size and
        scale_factor, wrong lengths, sizes below 1, and options that the mode has no use for.
    TypeError
        For integers in a mode that blends.
    """
    input = as_tensor(input)
    _check_mode(input, mode, align_corners, antialias)
    sizes, factors = _sizes(input.shape[2:], size, scale_factor, recompute_scale_factor)
    if min((*sizes, *input.shape[1:])) < 1:
        raise ValueError("interpolate: input and output sizes must be at least 1, got shape "
                         f"{input.shape} and output size {sizes}")
    axes = list(zip(input.shape[2:], sizes, factors))
    if input.data.dtype == np.float32 and input.ndim == 4 and not antialias and mode != "area":
        return Resample(*[_taps(mode, *axis, bool(align_corners)) for axis in axes])(input)
    real = np.float64 if input.dtype == np.float64 else np.float32
    if mode in ("nearest", "nearest-exact"):
        return Nearest([nearest_axis(*axis, mode == "nearest-exact") for axis in axes])(input)
    check_float("interpolate", input=input)
    if mode == "area":
        return _area(input, sizes)
    if antialias:
        return Weighted([antialiased_axis(*axis, align_corners, real, mode)
                         for axis in axes])(input)
    if mode == "bicubic":
        return Weighted([cubic_axis(*axis, align_corners, real) for axis in axes])(input)
    axes = [linear_axis(*axis, align_corners, real) for axis in axes]
    if mode == "bilinear":
        xp = array_module(input.data)
        return Bilinear(*[tuple([xp.asarray(a) for a in axis]) for axis in axes])(input)
    return Weighted([(np.stack([low, high]), np.stack([1 - t, t])) for low, high, t in axes])(input)


upsample = interpolate


def _check_mode(input, mode, align_corners, antialias):
    if mode not in _MODES:
        raise ValueError(f"interpolate: unknown mode {mode!r}; choose one of {', '.join(_MODES)}")
    if input.ndim not in _MODES[mode]:
        wanted = " or ".join(str(n) for n in _MODES[mode])
        raise ValueError(f'interpolate: mode "{mode}" takes {wanted} dims (N, C, ...), got shape '
                         f"{input.shape}")
    useless = align_corners if mode == "lanczos" else align_corners is not None
    if useless and mode in ("nearest", "nearest-exact", "area", "lanczos"):
        raise ValueError(f'interpolate: mode "{mode}" has no use for align_corners; leave it out')
    if antialias and mode not in FILTERS:
        raise ValueError(f'interpolate: antialias=True is for modes {", ".join(FILTERS)}, got '
                         f'"{mode}"; leave it out')
    if mode == "lanczos" and not antialias:
        raise ValueError('interpolate: mode "lanczos" is for antialias=True only; pass it, or use '
                         '"bicubic"')


def _sizes(before, size, scale_factor, recompute):
    """(output size, scale factor or None) of every axis."""
    if (size is None) == (scale_factor is None):
        raise ValueError("interpolate: pass either size or scale_factor, and not both")
    given = scale_factor if size is None else size
    given = list(given) if isinstance(given, (tuple, list)) else [given] * len(before)
    if len(given) != len(before):
        raise ValueError(f"interpolate: {len(given)} sizes or factors for {len(before)} axes of "
                         f"size {before}; pass one number, or one for each")
    if size is not None:
        if recompute:
            raise ValueError("interpolate: recompute_scale_factor has no meaning with size; leave "
                             "it out")
        return as_sizes("interpolate", given), [None] * len(before)
    sizes = tuple([math.floor(n * float(factor)) for n, factor in zip(before, given)])
    return sizes, [None] * len(before) if recompute else [float(factor) for factor in given]


def _area(input, sizes):
    """The last two axes together, then the one before them."""
    if len(sizes) == 1:
        return squeeze(pool.adaptive_avg_pool2d(unsqueeze(input, 2), (1, *sizes)), 2)
    if len(sizes) == 2:
        return pool.adaptive_avg_pool2d(input, sizes)
    N, C, D, H, W = input.shape
    OD, OH, OW = sizes
    y = pool.adaptive_avg_pool2d(reshape(input, (N, C * D, H, W)), (OH, OW))
    y = pool.adaptive_avg_pool2d(reshape(y, (N, C, D, OH * OW)), (OD, OH * OW))
    return reshape(y, (N, C, OD, OH, OW))


def pixel_shuffle(input, upscale_factor):
    """(*, C*r*r, H, W) -> (*, C, H*r, W*r): channels become the pixels of finer images.

    Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
    Convolutional Neural Network", arXiv 1609.05158.

    Raises
    ------
    ValueError
        If the channels are not a multiple of r*r, or there are fewer than 3 dims.
    """
    input, r = as_tensor(input), upscale_factor
    if input.ndim < 3 or r < 1 or input.shape[-3] % (r * r):
        raise ValueError(f"pixel_shuffle: needs (*, C*r*r, H, W) with r = {r}, got shape "
                         f"{input.shape}")
    *batch, channels, H, W = input.shape
    C, b = channels // (r * r), len(batch)
    x = reshape(input, (*batch, C, r, r, H, W))
    x = permute(x, (*range(b), b, b + 3, b + 1, b + 4, b + 2))  # (*, C, H, r, W, r)
    return reshape(x, (*batch, C, H * r, W * r))


def pixel_unshuffle(input, downscale_factor):
    """(*, C, H*r, W*r) -> (*, C*r*r, H, W): the reverse of ``pixel_shuffle``.

    Raises
    ------
    ValueError
        If H or W is not a multiple of r, or there are fewer than 3 dims.
    """
    input, r = as_tensor(input), downscale_factor
    if input.ndim < 3 or r < 1 or input.shape[-1] % r or input.shape[-2] % r:
        raise ValueError(f"pixel_unshuffle: needs (*, C, H*r, W*r) with r = {r}, got shape "
                         f"{input.shape}")
    *batch, C, H, W = input.shape
    b = len(batch)
    x = reshape(input, (*batch, C, H // r, r, W // r, r))
    x = permute(x, (*range(b), b, b + 2, b + 4, b + 1, b + 3))  # (*, C, r, r, H, W)
    return reshape(x, (*batch, C * r * r, H // r, W // r))
