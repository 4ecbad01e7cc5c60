"""Changes of the grey levels as such: ``posterize``, ``autocontrast``, ``equalize``.

Tensors are (..., C, H, W) with C = 1 or 3.
"""
import numpy as np

from .. import dtypes, ops
from ..autograd import Tensor
from ..device import to_cpu
from . import pil
from .image import beside, cast, check_channels, choose, is_pil, max_value, rng
from .transform import Sometimes

__all__ = ["RandomAutocontrast", "RandomEqualize", "RandomPosterize", "autocontrast", "equalize",
           "posterize"]


def _check_uint8(op, img):
    tensor = check_channels(op, img)
    if tensor.dtype != dtypes.uint8:
        raise TypeError(f"{op}: works on grey levels, so the tensor must be uint8, got "
                        f"{tensor.dtype}; use convert_image_dtype(img, mt.uint8)")
    return tensor


def posterize(img, bits):
    """Keep the highest bits of every level.

    Parameters
    ----------
    img : PIL image, or uint8 Tensor or array (..., 1 or 3, H, W)
    bits : int
        From 0 to 8.

    Returns
    -------
    PIL image or Tensor

    Raises
    ------
    TypeError, ValueError
        For another dtype or number of bits.

    Source: torchvision.transforms.functional.posterize
    """
    _check_bits("posterize", bits)
    if is_pil(img):
        return pil.operate(img, "posterize", bits) if bits else pil.enhance(img, "Brightness", 0)
    return Tensor(_check_uint8("posterize", img).data & np.uint8(256 - 2 ** (8 - bits)))


def _check_bits(op, bits):
    if isinstance(bits, bool) or not hasattr(bits, "__index__") or not 0 <= bits <= 8:
        raise ValueError(f"{op}: bits must be an int from 0 to 8, got {bits!r}")


def autocontrast(img):
    """Stretch every channel of an image so that it runs from black to white.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., 1 or 3, H, W)

    Returns
    -------
    PIL image or Tensor

    Source: torchvision.transforms.functional.autocontrast
    """
    if is_pil(img):
        return pil.operate(img, "autocontrast")
    tensor = check_channels("autocontrast", img)
    white = max_value(tensor.dtype)
    x = tensor if tensor.dtype.kind == "f" else tensor.float()
    low, high = x.amin((-2, -1), keepdim=True), x.amax((-2, -1), keepdim=True)
    flat = low == high                      # a channel of one level stays as it is
    scale = ops.where(flat, 1.0, white / (high - low).masked_fill(flat, 1))
    stretched = (x - low.masked_fill(flat, 0)) * scale
    return cast(stretched.clamp(0, white), tensor.dtype)


def equalize(img):
    """Give all levels of every channel the same share of an image.

    Parameters
    ----------
    img : PIL image, or uint8 Tensor or array (..., 1 or 3, H, W)

    Returns
    -------
    PIL image or Tensor

    Raises
    ------
    TypeError
        For another dtype.

    Source: torchvision.transforms.functional.equalize
    """
    if is_pil(img):
        return pil.operate(img, "equalize")
    tensor = _check_uint8("equalize", img)
    levels = to_cpu(tensor.data)
    planes = levels.reshape(-1, levels.shape[-2] * levels.shape[-1]).astype(int)     # (P, H W)
    P = np.arange(len(planes))[:, None]
    count = np.bincount((256 * P + planes).ravel(), minlength=256 * len(planes)).reshape(-1, 256)
    brightest = count[P[:, 0], planes.max(1)]
    step = ((planes.shape[1] - brightest) // 255)[:, None]                           # (P, 1)
    darker = count.cumsum(1) - count                                                 # (P, 256)
    table = np.minimum((darker + step // 2) // np.maximum(step, 1), 255)
    new = np.where(step == 0, planes, table[P, planes])
    return beside(new.reshape(levels.shape).astype(np.uint8), tensor)


class _OnLevels(Sometimes):
    """A change that needs grey levels: many images at once go through them and back."""

    def on_batch(self, images, white):
        """Each image with probability p."""
        levels = cast(ops.round(images.clamp(0, 1) * 255), dtypes.uint8)
        chosen = rng().random(len(images)) < self.p
        return choose(chosen, cast(self.change(levels), images.dtype) / 255, images)


class RandomPosterize(_OnLevels):
    """``functional.posterize`` with probability ``p``.

    Source: torchvision.transforms.RandomPosterize
    """

    def __init__(self, bits, p=0.5):
        super().__init__(p)
        _check_bits("RandomPosterize", bits)
        self.bits = bits

    def change(self, img):
        """Fewer levels."""
        return posterize(img, self.bits)

    def __repr__(self):
        return f"RandomPosterize(bits={self.bits},p={self.p})"


class RandomAutocontrast(Sometimes):
    """``functional.autocontrast`` with probability ``p``.

    Source: torchvision.transforms.RandomAutocontrast
    """

    def __init__(self, p=0.5):
        super().__init__(p)

    def change(self, img):
        """From black to white."""
        return autocontrast(img)


class RandomEqualize(_OnLevels):
    """``functional.equalize`` with probability ``p``.

    Source: torchvision.transforms.RandomEqualize
    """

    def __init__(self, p=0.5):
        super().__init__(p)

    def change(self, img):
        """All levels as often."""
        return equalize(img)
