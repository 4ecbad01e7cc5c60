"""Occlusion: cover a patch of the image, see what the net says, and move the patch on.

N images of C H W, a patch of h w pixels at PH x PW positions, K classes.
Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", arXiv 1311.2901.
"""
import functools
import math
from dataclasses import dataclass

import numpy as np

from ..device import array_module
from .checks import as_count, as_images, as_pair, check_model, check_range
from .fill import fill_images
from .maps import spread
from .scores import as_output, batches, check_output, logits_of, pick, predict
from .touched import Touched, layers_in_order

WORTH_IT = 0.5  # share of the multiply-adds; above it, cutting out crops costs what it saves


@dataclass
class Occlusion:
    """What ``occlusion`` returns; arrays without N for a single image.

    Element [j, k] of a map belongs to the patch that covers rows rows[j] : rows[j] + h and columns
    columns[k] : columns[k] + w.

    Attributes
    ----------
    probability : array, (N, PH, PW)
        Of the target class with the patch there, in [0, 1].
    argmax : array of int, (N, PH, PW)
        The class predicted with the patch there.
    drop : array, (N, PH, PW)
        base - the target's ``output`` with the patch there: positive where the patch hides what
        speaks for the class.
    base : array, (N,)
        The target's probability (or what ``output`` named) for the whole image.
    target : array of int, (N,)
        The class watched.
    rows, columns : array of int, (PH,) and (PW,)
        First row and column of the patch.
    size, stride : (int, int)
        Of the patch and of its steps: rows, columns.
    image_size : (int, int)
        H, W.
    """

    probability: np.ndarray
    argmax: np.ndarray
    drop: np.ndarray
    base: np.ndarray
    target: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    size: tuple
    stride: tuple
    image_size: tuple

    def pixel_drop(self):
        """(N, H, W): mean drop over the patches that cover a pixel; NaN where none does."""
        return spread(self.drop, self.size, self.stride, self.image_size)

    def as_written(self, study):
        """The maps as a course document's code made them, from the same forward passes.

        Parameters
        ----------
        study : {"notebook2023", "report2019"}
            Both have ceil((H - h) / stride) positions instead of floor((H - h) / stride) + 1, so
            that the last row and column are never covered; notebook2023 transposes its maps too.

        Returns
        -------
        Occlusion
            ``rows`` then holds what the first axis of the maps stands for.

        Raises
        ------
        ValueError
            For another study.
        """
        if study not in ("notebook2023", "report2019"):
            raise ValueError('as_written: study must be "notebook2023" or "report2019", got '
                             f"{study!r}")
        ph, pw = [math.ceil((n - s) / step)
                  for n, s, step in zip(self.image_size, self.size, self.stride)]
        maps = [m[..., :ph, :pw] for m in (self.probability, self.argmax, self.drop)]
        axes = [self.rows[:ph], self.columns[:pw]]
        if study == "notebook2023":
            maps, axes = [m.swapaxes(-1, -2) for m in maps], axes[::-1]
        return Occlusion(*maps, self.base, self.target, *axes, self.size, self.stride,
                         self.image_size)


