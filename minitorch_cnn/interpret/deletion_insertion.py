"""Deletion and insertion: does a map rank the pixels first that the net really uses?

N images of C H W, S + 1 points of the curve.
Petsiuk, Das and Saenko, "RISE", arXiv 1806.07421.
"""
import math
from dataclasses import dataclass

import numpy as np

from ..device import array_module, to_cpu
from .checks import as_count, as_images, check_model, check_range, pixels_of
from .fill import fill_images
from .scores import as_output, batches, check_output, logits_of, pick, predict


@dataclass
class Curve:
    """What ``deletion`` and ``insertion`` return; without N for a single image.

    Attributes
    ----------
    share : array, (S + 1,)
        Share of the pixels that were taken away (deletion) or shown (insertion), 0 to 1.
    probability : array, (N, S + 1)
        Of the target class at each share; what ``output`` named if that is something else.
    auc : array, (N,)
        Area under the curve by the trapezoid rule: the mean probability on the way.
    target : array of int, (N,)
        The class watched.
    """

    share: np.ndarray
    probability: np.ndarray
    auc: np.ndarray
    target: np.ndarray


def deletion(model, images, maps, target=None, *, step=None, fill=0.0, batch_size=256,
             output="probability", value_range=(0.0, 1.0), generator=None):
    """Take away the pixels that a map ranks highest, more and more; a good map's AUC is low.

    Parameters
    ----------
    model : callable
        Tensor of images (N, C, H, W) -> Tensor of logits (N, K); a Module in eval mode.
    images : Tensor or array, (N, C, H, W) or (C, H, W)
        Floats in ``value_range``.
    maps : array, (N, H, W) or (N, C, H, W), without N for a single image
        The higher, the more important; channels are added up. Of equal pixels the one further up
        and left goes first. For a yardstick pass random numbers too.
    target : int, (N,) ints or None
        The class to watch; None takes the one predicted for each image.
    step : int, optional
        Pixels between two points of the curve; None makes about 100 points.
    fill, output, value_range, generator
        As for ``occlusion``: what is left where pixels were taken away, the score, what pixels are
        allowed to be, and where noise comes from.
    batch_size : int
        Changed images in one forward.

    Returns
    -------
    Curve

    Raises
    ------
    ValueError
        For maps of another size or with NaN, and as ``occlusion``.
    TypeError
        As ``occlusion``.
    """
    return _curve("deletion", model, images, maps, target, step, fill, batch_size, output,
                  value_range, generator)


def insertion(model, images, maps, target=None, *, step=None, fill="blur", batch_size=256,
              output="probability", value_range=(0.0, 1.0), generator=None):
    """Start from the filling and show the pixels that a map ranks highest; a good AUC is high.

    Parameters and result are those of ``deletion``. The default starts from the blurred image, as
    the paper does: appearing edges would be evidence of their own on an empty ground.

    Raises
    ------
    ValueError, TypeError
        As ``deletion``.
    """
    return _curve("insertion", model, images, maps, target, step, fill, batch_size, output,
                  value_range, generator)


def _curve(method, model, images, maps, target, step, fill, batch_size, output, value_range,
           generator):
    images, single = as_images(method, images)
    check_model(method, model)
    check_output(method, output)
    check_range(method, images, value_range)
    rank = _ranks(method, maps, images.shape, single)
    pixels = rank[0].size if len(rank) else math.prod(images.shape[2:])
    step = max(1, pixels // 100) if step is None else as_count(method, "step", step)
    batch_size = as_count(method, "batch_size", batch_size)
    filling = fill_images(method, fill, images, value_range, generator)
    targets, _ = predict(method, model, images, target, output, batch_size)

    changed = np.append(np.arange(0, pixels, step), pixels)  # (S + 1,) pixels changed so far
    before, after = (images, filling) if method == "deletion" else (filling, images)
    logits = _logits_on_the_way(method, model, before, after, rank, changed, batch_size)
    scores = to_cpu(pick(as_output(logits, output), np.repeat(targets, len(changed))))
    scores = scores.reshape(len(images), len(changed))
    share = changed / pixels
    auc = _area(share, scores)
    return Curve(share, *[m[0] if single else m for m in (scores, auc, targets)])


def _ranks(method, maps, shape, single):
    """(N, H, W): 0 for the pixel with the highest value of its map, 1 for the next ..."""
    maps = np.asarray(to_cpu(pixels_of(maps)))
    maps = maps[None] if single else maps
    n, c, h, w = shape
    if maps.shape not in ((n, h, w), (n, c, h, w), (n, 1, h, w)):
        raise ValueError(f"{method}: maps must have shape {(n, h, w)} or {shape}, got "
                         f"{maps.shape}; spread() brings a map of patch positions to pixels")
    if np.isnan(maps).any():
        raise ValueError(f"{method}: the maps hold NaN, which has no rank; replace it, with "
                         "np.nan_to_num for example")
    values = (maps.sum(axis=1) if maps.ndim == 4 else maps).reshape(n, h * w)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.argsort(order, axis=1).reshape(n, h, w)


def _logits_on_the_way(method, model, before, after, rank, changed, batch_size):
    """Logits (N * (S + 1), K), images first: the ``changed[s]`` first pixels are those of after."""
    xp = array_module(before)
    parts = []
    for part in batches(len(before) * len(changed), batch_size):
        image, point = np.divmod(np.arange(part.start, part.stop), len(changed))
        turned = xp.asarray(rank[image] < changed[point, None, None])[:, None]  # (B, 1, H, W)
        image = xp.asarray(image)
        parts.append(logits_of(method, model, xp.where(turned, after[image], before[image]),
                               batch_size))
    return xp.concatenate(parts)


def _area(share, scores):
    """(N,) trapezoid rule."""
    return (scores[:, 1:] + scores[:, :-1]) / 2 @ np.diff(share).astype(scores.dtype)
