"""Convolution + bias + ReLU + max-pool as one primitive: windows side by side, without padding.

    y (N, F, PH, PW) result, code of its shape (see ``relu_pool.py``); dmap (N, F, OH, OW) the
    gradient of the convolution's result
"""
from . import conv
from .relu_pool import relu_max_pool2d_forward, unpool2d


def conv2d_relu_pool_forward(x, w, b, stride, padding, dilation, groups, window):
    """(y, code)."""
    return relu_max_pool2d_forward(
        conv.conv2d_forward(x, w, b, stride, padding, dilation, groups), window)


def conv2d_relu_pool_input_gradient(dy, code, w, map_size, size, window, stride, padding, dilation,
                                    groups):
    """dx (N, C, *size); ``map_size`` is the convolution's (OH, OW)."""
    dmap = unpool2d(dy, code, map_size, window)
    return conv.conv2d_input_gradient(dmap, w, size, stride, padding, dilation, groups)


def conv2d_relu_pool_weight_gradient(x, dy, code, map_size, window, kernel, stride, padding,
                                     dilation, groups):
    """dw (F, C/groups, *kernel)."""
    dmap = unpool2d(dy, code, map_size, window)
    return conv.conv2d_weight_gradient(x, dmap, kernel, stride, padding, dilation, groups)
