"""Tensors put together and taken apart along a dim.

x inputs, y result, dy and dx their gradients. A function with several results (split, chunk,
unbind) runs one op for each; these results are views.
"""
import math

from ..autograd import Function
from ..device import array_module
from ..dtypes import bool_, result_type
from .checks import as_tensor, normalize_dim
from .indexing import GetItem, getitem
from .shape import as_sizes, unsqueeze

__all__ = ["atleast_1d", "atleast_2d", "atleast_3d", "cat", "chunk", "column_stack", "concat",
           "concatenate", "dstack", "hstack", "narrow", "select", "split",
           "stack", "tensor_split", "unbind", "vstack"]


class Cat(Function):
    """y = x0, x1, ... one after another along ``dim``;  dx_i is the part of dy from x_i."""

    def __init__(self, dim, dtype):
        self.dim, self.cast = dim, dtype

    def forward(self, *xs):
        self.shapes = [x.shape for x in xs]
        kept = [x.astype(self.cast, copy=False) for x in xs if x.shape != (0,)]
        xp = array_module(xs[0])
        return xp.concatenate(kept, axis=self.dim) if kept else xp.zeros(0, self.cast)

    def backward(self, dy):
        dxs, start = [], 0
        for shape in self.shapes:
            if shape == (0,):
                dxs.append(dy.ravel()[:0])
                continue
            stop = start + shape[self.dim]
            dxs.append(dy[(slice(None),) * self.dim + (slice(start, stop),)])
            start = stop
        return tuple(dxs)


def cat(tensors, dim=0):
    """Put tensors one after another along ``dim``; all other sizes must agree.

    Parameters
    ----------
    tensors : sequence of Tensor
        At least one, none of them 0-d; dtypes are promoted. Empty 1-d tensors are skipped whatever
        the other shapes, as in PyTorch.
    dim : int
        An existing dim.

    Raises
    ------
    ValueError
        If there is no tensor, one is 0-d, or the shapes do not fit.
    """
    return _joined("cat", _tensor_list("cat", tensors), dim)


def _joined(op, tensors, dim):
    for i, x in enumerate(tensors):
        if x.ndim == 0:
            raise ValueError(f"{op}: tensor {i} is 0-d and has no dim to join along; use stack()")
    shapes = [x.shape for x in tensors if x.shape != (0,)] or [(0,)]
    dim = normalize_dim(op, dim, len(shapes[0]))
    for shape in shapes:
        if shape[:dim] + shape[dim + 1:] != shapes[0][:dim] + shapes[0][dim + 1:] \
                or len(shape) != len(shapes[0]):
            raise ValueError(f"{op}: shapes {shapes[0]} and {shape} must agree in every dim but "
                             f"{dim}")
    return Cat(dim, result_type(*[x.data for x in tensors]))(*tensors)


concat = concatenate = cat


def _tensor_list(op, tensors):
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(f"{op}: takes a list or tuple of tensors, got {type(tensors).__name__}")
    if not tensors:
        raise ValueError(f"{op}: needs at least one tensor, got an empty {type(tensors).__name__}")
    return [as_tensor(x) for x in tensors]


class Stack(Function):
    """y[..., i, ...] = x_i, i along the new dim ``dim``;  dx_i = dy[..., i, ...]."""

    def __init__(self, dim, dtype):
        self.dim, self.cast = dim, dtype

    def forward(self, *xs):
        xs = [x.astype(self.cast, copy=False) for x in xs]
        return array_module(xs[0]).stack(xs, axis=self.dim)

    def backward(self, dy):
        before = (slice(None),) * self.dim
        return tuple([dy[before + (i,)] for i in range(dy.shape[self.dim])])


def stack(tensors, dim=0):
    """Put tensors of one shape side by side along a new dim.

    Raises
    ------
    ValueError
        If there is no tensor, or the shapes differ.
    """
    tensors = _tensor_list("stack", tensors)
    for x in tensors:
        if x.shape != tensors[0].shape:
            raise ValueError(f"stack: all shapes must be equal, got {tensors[0].shape} and "
                             f"{x.shape}; use cat() to join along an existing dim")
    dim = normalize_dim("stack", dim, tensors[0].ndim + 1)
    return Stack(dim, result_type(*[x.data for x in tensors]))(*tensors)


def _at_least(x, ndim):
    """``x`` with dims of size 1 added until there are ``ndim``: (n) -> (1, n) -> (1, n, 1)."""
    while x.ndim < ndim:
        x = unsqueeze(x, -1 if x.ndim == 2 else 0)
    return x


def atleast_1d(*tensors):
    """A 0-d tensor as (1); others as they are. Several give a tuple."""
    return _each_at_least(1, tensors)


def atleast_2d(*tensors):
    """Tensors of fewer dims as (1, n); others as they are. Several give a tuple."""
    return _each_at_least(2, tensors)


def atleast_3d(*tensors):
    """Vectors as (1, n, 1), matrices as (m, n, 1); others as they are. Several give a tuple."""
    return _each_at_least(3, tensors)


def _each_at_least(ndim, tensors):
    if len(tensors) == 1 and not isinstance(tensors[0], (tuple, list)):
        return _at_least(as_tensor(tensors[0]), ndim)
    tensors = tensors[0] if len(tensors) == 1 else tensors
    return tuple([_at_least(as_tensor(x), ndim) for x in tensors])


