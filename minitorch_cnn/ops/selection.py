"""Choosing and mixing elementwise: where, masked_fill, clamp, lerp, the larger or smaller of two.

a, b, x inputs of shapes that broadcast; mask bools; w weight; low, high bounds; y result;
dy, da, db ... gradients.
"""
import math

from .. import kernels
from ..autograd import Function, Tensor
from ..device import array_module
from .broadcast import (
    applied,
    binary,
    cast,
    exact_number,
    promoted,
    promoted_all,
    shape_of,
    sum_to,
    unbroadcast,
)
from .checks import as_tensor, check_float, check_same_dtype

__all__ = ["clamp", "clip", "fmax", "fmin", "lerp", "masked_fill", "maximum", "minimum", "where"]


class Where(Function):
    """y = a where mask, else b;  da = dy where mask, else 0;  db = dy where not mask, else 0."""

    def forward(self, mask, a, b):
        self.mask, self.a_shape, self.b_shape = mask, shape_of(a), shape_of(b)
        return array_module(mask).where(mask, a, b)

    def backward(self, dy):
        where = array_module(dy).where
        da = sum_to(where(self.mask, dy, 0), self.a_shape) if self.needs[1] else None
        db = sum_to(where(self.mask, 0, dy), self.b_shape) if self.needs[2] else None
        return None, da, db


def where(condition, input=None, other=None):
    """``input`` where ``condition`` is true, ``other`` elsewhere.

    Parameters
    ----------
    condition : Tensor or array of bool
    input, other : Tensor, array-like or number
        Shapes that broadcast with the condition. Without them the result is the indices of the true
        elements, as of ``nonzero(as_tuple=True)``.

    Returns
    -------
    Tensor
        Of the broadcast shape, in the common dtype; or a tuple of int64 Tensors, one per dimension.

    Raises
    ------
    TypeError
        If the condition does not hold bools, or only one of ``input`` and ``other`` is given.
    ValueError
        If the shapes do not broadcast.
    """
    condition = as_tensor(condition)
    if input is None and other is None:
        mask = condition.data
        return tuple([Tensor(index) for index in array_module(mask).nonzero(mask)])
    if input is None or other is None:
        raise TypeError("where: pass both input and other, or neither for the indices")
    return applied(Where(), "where", _mask("where", condition), *promoted(input, other))


def _mask(op, mask):
    mask = as_tensor(mask)
    if mask.dtype.kind != "b":
        raise TypeError(f"{op}: the mask must hold bools, got {mask.dtype}; make one by "
                        "comparing, as in x != 0")
    return mask


def masked_fill(input, mask, value):
    """``input`` with ``value`` where ``mask`` is true.

    Parameters
    ----------
    input : Tensor
        Any shape and dtype.
    mask : Tensor or array of bool
        Its shape broadcasts with the input's.
    value : number or 0-d Tensor
        Converted to the dtype of ``input``; a gradient flows to a Tensor.

    Returns
    -------
    Tensor
        Of the broadcast shape, in the dtype of ``input``.

    Raises
    ------
    TypeError
        If the mask does not hold bools.
    ValueError
        If ``value`` has dimensions or does not fit the dtype, or the shapes do not broadcast.
    """
    input, mask = as_tensor(input), _mask("masked_fill", mask)
    if isinstance(value, (bool, int, float)):
        value = exact_number("masked_fill", value, input.dtype)
    else:
        value = cast(value, input.dtype)
        if value.ndim > 0:
            raise ValueError("masked_fill: value must be a number or a 0-d tensor, got shape "
                             f"{value.shape}; use where(mask, value, input)")
    return applied(Where(), "masked_fill", mask, value, input)


class Clamp(Function):
    """y = min(max(x, low), high);  dx = dy where low <= x <= high.

    A Tensor as bound gets dy where it holds the value back. Where low > high, y is high.
    """

    def forward(self, x, low, high):
        self.x, self.low, self.high = x, low, high
        return kernels.clamp_forward(x, low, high)

    def backward(self, dy):
        x, where = self.x, array_module(dy).where
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        dx = dlow = dhigh = None
        if self.needs[0]:
            dx = unbroadcast(where((x >= low) & (x <= high), dy, 0), x)
        if self.needs[1]:
            held = x < low if self.high is None else (x < low) & (low < high)
            dlow = unbroadcast(where(held, dy, 0), low)
        if self.needs[2]:
            dhigh = unbroadcast(where((x > high) | (low > high), dy, 0), high)
        return dx, dlow, dhigh


def clamp(input, min=None, max=None):
    """``input`` held between two bounds, elementwise; the gradient passes at the bounds themselves.

    Parameters
    ----------
    input : Tensor or array-like
        Any shape.
    min, max : number, Tensor or None
        Bounds, with shapes that broadcast; None for no bound. Where min > max the result is max.

    Returns
    -------
    Tensor
        Of the broadcast shape, in the common dtype. NaN stays NaN.

    Raises
    ------
    ValueError
        Without any bound, if the shapes do not broadcast, or if a number does not fit an
        integer dtype.
    """
    if min is None and max is None:
        raise ValueError("clamp: pass min, max or both")
    input = as_tensor(input)
    if input.data.dtype.kind == "f" and type(min) in _NUMBERS and type(max) in _NUMBERS:
        return Clamp()(input, min, max)
    return applied(Clamp(), "clamp", *_bounded(input, min, max))


