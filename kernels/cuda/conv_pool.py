"""Convolution + bias + ReLU + max-pool on the GPU.

Windows of 2 x 2 are pooled in the registers of the convolution itself, whose map is never stored;
others in a second launch. On the way back the weights' gradient spreads dy over the map as it
fetches it; for the images' it is spread first, since every pixel is fetched for many taps.
"""
from . import conv
from .launch import suits
from .relu_pool import relu_max_pool2d_forward, unpool2d


def conv2d_relu_pool_forward(x, w, b, stride, padding, dilation, groups, window):
    """(y, code)."""
    result = NotImplemented
    if window == (2, 2):
        result = conv.pooled_forward(x, w, b, stride, padding, dilation, groups)
    if result is NotImplemented:
        z = conv.conv2d_forward(x, w, b, stride, padding, dilation, groups)
        result = z if z is NotImplemented else relu_max_pool2d_forward(z, window)
    return result


def conv2d_relu_pool_input_gradient(dy, code, w, map_size, size, window, stride, padding, dilation,
                                    groups):
    if not suits(dy, w):
        return NotImplemented
    dmap = unpool2d(dy, code, map_size, window)
    return conv.conv2d_input_gradient(dmap, w, size, stride, padding, dilation, groups)


def conv2d_relu_pool_weight_gradient(x, dy, code, map_size, window, kernel, stride, padding,
                                     dilation, groups):
    geometry = kernel, stride, padding, dilation, groups
    dw = conv.pooled_weight_gradient(x, dy, code, map_size, window, *geometry)
    if dw is not NotImplemented or not suits(x, dy):
        return dw
    return conv.conv2d_weight_gradient(x, unpool2d(dy, code, map_size, window), *geometry)
