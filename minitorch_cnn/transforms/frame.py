"""Which part of an image is shown: ``crop``, ``pad``, ``hflip`` and relatives.

C channels, H rows, W columns.
"""
import numpy as np

from .. import ops
from . import pil
from .image import get_dimensions, image_tensor, is_pil
from .sizes import as_fill, as_sides, as_size

__all__ = ["center_crop", "crop", "five_crop", "hflip", "pad", "ten_crop", "vflip"]

PADDING_MODES = ("constant", "edge", "reflect", "symmetric")


def hflip(img):
    """Mirror an image left to right.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., H, W)

    Returns
    -------
    PIL image or Tensor
        Of the kind that came in; an array becomes a Tensor. Gradients flow through a Tensor.
    """
    return pil.flip(img, True) if is_pil(img) else ops.flip(image_tensor("hflip", img), (-1,))


def vflip(img):
    """Mirror an image top to bottom; otherwise as ``hflip``."""
    return pil.flip(img, False) if is_pil(img) else ops.flip(image_tensor("vflip", img), (-2,))


def pad(img, padding, fill=0, padding_mode="constant"):
    """Add a border to an image.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., H, W)
    padding : int or sequence of 1, 2 or 4 ints
        All sides; (left and right, top and bottom); (left, top, right, bottom). Negative ones crop.
    fill : number or sequence of numbers
        The border's color for "constant": one number, or one per channel, in the image's units.
    padding_mode : {"constant", "edge", "reflect", "symmetric"}
        What the border is: ``fill``; the outermost pixel; the image mirrored at the outermost
        pixel, which is not repeated (reflect), or at its edge (symmetric).

    Returns
    -------
    PIL image or Tensor

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind, or if nothing of the image is left.

    Source: torchvision.transforms.functional.pad; colors with one number per channel work for
    tensors too.
    """
    sides = as_sides("pad", padding)
    check_padding_mode("pad", padding_mode)
    _, height, width = get_dimensions(img)
    _check_sides(sides, 0 if padding_mode == "constant" else 1, height, width)
    if is_pil(img):
        return pil.pad(img, sides, fill, padding_mode)
    left, top, right, bottom = sides
    tensor = image_tensor("pad", img)
    if padding_mode == "constant":
        return _pad_constant(tensor, (left, right, top, bottom), fill)
    rows = _sources(height, top, bottom, padding_mode)
    columns = _sources(width, left, right, padding_mode)
    return tensor[..., rows[:, None], columns]


def check_padding_mode(op, mode):
    """``mode`` if there is such a padding mode.

    Raises
    ------
    ValueError
        If there is none.
    """
    if mode not in PADDING_MODES:
        raise ValueError(f"{op}: padding_mode must be one of {', '.join(PADDING_MODES)}, got "
                         f"{mode!r}")
    return mode


def _check_sides(sides, least, height, width):
    """``least``: how many rows and columns of the image itself there must be."""
    left, top, right, bottom = sides
    for n, before, after in ((height, top, bottom), (width, left, right)):
        if n + before + after < 1 or n + min(before, 0) + min(after, 0) < least:
            raise ValueError(f"pad: padding {sides} (left, top, right, bottom) leaves nothing of "
                             f"an image of height {height} and width {width}")


def _pad_constant(tensor, sides, fill):
    """Each channel with its own number; (left, right, top, bottom)."""
    channels = 1 if tensor.ndim == 2 else tensor.shape[-3]
    fill = as_fill("pad", 0 if fill is None else fill, channels)
    if tensor.dtype.kind != "f":
        fill = [int(number) for number in fill]
    if len(set(fill)) <= 1:
        return ops.pad(tensor, sides, value=fill[0] if fill else 0)
    parts = [ops.pad(part, sides, value=number) for part, number in zip(tensor.unbind(-3), fill)]
    return ops.stack(parts, -3)


def _sources(n, before, after, mode):
    """For each row or column of the result, the one of the image it shows."""
    first, stop = max(-before, 0), n - max(-after, 0)
    kept = np.arange(first, stop)
    return np.pad(kept, (max(before, 0), max(after, 0)), mode)


def crop(img, top, left, height, width):
    """Cut a box out of an image; where it reaches outside, it is black.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., H, W)
    top, left : int
        The box's upper left pixel.
    height, width : int
        The box's size, at least 1.

    Returns
    -------
    PIL image or Tensor

    Raises
    ------
    ValueError
        For a box without pixels.

    Source: torchvision.transforms.functional.crop
    """
    if height < 1 or width < 1:
        raise ValueError(f"crop: height and width must be at least 1, got {height} and {width}")
    if is_pil(img):
        return pil.crop(img, top, left, height, width)
    tensor = image_tensor("crop", img)
    h, w = tensor.shape[-2:]
    outside = [max(-left, 0), max(left + width - w, 0), max(-top, 0), max(top + height - h, 0)]
    if any(outside):
        tensor = ops.pad(tensor, outside)
        top, left = max(top, 0), max(left, 0)
    return tensor[..., top:top + height, left:left + width]


def center_crop(img, output_size):
    """Cut out the middle; an image that is smaller gets a black border first.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., H, W)
    output_size : int or sequence of 1 or 2 ints
        (height, width); one number is both.

    Returns
    -------
    PIL image or Tensor

    Raises
    ------
    TypeError, ValueError
        For another kind of size.

    Source: torchvision.transforms.functional.center_crop
    """
    crop_height, crop_width = as_size("center_crop", output_size)
    _, height, width = get_dimensions(img)
    more_y, more_x = max(crop_height - height, 0), max(crop_width - width, 0)
    if more_y or more_x:
        img = pad(img, (more_x // 2, more_y // 2, (more_x + 1) // 2, (more_y + 1) // 2))
    top, left = _middle(height + more_y, crop_height), _middle(width + more_x, crop_width)
    return crop(img, top, left, crop_height, crop_width)


def _middle(size, part):
    return round((size - part) / 2)  # to the even number where it is halfway, as torchvision


def five_crop(img, size):
    """The four corners and the middle: (top left, top right, bottom left, bottom right, center).

    Parameters
    ----------
    img : PIL image, Tensor or array (..., H, W)
    size : int or sequence of 1 or 2 ints
        (height, width) of each.

    Returns
    -------
    tuple of 5 PIL images or Tensors

    Raises
    ------
    TypeError, ValueError
        For another kind of size, or one larger than the image.

    Source: torchvision.transforms.functional.five_crop
    """
    h, w = as_size("five_crop", size)
    _, height, width = get_dimensions(img)
    if h > height or w > width:
        raise ValueError(f"five_crop: size {(h, w)} is larger than the image, "
                         f"{(height, width)}; resize the image first")
    corners = [(top, left) for top in (0, height - h) for left in (0, width - w)]
    return (*[crop(img, *corner, h, w) for corner in corners], center_crop(img, (h, w)))


def ten_crop(img, size, vertical_flip=False):
    """``five_crop`` of the image and of its mirror image (left to right, or top to bottom).

    Source: torchvision.transforms.functional.ten_crop
    """
    mirrored = vflip(img) if vertical_flip else hflip(img)
    return five_crop(img, size) + five_crop(mirrored, size)
