"""From maps over patch positions to maps over pixels, and one number from a map.

N images of H W pixels, a patch of h w pixels at PH x PW positions.
"""
from dataclasses import dataclass

import numpy as np

from ..autograd import Tensor
from ..device import to_cpu
from .checks import as_pair


def spread(map, size, stride, image_size, *, uncovered=np.nan):
    """For each pixel the mean of ``map`` over the patch positions that cover it.

    Parameters
    ----------
    map : array, (..., PH, PW)
        A value for every position of the patch.
    size, stride, image_size : int or (rows, columns)
        Of the patch, its steps, and the image, in pixels.
    uncovered : float
        For pixels under no patch (the stride skips them, or stops before the edge).

    Returns
    -------
    array, (..., H, W)
        On the CPU.

    Raises
    ------
    ValueError
        If the number of positions does not fit the sizes.
    """
    map = _array(map)
    (h, w), (sh, sw), (H, W) = [as_pair("spread", name, value) for name, value in (
        ("size", size), ("stride", stride), ("image_size", image_size))]
    ph, pw = (H - h) // sh + 1, (W - w) // sw + 1
    if map.shape[-2:] != (ph, pw):
        raise ValueError(f"spread: a {h} x {w} patch with stride ({sh}, {sw}) has {ph} x {pw} "
                         f"positions on {H} x {W} pixels, the map has shape {map.shape}; pass the "
                         "sizes that it was made with")
    total, count = np.zeros((*map.shape[:-2], H, W)), np.zeros((H, W))
    for j in range(ph):
        for k in range(pw):
            window = np.s_[..., j * sh:j * sh + h, k * sw:k * sw + w]
            total[window] += map[..., j, k, None, None]
            count[window] += 1
    mean = np.where(count > 0, total / np.maximum(count, 1), uncovered)
    return mean.astype(map.dtype if map.dtype.kind == "f" else total.dtype)


@dataclass
class Meaningful:
    """What ``meaningful`` returns; without N for a single map.

    Attributes
    ----------
    digit, background : array, (N,)
        Mean of the map over the object's pixels, and over all others.
    difference : array, (N,)
        digit - background: above 0 where the net relies on the object.
    """

    digit: np.ndarray
    background: np.ndarray
    difference: np.ndarray


def meaningful(drop, digit):
    """Does the score fall where the object is, and not elsewhere?

    Parameters
    ----------
    drop : array, (N, H, W) or (H, W)
        A map over pixels, such as ``Occlusion.pixel_drop()``; NaN is left out.
    digit : bool array of the same shape
        Where the object is, such as ``images[:, 0] > 0.5``.

    Returns
    -------
    Meaningful

    Raises
    ------
    TypeError
        If the mask is not boolean.
    ValueError
        If the shapes differ, or a mask has no pixel or all of them.
    """
    drop, digit = _array(drop), _array(digit)
    if digit.dtype.kind != "b":
        raise TypeError(f"meaningful: digit must be a boolean mask, got {digit.dtype}; compare, "
                        "for example images[:, 0] > 0.5")
    if drop.shape != digit.shape or drop.ndim not in (2, 3):
        raise ValueError(f"meaningful: drop has shape {drop.shape} and the mask {digit.shape}; "
                         "both must be (N, H, W) or (H, W); spread() brings a map of positions to "
                         "pixels")
    known = ~np.isnan(drop)
    inside, outside = (_mean(drop, known & mask, name) for mask, name in (
        (digit, "digit"), (~digit, "background")))
    return Meaningful(inside, outside, inside - outside)


def _mean(map, mask, name):
    """Mean over the last two axes where ``mask``."""
    count = mask.sum(axis=(-2, -1))
    if (count == 0).any():
        raise ValueError(f"meaningful: a mask has no {name} pixel with a value, so there is no "
                         "mean; choose another threshold for it, or leave that image out")
    return np.where(mask, map, 0).sum(axis=(-2, -1)) / count


def _array(data):
    return np.asarray(to_cpu(data.data if isinstance(data, Tensor) else data))