_NUMBERS = (float, int, type(None))


def _bounded(input, low, high):
    """Input and bounds in their common dtype, None where there is no bound."""
    for bound in (low, high):
        if isinstance(bound, int) and input.dtype.kind in "iu":
            exact_number("clamp", bound, input.dtype)
    x, *bounds = promoted_all(input, *[bound for bound in (low, high) if bound is not None])
    return x, None if low is None else bounds[0], None if high is None else bounds[-1]


class Larger(Function):
    """y = max(a, b), NaN if either is;  the larger gets dy, on ties each dy / 2."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return array_module(a).maximum(a, b)

    def backward(self, dy):
        return _shared(dy, self.a, self.b, self.a < self.b, self.a > self.b, self.needs)


class Smaller(Function):
    """y = min(a, b), NaN if either is;  the smaller gets dy, on ties each dy / 2."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return array_module(a).minimum(a, b)

    def backward(self, dy):
        return _shared(dy, self.a, self.b, self.a > self.b, self.a < self.b, self.needs)


def _shared(dy, a, b, a_loses, b_loses, needs):
    """(da, db): 0 for the loser, half each on ties; dy for both where one is NaN (PyTorch)."""
    where = array_module(dy).where
    share = where(a == b, dy / 2, dy)
    da = unbroadcast(where(a_loses, 0, share), a) if needs[0] else None
    db = unbroadcast(where(b_loses, 0, share), b) if needs[1] else None
    return da, db


def maximum(input, other):
    """The larger of two, elementwise; NaN if either is. On ties each gets half of the gradient.

    Parameters
    ----------
    input, other : Tensor, array-like or number
        Shapes that broadcast.

    Returns
    -------
    Tensor
        Of the broadcast shape, in the common dtype.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.
    """
    return binary(Larger(), "maximum", *_tensors(input, other))


def minimum(input, other):
    """The smaller of two, elementwise; NaN if either is. On ties each gets half of the gradient.

    Parameters, result and errors are those of ``maximum``.
    """
    return binary(Smaller(), "minimum", *_tensors(input, other))


def _tensors(*operands):
    """Both operands in the common dtype, Python numbers too."""
    a, b = promoted(*operands)
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a, b
    dtype = (a if isinstance(a, Tensor) else b).dtype
    return cast(a, dtype), cast(b, dtype)


class LargerNumber(Function):
    """y = max(a, b) of what is not NaN;  da = dy where a >= b or b is NaN, db = dy elsewhere."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return array_module(a).fmax(a, b)

    def backward(self, dy):
        return _split(dy, self.a, self.b, self.a >= self.b)


class SmallerNumber(Function):
    """y = min(a, b) of what is not NaN;  da = dy where a <= b or b is NaN, db = dy elsewhere."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return array_module(a).fmin(a, b)

    def backward(self, dy):
        return _split(dy, self.a, self.b, self.a <= self.b)


def _split(dy, a, b, a_wins):
    where, a_wins = array_module(dy).where, a_wins | (b != b)
    return unbroadcast(where(a_wins, dy, 0), a), unbroadcast(where(a_wins, 0, dy), b)


def fmax(input, other):
    """The larger of two, elementwise; if one is NaN the other. On ties ``input`` has the gradient.

    Parameters, result and errors are those of ``maximum``.
    """
    return binary(LargerNumber(), "fmax", *_tensors(input, other))


def fmin(input, other):
    """The smaller of two, elementwise; if one is NaN the other. On ties ``input`` has the gradient.

    Parameters, result and errors are those of ``maximum``.
    """
    return binary(SmallerNumber(), "fmin", *_tensors(input, other))


class Lerp(Function):
    """y = a + w (b - a);  da = dy * (1 - w),  db = dy * w,  dw = dy * (b - a)."""

    def forward(self, a, b, w):
        self.a, self.b, self.w = a, b, w
        near_a = a + w * (b - a)
        near_b = b - (b - a) * (1 - w)  # exact at w = 1, as the other form is at w = 0
        if isinstance(w, (int, float)):
            return near_a if abs(w) < 0.5 else near_b
        return array_module(a).where(abs(w) < 0.5, near_a, near_b)

    def backward(self, dy):
        da = unbroadcast(dy * (1 - self.w), self.a) if self.needs[0] else None
        db = unbroadcast(dy * self.w, self.b) if self.needs[1] else None
        dw = unbroadcast(dy * (self.b - self.a), self.w) if self.needs[2] else None
        return da, db, dw


def lerp(input, end, weight):
    """``input + weight * (end - input)``: ``input`` at weight 0, ``end`` at weight 1.

    Parameters
    ----------
    input, end : Tensor
        Floats of one dtype; shapes that broadcast.
    weight : number or Tensor
        Any number, or floats of the same dtype.

    Returns
    -------
    Tensor
        Of the broadcast shape.

    Raises
    ------
    TypeError
        For integers and mixed dtypes.
    ValueError
        If the shapes do not broadcast.
    """
    input, end = as_tensor(input), as_tensor(end)
    weight = weight if isinstance(weight, (int, float)) else as_tensor(weight)
    tensors = dict(input=input, end=end, weight=weight if isinstance(weight, Tensor) else None)
    check_float("lerp", **tensors)
    check_same_dtype("lerp", **tensors)
    return applied(Lerp(), "lerp", input, end, weight)


clip = clamp
