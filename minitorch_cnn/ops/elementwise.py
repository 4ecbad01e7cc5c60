"""Elementwise arithmetic with broadcasting.

a, b arguments of shapes that broadcast; y result; dy, da, db gradients.
"""
from ..autograd import Function
from ..device import array_module

__all__ = []  # public functions; Mul and Exp below only show the style so far


def unbroadcast(dx, x):
    """Sum ``dx`` over the axes along which ``x`` was broadcast, back to the shape of ``x``."""
    shape = getattr(x, "shape", ())
    if dx.shape == shape:
        return dx
    extra = dx.ndim - len(shape)
    stretched = tuple([i + extra for i, n in enumerate(shape) if n == 1 and dx.shape[i + extra] != 1])
    return dx.sum(axis=tuple(range(extra)) + stretched, keepdims=True).reshape(shape)


class Mul(Function):
    """y = a * b;  da = dy * b,  db = dy * a."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return a * b

    def backward(self, dy):
        da = unbroadcast(dy * self.b, self.a) if self.needs[0] else None
        db = unbroadcast(dy * self.a, self.b) if self.needs[1] else None
        return da, db


class Exp(Function):
    """y = exp(x);  dx = dy * y."""

    def forward(self, x):
        self.y = array_module(x).exp(x)
        return self.y

    def backward(self, dy):
        return dy * self.y
