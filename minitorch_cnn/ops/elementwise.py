"""Elementwise arithmetic with broadcasting.

a, b operands of shapes that broadcast, one may be a Python number; x input; y result;
dy, da, db, dx gradients. Dtypes mix by PyTorch's rules (``dtypes.result_type``).
"""
from .. import dtypes, kernels
from ..autograd import Function, Tensor
from ..device import array_module, is_array
from .broadcast import (
    USE_NUMBERS,
    binary,
    cast,
    floats,
    number,
    promoted,
    promoted_floats,
    refuse_bool,
    shape_of,
    sum_to,
    unbroadcast,
)
from .checks import as_tensor
from .rounding import RoundedDiv

__all__ = ["abs", "absolute", "add", "clone", "div", "divide", "mul", "multiply", "neg",
           "negative", "pow", "reciprocal", "rsub", "sign", "square", "sub", "subtract",
           "true_divide"]

SUBTRACT_BOOL = ("use logical_not (~) to invert a mask, logical_xor (^) for the difference of two, "
                 "or convert with .int()")


class Add(Function):
    """y = a + b;  da = db = dy."""

    def forward(self, a, b):
        self.a_shape, self.b_shape = shape_of(a), shape_of(b)
        return kernels.add(a, b) if is_array(a) else kernels.add(b, a)

    def backward(self, dy):
        da = sum_to(dy, self.a_shape) if self.needs[0] else None
        db = sum_to(dy, self.b_shape) if self.needs[1] else None
        return da, db


def add(input, other, *, alpha=1):
    """``input + alpha * other``, elementwise.

    Parameters
    ----------
    input, other : Tensor, array-like or number
        Shapes that broadcast.
    alpha : number
        Factor of ``other``.

    Returns
    -------
    Tensor
        Of the broadcast shape. Two bools are or-ed.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.
    TypeError
        If ``alpha`` is a float and both operands are integers.
    """
    if alpha != 1:
        input, other = _scaled("add", input, other, alpha)
    return binary(Add(), "add", input, other)


def _scaled(op, input, other, alpha):
    """The operands in one dtype, the second times ``alpha``."""
    input, other = promoted(input, other)
    dtype = (input if isinstance(input, Tensor) else other).dtype
    if isinstance(alpha, float) and dtype.kind != "f":
        raise TypeError(f"{op}: alpha={alpha} is a float but both operands hold {dtype}; "
                        "pass an integer or convert the tensors with .float()")
    return input, mul(other, number(alpha, dtype))


class Sub(Function):
    """y = a - b;  da = dy,  db = -dy."""

    def forward(self, a, b):
        self.a_shape, self.b_shape = shape_of(a), shape_of(b)
        return kernels.sub(a, b) if is_array(a) else kernels.rsub(b, a)

    def backward(self, dy):
        da = sum_to(dy, self.a_shape) if self.needs[0] else None
        db = sum_to(kernels.mul(dy, -1), self.b_shape) if self.needs[1] else None
        return da, db


def sub(input, other, *, alpha=1):
    """``input - alpha * other``, elementwise.

    Parameters and errors are those of ``add``; bools are refused with a TypeError.
    """
    refuse_bool("sub", SUBTRACT_BOOL, input, other)
    if alpha != 1:
        input, other = _scaled("sub", input, other, alpha)
    return binary(Sub(), "sub", input, other)


def rsub(input, other, *, alpha=1):
    """``other - alpha * input``: ``sub`` with its operands exchanged."""
    return sub(other, input, alpha=alpha)


class Mul(Function):
    """y = a * b;  da = dy * b,  db = dy * a."""

    def forward(self, a, b):
        self.a_shape, self.b_shape = shape_of(a), shape_of(b)
        self.a = a if self.needs[1] else None  # a wanted gradient needs the other operand
        self.b = b if self.needs[0] else None
        return kernels.mul(a, b) if is_array(a) else kernels.mul(b, a)

    def backward(self, dy):
        da = sum_to(kernels.mul(dy, self.b), self.a_shape) if self.needs[0] else None
        db = sum_to(kernels.mul(dy, self.a), self.b_shape) if self.needs[1] else None
        return da, db