def hstack(tensors):
    """Join side by side: vectors end to end, everything else along dim 1."""
    tensors = [_at_least(x, 1) for x in _tensor_list("hstack", tensors)]
    return _joined("hstack", tensors, 0 if tensors[0].ndim == 1 else 1)


def vstack(tensors):
    """Join below one another, along dim 0; vectors become rows."""
    return _joined("vstack", [_at_least(x, 2) for x in _tensor_list("vstack", tensors)], 0)


def dstack(tensors):
    """Join behind one another, along dim 2."""
    return _joined("dstack", [_at_least(x, 3) for x in _tensor_list("dstack", tensors)], 2)


def column_stack(tensors):
    """Join side by side, along dim 1; vectors become columns."""
    columns = [unsqueeze(_at_least(x, 1), 1) if x.ndim < 2 else x
               for x in _tensor_list("column_stack", tensors)]
    return _joined("column_stack", columns, 1)


def _part(input, dim, start, stop):
    return GetItem((slice(None),) * dim + (slice(start, stop),))(input)


def _size_along(op, input, dim):
    """(dim counted from the front, its size); a 0-d tensor has none."""
    if input.ndim == 0:
        raise ValueError(f"{op}: a 0-d tensor has no dim to take apart; use reshape(1) first")
    dim = normalize_dim(op, dim, input.ndim)
    return dim, input.shape[dim]


def split(tensor, split_size_or_sections, dim=0):
    """Parts along a dim, as a tuple of views.

    Parameters
    ----------
    split_size_or_sections : int or sequence of int
        The size of every part (the last may be smaller), or the size of each.

    Raises
    ------
    ValueError
        If a size is negative, or the sizes do not add up to the dim's.
    """
    tensor = as_tensor(tensor)
    dim, n = _size_along("split", tensor, dim)
    if isinstance(split_size_or_sections, (tuple, list)):
        sizes = as_sizes("split", (split_size_or_sections,))
    else:
        sizes = _equal_sizes(n, *as_sizes("split", (split_size_or_sections,)))
    if min(sizes, default=0) < 0 or sum(sizes) != n:
        raise ValueError(f"split: sizes {split_size_or_sections} must not be negative and must add "
                         f"up to the size {n} of dim {dim}")
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return tuple([_part(tensor, dim, start, start + size) for start, size in zip(starts, sizes)])


def _equal_sizes(n, size):
    if size <= 0:
        return [n] if size == n == 0 else [size]  # the second is refused by the check of the sum
    return [min(size, n - start) for start in range(0, n, size)] or [0]


def chunk(input, chunks, dim=0):
    """At most ``chunks`` parts of equal size along a dim (the last may be smaller), as views.

    Raises
    ------
    ValueError
        If ``chunks`` is not positive.
    """
    input = as_tensor(input)
    dim, n = _size_along("chunk", input, dim)
    if chunks < 1:
        raise ValueError(f"chunk: chunks must be at least 1, got {chunks}")
    return split(input, math.ceil(n / chunks) if n else [0] * chunks, dim)


def tensor_split(input, indices_or_sections, dim=0):
    """Parts along a dim: so many of nearly equal size, or cut before each index given."""
    input = as_tensor(input)
    dim, n = _size_along("tensor_split", input, dim)
    if isinstance(indices_or_sections, (tuple, list)) or getattr(indices_or_sections, "ndim", 0):
        cuts = list(as_sizes("tensor_split", (indices_or_sections,)))
    else:
        (count,) = as_sizes("tensor_split", (indices_or_sections,))
        if count < 1:
            raise ValueError(f"tensor_split: the number of parts must be at least 1, got {count}")
        cuts = [i * (n // count) + min(i, n % count) for i in range(1, count)]
    return tuple([_part(input, dim, a, b) for a, b in zip([0, *cuts], [*cuts, n])])


def unbind(input, dim=0):
    """All slices along a dim, without that dim, as a tuple of views."""
    input = as_tensor(input)
    dim, n = _size_along("unbind", input, dim)
    return tuple([GetItem((slice(None),) * dim + (i,))(input) for i in range(n)])


def narrow(input, dim, start, length):
    """``length`` elements along a dim from ``start`` on (from the end if negative). A view.

    Raises
    ------
    TypeError
        If ``start`` is not one integer.
    IndexError
        If it lies outside the dim.
    ValueError
        If there are fewer than ``length`` elements from there, or it is negative.
    """
    input = as_tensor(input)
    dim, n = _size_along("narrow", input, dim)
    if getattr(start, "ndim", 0) or getattr(start, "dtype", None) == bool_:
        raise TypeError(f"narrow: start must be one integer, got {start!r}; pass an int")
    start, length = as_sizes("narrow", (start, length))
    if not -n <= start <= n:
        raise IndexError(f"narrow: start {start} lies outside dim {dim} of size {n}; use {-n} to "
                         f"{n}")
    start += n if start < 0 else 0
    if not 0 <= length <= n - start:
        raise ValueError(f"narrow: there are {n - start} elements from {start} on in dim {dim} of "
                         f"size {n}, length {length} was asked for")
    return _part(input, dim, start, start + length)


def select(input, dim, index):
    """The slice at one index of a dim, without that dim. A view."""
    input = as_tensor(input)
    dim, _ = _size_along("select", input, dim)
    return getitem(input, (slice(None),) * dim + (index.__index__(),))
