"""Elements by their place: ``x[...]`` and ``x[...] = value``.

x input, y result, dy and dx their gradients. An element that is taken several times gets the sum of
the gradients of its copies.

An index is applied in two steps, as in PyTorch: first the integers, slices, None and Ellipsis,
which give a view; then the arrays and masks, which give a copy. (NumPy lets integers take part in
the second step, and orders the dims of ``x[0, :, [1, 2]]`` differently.)
"""
import numpy as np

from ..autograd import Function, Tensor
from ..device import array_module
from .shape import broadcast_shapes_of

__all__ = []  # x[...] is attached in operators.py


class GetItem(Function):
    """y = x[basic][advanced];  dx[basic][advanced] += dy, zero elsewhere."""

    silent = True

    def __init__(self, basic, advanced=()):
        self.basic, self.advanced = (*basic, Ellipsis), advanced

    def forward(self, x):
        self.before = x.shape
        y = x[self.basic]
        return y[self.advanced] if self.advanced else y

    def backward(self, dy):
        xp = array_module(dy)
        dx = xp.zeros(self.before, dy.dtype)
        if self.advanced:
            xp.add.at(dx[self.basic], self.advanced, dy)
        else:
            dx[self.basic] = dy
        return dx


def getitem(input, index):
    """``input[index]``: integers, slices, None, Ellipsis, masks, arrays of integers, lists, mixed.

    Masks and arrays may be Tensors or NumPy arrays. Several arrays broadcast together; their dims
    stand where the first of them stood if they are neighbors, else in front.

    Returns
    -------
    Tensor
        A view if there are only integers, slices, None and Ellipsis; else a copy.

    Raises
    ------
    IndexError
        For too many indices, an index out of range, a mask of the wrong shape, an index that is not
        an integer, or arrays that do not broadcast.
    ValueError
        For a slice with a negative step (use ``flip``).
    """
    return GetItem(*parse_index(input.data, index))(input)


def parse_index(x, index):
    """``index`` into the array ``x`` as (basic, advanced), two tuples NumPy can index with.

    ``advanced`` is empty if there is no array in ``index``; otherwise it indexes ``x[basic]``.
    """
    items = tuple(index) if _is_tuple(index) else (index,)
    items = [_as_item(x, item) for item in items]
    items = _without_ellipsis(items, x.ndim)
    basic, advanced, dim = [], [], 0  # dim of x that the next item indexes
    for item in items:
        if item is None or isinstance(item, bool):
            basic.append(None)
            advanced.append(slice(None) if item is None else array_module(x).arange(int(item)))
        elif isinstance(item, int):
            basic.append(_checked_int(item, x.shape, dim))
            dim += 1
        elif isinstance(item, slice):
            basic.append(_checked_slice(item))
            advanced.append(slice(None))
            dim += 1
        else:
            arrays = _mask_positions(item, x.shape, dim) if item.dtype.kind == "b" else [item]
            for array in arrays:
                basic.append(slice(None))
                advanced.append(_checked_array(array, x.shape, dim))
                dim += 1
    if all(isinstance(a, slice) for a in advanced):
        return tuple(basic), ()
    _check_broadcast(advanced)
    return tuple(basic), tuple(advanced)


def _is_tuple(index):
    """A tuple; or, as PyTorch has it, a list that holds more than numbers: x[[[0, 1], [2, 2]]]."""
    parts = (list, tuple, range, slice, Tensor, type(None), type(...))
    return isinstance(index, tuple) or (isinstance(index, list)
                                        and any(isinstance(part, parts) for part in index))


def _as_item(x, item):
    """An index as one of None, Ellipsis, bool, int, slice, or an array (of bools or integers)."""
    if item is None or item is Ellipsis or isinstance(item, (bool, int, slice)):
        return item
    if not hasattr(item, "dtype"):
        if hasattr(item, "__index__"):
            return item.__index__()
        item = _array_of_sequence(item)
    item = item.data if isinstance(item, Tensor) else item
    if item.dtype == np.uint8 and item.ndim:
        item = item.astype(bool)  # PyTorch's older kind of mask
    if item.dtype.kind not in "biu":
        raise IndexError(f"index: arrays must hold integers or bools, got {item.dtype}; convert "
                         "them with .long() or .bool()")
    if item.ndim == 0:
        return item.item()
    return array_module(x).asarray(item)


