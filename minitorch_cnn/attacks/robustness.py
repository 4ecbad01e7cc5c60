"""Robustness: do adversarial images survive a mirror, a crop, a turn, the loss of color?

N images of C H W, T changes, K classes.
"""
import math
from dataclasses import dataclass

import numpy as np

from ..autograd import Tensor, no_grad
from ..device import array_module, to_cpu
from ..ops import interpolate
from .checks import as_classes, as_number, as_pixels, check_classes
from .result import predict

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as PIL and torchvision


def mirrored(images):
    """Left and right exchanged."""
    return images[..., ::-1].copy()


def cropped(images, area=0.8):
    """The middle of the images, ``area`` of them, bilinearly resized back."""
    h, w = images.shape[2:]
    side = math.sqrt(area)
    rows, columns = max(1, round(h * side)), max(1, round(w * side))
    top, left = (h - rows) // 2, (w - columns) // 2
    part = Tensor(images[:, :, top:top + rows, left:left + columns].copy())
    with no_grad():
        return interpolate(part, size=(h, w), mode="bilinear", align_corners=False).data


def rotated(images, degrees=30.0):
    """Turned counter-clockwise about the center, bilinear; 0 where nothing was."""
    xp = array_module(images)
    h, w = images.shape[2:]
    angle = math.radians(degrees)
    row, column = np.mgrid[:h, :w]
    y, x = row - (h - 1) / 2, column - (w - 1) / 2
    # a pixel shows what was where turning back by the angle leads; y points down
    from_row = math.sin(angle) * x + math.cos(angle) * y + (h - 1) / 2
    from_column = math.cos(angle) * x - math.sin(angle) * y + (w - 1) / 2
    result = xp.zeros_like(images)
    top, left = np.floor(from_row).astype(int), np.floor(from_column).astype(int)
    for i in (top, top + 1):
        for j in (left, left + 1):
            weight = (1 - abs(from_row - i)) * (1 - abs(from_column - j))
            weight = np.where((i >= 0) & (i < h) & (j >= 0) & (j < w), weight, 0)
            i_inside, j_inside = np.clip(i, 0, h - 1), np.clip(j, 0, w - 1)
            source = images[:, :, xp.asarray(i_inside), xp.asarray(j_inside)]
            result += xp.asarray(weight, dtype=images.dtype) * source
    return xp.clip(result, 0, 1)  # the weights' sum may miss 1 by a rounding


def grey(images):
    """The brightness of RGB images in all three channels; grey images as they are.

    Raises
    ------
    ValueError
        For another number of channels than 1 and 3.
    """
    c = images.shape[1]
    if c == 1:
        return images.copy()
    if c != 3:
        raise ValueError(f"grey: images must have 1 or 3 channels, got {c}")
    bright = sum(weight * images[:, i:i + 1] for i, weight in enumerate(LUMA))
    return array_module(images).clip(bright.repeat(3, axis=1), 0, 1)


@dataclass(eq=False)
class RobustnessResult:
    """What the model says after each change; the first is none.

    Attributes
    ----------
    changes : list of str, T
        "none", "mirror", "crop 80 %", "rotation 30°", "grey".
    images : array, (T, N, C, H, W)
    predictions : list of Prediction, T
    targets : array of int (N,) or None
    """

    changes: list
    images: np.ndarray
    predictions: list
    targets: np.ndarray | None

    @property
    def classes(self):
        """The predicted class, (T, N)."""
        return np.stack([prediction.classes for prediction in self.predictions])

    @property
    def confidence(self):
        """Its probability, (T, N)."""
        return np.stack([prediction.confidence for prediction in self.predictions])

    @property
    def target_probability(self):
        """The probability of the targets, (T, N); None without targets."""
        if self.targets is None:
            return None
        return np.stack([prediction.probability_of(self.targets)
                         for prediction in self.predictions])

    def __str__(self):
        width = max(map(len, self.changes))
        lines = [f"{name.ljust(width)}  " + "  ".join(f"{k}: {p:6.1%}" for k, p in zip(*row))
                 for name, *row in zip(self.changes, self.classes, self.confidence)]
        return "\n".join(["class and its probability, a column for each image", *lines])

    __repr__ = __str__


def robustness(model, images, targets=None, *, area=0.8, degrees=30.0, batch_size=128):
    """What a model says of images that are mirrored, cropped, rotated, made grey.

    Parameters
    ----------
    model : callable
        As for ``fgsm``.
    images : array, (N, C, H, W)
        Adversarial images, or any others; pixels in [0, 1].
    targets : int or (N,) ints, optional
        Classes whose probability is wanted: what an attack was after.
    area : float
        Share of the image that the crop keeps, in (0, 1]; resized back bilinearly.
    degrees : float
        Of the rotation, counter-clockwise.
    batch_size : int
        Images in one forward.

    Returns
    -------
    RobustnessResult

    Raises
    ------
    ValueError
        For a model in training mode, pixels outside [0, 1], images of neither 1 nor 3 channels, a
        class that does not exist, an area outside (0, 1].
    TypeError
        For pixels that are not floats, targets that are not integers.
    """
    images = as_pixels("robustness", images)
    area = as_number("robustness", "area", area)
    degrees = as_number("robustness", "degrees", degrees)
    if not 0 < area <= 1:
        raise ValueError(f"robustness: area must be above 0 and at most 1, got {area}")
    if targets is not None:
        targets = as_classes("robustness", "targets", targets, len(images))
    changed = {"none": images, "mirror": mirrored(images),
               f"crop {100 * area:g} %": cropped(images, area),
               f"rotation {degrees:g}°": rotated(images, degrees), "grey": grey(images)}
    predictions = [predict(model, x, batch_size, caller="robustness") for x in changed.values()]
    if targets is not None:
        check_classes("robustness", "targets", targets, predictions[0].logits.shape[1])
    return RobustnessResult(list(changed), np.stack([to_cpu(x) for x in changed.values()]),
                            predictions, targets)