def mul(input, other):
    """``input * other``, elementwise.

    Parameters
    ----------
    input, other : Tensor, array-like or number
        Shapes that broadcast.

    Returns
    -------
    Tensor
        Of the broadcast shape. Two bools are and-ed.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.
    """
    return binary(Mul(), "mul", input, other)


class Div(Function):
    """y = a / b;  da = dy / b,  db = -dy * y / b."""

    def forward(self, a, b):
        self.a_shape, self.b = shape_of(a), b
        y = a / b
        self.y = y if self.needs[1] else None
        return y

    def backward(self, dy):
        da = sum_to(dy / self.b, self.a_shape) if self.needs[0] else None
        db = unbroadcast(-dy * self.y / self.b, self.b) if self.needs[1] else None
        return da, db


def div(input, other, *, rounding_mode=None):
    """``input / other``, elementwise.

    Parameters
    ----------
    input, other : Tensor, array-like or number
        Shapes that broadcast. Integers are divided as float32.
    rounding_mode : None, "trunc" or "floor"
        Round the quotient towards 0 or down; integers then stay integers, and the gradient is 0.

    Returns
    -------
    Tensor
        Of the broadcast shape.

    Raises
    ------
    ValueError
        If the shapes do not broadcast, or for another ``rounding_mode``.
    ZeroDivisionError
        For an integer divided by 0 with a ``rounding_mode``.
    """
    if rounding_mode is None:
        return binary(Div(), "div", *promoted_floats(input, other))
    if rounding_mode not in ("trunc", "floor"):
        raise ValueError('div: rounding_mode must be None, "trunc" or "floor", '
                         f"got {rounding_mode!r}")
    return binary(RoundedDiv(rounding_mode), "div", input, other)


class Neg(Function):
    """y = -x;  dx = -dy."""

    def forward(self, x):
        return -x

    def backward(self, dy):
        return -dy


def neg(input):
    """``-input``, elementwise; bools are refused with a TypeError."""
    refuse_bool("neg", SUBTRACT_BOOL, input)
    return Neg()(as_tensor(input))


class PowNumber(Function):
    """y = x ** n;  dx = dy * n * x ** (n - 1), and 0 everywhere if n = 0."""

    def __init__(self, exponent):
        self.exponent = exponent

    def forward(self, x):
        self.x = x
        return _power(x, self.exponent)

    def backward(self, dy):
        if self.exponent == 0:
            return array_module(dy).zeros_like(dy)
        return dy * (self.exponent * _power(self.x, self.exponent - 1))


def _power(x, exponent):
    if x.dtype.kind != "f":  # in 64 bits every exponent is in range, and the low bits are right
        return (x.astype(dtypes.int64) ** exponent).astype(x.dtype)
    if exponent == -0.5:  # as PyTorch, also for -0 and -inf; NumPy itself takes the root for 0.5
        return 1 / array_module(x).sqrt(x)
    return x * x * x if exponent == 3 else x ** exponent  # NumPy multiplies out a square only


class Pow(Function):
    """y = a ** b;  da = dy * b * a ** (b - 1),  db = dy * y * log(a).

    da is 0 where b = 0, and db is 0 where a = 0 <= b, although the formulas give 0 * inf there.
    """

    def forward(self, a, b):
        self.a, self.b = a, b
        xp = array_module(a if hasattr(a, "dtype") else b)
        y = xp.power(a, b) if _is_float(a) or _is_float(b) else _integer_power(xp, a, b)
        self.y = y
        return y

    def backward(self, dy):
        xp = array_module(dy)
        a, b = xp.asarray(self.a, dtype=dy.dtype), xp.asarray(self.b, dtype=dy.dtype)
        da = db = None
        if self.needs[0]:
            da = unbroadcast(xp.where(b == 0, 0, dy * (b * xp.power(a, b - 1))), a)
        if self.needs[1]:
            db = unbroadcast(dy * xp.where((a == 0) & (b >= 0), 0, self.y * xp.log(a)), b)
        return da, db


