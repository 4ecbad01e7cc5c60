"""Convolution and all that stands behind it in a net that is not trained, in one pass.

Batch norm with given statistics is a factor and a summand for every channel. The factor is given
to the weights while they are packed, which they are in every call: so the weights themselves stay
as they are, and what becomes of them, or of the statistics, counts at once. A summand (the other
branch of a residual block) and limits (of a ReLU) are applied while the results are in registers.
"""
import numpy as np

from .affine import scaled
from .conv import conv2d_input_gradient, forward
from .conv_few import MOST
from .conv_plan import NO_BOUNDS, bounds
from .elementwise import add, clamp_forward
from .jit import entry
from .layout import channels_last
from .memory import FLOAT, address, contiguous, empty, suits
from .simd import read, write


@entry
def _factors(b, weight, bias, mean, var, eps, count, scale, shift):
    """batch norm(x + b) = x * scale + shift; all are addresses, 0 for what is missing."""
    for i in range(0, 4 * count, 4):
        factor = 1 / np.sqrt(np.float64(read(var + i)) + eps)
        if weight != 0:
            factor *= read(weight + i)
        start = np.float64(read(b + i)) if b != 0 else 0.0
        rest = (start - read(mean + i)) * factor if mean != 0 else 0.0
        write(scale + i, np.float32(factor))
        write(shift + i, np.float32((read(bias + i) if bias != 0 else 0.0) + rest))


def _scale_and_shift(b, weight, bias, mean, var, eps):
    """(F,) each; see ``_factors``."""
    arrays = [contiguous(a) for a in (b, weight, bias, mean, var)]
    scale, shift = empty(var.shape, FLOAT), empty(var.shape, FLOAT)
    _factors(*map(address, arrays), float(eps), len(var), address(scale), address(shift))
    return scale, shift


def conv2d_norm_forward(x, w, b, weight, bias, mean, var, z, eps, limits, stride, padding,
                        dilation, groups):
    """See ``kernels/reference/conv_fold.py``."""
    if not suits(x, w, b, weight, bias, mean, var, z):
        return NotImplemented
    scale, shift = _scale_and_shift(b, weight, bias, mean, var, eps)
    options = stride, padding, dilation, groups
    if z is None:
        return forward(x, w, shift, *options, bounds(*limits), scale)
    if len(w) // groups > MOST:
        return forward(x, w, shift, *options, bounds(*limits), scale, channels_last(z))
    y = add(forward(x, w, shift, *options, NO_BOUNDS, scale), z)
    low, high = limits
    return y if low is None and high is None else clamp_forward(
        y, -np.inf if low is None else low, np.inf if high is None else high)


def conv2d_norm_input_gradient(dy, w, weight, var, eps, size, stride, padding, dilation, groups):
    """See ``kernels/reference/conv_fold.py``."""
    if not suits(dy, w, weight, var):
        return NotImplemented
    dz = scaled(dy, *_scale_and_shift(None, weight, None, None, var, eps))
    return conv2d_input_gradient(dz, w, size, stride, padding, dilation, groups)
