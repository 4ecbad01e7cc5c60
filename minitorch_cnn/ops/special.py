"""Elementwise functions: roots, exponentials, logarithms, the error function.

x, a, b inputs; y result; dy, dx, da, db gradients. Floats keep their dtype, integers and
bools become float32; outside a function's domain the result is NaN or inf, as in PyTorch.
"""
import math

from .. import kernels
from ..autograd import Function
from ..device import array_module
from .broadcast import binary, floats, promoted_floats, unbroadcast

__all__ = ["erf", "exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "logaddexp", "rsqrt",
           "sqrt"]

LN2, LN10 = math.log(2), math.log(10)


class Sqrt(Function):
    """y = sqrt(x);  dx = dy / (2 y)."""

    def forward(self, x):
        self.y = array_module(x).sqrt(x)
        return self.y

    def backward(self, dy):
        return dy / (2 * self.y)


def sqrt(input):
    """The square root, elementwise; NaN below 0, the slope at 0 is inf."""
    return Sqrt()(floats(input))


class Rsqrt(Function):
    """y = 1 / sqrt(x);  dx = -dy * y^3 / 2."""

    def forward(self, x):
        self.y = 1 / array_module(x).sqrt(x)
        return self.y

    def backward(self, dy):
        return -0.5 * dy * self.y * self.y * self.y


def rsqrt(input):
    """1 / sqrt(input), elementwise; inf at 0, NaN below."""
    return Rsqrt()(floats(input))


class Exp(Function):
    """y = exp(x);  dx = dy * y."""

    def forward(self, x):
        self.y = array_module(x).exp(x)
        return self.y

    def backward(self, dy):
        return dy * self.y


def exp(input):
    """e to the power of ``input``, elementwise."""
    return Exp()(floats(input))


class Exp2(Function):
    """y = 2^x;  dx = dy * y * ln 2."""

    def forward(self, x):
        self.y = array_module(x).exp2(x)
        return self.y

    def backward(self, dy):
        return dy * self.y * LN2


def exp2(input):
    """2 to the power of ``input``, elementwise."""
    return Exp2()(floats(input))


class Expm1(Function):
    """y = exp(x) - 1;  dx = dy * (y + 1)."""

    def forward(self, x):
        self.y = array_module(x).expm1(x)
        return self.y

    def backward(self, dy):
        return dy * (self.y + 1)


def expm1(input):
    """exp(input) - 1, elementwise, exact near 0."""
    return Expm1()(floats(input))


class Log(Function):
    """y = ln(x);  dx = dy / x."""

    def forward(self, x):
        self.x = x
        return array_module(x).log(x)

    def backward(self, dy):
        return dy / self.x


def log(input):
    """The natural logarithm, elementwise; -inf at 0, NaN below."""
    return Log()(floats(input))


class Log2(Function):
    """y = log2(x);  dx = dy / (x ln 2)."""

    def forward(self, x):
        self.x = x
        return array_module(x).log2(x)

    def backward(self, dy):
        return dy / (self.x * LN2)


def log2(input):
    """The logarithm to base 2, elementwise; -inf at 0, NaN below."""
    return Log2()(floats(input))


class Log10(Function):
    """y = log10(x);  dx = dy / (x ln 10)."""

    def forward(self, x):
        self.x = x
        return array_module(x).log10(x)

    def backward(self, dy):
        return dy / (self.x * LN10)


def log10(input):
    """The logarithm to base 10, elementwise; -inf at 0, NaN below."""
    return Log10()(floats(input))


class Log1p(Function):
    """y = ln(1 + x);  dx = dy / (1 + x)."""

    def forward(self, x):
        self.x = x
        return array_module(x).log1p(x)

    def backward(self, dy):
        return dy / (1 + self.x)


def log1p(input):
    """log(1 + input), elementwise, exact near 0; -inf at -1, NaN below."""
    return Log1p()(floats(input))


class Erf(Function):
    """y = 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x;  dx = dy * 2 / sqrt(pi) * exp(-x^2)."""

    def forward(self, x):
        self.x = x
        return kernels.erf(x)

    def backward(self, dy):
        return dy * (2 / math.sqrt(math.pi)) * array_module(dy).exp(-self.x * self.x)


def erf(input):
    """The error function, elementwise, between -1 and 1."""
    return Erf()(floats(input))


class LogAddExp(Function):
    """y = ln(exp(a) + exp(b));  da = dy / (1 + exp(b - a)),  db = dy / (1 + exp(a - b))."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return array_module(a).logaddexp(a, b)

    def backward(self, dy):
        exp, a, b = array_module(dy).exp, self.a, self.b
        da = unbroadcast(dy / (1 + exp(b - a)), a) if self.needs[0] else None
        db = unbroadcast(dy / (1 + exp(a - b)), b) if self.needs[1] else None
        return da, db


def logaddexp(input, other):
    """``log(exp(input) + exp(other))``, elementwise, without overflow.

    Parameters, result and errors are those of ``add``; integers become float32.
    """
    return binary(LogAddExp(), "logaddexp", *promoted_floats(input, other))
