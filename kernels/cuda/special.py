"""The error function on the GPU."""
from .launch import contiguous, empty, suits, sweep


def erf(x):
    if not suits(x):
        return NotImplemented
    x = contiguous(x)
    y = empty(x.shape, x.dtype)
    sweep("special", "erf_forward", x.dtype, x.size, x, y, x.size)
    return y
