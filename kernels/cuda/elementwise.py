"""Elementwise arithmetic and the activations made of straight pieces, on the GPU.

Operands of other shapes, which broadcast, are left to CuPy: that is one launch there, too.
"""
import numpy as np

from minitorch_cnn.device import is_gpu_array

from .launch import REALS, contiguous, empty, sweep
from .sweep import is_number, sweep_one, sweep_two


def relu_forward(x):
    return sweep_one("elementwise", "relu_forward", x)


def relu_backward(dy, y):
    return sweep_two("elementwise", "relu_backward", dy, y)


# arithmetic ---------------------------------------------------------------------------------------

def add(x, z):
    return _pair_or_number("add", x, z)


def add_relu(x, z):
    return _pair("add_relu", x, z)


def sub(x, z):
    return sweep_one("elementwise", "add_number", x, -z) if is_number(z) else _pair("sub", x, z)


def rsub(x, z):
    return sweep_one("elementwise", "rsub_number", x, z) if is_number(z) else _pair("sub", z, x)


def mul(x, z):
    return _pair_or_number("mul", x, z)


def _pair_or_number(name, x, z):
    if is_number(z):
        return sweep_one("elementwise", f"{name}_number", x, z)
    return _pair(name, x, z)


def _pair(name, x, z):
    both = is_gpu_array(x) and is_gpu_array(z)
    return sweep_two("elementwise", name, x, z) if both else NotImplemented


# straight pieces ----------------------------------------------------------------------------------

def clamp_forward(x, low, high):
    if not is_number(low, high) or low != low or high != high:  # arrays, None, NaN
        return NotImplemented
    return sweep_one("elementwise", "clamp_forward", x, low, high)


def clamp_backward(dy, x, low, high):
    return sweep_two("elementwise", "clamp_backward", dy, x, low, high)


def hardtanh_backward(dy, x, low, high):
    return sweep_two("elementwise", "hardtanh_backward", dy, x, low, high)


def leaky_relu_forward(x, slope):
    return sweep_one("elementwise", "leaky_relu_forward", x, slope)


def leaky_relu_backward(dy, x, slope):
    return sweep_two("elementwise", "leaky_relu_backward", dy, x, slope)


def hardsigmoid_forward(x):
    return sweep_one("elementwise", "hardsigmoid_forward", x)


def hardsigmoid_backward(dy, x):
    return sweep_two("elementwise", "hardsigmoid_backward", dy, x)


def hardswish_forward(x):
    return sweep_one("elementwise", "hardswish_forward", x)


def hardswish_backward(dy, x):
    return sweep_two("elementwise", "hardswish_backward", dy, x)


def dropout_mask(uniform, p, dtype):
    real = np.dtype(dtype)
    if uniform.dtype != np.float32 or real not in REALS:
        return NotImplemented
    mask = empty(uniform.shape, real)
    sweep("elementwise", "dropout_mask", real, mask.size, contiguous(uniform), mask, mask.size,
          float(p), float(1 - p))
    return mask
