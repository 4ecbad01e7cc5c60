"""Colors and grey levels of an image: brightness, contrast, saturation, hue and more.

Tensors are (..., C, H, W) with C = 1 (grey) or 3 (red, green, blue). A ``factor`` is a number, or
an array (n, 1, 1, 1): one for each of n images.
"""
import numpy as np

from .. import ops
from . import pil
from .image import beside, cast, check_channels, is_pil, max_value
from .sizes import is_number

__all__ = ["adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue",
           "adjust_saturation", "invert", "rgb_to_grayscale", "solarize", "to_grayscale"]

LUMA = (0.2989, 0.587, 0.114)  # torchvision's digits of ITU-R BT.601; Pillow has 0.299


def check_factor(op, factor, least=0, most=np.inf):
    """Refuse a factor that is no number, or not within (least, most).

    Raises
    ------
    TypeError, ValueError
        Naming what came.
    """
    if hasattr(factor, "ndim"):
        return  # drawn here, within the range
    if not is_number(factor):
        raise TypeError(f"{op}: the factor must be a number, got {factor!r}")
    if not least <= factor <= most:
        limits = "0 or more" if most == np.inf else f"from {least} to {most}"
        raise ValueError(f"{op}: the factor must be {limits}, got {factor}")


def _factor(factor, tensor):
    """A number as a float, an array as a Tensor to go with ``tensor``."""
    if not hasattr(factor, "ndim"):
        return float(factor)
    return beside(factor.astype(tensor.dtype if tensor.dtype.kind == "f" else np.float32), tensor)


def blend(tensor, other, factor):
    """factor * tensor + (1 - factor) * other, from black to white, in the tensor's dtype.

    Integers are cut, not rounded, as in torchvision.
    """
    factor = _factor(factor, tensor)
    mixed = ops.mul(tensor, factor) + ops.mul(other, 1.0 - factor)
    return cast(mixed.clamp(0, max_value(tensor.dtype)), tensor.dtype)


def adjust_brightness(img, brightness_factor):
    """Multiply all pixels.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., 1 or 3, H, W)
    brightness_factor : number
        0 is black, 1 the image itself; 0 or more.

    Returns
    -------
    PIL image or Tensor
        Of the kind that came in; an array becomes a Tensor. Gradients flow through a Tensor.

    Raises
    ------
    TypeError, ValueError
        For another kind of image, another number of channels, or a negative factor.

    Source: torchvision.transforms.functional.adjust_brightness
    """
    if is_pil(img):
        return pil.enhance(img, "Brightness", brightness_factor)
    check_factor("adjust_brightness", brightness_factor)
    tensor = check_channels("adjust_brightness", img)
    return blend(tensor, ops.zeros_like(tensor), brightness_factor)


def adjust_contrast(img, contrast_factor):
    """Move all pixels away from the image's mean grey, or towards it.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., 1 or 3, H, W)
    contrast_factor : number
        0 is all grey, 1 the image itself; 0 or more.

    Returns, raises and source as ``adjust_brightness``.
    """
    if is_pil(img):
        return pil.enhance(img, "Contrast", contrast_factor)
    check_factor("adjust_contrast", contrast_factor)
    tensor = check_channels("adjust_contrast", img)
    grey = _luma(tensor)
    grey = grey if grey.dtype.kind == "f" else grey.float()
    return blend(tensor, grey.mean((-3, -2, -1), keepdim=True), contrast_factor)


def adjust_saturation(img, saturation_factor):
    """Move all pixels away from their own grey, or towards it. Grey images stay as they are.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., 1 or 3, H, W)
    saturation_factor : number
        0 is black and white, 1 the image itself; 0 or more.

    Returns, raises and source as ``adjust_brightness``.
    """
    if is_pil(img):
        return pil.enhance(img, "Color", saturation_factor)
    check_factor("adjust_saturation", saturation_factor)
    tensor = check_channels("adjust_saturation", img)
    return tensor if tensor.shape[-3] == 1 else blend(tensor, _luma(tensor), saturation_factor)


def adjust_hue(img, hue_factor):
    """Turn the circle of colors. Grey images stay as they are.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., 1 or 3, H, W)
        Pixels must not be negative.
    hue_factor : number
        From -0.5 to 0.5 of a full turn; 0 is the image itself.

    Returns, raises and source as ``adjust_brightness``.
    """
    check_factor("adjust_hue", hue_factor, -0.5, 0.5)
    if is_pil(img):
        return pil.adjust_hue(img, hue_factor)
    tensor = check_channels("adjust_hue", img)
    if tensor.shape[-3] == 1:
        return tensor
    if tensor.dtype.kind == "f":
        return _turn_hue(tensor, hue_factor)
    white = max_value(tensor.dtype)
    turned = _turn_hue(tensor.float() / white, hue_factor)
    return cast(turned * (white + 1 - 1e-3), tensor.dtype)  # torchvision's way back to integers


