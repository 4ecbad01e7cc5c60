"""Mixing the samples of a batch: MixUp (arXiv 1710.09412) and CutMix (arXiv 1905.04899).

n samples, K classes; images (n, C, H, W), labels (n,) of integers or (n, K) of probabilities.
"""
import numpy as np

from .. import ops
from ..ops.checks import as_tensor
from .image import beside, cast, is_array_like, rng
from .sizes import is_number
from .transform import Transform

__all__ = ["CutMix", "MixUp"]


class _Mix(Transform):
    """What both have in common: each sample is mixed with the one before it in the batch."""

    one_by_one = True  # there is a batch at work already

    def __init__(self, *, alpha=1.0, num_classes=None):
        super().__init__()
        if not is_number(alpha) or alpha <= 0:
            raise ValueError(f"{type(self).__name__}: alpha must be above 0, got {alpha!r}")
        self.alpha, self.num_classes = float(alpha), num_classes

    def forward(self, *inputs):
        """``(images, labels)`` or one sequence of them, as a tuple of Tensors (n, C, H, W), (n, K).

        The share of a sample in itself is drawn once for the batch.
        """
        images, labels = self._read(inputs[0] if len(inputs) == 1 else inputs)
        if len(images) == 0:
            return images, self._soft(labels)
        mixed, share = self.mix(images, float(rng().beta(self.alpha, self.alpha)))
        return mixed, _between(self._soft(labels), share)

    def _read(self, inputs):
        op = type(self).__name__
        if not isinstance(inputs, (tuple, list)) or len(inputs) != 2 \
                or not all(is_array_like(it) for it in inputs):
            raise TypeError(f"{op}: needs a batch of images and their labels, two Tensors or "
                            "arrays")
        images, labels = map(as_tensor, inputs)
        if images.ndim != 4 or labels.ndim not in (1, 2) or len(images) != len(labels):
            raise ValueError(f"{op}: needs images (n, C, H, W) and labels (n,) or (n, K), got "
                             f"{images.shape} and {labels.shape}")
        if images.dtype.kind != "f":
            raise TypeError(f"{op}: images must hold floats, got {images.dtype}; use ToTensor()")
        return images, labels

    def _soft(self, labels):
        """Probabilities (n, K)."""
        op, K = type(self).__name__, self.num_classes
        if labels.ndim == 2:
            if K not in (None, labels.shape[1]):
                raise ValueError(f"{op}: labels have {labels.shape[1]} classes, num_classes is "
                                 f"{K}; leave it out")
            return labels if labels.dtype.kind == "f" else labels.float()
        if K is None:
            raise ValueError(f"{op}: labels (n,) need num_classes, the number of classes")
        return ops.one_hot(labels, K).float()

    def __repr__(self):
        return f"{type(self).__name__}(alpha={self.alpha}, num_classes={self.num_classes})"


def _between(x, share):
    """share * x + (1 - share) * the sample before."""
    return x * share + ops.roll(x, 1, 0) * (1 - share)


class MixUp(_Mix):
    """Blend every image of a batch, and its label, with another one (Zhang et al.).

    ``images, labels = MixUp(num_classes=10)(images, labels)``: labels become probabilities (n, K),
    for a cross-entropy with soft targets. Partners are neighbors, so the batch must be shuffled.

    Parameters
    ----------
    alpha : float
        The share is drawn from Beta(alpha, alpha): 1 is uniform, small values mix little.
    num_classes : int, optional
        K; needed for integer labels.

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind, and batches that are not images with labels.

    Source: torchvision.transforms.v2.MixUp
    """

    def mix(self, images, share):
        """(images, share)."""
        return cast(_between(images, share), images.dtype), share


class CutMix(_Mix):
    """Paste a rectangle of another image into every image of a batch (Yun et al.).

    Labels are mixed by area. Use, parameters and errors as ``MixUp``.

    Source: torchvision.transforms.v2.CutMix
    """

    def mix(self, images, share):
        """(images, share of the area that is their own)."""
        height, width = images.shape[2:]
        half = 0.5 * np.sqrt(1 - share)
        rows = _span(int(rng().integers(height)), int(half * height), height)
        columns = _span(int(rng().integers(width)), int(half * width), width)
        pasted = np.outer(rows, columns)                                  # (H, W)
        mixed = ops.where(beside(pasted, images), ops.roll(images, 1, 0), images)
        return mixed, float(1 - pasted.sum() / pasted.size)


def _span(middle, half, size):
    """Which of ``size`` pixels are within ``half`` of the middle."""
    i = np.arange(size)
    return (i >= middle - half) & (i < middle + half)
