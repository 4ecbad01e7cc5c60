"""Elementwise loops that a training step spends time in: arithmetic, and straight activations.

x input, y result; dy, dx gradients; all of one shape. NaN stays NaN in every ``forward``.
"""
from minitorch_cnn.device import array_module


def relu_forward(x):
    """y = max(x, 0); NaN stays NaN."""
    return array_module(x).maximum(x, 0)


def relu_backward(dy, y):
    """dx = 0 where y <= 0, else dy."""
    return array_module(dy).where(y <= 0, 0, dy)


def add(x, z):
    """y = x + z; z is an array whose shape broadcasts, or a number, as in the next three."""
    return x + z


def add_relu(x, z):
    """y = max(0, x + z); NaN stays NaN."""
    return relu_forward(x + z)


def sub(x, z):
    """y = x - z."""
    return x - z


def rsub(x, z):
    """y = z - x."""
    return z - x


def mul(x, z):
    """y = x * z."""
    return x * z


def clamp_forward(x, low, high):
    """y = min(max(x, low), high)."""
    xp = array_module(x)
    y = x if low is None else xp.maximum(x, low)
    return y if high is None else xp.minimum(y, high)


def clamp_backward(dy, x, low, high):
    """dx = dy where low <= x <= high, else 0."""
    return array_module(dy).where((x >= low) & (x <= high), dy, 0)


def hardtanh_backward(dy, x, low, high):
    """dx = dy where low < x < high, else 0."""
    return array_module(dy).where((x > low) & (x < high), dy, 0)


def leaky_relu_forward(x, slope):
    """y = x where x > 0, else slope * x; slope is a number or an array."""
    return array_module(x).where(x > 0, x, x * slope)


def leaky_relu_backward(dy, x, slope):
    """dx = dy where x > 0, else slope * dy."""
    return array_module(dy).where(x > 0, dy, dy * slope)


def hardsigmoid_forward(x):
    """y = min(max(x + 3, 0), 6) / 6."""
    return array_module(x).clip(x + 3, 0, 6) / 6


def hardsigmoid_backward(dy, x):
    """dx = dy / 6 where -3 < x < 3, else 0."""
    return array_module(dy).where((x > -3) & (x < 3), dy / 6, 0)


def hardswish_forward(x):
    """y = x min(max(x + 3, 0), 6) / 6."""
    return x * array_module(x).clip(x + 3, 0, 6) / 6


def hardswish_backward(dy, x):
    """dx = 0 for x <= -3, dy for x >= 3, else dy (x/3 + 1/2)."""
    where = array_module(dy).where
    return where(x <= -3, 0, where(x >= 3, dy, dy * (x / 3 + 0.5)))


def dropout_mask(uniform, p, dtype):
    """1 / (1 - p) where uniform >= p, else 0; uniform (float32, any shape) lies in [0, 1)."""
    mask = (uniform >= p).astype(dtype)
    if p < 1:
        mask /= 1 - p
    return mask