def _turn_hue(rgb, factor):
    """Through hue, saturation and value, and back."""
    red, green, blue = (rgb[..., c:c + 1, :, :] for c in range(3))
    value = rgb.amax(-3, keepdim=True)
    spread = value - rgb.amin(-3, keepdim=True)
    grey = spread == 0
    divisor = spread.masked_fill(grey, 1)
    from_red, from_green, from_blue = ((value - c) / divisor for c in (red, green, blue))
    hue = ops.where(red == value, from_blue - from_green,              # sixths of the circle
                    ops.where(green == value, 2 + from_red - from_blue,
                              4 + from_green - from_red))
    hue = ((hue / 6 + 1) % 1 + _factor(factor, rgb)) % 1
    chroma = spread / value.masked_fill(grey, 1) * value
    # A channel has full value in two sixths, none of the color in the two opposite, ramps between.
    turn = beside(np.array([5, 3, 1], rgb.dtype).reshape(3, 1, 1), rgb)
    k = (turn + hue * 6) % 6
    return value - chroma * ops.minimum(k, 4 - k).clamp(0, 1)


def adjust_gamma(img, gamma, gain=1):
    """gain * pixel ** gamma, for pixels in [0, 1].

    Parameters
    ----------
    img : PIL image, Tensor or array (..., 1 or 3, H, W)
    gamma : number
        Above 1 makes shadows darker, below 1 lighter; 0 or more.
    gain : number
        A factor.

    Returns, raises and source as ``adjust_brightness``.
    """
    check_factor("adjust_gamma", gamma)
    if is_pil(img):
        return pil.adjust_gamma(img, gamma, gain)
    tensor = check_channels("adjust_gamma", img)
    if tensor.dtype.kind == "f":
        return (gain * tensor ** gamma).clamp(0, 1)
    white = max_value(tensor.dtype)
    return cast((gain * (tensor.float() / white) ** gamma).clamp(0, 1) * (white + 1 - 1e-3),
                tensor.dtype)


def _luma(tensor):
    """(..., 1 or 3, H, W) -> (..., 1, H, W), in the tensor's dtype."""
    if tensor.shape[-3] == 1:
        return tensor
    red, green, blue = (tensor[..., c:c + 1, :, :] for c in range(3))
    return cast(LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue, tensor.dtype)


def rgb_to_grayscale(img, num_output_channels=1):
    """Luma: 0.2989 red + 0.587 green + 0.114 blue.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., 1 or 3, H, W)
    num_output_channels : 1 or 3
        3 repeats it, so that the image keeps its shape.

    Returns
    -------
    PIL image or Tensor

    Raises
    ------
    TypeError, ValueError
        For another kind of image, or another number.

    Source: torchvision.transforms.functional.rgb_to_grayscale
    """
    check_outputs("rgb_to_grayscale", num_output_channels)
    if is_pil(img):
        return pil.to_grayscale(img, num_output_channels)
    grey = _luma(check_channels("rgb_to_grayscale", img))
    if num_output_channels == 1:
        return grey
    return grey.expand((*grey.shape[:-3], 3, *grey.shape[-2:]))


def to_grayscale(img, num_output_channels=1):
    """``rgb_to_grayscale`` of a PIL image of any mode.

    Raises
    ------
    TypeError
        For a tensor.

    Source: torchvision.transforms.functional.to_grayscale
    """
    if not is_pil(img):
        raise TypeError(f"to_grayscale: img must be a PIL image, got {type(img).__name__}; use "
                        "rgb_to_grayscale for tensors")
    return rgb_to_grayscale(img, num_output_channels)


def check_outputs(op, channels):
    """Refuse any number of grey channels but 1 and 3.

    Raises
    ------
    ValueError
        For another number.
    """
    if channels not in (1, 3):
        raise ValueError(f"{op}: num_output_channels must be 1 or 3, got {channels!r}")


def invert(img):
    """White minus the image.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., 1 or 3, H, W)

    Source: torchvision.transforms.functional.invert
    """
    if is_pil(img):
        return pil.operate(img, "invert")
    tensor = check_channels("invert", img)
    return ops.sub(max_value(tensor.dtype), tensor)


def solarize(img, threshold):
    """Invert the pixels from ``threshold`` on.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., 1 or 3, H, W)
    threshold : number
        In the image's units.

    Source: torchvision.transforms.functional.solarize
    """
    if is_pil(img):
        return pil.operate(img, "solarize", threshold)
    tensor = check_channels("solarize", img)
    return ops.where(tensor >= threshold, invert(tensor), tensor)
