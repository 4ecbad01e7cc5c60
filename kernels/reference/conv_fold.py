"""Convolution + batch norm with given statistics + a summand + limits as one primitive.

    y = z + (x correlated with w, plus b, minus mean) / sqrt(var + eps) * weight + bias

cut off at (low, high). b, weight, bias (F,) and z (shape of y) may be None, and so may the limits.
"""
from minitorch_cnn.device import array_module

from . import conv, norm


def conv2d_norm_forward(x, w, b, weight, bias, mean, var, z, eps, limits, stride, padding,
                        dilation, groups):
    """y (N, F, OH, OW)."""
    xp = array_module(x)
    y = conv.conv2d_forward(x, w, b, stride, padding, dilation, groups)
    y = norm.batch_norm_forward(y, mean, 1 / xp.sqrt(var + eps), weight, bias).astype(x.dtype)
    if z is not None:
        y = y + z
    low, high = limits
    y = y if low is None else xp.maximum(y, low)
    return y if high is None else xp.minimum(y, high)


def conv2d_norm_input_gradient(dy, w, weight, var, eps, size, stride, padding, dilation, groups):
    """dx (N, C, *size), from the gradient of what there is before the summand and the limits."""
    scale = 1 / array_module(w).sqrt(var + eps)
    scale = scale if weight is None else scale * weight
    dz = dy * scale.reshape(-1, 1, 1).astype(dy.dtype)
    return conv.conv2d_input_gradient(dz, w, size, stride, padding, dilation, groups)


def fold_norm(w, b, weight, bias, mean, var, eps):
    """(folded w, folded b): batch norm(conv(x, w, b)) = conv(x, folded w, folded b)."""
    scale = 1 / array_module(w).sqrt(var + eps)
    scale = scale if weight is None else scale * weight
    shift = ((0 if b is None else b) - mean) * scale
    shift = shift if bias is None else shift + bias
    return w * scale.reshape(-1, 1, 1, 1).astype(w.dtype), shift.astype(w.dtype)
