"""What every method does with its arguments first: convert, check, say what is wrong.

N images, C channels, H rows, W columns of pixels; K classes.
"""
import operator

import numpy as np

from ..autograd import Tensor
from ..device import array_module, to_cpu
from ..dtypes import as_array
from ..nn import Module


def as_images(method, images):
    """(array (N, C, H, W), whether it was a single image (C, H, W)).

    Raises
    ------
    TypeError
        For pixels that are not floats.
    ValueError
        For another number of dimensions.
    """
    array = pixels_of(images)
    if array.dtype.kind != "f":
        raise TypeError(f"{method}: pixels must be floats, got {array.dtype}; divide images of "
                        "0 to 255 by 255")
    if array.ndim not in (3, 4):
        raise ValueError(f"{method}: images must have shape (N, C, H, W) or (C, H, W), got "
                         f"{array.shape}; a grey image gets its channel with image[None]")
    single = array.ndim == 3
    return (array[None] if single else array), single


def pixels_of(images):
    """The array behind images."""
    return images.data if isinstance(images, Tensor) else as_array(images)


def check_model(method, model):
    """Refuse what cannot be called, and a Module of which any part is in training mode.

    Raises
    ------
    TypeError
        If the model is not callable.
    ValueError
        In training mode: dropout and batch norm would blur what is measured, and change buffers.
    """
    if not callable(model):
        raise TypeError(f"{method}: the model must be a callable from images to logits, got "
                        f"{type(model).__name__}")
    training = [name or "the model itself" for name, module in modules_of(model) if module.training]
    if training:
        raise ValueError(f"{method}: the model is in training mode ({training[0]} is), where "
                         "dropout and batch norm depend on the batch; call model.eval() first")


def modules_of(model):
    """(name, module) of everything inside a Module, itself first; nothing for other callables."""
    return list(model.named_modules()) if isinstance(model, Module) else []


def check_module(method, model):
    """Refuse a model that is no Module: this method needs its layers.

    Raises
    ------
    TypeError
        Naming what came.
    """
    if not isinstance(model, Module):
        raise TypeError(f"{method}: needs the layers of an nn.Module, got "
                        f"{type(model).__name__}; pass the module itself")


def check_range(method, images, value_range, what="pixels"):
    """Refuse pixels (or NaN) outside ``value_range``; None allows everything.

    Raises
    ------
    ValueError
        Naming the range found.
    """
    if value_range is None or images.size == 0:
        return
    low, high = value_range
    found = float(images.min()), float(images.max())
    if not (low <= found[0] and found[1] <= high):
        raise ValueError(f"{method}: {what} must lie in [{low:g}, {high:g}], found {found[0]:.4g} "
                         f"to {found[1]:.4g}; scale the images, or name their range with "
                         "value_range=(low, high) (None: any)")


def as_targets(method, target, n):
    """One class for all images or one for each as (N,) ints on the CPU; None stays None.

    Raises
    ------
    TypeError
        If targets are not integers.
    ValueError
        For another number of targets than images.
    """
    if target is None:
        return None
    targets = np.asarray(_on_cpu(target))
    if targets.dtype.kind not in "iu" and targets.size:
        raise TypeError(f"{method}: target must be a class number or one for each image, got "
                        f"{targets.dtype}; convert it to int")
    if targets.shape not in ((), (n,)):
        raise ValueError(f"{method}: target has shape {targets.shape} for {n} images; pass one "
                         f"class for all, or {n} of them")
    return np.broadcast_to(targets, (n,)).astype(np.int64)


def choose(method, targets, logits):
    """(N,) ints: the targets, or where they are None the class with the highest logit (N, K).

    Raises
    ------
    ValueError
        For a class that the model does not have.
    """
    if targets is None:
        return np.asarray(to_cpu(logits.argmax(axis=1)), np.int64)
    classes = logits.shape[1]
    wrong = targets[(targets < 0) | (targets >= classes)]
    if wrong.size:
        raise ValueError(f"{method}: class {wrong[0]} does not exist, the model has {classes} of "
                         f"them; choose 0 to {classes - 1}")
    return targets


def _on_cpu(target):
    return to_cpu(target.data if isinstance(target, Tensor) else target)


def as_count(method, name, value):
    """``value`` as an int of at least 1.

    Raises
    ------
    TypeError, ValueError
        For no integer, and for one below 1.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{method}: {name} must be an integer, got {value!r}")
    value = operator.index(value)
    if value < 1:
        raise ValueError(f"{method}: {name} must be at least 1, got {value}")
    return value


def as_pair(method, name, value):
    """An int for both axes, or (rows, columns), each at least 1."""
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2:
        raise ValueError(f"{method}: {name} must be an int or (rows, columns), got {value!r}")
    return as_count(method, name, pair[0]), as_count(method, name, pair[1])


def broadcast_to_images(method, name, value, images):
    """A number or array as an array of the shape, dtype and device of ``images`` (N, C, H, W).

    Raises
    ------
    TypeError
        For what is neither.
    ValueError
        If it does not fit, or is not finite.
    """
    xp = array_module(images)
    try:
        array = xp.asarray(value.data if isinstance(value, Tensor) else value)
        if array.dtype.kind not in "biuf":
            raise TypeError
    except (TypeError, ValueError):
        raise TypeError(f"{method}: {name} must be a number or an array of numbers, got "
                        f"{value!r:.40}") from None
    array = array.astype(images.dtype)
    if not xp.isfinite(array).all():
        raise ValueError(f"{method}: {name} must be finite, got NaN or infinity in it")
    try:
        return xp.broadcast_to(array, images.shape)
    except ValueError:
        raise ValueError(f"{method}: {name} has shape {array.shape}, which does not broadcast to "
                         f"the images' {images.shape}; pass a number, (C, 1, 1), (C, H, W) or one "
                         "image for each") from None
