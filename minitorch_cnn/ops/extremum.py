"""The largest, the smallest and the middle: max, min, amax, amin, argmax, argmin, median.

x input; y result; dy, dx gradients. ``max(dim)``, ``min(dim)`` and ``median(dim)`` give the
gradient to the element whose index they return, the first of several equal ones; ``amax``, ``amin``
and the forms without ``dim`` share it evenly. NaN is largest and smallest.
"""
from collections import namedtuple

import numpy as np

from ..autograd import Function, Tensor
from ..device import array_module
from .checks import as_tensor, normalize_dim, normalize_dims
from .selection import maximum, minimum

__all__ = ["amax", "amin", "aminmax", "argmax", "argmin", "max", "median", "min"]

ValuesIndices = namedtuple("ValuesIndices", "values indices")
MinMax = namedtuple("MinMax", "min max")


class Pick(Function):
    """y = x[..., indices, ...] along dim, one index per line;  dx = dy there, 0 elsewhere.

    Parameters
    ----------
    indices : array
        Shape of x with size 1 at ``dim``.
    """

    def __init__(self, indices, dim, keepdim):
        self.indices, self.dim, self.keepdim = indices, dim, keepdim

    def forward(self, x):
        self.x_shape = x.shape
        xp, lines = array_module(x), x.reshape(x.shape or 1)
        y = xp.take_along_axis(lines, self.indices, self.dim)
        return _fold(y, x.ndim, self.dim, self.keepdim)

    def backward(self, dy):
        xp, shape = array_module(dy), self.x_shape or (1,)
        positions = xp.arange(shape[self.dim]).reshape([-1] + [1] * (len(shape) - 1 - self.dim))
        dy = dy.reshape(self.indices.shape)
        return xp.where(positions == self.indices, dy, 0).reshape(self.x_shape)


def _fold(y, ndim, dim, keepdim):
    """``y`` without its dim of size 1, unless it is to be kept; 0-d for a 0-d input."""
    if ndim == 0:
        return y.reshape(())
    return y if keepdim else y.squeeze(dim)


def _pick(op, find, input, dim, keepdim):
    """(values, indices) along ``dim``; ``find(lines, dim)`` gives an index per line, dims kept."""
    dim = normalize_dim(op, dim, input.ndim)
    _refuse_empty(op, input, (dim,))
    lines = input.data.reshape(input.shape or 1)
    indices = find(lines, dim)
    values = Pick(indices, dim, keepdim)(input)
    return ValuesIndices(values, Tensor(_fold(indices, input.ndim, dim, keepdim)))


def _refuse_empty(op, input, dims):
    """Refuse to look for an extremum among no elements.

    Raises
    ------
    ValueError
        If the whole input is to be reduced.
    IndexError
        Naming the dim of size 0.
    """
    if input.data.size:
        return
    empty = [d for d in dims if input.ndim and input.shape[d] == 0]
    if empty and len(dims) < input.ndim:
        raise IndexError(f"{op}: dim {empty[0]} of shape {input.shape} is empty, there is nothing "
                         "to choose from; reduce another dim")
    if len(dims) == input.ndim:
        raise ValueError(f"{op}: a tensor without elements (shape {input.shape}) has no extremum; "
                         "reduce a dim whose size is not 0")


class Extremum(Function):
    """y = max (or min) of x over dims;  dx = dy / n at the n elements equal to y, 0 elsewhere.

    Parameters
    ----------
    which : "max" or "min"
    """

    def __init__(self, which, dims, keepdim):
        self.which, self.dims, self.keepdim = which, dims, keepdim

    def forward(self, x):
        self.x = x
        self.y = getattr(x, self.which)(axis=self.dims, keepdims=True)
        return self.y if self.keepdim else self.y.squeeze(self.dims)

    def backward(self, dy):
        x, y = self.x, self.y
        hit = (x == y) | ((x != x) & (y != y))  # NaN is where x is not equal to itself
        count = hit.sum(axis=self.dims, keepdims=True, dtype=dy.dtype)
        return hit * (dy.reshape(y.shape) / count)


def _extremum(op, which, input, dim, keepdim):
    input = as_tensor(input)
    dims = normalize_dims(op, dim, input.ndim)
    _refuse_empty(op, input, dims)
    return Extremum(which, dims, keepdim)(input)


def amax(input, dim=(), keepdim=False):
    """The largest elements; equal ones share the gradient evenly.

    Parameters
    ----------
    input : Tensor
        Any shape.
    dim : int or tuple of int
        What to reduce; () for all.
    keepdim : bool
        Keep reduced dims with size 1.

    Returns
    -------
    Tensor
        NaN where there is one.

    Raises
    ------
    IndexError
        If a dim does not exist or is empty.
    ValueError
        If a dim is named twice, or all of an empty tensor is reduced.
    """
    return _extremum("amax", "max", input, dim, keepdim)


def amin(input, dim=(), keepdim=False):
    """The smallest elements; the rest as ``amax``."""
    return _extremum("amin", "min", input, dim, keepdim)


def aminmax(input, *, dim=None, keepdim=False):
    """The smallest and the largest elements.

    Parameters are those of ``amax``, but ``dim`` is one int, or None for all.

    Returns
    -------
    (min, max), a namedtuple of Tensors
    """
    return MinMax(_extremum("aminmax", "min", input, dim, keepdim),
                  _extremum("aminmax", "max", input, dim, keepdim))


