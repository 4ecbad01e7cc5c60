"""Convolution and all that stands behind it in a net that is not trained, in one pass.

Batch norm with given statistics is a factor and a summand for every channel. The factor is given
to the weights while they are packed, which they are in every call: so the weights themselves stay
as they are, and what becomes of them, or of the statistics, counts at once. A summand (the other
branch of a residual block) and limits (of a ReLU) are applied while the results are in registers.
"""
import numpy as np

from . import vectors as v
from .affine import scaled
from .conv import conv2d_input_gradient, explain_conv2d_forward, forward
from .conv_few import MOST
from .conv_plan import NO_BOUNDS, bounds
from .elementwise import add, clamp_forward
from .jit import entry
from .layout import channels_last
from .memory import FLOAT, address, contiguous, empty, suits
from .objects import ROWS, layout
from .simd import WIDTH


@entry
def _factors(b, weight, bias, mean, var, eps, count, scale, shift):
    """batch norm(x + b) = x * scale + shift; all are addresses, 0 for what is missing."""
    zero, one = v.fill(np.float32(0)), v.fill(np.float32(1))
    for i in range(0, count, WIDTH):
        at, left = 4 * i, count - i
        factor = v.load_some(weight + at, left) if weight != 0 else one
        factor = v.div(factor, v.sqrt(v.add(v.load_some(var + at, left), v.fill(eps))))
        start = v.load_some(b + at, left) if b != 0 else zero
        if mean != 0:
            start = v.sub(start, v.load_some(mean + at, left))
        rest = v.load_some(bias + at, left) if bias != 0 else zero
        v.store_some(scale + at, factor, left)
        v.store_some(shift + at, v.fma(start, factor, rest), left)


def _scale_and_shift(b, weight, bias, mean, var, eps):
    """(F,) each; see ``_factors``."""
    arrays = [contiguous(a) for a in (b, weight, bias, mean, var)]
    scale, shift = empty(var.shape, FLOAT), empty(var.shape, FLOAT)
    _factors(*map(address, arrays), np.float32(eps), len(var), address(scale), address(shift))
    return scale, shift


@entry
def _times_scale(w, scale, folded):
    for f in range(len(w)):
        for t in range(w.shape[1]):
            folded[f, t] = w[f, t] * scale[f]


def fold_norm(w, b, weight, bias, mean, var, eps):
    """See ``kernels/reference/conv_fold.py``."""
    if layout(w) != ROWS or not suits(w, b, weight, bias, mean, var):
        return NotImplemented
    scale, shift = _scale_and_shift(b, weight, bias, mean, var, eps)
    folded = empty(w.shape, FLOAT)
    _times_scale(w.reshape(len(w), -1), scale, folded.reshape(len(w), -1))
    return folded, shift


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


def explain_conv2d_norm_forward(x, w, b, weight, bias, mean, var, z, eps, limits, *options):
    """As for the convolution alone."""
    return explain_conv2d_forward(x, w, b, *options)


def conv2d_norm_input_gradient(dy, w, weight, var, eps, size, stride, padding, dilation, groups):
    """See ``kernels/reference/conv_fold.py``."""
    if not suits(dy, w, weight, var):
        return NotImplemented
    dz = scaled(dy, *_scale_and_shift(None, weight, None, None, var, eps))
    return conv2d_input_gradient(dz, w, size, stride, padding, dilation, groups)
