"""What an image is: a PIL image, or a tensor or array (..., C, H, W) of pixels.

N images, C channels, H rows, W columns. Floats are pixels in [0, 1]; integers run from 0 to the
largest number of their dtype (uint8: 255).
"""
import sys

import numpy as np

from .. import dtypes
from ..autograd import Tensor
from ..device import array_module, move
from ..ops import round as round_
from ..ops import where
from ..ops.checks import as_tensor
from ..random import generator

__all__ = ["get_dimensions", "get_image_num_channels", "get_image_size"]


def is_pil(img):
    """True for a PIL image. Where there is one, Pillow has been imported, so it is not here."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(img, module.Image)


def is_array_like(img):
    """True for Tensors and arrays, PyTorch's too."""
    return hasattr(img, "ndim") and (hasattr(img, "__array__")
                                     or hasattr(img, "__cuda_array_interface__"))


def image_tensor(op, img, least=2):
    """``img`` as a Tensor of at least ``least`` dims.

    Raises
    ------
    TypeError
        If it is no Tensor or array, or has too few dims.
    """
    if is_pil(img):
        raise TypeError(f"{op}: works on tensors, got a PIL image; convert it with ToTensor() "
                        "first")
    if not is_array_like(img):
        raise TypeError(f"{op}: img must be a PIL image, a Tensor or an array, got "
                        f"{type(img).__name__}")
    tensor = as_tensor(img)
    if tensor.ndim < least:
        shape = "(..., H, W)" if least == 2 else "(..., C, H, W)"
        raise TypeError(f"{op}: an image has shape {shape}, got {tensor.shape}")
    return tensor


def check_channels(op, img, allowed=(1, 3)):
    """``image_tensor`` with a number of channels that is allowed.

    Raises
    ------
    TypeError
        If it is not, or there is no dim of channels.
    """
    tensor = image_tensor(op, img, least=3)
    if tensor.shape[-3] not in allowed:
        raise TypeError(f"{op}: needs an image (..., C, H, W) with C = "
                        f"{' or '.join(map(str, allowed))} channels, got shape {tensor.shape}")
    return tensor


def get_dimensions(img):
    """[channels, height, width] of a PIL image, Tensor or array."""
    if is_pil(img):
        return [len(img.getbands()), img.height, img.width]
    shape = image_tensor("get_dimensions", img).shape
    return [1 if len(shape) == 2 else shape[-3], *shape[-2:]]


def get_image_size(img):
    """[width, height] of a PIL image, Tensor or array."""
    return get_dimensions(img)[:0:-1]


def get_image_num_channels(img):
    """Number of channels of a PIL image, Tensor or array."""
    return get_dimensions(img)[0]


def beside(array, tensor):
    """An array as a Tensor on the same device as ``tensor``."""
    return Tensor(move(array, tensor.device))


def unchanged(img):
    """The image itself; an array as a Tensor."""
    return img if is_pil(img) else as_tensor(img)


def max_value(dtype):
    """White: 1 for floats, the largest number of an integer dtype."""
    return 1 if dtype.kind in "fb" else np.iinfo(dtype).max


def cast(tensor, dtype):
    """The tensor in another dtype, differentiable between floats; itself if it has it."""
    return tensor if tensor.dtype == dtype else tensor.to(dtype)


def in_floats(tensor, function):
    """``function(tensor)`` for floats; integers are converted to float32, the result rounded."""
    if tensor.dtype.kind == "f":
        return function(tensor)
    return cast(round_(function(cast(tensor, dtypes.float32))), tensor.dtype)


def as_batch(tensor):
    """(..., H, W) as (N, C, H, W), as few images as its shape says."""
    shape = (1, 1, 1, 1, *tensor.shape)
    return tensor.reshape((-1, *shape[-3:]) if tensor.ndim > 4 else shape[-4:])


# many images at once, each with parameters of its own ---------------------------------------------

def unit_batch(images):
    """Many images as float32 (n, C, H, W) in [0, 1], and the white of the units they came in.

    Parameters
    ----------
    images : array or Tensor
        A uint8 array (n, H, W) or (n, H, W, C), as PIL images lie in memory; or a Tensor or an
        array of floats (n, C, H, W).

    Returns
    -------
    Tensor, number
        The white is 255 for integers, 1 for floats: numbers such as ``fill`` are in those units.

    Raises
    ------
    TypeError, ValueError
        For anything else.
    """
    if not is_array_like(images):
        raise TypeError("batched: images must be a uint8 array (n, H, W) or (n, H, W, C) or a "
                        f"Tensor (n, C, H, W), got {type(images).__name__}")
    tensor = as_tensor(images)
    white = max_value(tensor.dtype)
    x = tensor
    if tensor.dtype.kind != "f":
        x = Tensor(array_module(tensor.data).divide(tensor.data, np.float32(white),
                                                    dtype=np.float32))
        if tensor.ndim == 3:
            x = x.unsqueeze(1)                                   # (n, 1, H, W)
        elif not isinstance(images, Tensor):
            x = x.permute(0, 3, 1, 2)                            # (n, H, W, C) -> (n, C, H, W)
    if x.ndim != 4:
        raise ValueError("batched: images must be a uint8 array (n, H, W) or (n, H, W, C) or a "
                         f"Tensor (n, C, H, W), got {tensor.dtype} of shape {tensor.shape}")
    return x, white


def rng():
    """The source of all random numbers here: a stream of its own."""
    return generator("augmentation")


def uniform(interval, n):
    """n numbers from a uniform distribution over (low, high)."""
    return rng().uniform(interval[0], interval[1], n)


def choose(chosen, changed, images):
    """For every image the changed one or itself; ``chosen`` (n,) says which.

    Raises
    ------
    ValueError
        If the change gave the images another size, so that they cannot stay together.
    """
    if changed.shape != images.shape:
        raise ValueError("batched: a transform that only some images undergo must keep their "
                         f"shape {images.shape[1:]}, it made {changed.shape[1:]}; apply it to all "
                         "of them, or image by image")
    return where(beside(chosen[:, None, None, None], images), changed, images)