def _array_of_sequence(item):
    if not isinstance(item, (list, tuple, range)):
        raise IndexError(f"index: a {type(item).__name__} cannot be an index; use integers, "
                         "slices, None, ..., masks, lists or arrays of integers")
    try:
        array = np.array([np.asarray(part) for part in item])
    except ValueError:
        raise IndexError("index: a list must hold integers or bools, in rows of one length"
                         ) from None
    return array.astype(np.int64) if array.size == 0 else array


def _without_ellipsis(items, ndim):
    """The items with Ellipsis, or the end of a short index, spelled out as full slices."""
    consumed = sum(item.ndim if hasattr(item, "ndim") and item.dtype.kind == "b" else 1
                   for item in items
                   if item is not None and item is not Ellipsis and not isinstance(item, bool))
    if consumed > ndim:
        raise IndexError(f"index: {consumed} indices for a tensor of {ndim} dimensions; use at "
                         f"most {ndim}")
    places = [i for i, item in enumerate(items) if item is Ellipsis]
    if len(places) > 1:
        raise IndexError("index: an index can hold one ... only")
    place = places[0] if places else len(items)
    return items[:place] + [slice(None)] * (ndim - consumed) + items[place + 1:]


def _checked_int(index, shape, dim):
    n = shape[dim]
    if not -n <= index < n:
        raise IndexError(f"index: {index} is out of range for dim {dim} of size {n}")
    return int(index)


def _checked_slice(item):
    try:
        parts = [None if p is None else p.__index__() for p in (item.start, item.stop, item.step)]
    except (AttributeError, TypeError):
        raise IndexError(f"index: the bounds of a slice must be integers, got {item}") from None
    if parts[2] is not None and parts[2] <= 0:
        raise ValueError(f"index: the step of a slice must be positive, got {parts[2]}; use flip() "
                         "to reverse")
    return slice(*parts)


def _checked_array(index, shape, dim):
    n = shape[dim]
    if index.size and not (-n <= index.min() and index.max() < n):
        bad = int(index.max() if index.max() >= n else index.min())
        raise IndexError(f"index: {bad} is out of range for dim {dim} of size {n}")
    return index


def _mask_positions(mask, shape, dim):
    covered = shape[dim:dim + mask.ndim]
    if mask.shape != covered:
        raise IndexError(f"index: a mask of shape {mask.shape} does not fit the dims of shape "
                         f"{covered} that it selects from; they must be equal")
    return list(mask.nonzero())


def _check_broadcast(advanced):
    shapes = [a.shape for a in advanced if not isinstance(a, slice)]
    try:
        broadcast_shapes_of("index", *shapes)
    except ValueError as error:
        raise IndexError(str(error)) from None


def set_item(x, index, value):
    """``x[index] = value`` on arrays: the value broadcasts, and is cast to x's dtype.

    Raises
    ------
    IndexError, ValueError
        For a bad index as in ``getitem``, and if the value's shape does not fit.
    """
    basic, advanced = parse_index(x, index)
    place = x[(*basic, Ellipsis)]
    value = array_module(x).asarray(value)
    try:
        with np.errstate(invalid="ignore"):  # NaN into an integer tensor: any value, as in PyTorch
            place[advanced or Ellipsis] = value.astype(x.dtype, copy=False)
    except ValueError:
        shape = place[advanced].shape if advanced else place.shape
        raise ValueError(f"x[index] = value: the value's shape {value.shape} does not broadcast to "
                         f"the selected shape {shape}; aligned at the right, sizes must be equal "
                         "or 1"
                         ) from None
