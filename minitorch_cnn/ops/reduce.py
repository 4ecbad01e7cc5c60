"""Reductions: sums, products, moments and norms over some dims or all.

x input of N elements per result; y result; dy, dx gradients.
``dim`` is an int, a tuple of ints, or None for all; ``keepdim`` keeps reduced dims with size 1.
"""
import math

from ..autograd import Function, Tensor
from ..device import array_module
from ..dtypes import float16, float32, int64, uint8
from .broadcast import cast, floats, numeric_dtype
from .checks import as_tensor, check_float, normalize_dim, normalize_dims

__all__ = ["all", "any", "count_nonzero", "cumsum", "logsumexp", "mean", "prod", "sum"]


class Reduction(Function):
    """What the reductions share: which dims, and how dy is spread over them again.

    ``forward`` keeps the shape of x as ``x_shape``.
    """

    def __init__(self, dims=None, keepdim=False):
        self.dims, self.keepdim = dims, keepdim

    def kept(self, y):
        """``y`` with the reduced dims at size 1, so that it broadcasts with x."""
        if self.keepdim:
            return y
        dims = range(len(self.x_shape)) if self.dims is None else self.dims
        return y.reshape([1 if d in dims else n for d, n in enumerate(self.x_shape)])

    def spread(self, dy):
        """``dy``, the same for every element of a sum, in the shape of x (no memory of its own)."""
        return array_module(dy).broadcast_to(self.kept(dy), self.x_shape)


def count(shape, dims):
    """How many elements are reduced to one."""
    return math.prod(shape if dims is None else [shape[d] for d in dims])


def _add_up(x, dims, keepdim):
    """The sum in the dtype of ``x``; float16 adds up in float32, whose range it leaves late."""
    if x.dtype != float16:
        return x.sum(axis=dims, keepdims=keepdim, dtype=x.dtype)
    return x.sum(axis=dims, keepdims=keepdim, dtype=float32).astype(x.dtype)


class Sum(Reduction):
    """y = sum of x;  dx = dy for every element."""

    def forward(self, x):
        self.x_shape = x.shape
        return _add_up(x, self.dims, self.keepdim)

    def backward(self, dy):
        return self.spread(dy)


def sum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum of the elements.

    Parameters
    ----------
    input : Tensor or array-like
        Any shape.
    dim : int, tuple of int or None
        What to reduce; None and () for all.
    keepdim : bool
        Keep reduced dims with size 1.
    dtype : dtype, optional
        Convert to this first. Integers and bools are summed as int64 by default.

    Returns
    -------
    Tensor
        0 for a sum of nothing.

    Raises
    ------
    IndexError
        If a dim does not exist.
    ValueError
        If a dim is named twice.
    """
    input = _counted("sum", input, dtype)
    return Sum(dims_of("sum", dim, input), keepdim)(input)


def _counted(op, input, dtype):
    """``input`` in ``dtype``; without one, integers and bools as int64."""
    input = as_tensor(input)
    if dtype is None and input.data.dtype.kind == "f":
        return input
    return cast(input, numeric_dtype(op, dtype, int64))


def dims_of(op, dim, input):
    """``dim`` as a sorted tuple, None for all."""
    return None if dim is None else normalize_dims(op, dim, input.data.ndim)


class Mean(Reduction):
    """y = sum of x / N;  dx = dy / N for every element."""

    def forward(self, x):
        self.x_shape = x.shape
        return mean_of(x, self.dims, self.keepdim)

    def backward(self, dy):
        return self.spread(dy / count(self.x_shape, self.dims))


def mean_of(x, dims, keepdim):
    """The mean in the dtype of ``x``, of a float16 in float32 underway."""
    if x.dtype != float16:
        return x.sum(axis=dims, keepdims=keepdim) / count(x.shape, dims)
    return mean_of(x.astype(float32), dims, keepdim).astype(x.dtype)


def mean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean of the elements; NaN for a mean of nothing.

    Parameters are those of ``sum``.

    Raises
    ------
    TypeError
        For integers and bools, unless ``dtype`` is a float type.
    IndexError, ValueError
        As ``sum``.
    """
    input = as_tensor(input)
    if dtype is not None:
        input = cast(input, numeric_dtype("mean", dtype))
    if input.data.dtype.kind != "f":
        check_float("mean", input=input)
    return Mean(dims_of("mean", dim, input), keepdim)(input)


class Prod(Function):
    """y = product of x along dim, or of all;  dx = dy * the product of all other elements."""

    def __init__(self, dim, keepdim):
        self.dim, self.keepdim = dim, keepdim

    def forward(self, x):
        self.x = x
        axis = None if x.ndim == 0 else self.dim
        return x.prod(axis=axis, keepdims=self.keepdim, dtype=x.dtype)

    def backward(self, dy):
        xp, x = array_module(dy), self.x
        if self.dim is None or x.ndim == 0:
            return dy.reshape(()) * _product_of_others(xp, x.reshape(-1)).reshape(x.shape)
        dy = dy if self.keepdim else xp.expand_dims(dy, self.dim)
        return dy * xp.moveaxis(_product_of_others(xp, xp.moveaxis(x, self.dim, 0)), 0, self.dim)


