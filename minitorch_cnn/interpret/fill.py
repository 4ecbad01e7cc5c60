"""What is put where pixels are taken away. N C H W images.

No filling is neutral: black on a black background takes nothing away, grey draws an edge of its
own. So there are several, and a study compares them.
"""
import math

import numpy as np

from ..autograd import Tensor, no_grad
from ..device import array_module
from ..ops import conv2d, pad
from ..random import numpy_generator
from .checks import broadcast_to_images, check_range


def fill_images(method, fill, images, value_range, generator):
    """(N, C, H, W): for every image the picture that shows where its pixels are taken away.

    Raises
    ------
    ValueError
        For a name that does not exist, a shape that does not fit, values outside of the range,
        noise without one.
    TypeError
        For what is no name, number or array.
    """
    xp = array_module(images)
    if not isinstance(fill, str):
        filling = broadcast_to_images(method, "fill", fill, images)
        check_range(method, filling, value_range, "fill")
        return filling
    if fill == "mean":
        return xp.broadcast_to(images.mean(axis=(2, 3), keepdims=True), images.shape)
    if fill == "blur":
        return blur(images)
    if fill != "noise":
        raise ValueError(f'{method}: fill must be a number, an array, "mean", "noise" or "blur", '
                         f"got {fill!r}")
    if value_range is None:
        raise ValueError(f'{method}: fill="noise" draws from value_range, which is None; pass '
                         "value_range=(low, high)")
    draws = numpy_generator(generator, "attack").uniform(*value_range, images.shape)
    return xp.asarray(draws, dtype=images.dtype)


@no_grad()
def blur(images, sigma=None):
    """Images (N, C, H, W) through a Gaussian of standard deviation ``sigma`` pixels.

    Beyond the edge the outermost pixels repeat. ``sigma`` None is a tenth of the shorter side.

    Raises
    ------
    ValueError
        If sigma is not above 0.
    """
    images = images.data if isinstance(images, Tensor) else images
    sigma = min(images.shape[2:]) / 10 if sigma is None else sigma
    if not sigma > 0:
        raise ValueError(f"blur: sigma must be above 0, got {sigma}")
    xp, channels = array_module(images), images.shape[1]
    radius = math.ceil(3 * sigma)
    bell = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    bell = xp.asarray(bell / bell.sum(), dtype=images.dtype)
    weight = xp.broadcast_to(bell, (channels, 1, len(bell)))  # the same for each channel
    padded = pad(Tensor(images), (radius,) * 4, mode="replicate")
    rows = conv2d(padded, Tensor(weight[:, :, :, None]), groups=channels)
    return conv2d(rows, Tensor(weight[:, :, None]), groups=channels).data
