"""Orders in memory: on the GPU every kernel works on row-major arrays."""
from minitorch_cnn.device import cupy

from .launch import contiguous


def row_major(x):
    return contiguous(x)


def channels_last(x):
    """x row-major, which is the order that suits these kernels."""
    return contiguous(x)


def zeros_like(x):
    return cupy().zeros(x.shape, x.dtype)