def _product_of_others(xp, x):
    """For each element the product of the others along axis 0, right with any number of zeros."""
    return _product_before(xp, x) * _product_before(xp, x[::-1])[::-1]


def _product_before(xp, x):
    return xp.concatenate([xp.ones_like(x[:1]), xp.cumprod(x[:-1], axis=0)])


def prod(input, dim=None, keepdim=False, *, dtype=None):
    """The product of the elements along one dim, or of all.

    Parameters
    ----------
    input : Tensor or array-like
        Any shape.
    dim : int, optional
        What to reduce.
    keepdim : bool
        Keep the reduced dims with size 1.
    dtype : dtype, optional
        Convert to this first. Integers and bools are multiplied as int64 by default.

    Returns
    -------
    Tensor
        1 for a product of nothing.

    Raises
    ------
    IndexError
        If the dim does not exist.
    """
    input = _counted("prod", input, dtype)
    return Prod(None if dim is None else normalize_dim("prod", dim, input.ndim), keepdim)(input)


class LogSumExp(Reduction):
    """y = log(sum(exp(x)));  dx = dy * exp(x - y)."""

    def forward(self, x):
        self.x, self.x_shape = x, x.shape
        xp = array_module(x)
        top = self._top(xp, x)
        top = xp.where(xp.isfinite(top), top, 0)  # so that nothing overflows; inf - inf is NaN
        y = xp.log(xp.exp(x - top).sum(axis=self.dims, keepdims=True)) + top
        self.y = y if self.keepdim else y.squeeze(self.dims)
        return self.y

    def backward(self, dy):
        return self.kept(dy) * array_module(dy).exp(self.x - self.kept(self.y))

    def _top(self, xp, x):
        if x.size:
            return x.max(axis=self.dims, keepdims=True)
        shape = [1 if dim in self.dims else n for dim, n in enumerate(x.shape)]
        return xp.full(shape, -math.inf, x.dtype)


def logsumexp(input, dim, keepdim=False):
    """``log(sum(exp(input)))`` without overflow: a smooth maximum.

    Parameters are those of ``sum``; integers become float32.

    Returns
    -------
    Tensor
        -inf for nothing but -inf, or nothing at all.

    Raises
    ------
    IndexError, ValueError
        As ``sum``.
    """
    input = floats(input)
    return LogSumExp(normalize_dims("logsumexp", dim, input.ndim), keepdim)(input)


class CumSum(Function):
    """y[i] = x[0] + ... + x[i] along dim;  dx[i] = dy[i] + ... + dy[-1]."""

    def __init__(self, dim):
        self.dim = dim

    def forward(self, x):
        return x.reshape(x.shape or 1).cumsum(axis=self.dim, dtype=x.dtype).reshape(x.shape)

    def backward(self, dy):
        xp, dim = array_module(dy), self.dim
        if dy.ndim == 0:
            return dy
        return xp.flip(xp.flip(dy, dim).cumsum(axis=dim, dtype=dy.dtype), dim)


def cumsum(input, dim, *, dtype=None):
    """Sums of all elements up to each one, along a dim.

    Parameters
    ----------
    input : Tensor or array-like
        Any shape.
    dim : int
        Along which to add up.
    dtype : dtype, optional
        Convert to this first. Integers and bools are summed as int64 by default.

    Returns
    -------
    Tensor
        Of the same shape.

    Raises
    ------
    IndexError
        If the dim does not exist.
    """
    input = _counted("cumsum", input, dtype)
    return CumSum(normalize_dim("cumsum", dim, input.ndim))(input)


def any(input, dim=None, keepdim=False):
    """Whether some element is true (not 0; NaN is).

    Parameters
    ----------
    input : Tensor or array-like
        Any shape and dtype.
    dim : int, tuple of int or None
        What to reduce; None for all, () for none.
    keepdim : bool
        Keep reduced dims with size 1.

    Returns
    -------
    Tensor of bool
        uint8 for uint8, as in PyTorch. False for no elements.

    Raises
    ------
    IndexError
        If a dim does not exist.
    ValueError
        If a dim is named twice.
    """
    return _truth("any", input, dim, keepdim)


def all(input, dim=None, keepdim=False):
    """Whether every element is true (not 0; NaN is); True for no elements. The rest as ``any``."""
    return _truth("all", input, dim, keepdim)


def _truth(op, input, dim, keepdim):
    input = as_tensor(input)
    dims = () if dim == () else dims_of(op, dim, input)
    y = getattr(input.data != 0, op)(axis=dims, keepdims=keepdim)
    return Tensor(y.astype(input.dtype) if input.dtype == uint8 else y)


def count_nonzero(input, dim=None):
    """How many elements are not 0: an int64 Tensor; ``dim`` and errors as of ``sum``."""
    input = as_tensor(input)
    return Tensor((input.data != 0).sum(axis=dims_of("count_nonzero", dim, input), dtype=int64))
