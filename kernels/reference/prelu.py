"""Leaky ReLU with learned slopes: x (N, C, ...), w (C,), or one slope for any x.

He et al., "Delving Deep into Rectifiers", arXiv 1502.01852.
"""
from minitorch_cnn.device import array_module


def prelu_forward(x, w):
    """y = x where x > 0, else w x."""
    return array_module(x).where(x > 0, x, x * _slopes(x, w))


def prelu_backward(dy, x, w):
    """(dx, dw): dx = dy where x > 0, else w dy; dw = the sum of dy min(x, 0), per slope."""
    xp = array_module(dy)
    dx = xp.where(x > 0, dy, dy * _slopes(x, w))
    d = xp.where(x > 0, 0, dy * x)
    axes = tuple([i for i in range(d.ndim) if i != 1 or w.size == 1])
    return dx, d.sum(axis=axes).reshape(w.shape).astype(w.dtype)


def _slopes(x, w):
    return w.reshape(() if w.size == 1 else (-1,) + (1,) * (x.ndim - 2))
