"""From PIL images and uint8 arrays to tensors of floats, and back.

C channels, H rows, W columns.
"""
import numpy as np

from .. import dtypes, ops
from ..autograd import Tensor
from ..device import to_cpu
from . import pil
from .image import beside, cast, image_tensor, is_array_like, is_pil, max_value
from .sizes import is_number, is_sequence
from .transform import Transform

__all__ = ["ConvertImageDtype", "LinearTransformation", "Normalize", "PILToTensor", "ToPILImage",
           "ToTensor", "convert_image_dtype", "normalize", "pil_to_tensor", "to_pil_image",
           "to_tensor"]


def to_tensor(pic):
    """A PIL image or an array as a Tensor (C, H, W); grey levels 0 to 255 become [0, 1].

    Parameters
    ----------
    pic : PIL image or array (H, W) or (H, W, C)

    Returns
    -------
    Tensor
        float32 pixel / 255 for uint8; other dtypes are kept as they are.

    Raises
    ------
    TypeError, ValueError
        For anything else; a Tensor is one already.

    Source: torchvision.transforms.functional.to_tensor
    """
    if isinstance(pic, Tensor) or not (is_pil(pic) or is_array_like(pic)):
        raise TypeError("to_tensor: pic must be a PIL image or an array (H, W) or (H, W, C), got "
                        f"{type(pic).__name__}")
    array = pil.to_array(pic) if is_pil(pic) else np.asarray(pic)
    if array.ndim not in (2, 3):
        raise ValueError(f"to_tensor: an array must be (H, W) or (H, W, C), got {array.shape}")
    pixels = array.reshape(*array.shape[:2], -1).transpose(2, 0, 1)           # (C, H, W)
    if pixels.dtype == np.uint8:
        return Tensor(np.divide(pixels, np.float32(255), dtype=np.float32, order="C"))
    return Tensor(pixels.copy())


def pil_to_tensor(pic):
    """A PIL image as a Tensor (C, H, W) of its own dtype and levels.

    Raises
    ------
    TypeError
        For anything else.

    Source: torchvision.transforms.functional.pil_to_tensor
    """
    if not is_pil(pic):
        raise TypeError(f"pil_to_tensor: pic must be a PIL image, got {type(pic).__name__}")
    array = np.array(pic).reshape(pic.height, pic.width, -1)
    return Tensor(np.ascontiguousarray(array.transpose(2, 0, 1)))


def to_pil_image(pic, mode=None):
    """A Tensor (C, H, W) or an array (H, W, C), or (H, W), as a PIL image.

    Parameters
    ----------
    pic : Tensor or array
        Floats are pixels in [0, 1], and cut to grey levels.
    mode : str, optional
        Pillow's mode, where shape and dtype leave a choice.

    Returns
    -------
    PIL image

    Raises
    ------
    TypeError, ValueError
        For another kind, shape or dtype, or a mode that does not fit.

    Source: torchvision.transforms.functional.to_pil_image
    """
    if not is_array_like(pic):
        raise TypeError(f"to_pil_image: pic must be a Tensor or an array, got {type(pic).__name__}")
    is_tensor = isinstance(pic, Tensor)
    array = pic.numpy(force=True) if is_tensor else np.asarray(pic)
    array = array.transpose(1, 2, 0) if is_tensor and array.ndim == 3 else array
    if array.ndim not in (2, 3) or (array.ndim == 3 and not 1 <= array.shape[2] <= 4):
        raise ValueError("to_pil_image: pic must be a Tensor (C, H, W), an array (H, W, C) with 1 "
                         f"to 4 channels, or (H, W); got {type(pic).__name__} of shape {pic.shape}")
    array = array.reshape(*array.shape[:2], -1)
    if array.dtype.kind == "f" and mode != "F":
        with np.errstate(invalid="ignore"):
            array = (array * 255).astype(np.uint8)
    return pil.from_array(array[..., 0] if array.shape[2] == 1 else array, _mode(array, mode))


_GREY = {"uint8": "L", "int16": "I;16", "int32": "I", "float32": "F"}
_COLORS = {2: ("LA",), 3: ("RGB", "YCbCr", "HSV"), 4: ("RGBA", "CMYK", "RGBX")}