def occlusion(model, images, target=None, size=1, stride=1, fill=0.0, *, batch_size=256,
              output="probability", value_range=(0.0, 1.0), generator=None, recompute="auto"):
    """Score of the target class as a function of where a patch covers the image.

    Parameters
    ----------
    model : callable
        Tensor of images (N, C, H, W) -> Tensor of logits (N, K); a Module in eval mode.
    images : Tensor or array, (N, C, H, W) or (C, H, W)
        Floats in ``value_range``.
    target : int, (N,) ints or None
        The class to watch, usually the true one; None takes the one predicted for each image.
    size, stride : int or (rows, columns)
        Of the patch, and of its steps, in pixels.
    fill : float, "mean", "noise", "blur" or array
        What the patch shows: a value; the image's mean color; noise, uniform in ``value_range`` and
        the same for all positions; the blurred image; or an array that broadcasts to ``images``.
    batch_size : int
        Covered images in one forward.
    output : {"probability", "logit", "log_probability"}
        What ``drop`` and ``base`` are measured in.
    value_range : (float, float) or None
        What pixels are allowed to be; None for anything.
    generator : Generator or int, optional
        Where the noise comes from; None is the stream "attack" of ``manual_seed``.
    recompute : {"auto", "full"}
        "auto" computes only what the patch touches where that is faster: for patches small
        enough, in a model that begins with convolutions and pooling and whose layers run one after
        the other (a Sequential, or a Module whose method ``chain()`` lists them). Same numbers.

    Returns
    -------
    Occlusion
        With floor((H - h) / stride) + 1 by floor((W - w) / stride) + 1 positions.

    Raises
    ------
    ValueError
        For a model in training mode, a patch larger than the image, pixels out of range, a class
        or a filling that does not exist.
    TypeError
        For pixels that are not floats, targets or sizes that are not integers.
    """
    images, single = as_images("occlusion", images)
    check_model("occlusion", model)
    check_output("occlusion", output)
    check_range("occlusion", images, value_range)
    if recompute not in ("auto", "full"):
        raise ValueError(f'occlusion: recompute must be "auto" or "full", got {recompute!r}')
    size, stride = as_pair("occlusion", "size", size), as_pair("occlusion", "stride", stride)
    rows, columns = _positions(images.shape[2:], size, stride)
    filling = fill_images("occlusion", fill, images, value_range, generator)
    batch_size = as_count("occlusion", "batch_size", batch_size)
    targets, base = predict("occlusion", model, images, target, output, batch_size)

    corners = np.array([(top, left) for top in rows for left in columns])  # (PH * PW, 2)
    run = _logits_by(recompute, model, images[:1], corners, size)
    logits = _covered_logits(run, images, filling, corners, size, batch_size)  # (N * PH * PW, K)
    shape = len(images), len(rows), len(columns)
    meant = np.repeat(targets, len(corners))
    drop = base[:, None, None] - pick(as_output(logits, output), meant).reshape(shape)
    maps = [pick(as_output(logits, "probability"), meant).reshape(shape),
            logits.argmax(axis=1).reshape(shape), drop, base, targets]
    return Occlusion(*[m[0] if single else m for m in maps], rows, columns, size, stride,
                     images.shape[2:])


def _positions(image_size, size, stride):
    """First rows (PH,) and first columns (PW,) of the patch."""
    if size[0] > image_size[0] or size[1] > image_size[1]:
        raise ValueError(f"occlusion: a patch of {size[0]} x {size[1]} pixels is larger than the "
                         f"image of {image_size[0]} x {image_size[1]}; choose a smaller size")
    return [np.arange(0, n - s + 1, step) for n, s, step in zip(image_size, size, stride)]


def _logits_by(recompute, model, example, corners, size):
    """The function that computes logits of covered images: in full, or what is touched only."""
    layers = layers_in_order(model)
    if recompute == "full" or len(example) == 0 or layers is None:
        return functools.partial(_in_full, model)
    touched = Touched(layers)
    touched.check(model, example)
    return (touched.logits if touched.share(example, corners.T, size) < WORTH_IT
            else functools.partial(_in_full, model))


def _in_full(model, images, filling, image, corner, size):
    """Logits (B, K) of images[image[b]] with a patch of ``filling`` at corner[:][b]."""
    covered = images[array_module(images).asarray(image)]  # copies
    for i, (n, top, left) in enumerate(zip(image, *corner)):
        window = np.s_[:, top:top + size[0], left:left + size[1]]
        covered[i][window] = filling[n][window]
    return logits_of("occlusion", model, covered, max(1, len(covered)))


def _covered_logits(logits, images, filling, corners, size, batch_size):
    """Logits of every image with the patch at every corner (P, 2), images first: (N * P, K)."""
    parts = []
    for part in batches(len(images) * len(corners), batch_size):
        image, place = np.divmod(np.arange(part.start, part.stop), len(corners))
        among = slice(part.start // len(corners), math.ceil(part.stop / len(corners)))
        parts.append(logits(images[among], filling[among], image - among.start,
                            corners[place].T, size))
    return array_module(images).concatenate(parts)
