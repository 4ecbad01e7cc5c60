"""Comparisons, logic and bits: results are bools or integers, so nothing here has a gradient.

Dtypes mix by PyTorch's rules, so that float32 0.1 equals the Python number 0.1.
"""
import numpy as np

from ..autograd import Tensor
from ..device import array_module
from ..dtypes import bool_
from .broadcast import check_broadcast, promoted
from .checks import as_tensor

__all__ = ["allclose", "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "eq", "equal",
           "ge", "greater", "greater_equal", "gt", "isclose", "isfinite", "isinf", "isnan", "le",
           "less", "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor", "lt",
           "ne", "not_equal"]


def _arrays(a, b):
    """Two operands as plain arrays (or a Python number) that can be compared.

    Integers are compared with a Python integer as it is, even where their dtype cannot hold it.
    """
    if type(b) is int and isinstance(a, Tensor) and a.data.dtype.kind in "iu":
        return a.data, b
    a, b = promoted(a, b)
    return getattr(a, "data", a), getattr(b, "data", b)


@np.errstate(all="ignore")  # a number beyond float16 compares as inf
def _compare(op, ufunc, a, b):
    a, b = _arrays(a, b)
    try:
        return Tensor(getattr(array_module(a), ufunc)(a, b))
    except ValueError:
        check_broadcast(op, a, b)
        raise


def eq(input, other):
    """``input == other``, elementwise. NaN equals nothing.

    Parameters
    ----------
    input, other : Tensor, array-like or number
        Shapes that broadcast.

    Returns
    -------
    Tensor of bool
        Of the broadcast shape.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.
    """
    return _compare("eq", "equal", input, other)


def ne(input, other):
    """``input != other``, elementwise; parameters, result and errors are those of ``eq``."""
    return _compare("ne", "not_equal", input, other)


def lt(input, other):
    """``input < other``, elementwise; parameters, result and errors are those of ``eq``."""
    return _compare("lt", "less", input, other)


def le(input, other):
    """``input <= other``, elementwise; parameters, result and errors are those of ``eq``."""
    return _compare("le", "less_equal", input, other)


def gt(input, other):
    """``input > other``, elementwise; parameters, result and errors are those of ``eq``."""
    return _compare("gt", "greater", input, other)


def ge(input, other):
    """``input >= other``, elementwise; parameters, result and errors are those of ``eq``."""
    return _compare("ge", "greater_equal", input, other)


not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge


def equal(input, other):
    """True if both have the same shape and equal elements.

    Returns
    -------
    bool
    """
    input, other = as_tensor(input), as_tensor(other)
    return input.shape == other.shape and bool(eq(input, other).data.all())


def isnan(input):
    """Which elements are NaN: a Tensor of bool of the same shape."""
    return _test("isnan", input)


def isinf(input):
    """Which elements are inf or -inf: a Tensor of bool of the same shape."""
    return _test("isinf", input)


def isfinite(input):
    """Which elements are neither NaN nor infinite: a Tensor of bool of the same shape."""
    return _test("isfinite", input)


def _test(ufunc, input):
    array = as_tensor(input).data
    return Tensor(getattr(array_module(array), ufunc)(array))


@np.errstate(all="ignore")
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Which elements fulfil ``|input - other| <= atol + rtol * |other|``.

    Parameters
    ----------
    input, other : Tensor, array-like or number
        Shapes that broadcast.
    rtol, atol : float
        Relative and absolute tolerance, not negative.
    equal_nan : bool
        Whether NaN is close to NaN.

    Returns
    -------
    Tensor of bool
        Of the broadcast shape. Equal infinities are close.

    Raises
    ------
    ValueError
        If the shapes do not broadcast, or a tolerance is negative.
    """
    if not (rtol >= 0 and atol >= 0):
        raise ValueError(f"isclose: tolerances must not be negative, got rtol={rtol}, atol={atol}")
    a, b = _arrays(input, other)
    check_broadcast("isclose", a, b)
    xp = array_module(a)
    if xp.result_type(a, b).kind != "f":
        a, b = xp.asarray(a, dtype="float64"), xp.asarray(b, dtype="float64")
    difference = xp.abs(a - b)
    close = (a == b) | (xp.isfinite(difference) & (difference <= atol + xp.abs(rtol * b)))
    return Tensor(close | ((a != a) & (b != b)) if equal_nan else close)


def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all elements are close; parameters and errors are those of ``isclose``.

    Returns
    -------
    bool
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).data.all())


def _logical(op, a, b):
    a, b = as_tensor(a), as_tensor(b)
    check_broadcast(op, a, b)
    a, b = a.data.astype(bool_), b.data.astype(bool_)
    return Tensor(getattr(array_module(a), op)(a, b))


def logical_and(input, other):
    """Whether both are true (not 0), elementwise.

    Parameters
    ----------
    input, other : Tensor, array-like or number
        Any dtypes, shapes that broadcast.

    Returns
    -------
    Tensor of bool
        Of the broadcast shape.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.
    """
    return _logical("logical_and", input, other)


def logical_or(input, other):
    """Whether one is true (not 0), elementwise; the rest as ``logical_and``."""
    return _logical("logical_or", input, other)


def logical_xor(input, other):
    """Whether exactly one is true (not 0), elementwise; the rest as ``logical_and``."""
    return _logical("logical_xor", input, other)


def logical_not(input):
    """Which elements are 0 or False: a Tensor of bool of the same shape."""
    return Tensor(~as_tensor(input).data.astype(bool_))


def _bitwise(op, a, b):
    _refuse_floats(op, a, b)
    a, b = promoted(a, b)
    check_broadcast(op, a, b)
    a, b = getattr(a, "data", a), getattr(b, "data", b)
    return Tensor(getattr(array_module(a), op)(a, b))


def _refuse_floats(op, *operands):
    for x in operands:
        if isinstance(x, float) or as_tensor(x).dtype.kind == "f":
            raise TypeError(f"{op}: works on the bits of integers and bools, got floats; "
                            f"convert them with .int(), or use {op.replace('bitwise', 'logical')}")


def bitwise_and(input, other):
    """``input & other``: the bits that both have; of bools, whether both are true.

    Parameters
    ----------
    input, other : Tensor, array-like or number
        Integers or bools, shapes that broadcast.

    Returns
    -------
    Tensor
        Of the broadcast shape, in the common dtype.

    Raises
    ------
    TypeError
        For floats.
    ValueError
        If the shapes do not broadcast.
    """
    return _bitwise("bitwise_and", input, other)


def bitwise_or(input, other):
    """``input | other``: the bits that one has; the rest as ``bitwise_and``."""
    return _bitwise("bitwise_or", input, other)


def bitwise_xor(input, other):
    """``input ^ other``: the bits that exactly one has; the rest as ``bitwise_and``."""
    return _bitwise("bitwise_xor", input, other)


def bitwise_not(input):
    """``~input``: every bit turned over; of bools, not. Floats are refused with a TypeError."""
    _refuse_floats("bitwise_not", input)
    return Tensor(~as_tensor(input).data)
