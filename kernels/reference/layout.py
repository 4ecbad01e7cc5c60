"""Copies from one order in memory to another."""
from minitorch_cnn.device import array_module


def row_major(x):
    """x, or a copy of it, in row-major order."""
    return array_module(x).ascontiguousarray(x)


def channels_last(x):
    """x, or a copy of it, (N, C, H, W), whose memory runs N, H, W, C."""
    return array_module(x).ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def zeros_like(x):
    """An array of zeros of the shape and dtype of x."""
    return array_module(x).zeros(x.shape, x.dtype)