def max(input, dim=None, keepdim=False, *, other=None):
    """The largest element; or along one dim, with its indices; or of two tensors, elementwise.

    ``max(x)``: 0-d Tensor; equal elements share the gradient evenly.

    ``max(x, dim, keepdim)``: namedtuple (values, indices); of equals the first has the gradient.

    ``max(x, other)``: ``maximum(x, other)``.

    Parameters
    ----------
    input : Tensor
        Any shape.
    dim : int or Tensor, optional
        The dim to reduce, or the other tensor.
    keepdim : bool
        Keep the reduced dim with size 1.
    other : Tensor, optional
        The other tensor, by name.

    Returns
    -------
    Tensor, or namedtuple (values, indices) of Tensors
        Indices are int64. NaN is larger than everything.

    Raises
    ------
    IndexError
        If the dim does not exist or is empty.
    ValueError
        For all of an empty tensor.
    """
    return _three_forms("max", maximum, _argmax, input, dim, keepdim, other)


def min(input, dim=None, keepdim=False, *, other=None):
    """The smallest element; or along one dim, with its indices; or of two tensors, elementwise.

    The forms are those of ``max``. NaN is smaller than everything.
    """
    return _three_forms("min", minimum, _argmin, input, dim, keepdim, other)


def _three_forms(op, of_two, find, input, dim, keepdim, other):
    input = as_tensor(input)
    if other is not None or (hasattr(dim, "ndim") and not isinstance(dim, np.generic)):
        return of_two(input, dim if other is None else other)
    if dim is None:
        return _extremum(op, op, input, None, keepdim)
    return _pick(op, find, input, dim, keepdim)


def _argmax(lines, dim):
    return _place("argmax", lines, dim, keepdims=True)


def _argmin(lines, dim):
    return _place("argmin", lines, dim, keepdims=True)


def _place(op, x, dim, keepdims):
    """The index of the first extremum, or of the first NaN: CuPy's is that of any NaN."""
    if x.ndim == 0:
        return array_module(x).zeros((), np.int64)
    index = getattr(x, op)(dim, keepdims=keepdims)
    if isinstance(x, np.ndarray) or x.dtype.kind != "f":
        return index
    nan = x != x
    return array_module(x).where(nan.any(dim, keepdims=keepdims),
                                 nan.argmax(dim, keepdims=keepdims), index)


def _arg(op, input, dim, keepdim):
    input = as_tensor(input)
    axis = None if dim is None else normalize_dim(op, dim, input.ndim)
    _refuse_empty(op, input, range(input.ndim) if dim is None else (axis,))
    return Tensor(_place(op, input.data, axis, keepdim))


def argmax(input, dim=None, keepdim=False):
    """The index of the largest element, the first of equal ones.

    Parameters
    ----------
    input : Tensor
        Any shape.
    dim : int, optional
        Search along this dim; without it, in the flattened tensor.
    keepdim : bool
        Keep the reduced dims with size 1.

    Returns
    -------
    Tensor of int64
        The first NaN, if there is one.

    Raises
    ------
    IndexError
        If the dim does not exist or is empty.
    ValueError
        For all of an empty tensor.
    """
    return _arg("argmax", input, dim, keepdim)


def argmin(input, dim=None, keepdim=False):
    """The index of the smallest element, the first of equal ones; the rest as ``argmax``."""
    return _arg("argmin", input, dim, keepdim)


def _argmedian(lines, dim):
    """The index of the lower median of each line, or of its first NaN."""
    xp = array_module(lines)
    order = lines.argsort(dim, kind="stable")
    middle = xp.take(order, (lines.shape[dim] - 1) // 2, axis=dim)
    nan = lines != lines
    first = xp.where(nan.any(axis=dim), nan.argmax(dim), middle)
    return xp.expand_dims(first, dim)


class Median(Function):
    """y = the lower median of x;  dx = dy / n at the n elements equal to y, 0 elsewhere."""

    def forward(self, x):
        self.x = x
        self.y = x.reshape(-1)[_argmedian(x.reshape(-1), 0)[0]]
        return self.y

    def backward(self, dy):
        hit = (self.x == self.y) | ((self.x != self.x) & (self.y != self.y))
        return hit * (dy / hit.sum(dtype=dy.dtype))


def median(input, dim=None, keepdim=False):
    """The middle element of the sorted ones, the lower of two in the middle.

    ``median(x)``: 0-d Tensor, NaN for no elements; equal elements share the gradient evenly.

    ``median(x, dim, keepdim)``: namedtuple (values, indices).

    Parameters
    ----------
    input : Tensor
        Any shape.
    dim : int, optional
        The dim to reduce.
    keepdim : bool
        Keep the reduced dim with size 1.

    Returns
    -------
    Tensor, or namedtuple (values, indices) of Tensors
        NaN where there is one.

    Raises
    ------
    IndexError
        If the dim does not exist or is empty.
    """
    input = as_tensor(input)
    if dim is not None:
        return _pick("median", _argmedian, input, dim, keepdim)
    if input.data.size == 0:
        return Tensor(array_module(input.data).asarray(float("nan"), dtype=input.dtype))
    return Median()(input)
