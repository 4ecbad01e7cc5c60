"""A convolution and what stands behind it on a GPU: two kernels, then CuPy's expressions."""
from minitorch_cnn.device import array_module

from . import conv, norm


def conv2d_norm_forward(x, w, b, weight, bias, mean, var, z, eps, limits, stride, padding,
                        dilation, groups):
    """See ``kernels/reference/conv_fold.py``."""
    xp, (low, high) = array_module(x), limits
    y = conv.conv2d_forward(x, w, b, stride, padding, dilation, groups)
    if y is NotImplemented:
        return y
    y = norm.batch_norm_forward(y, mean, 1 / xp.sqrt(var + eps), weight, bias)
    if y is NotImplemented:
        return y
    y = y if z is None else y + z
    y = y if low is None else xp.maximum(y, low)
    return y if high is None else xp.minimum(y, high)


def conv2d_norm_input_gradient(dy, w, weight, var, eps, size, stride, padding, dilation, groups):
    """See ``kernels/reference/conv_fold.py``."""
    scale = 1 / array_module(w).sqrt(var + eps)
    scale = scale if weight is None else scale * weight
    return conv.conv2d_input_gradient(dy * scale.reshape(-1, 1, 1), w, size, stride, padding,
                                      dilation, groups)