def _is_float(x):
    return isinstance(x, float) or (hasattr(x, "dtype") and x.dtype.kind == "f")


def _integer_power(xp, a, b):
    """a ** b for integers; a negative b gives 0, except for a = 1 and -1."""
    y = xp.power(a, xp.maximum(b, 0))
    a, b = xp.asarray(a), xp.asarray(b)
    inverse = xp.where(a == 1, 1, xp.where(a == -1, xp.where(b % 2 != 0, -1, 1), 0))
    return xp.where(b < 0, inverse, y).astype(y.dtype)


def pow(input, exponent):
    """``input ** exponent``, elementwise.

    Parameters
    ----------
    input, exponent : Tensor, array-like or number
        Shapes that broadcast.

    Returns
    -------
    Tensor
        Of the broadcast shape. 0 ** 0 is 1. Integers to a tensor of negative exponents give 0 (1
        and -1 their powers), as in PyTorch.

    Raises
    ------
    ValueError
        If the shapes do not broadcast, or for integers to the power of a negative number.
    TypeError
        For two bools.
    """
    if isinstance(exponent, (int, float)) and not isinstance(input, (int, float)):
        return _pow_number(as_tensor(input), exponent)
    a, b = promoted(input, exponent)
    if (a if isinstance(a, Tensor) else b).dtype.kind == "b":
        refuse_bool("pow", USE_NUMBERS, input)
    return binary(Pow(), "pow", a, b)


def _pow_number(input, exponent):
    if input.data.dtype.kind != "f":
        input = cast(input, dtypes.result_type(input.data, exponent))
        if isinstance(exponent, int) and exponent < 0:
            raise ValueError(f"pow: integers to the negative power {exponent} are not integers; "
                             "convert the tensor with .float()")
    return PowNumber(int(exponent) if isinstance(exponent, int) else float(exponent))(input)


class Square(Function):
    """y = x * x;  dx = dy * 2 x."""

    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, dy):
        return dy * (2 * self.x)


def square(input):
    """``input ** 2``, elementwise; bools become int64."""
    input = as_tensor(input)
    return Square()(cast(input, dtypes.int64) if input.dtype.kind == "b" else input)


class Reciprocal(Function):
    """y = 1 / x;  dx = -dy * y * y."""

    def forward(self, x):
        self.y = 1 / x
        return self.y

    def backward(self, dy):
        return -dy * self.y * self.y


def reciprocal(input):
    """``1 / input``, elementwise; integers become float32, 1 / 0 is inf."""
    return Reciprocal()(floats(input))


class Abs(Function):
    """y = |x|;  dx = dy * sign(x), which is 0 at x = 0."""

    def forward(self, x):
        self.x = x
        return array_module(x).abs(x)

    def backward(self, dy):
        return dy * sign_of(self.x)


def abs(input):
    """``|input|``, elementwise; bools are refused with a TypeError."""
    refuse_bool("abs", USE_NUMBERS, input)
    return Abs()(as_tensor(input))


def sign_of(x):
    """-1, 0 or 1 in the dtype of ``x``; 0 for NaN, as in PyTorch (NumPy gives NaN)."""
    return (x > 0).astype(x.dtype) - (x < 0).astype(x.dtype)


class Sign(Function):
    """y = sign(x);  dx = 0."""

    def forward(self, x):
        return x if x.dtype.kind == "b" else sign_of(x)

    def backward(self, dy):
        return array_module(dy).zeros_like(dy)


def sign(input):
    """-1, 0 or 1, elementwise, in the dtype of ``input``; 0 for NaN; the gradient is 0."""
    return Sign()(as_tensor(input))


class Clone(Function):
    """y = a copy of x;  dx = dy."""

    def forward(self, x):
        return x.copy(order="K")

    def backward(self, dy):
        return dy


def clone(input):
    """A copy with memory of its own, through which the gradient flows back."""
    return Clone()(as_tensor(input))


absolute, multiply, negative, subtract = abs, mul, neg, sub
divide = true_divide = div
