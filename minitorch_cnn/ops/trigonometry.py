"""Trigonometry, elementwise, in radians.

x, a, b inputs; y result; dy, dx, da, db gradients. Floats keep their dtype, integers and bools
become float32; outside a function's domain the result is NaN.
"""
from ..autograd import Function
from ..device import array_module
from .broadcast import binary, floats, promoted_floats, unbroadcast

__all__ = ["acos", "arccos", "arcsin", "arctan", "arctan2", "asin", "atan", "atan2", "cos", "cosh",
           "sin", "sinh", "tan"]


class Sin(Function):
    """y = sin(x);  dx = dy * cos(x)."""

    def forward(self, x):
        self.x = x
        return array_module(x).sin(x)

    def backward(self, dy):
        return dy * array_module(dy).cos(self.x)


def sin(input):
    """The sine, elementwise, of radians."""
    return Sin()(floats(input))


class Cos(Function):
    """y = cos(x);  dx = -dy * sin(x)."""

    def forward(self, x):
        self.x = x
        return array_module(x).cos(x)

    def backward(self, dy):
        return -dy * array_module(dy).sin(self.x)


def cos(input):
    """The cosine, elementwise, of radians."""
    return Cos()(floats(input))


class Tan(Function):
    """y = tan(x);  dx = dy * (1 + y^2)."""

    def forward(self, x):
        self.y = array_module(x).tan(x)
        return self.y

    def backward(self, dy):
        return dy * (1 + self.y * self.y)


def tan(input):
    """The tangent, elementwise, of radians."""
    return Tan()(floats(input))


class Arcsin(Function):
    """y = arcsin(x);  dx = dy / sqrt(1 - x^2)."""

    def forward(self, x):
        self.x = x
        return array_module(x).arcsin(x)

    def backward(self, dy):
        return dy / array_module(dy).sqrt(1 - self.x * self.x)


def arcsin(input):
    """The inverse sine in radians, -pi/2 to pi/2, elementwise; NaN outside [-1, 1]."""
    return Arcsin()(floats(input))


class Arccos(Function):
    """y = arccos(x);  dx = -dy / sqrt(1 - x^2)."""

    def forward(self, x):
        self.x = x
        return array_module(x).arccos(x)

    def backward(self, dy):
        return -dy / array_module(dy).sqrt(1 - self.x * self.x)


def arccos(input):
    """The inverse cosine in radians, 0 to pi, elementwise; NaN outside [-1, 1]."""
    return Arccos()(floats(input))


class Arctan(Function):
    """y = arctan(x);  dx = dy / (1 + x^2)."""

    def forward(self, x):
        self.x = x
        return array_module(x).arctan(x)

    def backward(self, dy):
        return dy / (1 + self.x * self.x)


def arctan(input):
    """The inverse tangent in radians, -pi/2 to pi/2, elementwise."""
    return Arctan()(floats(input))


class Sinh(Function):
    """y = sinh(x);  dx = dy * cosh(x)."""

    def forward(self, x):
        self.x = x
        return array_module(x).sinh(x)

    def backward(self, dy):
        return dy * array_module(dy).cosh(self.x)


def sinh(input):
    """The hyperbolic sine, elementwise."""
    return Sinh()(floats(input))


class Cosh(Function):
    """y = cosh(x);  dx = dy * sinh(x)."""

    def forward(self, x):
        self.x = x
        return array_module(x).cosh(x)

    def backward(self, dy):
        return dy * array_module(dy).sinh(self.x)


def cosh(input):
    """The hyperbolic cosine, elementwise."""
    return Cosh()(floats(input))


class Atan2(Function):
    """y = angle of (b, a);  da = dy * b / (a^2 + b^2),  db = -dy * a / (a^2 + b^2), 0 at (0, 0)."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return array_module(a).arctan2(a, b)

    def backward(self, dy):
        square = self.a * self.a + self.b * self.b
        scaled = array_module(dy).where(square == 0, 0, dy / square)
        da = unbroadcast(scaled * self.b, self.a) if self.needs[0] else None
        db = unbroadcast(-scaled * self.a, self.b) if self.needs[1] else None
        return da, db


def atan2(input, other):
    """The angle of the point (x = ``other``, y = ``input``) in radians, -pi to pi, elementwise.

    Parameters
    ----------
    input, other : Tensor or array-like
        Shapes that broadcast; integers become float32.

    Returns
    -------
    Tensor
        Of the broadcast shape.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.
    """
    return binary(Atan2(), "atan2", *promoted_floats(input, other))


acos, arctan2, asin, atan = arccos, atan2, arcsin, arctan
