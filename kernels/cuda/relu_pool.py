"""ReLU + max-pool on the GPU."""
import numpy as np

from .launch import contiguous, empty, suits, sweep
from .norm import channel_sum_behind


def relu_max_pool2d_forward(x, window):
    if not suits(x):
        return NotImplemented
    x = contiguous(x)
    shape = (*x.shape[:2], *[n // k for n, k in zip(x.shape[2:], window)])
    y, code = empty(shape, x.dtype), empty(shape, np.uint8)
    sweep("relu_pool", "relu_max_pool2d_forward", x.dtype, y.size, x, y, code, y.size,
          *x.shape[2:], *shape[2:], *window)
    return y, code


def unpool2d(dy, code, size, window):
    if not suits(dy):
        return NotImplemented
    dy, code = contiguous(dy), contiguous(code)
    dx = empty((*dy.shape[:2], *size), dy.dtype)
    sweep("relu_pool", "unpool2d", dy.dtype, dx.size, dy, code, dx, dx.size, *size, *dy.shape[2:],
          *window)
    return dx


def unpooled_channel_sum(dy, code):
    if not suits(dy) or dy.size == 0:
        return NotImplemented
    return channel_sum_behind(contiguous(dy), contiguous(code))
