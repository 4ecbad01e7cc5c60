"""Elementwise arithmetic and the activations made of straight pieces, on the CPU.

A comparison with NaN is false; so the arms of each ``where`` stand such that NaN stays NaN.
"""
import numpy as np

from . import vectors as v
from .sweep import of_one, of_two, sweep, sweep_two


@of_one
def _relu(x, a, b, c):
    return v.where_less(x, a, a, x)


def relu_forward(x):
    """max(x, 0); NaN stays NaN."""
    return sweep(_relu, x)


@of_two
def _relu_back(dy, y, a, b, c):
    return v.where_at_most(y, a, a, dy)


def relu_backward(dy, y):
    """0 where y <= 0, else dy."""
    return sweep_two(_relu_back, dy, y)


# arithmetic ---------------------------------------------------------------------------------------

@of_one
def _line(x, factor, shift, c):
    return v.fma(x, factor, shift)


@of_two
def _add(x, z, a, b, c):
    return v.add(x, z)


@of_two
def _add_relu(x, z, zero, b, c):
    y = v.add(x, z)
    return v.where_less(y, zero, zero, y)


@of_two
def _sub(x, z, a, b, c):
    return v.sub(x, z)


@of_two
def _mul(x, z, a, b, c):
    return v.mul(x, z)


def _is_number(x):
    return type(x) is float or type(x) is int


def add(x, z):
    """x + z for equal shapes, or a number z."""
    return sweep(_line, x, 1.0, float(z)) if _is_number(z) else _pair(_add, x, z)


def add_relu(x, z):
    """max(0, x + z) for equal shapes."""
    return _pair(_add_relu, x, z)


def sub(x, z):
    """x - z for equal shapes, or a number z."""
    return sweep(_line, x, 1.0, -float(z)) if _is_number(z) else _pair(_sub, x, z)


def rsub(x, z):
    """z - x for equal shapes, or a number z."""
    return sweep(_line, x, -1.0, float(z)) if _is_number(z) else _pair(_sub, z, x)


def mul(x, z):
    """x * z for equal shapes, or a number z; x * z - 0 keeps the sign of a zero."""
    return sweep(_line, x, float(z), -0.0) if _is_number(z) else _pair(_mul, x, z)


def _pair(kernel, x, z):
    return sweep_two(kernel, x, z) if isinstance(z, np.ndarray) else NotImplemented


# straight pieces ----------------------------------------------------------------------------------

@of_one
def _clamp(x, low, high, c):
    x = v.where_less(x, low, low, x)
    return v.where_less(high, x, high, x)


def clamp_forward(x, low, high):
    """min(max(x, low), high); bounds that are arrays, None or NaN are left to the reference."""
    if not (_is_number(low) and _is_number(high) and low == low and high == high):
        return NotImplemented
    return sweep(_clamp, x, float(low), float(high))


@of_two
def _clamp_back(dy, x, low, high, zero):
    return v.where_at_most(low, x, v.where_at_most(x, high, dy, zero), zero)


def clamp_backward(dy, x, low, high):
    """dy where low <= x <= high, else 0."""
    return sweep_two(_clamp_back, dy, x, float(low), float(high))


@of_two
def _hardtanh_back(dy, x, low, high, zero):
    return v.where_less(low, x, v.where_less(x, high, dy, zero), zero)


def hardtanh_backward(dy, x, low, high):
    """dy where low < x < high, else 0."""
    return sweep_two(_hardtanh_back, dy, x, float(low), float(high))


@of_one
def _leaky_relu(x, slope, zero, c):
    return v.where_less(zero, x, x, v.mul(x, slope))


def leaky_relu_forward(x, slope):
    """x where x > 0, else slope * x; a slope for every element is left to the reference."""
    return sweep(_leaky_relu, x, float(slope)) if _is_number(slope) else NotImplemented


@of_two
def _leaky_relu_back(dy, x, slope, zero, c):
    return v.where_less(zero, x, dy, v.mul(dy, slope))


def leaky_relu_backward(dy, x, slope):
    """dy where x > 0, else slope * dy."""
    if not _is_number(slope):
        return NotImplemented
    return sweep_two(_leaky_relu_back, dy, x, float(slope))


@of_one
def _hardsigmoid(x, zero, three, six):
    inner = v.add(x, three)
    inner = v.where_less(inner, zero, zero, inner)
    return v.div(v.where_less(six, inner, six, inner), six)


def hardsigmoid_forward(x):
    """min(max(x + 3, 0), 6) / 6."""
    return sweep(_hardsigmoid, x, 0.0, 3.0, 6.0)


@of_two
def _hardsigmoid_back(dy, x, zero, three, six):
    inside = v.where_less(x, three, v.div(dy, six), zero)
    return v.where_less(v.sub(zero, three), x, inside, zero)


def hardsigmoid_backward(dy, x):
    """dy / 6 where -3 < x < 3, else 0."""
    return sweep_two(_hardsigmoid_back, dy, x, 0.0, 3.0, 6.0)


@of_one
def _hardswish(x, zero, three, six):
    inner = v.add(x, three)
    inner = v.where_less(inner, zero, zero, inner)
    return v.where_less(x, three, v.div(v.mul(x, inner), six), x)


def hardswish_forward(x):
    """x min(max(x + 3, 0), 6) / 6."""
    return sweep(_hardswish, x, 0.0, 3.0, 6.0)


@of_two
def _hardswish_back(dy, x, zero, three, shift):
    inner = v.div(v.mul(dy, v.add(x, shift)), three)
    inner = v.where_at_most(three, x, dy, inner)
    return v.where_at_most(x, v.sub(zero, three), zero, inner)


def hardswish_backward(dy, x):
    """0 for x <= -3, dy for x >= 3, else dy (x + 3/2) / 3."""
    return sweep_two(_hardswish_back, dy, x, 0.0, 3.0, 1.5)