def _mode(array, mode):
    """Pillow's mode for an array (H, W, C)."""
    channels, dtype = array.shape[2], str(array.dtype)
    modes = [_GREY.get(dtype)] if channels == 1 else list(_COLORS[channels])
    if modes == [None] or (channels > 1 and dtype != "uint8"):
        raise TypeError(f"to_pil_image: Pillow has no mode for {channels} channels of {dtype}; "
                        "convert to uint8 or to floats in [0, 1]")
    if mode is not None and mode not in modes:
        raise ValueError(f"to_pil_image: {channels} channels of {dtype} can be mode "
                         f"{' or '.join(modes)}, not {mode}")
    return mode or modes[0]


def convert_image_dtype(image, dtype=dtypes.float32):
    """Another dtype, white staying white: floats have it at 1, integers at their largest number.

    Parameters
    ----------
    image : Tensor or array
    dtype : numpy.dtype

    Returns
    -------
    Tensor

    Raises
    ------
    TypeError
        For a PIL image.
    ValueError
        Floats to integers that they cannot hold.

    Source: torchvision.transforms.functional.convert_image_dtype
    """
    image = image_tensor("convert_image_dtype", image, least=0)
    dtype, old = np.dtype(dtype), image.dtype
    if old == dtype or (old.kind == dtype.kind == "f"):
        return cast(image, dtype)
    if old.kind == "f":
        return _to_integers(image, dtype)
    if dtype.kind == "f":
        return cast(image, dtype) / max_value(old)
    white, new_white = max_value(old), max_value(dtype)
    if white > new_white:
        return cast(image // ((white + 1) // (new_white + 1)), dtype)
    return cast(image, dtype) * ((new_white + 1) // (white + 1))


def _to_integers(image, dtype):
    if (str(image.dtype), str(dtype)) in (("float32", "int32"), ("float32", "int64"),
                                          ("float64", "int64")):
        raise ValueError(f"convert_image_dtype: {image.dtype} cannot hold every {dtype}; go "
                         "through a smaller integer type, or float64")
    return cast(image * (max_value(dtype) + 1 - 1e-3), dtype)  # shares the floats out evenly


def normalize(tensor, mean, std, inplace=False):
    """(pixel - mean) / std, with a mean and std per channel.

    Parameters
    ----------
    tensor : Tensor or array (..., C, H, W)
        Floats.
    mean, std : sequence of numbers, or a number
        One per channel, or one for all.
    inplace : bool
        Change ``tensor`` itself.

    Returns
    -------
    Tensor

    Raises
    ------
    TypeError
        For a PIL image or integers.
    ValueError
        For a shape without channels, another number of them, or a std of 0.

    Source: torchvision.transforms.functional.normalize
    """
    tensor = image_tensor("normalize", tensor)
    if tensor.dtype.kind != "f":
        raise TypeError(f"normalize: the image must hold floats, got {tensor.dtype}; use "
                        "ToTensor() or convert_image_dtype() first")
    if tensor.ndim < 3:
        raise ValueError(f"normalize: needs an image (..., C, H, W), got shape {tensor.shape}")
    channels, dtype = tensor.shape[-3], tensor.dtype
    mean, std = (_per_channel(name, v, channels, dtype) for name, v in (("mean", mean),
                                                                        ("std", std)))
    if (std == 0).any():
        raise ValueError(f"normalize: std must not be 0, got {std.ravel().tolist()}")
    mean, std = beside(mean, tensor), beside(std, tensor)
    if inplace:
        return tensor.sub_(mean).div_(std)
    return ops.div(ops.sub(tensor, mean), std)


def _per_channel(name, values, channels, dtype):
    """Numbers as (C or 1, 1, 1)."""
    array = np.asarray(to_cpu(values.data) if isinstance(values, Tensor) else values, dtype)
    if array.ndim > 1:
        return array
    if array.size not in (1, channels):
        raise ValueError(f"normalize: {name} has {array.size} numbers, the image {channels} "
                         "channels; pass one per channel")
    return array.reshape(-1, 1, 1)


class ToTensor(Transform):
    """A PIL image or a uint8 array (H, W, C) becomes a float32 Tensor (C, H, W) in [0, 1].

    Source: torchvision.transforms.ToTensor
    """

    def forward(self, pic):
        """See ``functional.to_tensor``."""
        return to_tensor(pic)

    def on_batch(self, images, white):
        """Nothing is left to be done."""
        return images

    def white_after(self, white):
        """From here on, numbers such as ``fill`` are in [0, 1]."""
        return 1

    def __repr__(self):
        return "ToTensor()"


class PILToTensor(Transform):
    """A PIL image becomes a Tensor (C, H, W) of its own dtype; nothing is scaled.

    Source: torchvision.transforms.PILToTensor
    """

    one_by_one = True

    def forward(self, pic):
        """See ``functional.pil_to_tensor``."""
        return pil_to_tensor(pic)

    def __repr__(self):
        return "PILToTensor()"


class ToPILImage(Transform):
    """A Tensor (C, H, W) or an array (H, W, C) becomes a PIL image.

    Parameters
    ----------
    mode : str, optional
        Pillow's mode, where shape and dtype leave a choice.

    Source: torchvision.transforms.ToPILImage
    """

    one_by_one = True

    def __init__(self, mode=None):
        super().__init__()
        self.mode = mode

    def forward(self, pic):
        """See ``functional.to_pil_image``."""
        return to_pil_image(pic, self.mode)

    def __repr__(self):
        return f"ToPILImage({'' if self.mode is None else f'mode={self.mode}'})"


class ConvertImageDtype(Transform):
    """Another dtype, white staying white; see ``functional.convert_image_dtype``.

    Source: torchvision.transforms.ConvertImageDtype
    """

    one_by_one = True

    def __init__(self, dtype):
        super().__init__()
        self.dtype = np.dtype(dtype)

    def forward(self, image):
        """A Tensor or array."""
        return convert_image_dtype(image, self.dtype)

    def __repr__(self):
        return f"ConvertImageDtype(dtype={self.dtype})"


class Normalize(Transform):
    """(pixel - mean) / std, per channel. Differentiable, so it may be a model's first module.

    Parameters
    ----------
    mean, std : sequence of numbers
        One per channel.
    inplace : bool
        Change the tensor itself.

    Source: torchvision.transforms.Normalize
    """

    def __init__(self, mean, std, inplace=False):
        super().__init__()
        for name, values in (("mean", mean), ("std", std)):
            if not (is_number(values) or is_sequence(values)):
                raise TypeError(f"Normalize: {name} must be a sequence of numbers, one per "
                                f"channel, got {values!r}")
        self.mean, self.std, self.inplace = mean, std, inplace

    def forward(self, tensor):
        """A Tensor or array (..., C, H, W) of floats."""
        return normalize(tensor, self.mean, self.std, self.inplace)

    def __repr__(self):
        return f"Normalize(mean={self.mean}, std={self.std})"


class LinearTransformation(Transform):
    """(image - mean_vector) @ transformation_matrix on the flattened image: whitening, say.

    Parameters
    ----------
    transformation_matrix : Tensor or array (D, D), D = C * H * W
    mean_vector : Tensor or array (D,)

    Source: torchvision.transforms.LinearTransformation
    """

    def __init__(self, transformation_matrix, mean_vector):
        super().__init__()
        matrix = image_tensor("LinearTransformation", transformation_matrix)
        mean = image_tensor("LinearTransformation", mean_vector, least=1)
        if matrix.shape != (len(mean), len(mean)) or mean.ndim != 1:
            raise ValueError("LinearTransformation: needs transformation_matrix (D, D) and "
                             f"mean_vector (D,), got {matrix.shape} and {mean.shape}")
        self.transformation_matrix, self.mean_vector = matrix, mean

    def forward(self, tensor):
        """A Tensor or array (..., C, H, W) with C * H * W = D."""
        tensor = image_tensor("LinearTransformation", tensor, least=3)
        size = int(np.prod(tensor.shape[-3:]))
        if size != len(self.mean_vector):
            raise ValueError(f"LinearTransformation: an image of shape {tensor.shape[-3:]} has "
                             f"{size} pixels, the matrix is for {len(self.mean_vector)}")
        flat = tensor.reshape(-1, size) - self.mean_vector
        return (flat @ cast(self.transformation_matrix, flat.dtype)).reshape(tensor.shape)

    def __repr__(self):
        return (f"LinearTransformation(transformation_matrix="
                f"{self.transformation_matrix.tolist()}, mean_vector={self.mean_vector.tolist()})")
