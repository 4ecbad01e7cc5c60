"""What every attack does with its arguments first: convert, check, say what is wrong.

N images, C channels, H rows, W columns of pixels; K classes.
"""
import math
import numbers

import numpy as np

from ..autograd import Tensor
from ..device import array_module, to_cpu
from ..dtypes import is_float
from ..interpret.checks import as_count, as_images
from ..nn import Module
from .units import Quantity

PIXELS = (0.0, 1.0)


def as_pixels(attack, images, bounds=PIXELS, name="images"):
    """Images as an array (N, C, H, W) of its own, within ``bounds`` (None: anywhere).

    Raises
    ------
    TypeError
        For pixels that are not floats.
    ValueError
        For another number of dimensions, and for pixels outside the bounds.
    """
    array, _ = as_images(attack, images)
    if bounds is not None and array.size:
        low, high = bounds
        found = float(array.min()), float(array.max())
        if not (low <= found[0] and found[1] <= high):
            raise ValueError(f"{attack}: pixels of {name} must lie in [{low:g}, {high:g}], found "
                             f"{found[0]:.4g} to {found[1]:.4g}; {_way_out(bounds)}")
    return array.copy()


def _way_out(bounds):
    if bounds == PIXELS:
        return ("divide 0 to 255 by 255, and give a model of normalized images its normalization "
                "with Preprocessed(model, mean, std)")
    return "pass other bounds, or bounds=None for none"


def as_classes(attack, name, classes, n=None):
    """One class for all images or one for each as an array (N,) of ints.

    Raises
    ------
    TypeError
        If they are not integers.
    ValueError
        For another number of them than ``n`` images.
    """
    array = np.asarray(to_cpu(classes.data) if isinstance(classes, Tensor) else to_cpu(classes))
    if array.dtype.kind not in "iu" and array.size:
        raise TypeError(f"{attack}: {name} must be class numbers, got {array.dtype}; convert them "
                        "to int")
    if array.ndim > 1 or (array.ndim == 1 and n not in (None, len(array))):
        expected = "a list of classes" if n is None else f"one class for all {n} images, or {n}"
        raise ValueError(f"{attack}: {name} has shape {array.shape}; pass {expected}")
    return np.array(np.broadcast_to(array, (array.size if n is None else n,)), np.int64)


def check_classes(attack, name, classes, k):
    """Refuse classes that a model with ``k`` of them does not have.

    Raises
    ------
    ValueError
    """
    wrong = classes[(classes < 0) | (classes >= k)]
    if wrong.size:
        raise ValueError(f"{attack}: {name} names class {wrong[0]}, which does not exist: the "
                         f"model has {k} classes; choose 0 to {k - 1}")


def as_bounds(attack, bounds):
    """(low, high) as floats, or None.

    Raises
    ------
    ValueError
        Unless it is None or two finite numbers in rising order.
    """
    if bounds is None:
        return None
    pair = tuple(bounds) if isinstance(bounds, (tuple, list)) else ()
    if len(pair) != 2 or not all(map(_is_number, pair)) or not pair[0] < pair[1]:
        raise ValueError(f"{attack}: bounds must be (low, high) with low < high, or None for no "
                         f"bounds, got {bounds!r}")
    return float(pair[0]), float(pair[1])


def _is_number(value):
    is_real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return is_real and math.isfinite(value)


def as_number(attack, name, value, low=-math.inf):
    """``value``, a number or a Quantity, as a float of at least ``low``.

    Raises
    ------
    TypeError
        If it is neither.
    ValueError
        If it is below ``low``, infinite or NaN.
    """
    if isinstance(value, Quantity):
        return value.value
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{attack}: {name} must be a number, got {type(value).__name__}")
    if not (math.isfinite(value) and value >= low):
        least = "" if low == -math.inf else f" and at least {low:g}"
        raise ValueError(f"{attack}: {name} must be finite{least}, got {value}")
    return float(value)


def as_region(attack, region, images):
    """Which pixels may change: a bool array of the images' shape, or None for all.

    Raises
    ------
    TypeError
        If the mask holds something else than bools.
    ValueError
        If it does not broadcast to the images.
    """
    if region is None:
        return None
    xp = array_module(images)
    mask = xp.asarray(region.data if isinstance(region, Tensor) else region)
    if mask.dtype.kind != "b":
        raise TypeError(f"{attack}: region must hold bools, True where pixels may change, got "
                        f"{mask.dtype}; compare first, as in image > 0")
    try:
        return xp.broadcast_to(mask, images.shape)
    except ValueError:
        raise ValueError(f"{attack}: region has shape {mask.shape}, which does not broadcast to "
                         f"the images' {images.shape}; pass (H, W), (C, H, W) or one mask for "
                         "each image") from None


def as_image_shape(attack, shape):
    """(C, H, W) as ints of at least 1.

    Raises
    ------
    ValueError, TypeError
    """
    if not isinstance(shape, (tuple, list)) or len(shape) != 3:
        raise ValueError(f"{attack}: shape must be (C, H, W), as (1, 28, 28), got {shape!r}")
    return tuple(as_count(attack, name, size) for name, size in zip("CHW", shape))


def dtype_and_device(model):
    """The dtype and device of a Module's weights; float32 on the CPU for other callables."""
    tensors = [*model.parameters(), *model.buffers()] if isinstance(model, Module) else []
    for tensor in tensors:
        if is_float(tensor.dtype):
            return tensor.dtype, tensor.device
    return np.dtype(np.float32), "cpu"
