"""Convolution and all that stands behind it in a net that is not trained, in one pass.

Batch norm with given statistics is a factor and a summand for every channel. The factor is given
to the weights while they are packed, which they are in every call: so the weights themselves stay
as they are, and what becomes of them, or of the statistics, counts at once. A summand (the other
branch of a residual block) and limits (of a ReLU) are applied while the results are in registers.
"""
import numpy as np

from .conv import forward
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
        rest = (start - read(mean + i)) * factor
        write(scale + i, np.float32(factor))
        write(shift + i, np.float32((read(bias + i) if bias != 0 else 0.0) + rest))


def conv2d_norm_forward(x, w, b, weight, bias, mean, var, z, eps, limits, stride, padding,
                        dilation, groups):
    """See ``kernels/reference/conv_fold.py``."""
    arrays = b, weight, bias, mean, var
    if not suits(x, w, z, *arrays):
        return NotImplemented
    b, weight, bias, mean, var = map(contiguous, arrays)
    f = len(w)
    scale, shift = empty((f,), FLOAT), empty((f,), FLOAT)
    _factors(address(b), address(weight), address(bias), address(mean), address(var), float(eps), f,
             address(scale), address(shift))
    options = stride, padding, dilation, groups
    if z is None:
        return forward(x, w, shift, *options, bounds(*limits), scale)
    if f // groups > MOST:
        return forward(x, w, shift, *options, bounds(*limits), scale, channels_last(z))
    y = add(forward(x, w, shift, *options, NO_BOUNDS, scale), z)
    low, high = limits
    return y if low is None and high is None else clamp_forward(
        y, -np.inf if low is None else low, np.inf if high is None else high)
