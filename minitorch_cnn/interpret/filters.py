"""Filters: the weights of a convolution as pictures."""
import math

import numpy as np

from ..device import to_cpu
from ..nn import Conv2d
from .checks import as_count, check_module
from .layers import layer_named, layers_of_kind

SCALES = ("shared", "private", None)


def filters(model, layer=None, channels=None, *, scale="shared", rgb=False):
    """The filters of a Conv2d, F of them with C input channels, as grey or color pictures.

    Parameters
    ----------
    model : Module
        A net, or the convolution itself.
    layer : str or Module, optional
        Which convolution; None is the first one.
    channels : int, list of int or None
        Input channels to show: one gives (F, KH, KW), several (F, len(channels), KH, KW), None all.
    scale : {"shared", "private", None}
        "shared" maps the lowest and highest weight of all pictures to 0 and 1, so that pictures
        can be compared; "private" those of each picture, so that weak ones can be seen; a constant
        picture becomes 0.5. None returns the weights themselves.
    rgb : bool
        Three input channels as one color picture, (F, KH, KW, 3).

    Returns
    -------
    array
        On the CPU, a copy.

    Raises
    ------
    ValueError
        For a layer that is no Conv2d or does not exist, an input channel that does not exist, an
        unknown scale, ``rgb`` without three channels.
    TypeError
        If the model is no Module.
    """
    check_module("filters", model)
    name, convolution = (layers_of_kind("filters", model, Conv2d)[0] if layer is None
                         else layer_named("filters", model, layer))
    if not isinstance(convolution, Conv2d):
        raise ValueError(f"filters: layer {name!r} is a {type(convolution).__name__}; name a "
                         "Conv2d")
    if scale not in SCALES:
        raise ValueError(f'filters: scale must be "shared", "private" or None, got {scale!r}')
    weight = np.array(to_cpu(convolution.weight.data))  # (F, C, KH, KW)
    pictures = weight if channels is None else weight[:, _checked(channels, weight.shape[1])]
    if rgb:
        if pictures.ndim != 4 or pictures.shape[1] != 3:
            raise ValueError("filters: rgb=True needs three input channels, the selection has "
                             f"shape {pictures.shape}; name three with channels=")
        pictures = pictures.transpose(0, 2, 3, 1)
    return _scaled(pictures, scale, picture_axes=(-3, -2, -1) if rgb else (-2, -1))


def _checked(channels, available):
    if np.size(channels) == 0:
        raise ValueError("filters: channels is empty; name one, several, or None for all")
    for channel in np.ravel(channels):
        if not 0 <= channel < available:
            raise ValueError(f"filters: input channel {channel} does not exist, the filters have "
                             f"{available} of them; choose 0 to {available - 1}")
    return channels


def _scaled(pictures, scale, picture_axes):
    if scale is None:
        return pictures
    axes = None if scale == "shared" else picture_axes
    low = pictures.min(axis=axes, keepdims=True)
    width = pictures.max(axis=axes, keepdims=True) - low
    return np.where(width > 0, (pictures - low) / np.where(width > 0, width, 1),
                    pictures.dtype.type(0.5))


def tile(pictures, columns=8, *, gap=1, background=1.0, rgb=False):
    """Pictures side by side as one large picture, row by row.

    Parameters
    ----------
    pictures : array, (P, h, w), or (F, C, h, w): F * C pictures
        With ``rgb`` (P, h, w, 3).
    columns : int
        Pictures in a row.
    gap : int
        Pixels between two pictures.
    background : float
        Of the gaps, and of places without a picture.
    rgb : bool
        The last dimension is color.

    Returns
    -------
    array, (rows * (h + gap) - gap, columns * (w + gap) - gap) or the same with 3 colors

    Raises
    ------
    ValueError
        For another number of dimensions, no columns, a negative gap.
    """
    pictures = np.asarray(pictures)
    columns = as_count("tile", "columns", columns)
    if pictures.ndim == 4 and not rgb:
        pictures = pictures.reshape(-1, *pictures.shape[2:])
    if pictures.ndim != (4 if rgb else 3):
        raise ValueError("tile: pictures must have shape (P, h, w) or (F, C, h, w), with rgb=True "
                         f"(P, h, w, 3), got {pictures.shape}")
    if gap < 0:
        raise ValueError(f"tile: gap must be at least 0, got {gap}")
    count, h, w, *colors = pictures.shape
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (h + gap), columns * (w + gap), *colors), background, pictures.dtype)
    for i, picture in enumerate(pictures):
        top, left = i // columns * (h + gap), i % columns * (w + gap)
        sheet[top:top + h, left:left + w] = picture
    return sheet[:sheet.shape[0] - gap, :sheet.shape[1] - gap]
