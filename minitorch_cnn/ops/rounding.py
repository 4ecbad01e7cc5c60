"""Rounding, and what is left over. Where results jump, the gradient is 0.

x input; a, b dividend and divisor of shapes that broadcast; y result; dy, dx, da, db gradients.
"""
import numpy as np

from ..autograd import Function
from ..device import array_module
from .broadcast import USE_NUMBERS, binary, refuse_bool, shape_of, sum_to, unbroadcast
from .checks import as_tensor

__all__ = ["ceil", "fix", "floor", "floor_divide", "fmod", "frac", "remainder", "round", "trunc"]


class Rounded(Function):
    """y = x rounded by NumPy's ``rule`` ("floor", "ceil", "trunc", "rint");  dx = 0."""

    def __init__(self, rule):
        self.rule = rule

    def forward(self, x):
        xp = array_module(x)
        return getattr(xp, self.rule)(x) if x.dtype.kind == "f" else x.copy()

    def backward(self, dy):
        return array_module(dy).zeros_like(dy)


def _rounded(op, rule, input):
    refuse_bool(op, USE_NUMBERS, input)
    return Rounded(rule)(as_tensor(input))


def floor(input):
    """The largest integer not above ``input``, elementwise, in its dtype; the gradient is 0."""
    return _rounded("floor", "floor", input)


def ceil(input):
    """The smallest integer not below ``input``, elementwise, in its dtype; the gradient is 0."""
    return _rounded("ceil", "ceil", input)


def trunc(input):
    """``input`` without its fraction, elementwise, in its dtype; the gradient is 0."""
    return _rounded("trunc", "trunc", input)


fix = trunc


class RoundTo(Function):
    """y = round(x * 10^decimals) / 10^decimals, halves to even;  dx = 0."""

    def __init__(self, decimals):
        self.decimals = decimals

    def forward(self, x):
        rint, factor = array_module(x).rint, 10.0 ** abs(self.decimals)
        return rint(x * factor) / factor if self.decimals > 0 else rint(x / factor) * factor

    def backward(self, dy):
        return array_module(dy).zeros_like(dy)


def round(input, *, decimals=0):
    """``input`` rounded to the nearest number of so many decimals; halves go to the even one.

    Parameters
    ----------
    input : Tensor or array-like
        Any shape, no bools; integers only with ``decimals=0``.
    decimals : int
        Digits after the point; negative ones before it.

    Returns
    -------
    Tensor
        Of the same shape and dtype; its gradient is 0.

    Raises
    ------
    TypeError
        For bools, for integers with ``decimals``, and if ``decimals`` is not an int.
    """
    if not isinstance(decimals, int):
        raise TypeError(f"round: decimals must be an int, got {decimals!r}")
    if decimals == 0:
        return _rounded("round", "rint", input)
    input = as_tensor(input)
    if input.dtype.kind != "f":
        raise TypeError(f"round: decimals={decimals} needs floats, got {input.dtype}; "
                        "convert with .float()")
    return RoundTo(decimals)(input)


class Frac(Function):
    """y = x - trunc(x);  dx = dy."""

    def forward(self, x):
        return x - array_module(x).trunc(x)

    def backward(self, dy):
        return dy


def frac(input):
    """The fraction of ``input``, with its sign, elementwise; floats only.

    Raises
    ------
    TypeError
        For integers and bools.
    """
    input = as_tensor(input)
    if input.dtype.kind != "f":
        raise TypeError(f"frac: needs floats, got {input.dtype}; convert with .float()")
    return Frac()(input)


def _check_division(op, a, b):
    """Refuse bools, and integers divided by 0; returns (array module, whether they are floats)."""
    array = a if hasattr(a, "dtype") else b
    refuse_bool(op, USE_NUMBERS, array)
    if array.dtype.kind != "f" and ((b == 0).any() if hasattr(b, "dtype") else b == 0):
        raise ZeroDivisionError(f"{op}: an integer was divided by 0; floats give inf or NaN")
    return array_module(array), array.dtype.kind == "f"


def _floor_divmod(a, b):
    """(a / b rounded down, what is left), right also where a / b itself is rounded: 1 // 0.1 is 9.

    That is what NumPy computes; CuPy takes floor(a / b) of floats.
    """
    array = a if hasattr(a, "dtype") else b
    xp = array_module(array)
    if xp is np or array.dtype.kind != "f":
        return xp.floor_divide(a, b), xp.remainder(a, b)
    left = xp.fmod(a, b)                                      # has the sign of a
    beyond = (left != 0) & ((left < 0) != (xp.asarray(b) < 0))
    quotient = xp.rint((a - left) / b) - beyond
    return xp.where(xp.asarray(b) == 0, a / b, quotient), xp.where(beyond, left + b, left)


class RoundedDiv(Function):
    """y = a / b rounded down ("floor") or towards 0 ("trunc"), integers exactly;  da = db = 0."""

    def __init__(self, rounding_mode):
        self.rounding_mode = rounding_mode

    def forward(self, a, b):
        self.a_shape, self.b_shape = shape_of(a), shape_of(b)
        xp, is_float = _check_division("div", a, b)
        if self.rounding_mode == "floor":
            return _floor_divmod(a, b)[0]
        return xp.trunc(a / b) if is_float else xp.floor_divide(a - xp.fmod(a, b), b)

    def backward(self, dy):
        zero = array_module(dy).zeros_like
        da = sum_to(zero(dy), self.a_shape) if self.needs[0] else None
        db = sum_to(zero(dy), self.b_shape) if self.needs[1] else None
        return da, db


def floor_divide(input, other):
    """``input // other``: the quotient rounded down, elementwise; integers stay integers.

    Parameters, result and errors are those of ``div`` with ``rounding_mode="floor"``.
    """
    return binary(RoundedDiv("floor"), "floor_divide", input, other)


class Remainder(Function):
    """y = a - b * floor(a / b);  da = dy,  db = -dy * floor(a / b)."""

    def forward(self, a, b):
        self.a, self.b = a, b
        _check_division("remainder", a, b)
        return _floor_divmod(a, b)[1]

    def backward(self, dy):
        da = unbroadcast(dy, self.a) if self.needs[0] else None
        quotient = _floor_divmod(self.a, self.b)[0] if self.needs[1] else None
        return da, unbroadcast(-dy * quotient, self.b) if self.needs[1] else None


def remainder(input, other):
    """``input % other``, elementwise: what floor division leaves, with the sign of ``other``.

    Parameters
    ----------
    input, other : Tensor, array-like or number
        Shapes that broadcast.

    Returns
    -------
    Tensor
        Of the broadcast shape; NaN where floats are divided by 0.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.
    ZeroDivisionError
        For an integer divided by 0.
    TypeError
        For two bools.
    """
    return binary(Remainder(), "remainder", input, other)


class Fmod(Function):
    """y = a - b * trunc(a / b);  da = dy,  db = -dy * trunc(a / b)."""

    def forward(self, a, b):
        self.a, self.b = a, b
        xp, _ = _check_division("fmod", a, b)
        return xp.fmod(a, b)

    def backward(self, dy):
        da = unbroadcast(dy, self.a) if self.needs[0] else None
        quotient = array_module(dy).trunc(self.a / self.b) if self.needs[1] else None
        return da, unbroadcast(-dy * quotient, self.b) if self.needs[1] else None


def fmod(input, other):
    """What division towards 0 leaves, elementwise, with the sign of ``input`` (as C's fmod).

    Parameters, result and errors are those of ``remainder``.
    """
    return binary(Fmod(), "fmod", input, other)
