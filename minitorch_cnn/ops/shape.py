"""Other shapes and orders of the dims: views, which share the input's memory, as in PyTorch.

x input, y result, dy and dx their gradients.
"""
import math

from .. import kernels
from ..autograd import Function
from ..device import array_module
from .checks import as_tensor, normalize_dim, normalize_dims, remembered

__all__ = ["broadcast_tensors", "broadcast_to", "flatten", "moveaxis", "movedim", "permute",
           "ravel", "reshape", "squeeze", "swapaxes", "swapdims", "t", "transpose", "unflatten",
           "unsqueeze"]


class Reshape(Function):
    """y holds x's elements in row-major order under another shape;  dx = dy in x's shape."""

    silent = True

    def __init__(self, shape):
        self.target = shape

    def forward(self, x):
        self.before = x.shape
        if x.ndim == 4 and len(self.target) == 2 and _channels_last(x):
            x = kernels.row_major(x)
        return x.reshape(self.target)

    def backward(self, dy):
        return dy.reshape(self.before)


def as_sizes(op, sizes):
    """Sizes given as one sequence, or one by one, as a tuple of Python ints.

    Raises
    ------
    TypeError
        If one is not an integer.
    """
    if len(sizes) == 1 and (isinstance(sizes[0], (tuple, list)) or getattr(sizes[0], "ndim", 0)):
        sizes = tuple(sizes[0])
    try:
        return tuple([n.__index__() for n in sizes])
    except (AttributeError, TypeError):
        raise TypeError(f"{op}: sizes and dims must be integers, got {tuple(sizes)}") from None


def complete_shape(op, shape, count):
    """``shape`` with its one -1 replaced by what makes ``count`` elements.

    Raises
    ------
    ValueError
        If the shape cannot hold ``count`` elements, or -1 is ambiguous.
    """
    known = math.prod([n for n in shape if n != -1])
    if shape.count(-1) > 1 or min(shape, default=0) < -1:
        raise ValueError(f"{op}: shape {shape} may hold one -1 and no other negative size")
    if -1 in shape:
        if known == 0:
            raise ValueError(f"{op}: -1 in shape {shape} is ambiguous beside a size of 0; write it "
                             "out")
        shape = tuple([count // known if n == -1 else n for n in shape])
    if math.prod(shape) != count:
        raise ValueError(f"{op}: shape {shape} does not hold the input's {count} elements; sizes "
                         "must multiply to that number (one may be -1)")
    return shape


def reshape(input, shape):
    """The same elements, in row-major order, under another shape.

    Parameters
    ----------
    input : Tensor
        Any shape.
    shape : sequence of int
        The new shape; one size may be -1 and is then computed.

    Returns
    -------
    Tensor
        A view where the memory layout allows one, else a copy.

    Raises
    ------
    ValueError
        If the number of elements differs.
    """
    input = as_tensor(input)
    return Reshape(complete_shape("reshape", as_sizes("reshape", (shape,)), input.numel()))(input)


def view(input, *shape):
    """``reshape`` that must not copy: the result shares memory with ``input``.

    Images that a kernel left channels-last in memory are copied all the same, because their layout
    is no choice of the caller's.

    Raises
    ------
    ValueError
        If the elements do not lie in memory so that this shape is possible; use ``reshape``.
    """
    shape = complete_shape("view", as_sizes("view", shape), input.numel())
    y = Reshape(shape)(input)
    x = input.data
    if x.size and not array_module(x).may_share_memory(y.data, x) and not _channels_last(x):
        raise ValueError(f"view: a tensor of shape {input.shape} and strides {input.stride()} "
                         f"cannot be seen as {shape} without a copy; use reshape(), or "
                         "contiguous().view()")
    return y


def _channels_last(x):
    return x.ndim >= 3 and array_module(x).moveaxis(x, 1, -1).flags.c_contiguous


def view_as(input, other):
    """``input.view(other.shape)``."""
    return view(input, other.shape)


def reshape_as(input, other):
    """``input.reshape(other.shape)``."""
    return reshape(input, other.shape)


def flatten(input, start_dim=0, end_dim=-1):
    """Merge the dims from ``start_dim`` to ``end_dim`` (both included) into one.

    (N, C, H, W) -> (N, C*H*W) for ``start_dim=1``. A 0-d tensor becomes 1-d.

    Raises
    ------
    IndexError
        If a dim does not exist.
    ValueError
        If ``end_dim`` comes before ``start_dim``.
    """
    input = as_tensor(input)
    return Reshape(_flat_shape("flatten", input.shape, start_dim, end_dim))(input)


@remembered
def _flat_shape(op, s, start_dim, end_dim):
    first, last = normalize_dim(op, start_dim, len(s)), normalize_dim(op, end_dim, len(s))
    if last < first:
        raise ValueError(f"{op}: end_dim {end_dim} comes before start_dim {start_dim}; swap them")
    return s[:first] + (math.prod(s[first:last + 1]),) + s[last + 1:]


def ravel(input):
    """All elements in one dim, in row-major order; a view where possible."""
    return flatten(input)


def unflatten(input, dim, sizes):
    """Split one dim into several of ``sizes``, one of which may be -1.

    Raises
    ------
    ValueError
        If the sizes do not multiply to the dim's size.
    """
    input = as_tensor(input)
    dim = normalize_dim("unflatten", dim, input.ndim)
    sizes = as_sizes("unflatten", (sizes,))
    if not sizes:
        raise ValueError("unflatten: sizes must not be empty; pass one size for each new dim")
    s = input.shape
    return Reshape(s[:dim] + complete_shape("unflatten", sizes, s[dim]) + s[dim + 1:])(input)


class Permute(Function):
    """Dim i of y is dim dims[i] of x;  dx is dy permuted back."""

    def __init__(self, dims):
        self.dims = dims

    def forward(self, x):
        return x.transpose(self.dims)

    def backward(self, dy):
        return dy.transpose(sorted(range(len(self.dims)), key=self.dims.__getitem__))


def permute(input, dims):
    """Reorder the dims; ``dims[i]`` is the old place of the new dim i. A view.

    Raises
    ------
    ValueError
        If ``dims`` is not a permutation of all dims.
    """
    input = as_tensor(input)
    dims = as_sizes("permute", (dims,))
    if len(dims) != input.ndim:
        raise ValueError(f"permute: a tensor of {input.ndim} dimensions needs that many dims, got "
                         f"{dims}")
    dims = tuple([normalize_dim("permute", d, input.ndim) for d in dims])
    if len(set(dims)) < len(dims):
        raise ValueError(f"permute: a dimension appears twice in dims {dims}; name each once")
    return Permute(dims)(input)


def transpose(input, dim0, dim1):
    """Swap two dims. A view. (PyTorch's names ``swapaxes`` and ``swapdims`` mean the same.)"""
    input = as_tensor(input)
    dims = list(range(input.ndim))
    a = normalize_dim("transpose", dim0, input.ndim)
    b = normalize_dim("transpose", dim1, input.ndim)
    if dims:
        dims[a], dims[b] = dims[b], dims[a]
    return Permute(tuple(dims))(input)


swapdims = transpose


def swapaxes(input, axis0, axis1):
    """``transpose``, under NumPy's names."""
    return transpose(input, axis0, axis1)


def t(input):
    """A matrix transposed; tensors of fewer dims as they are.

    Raises
    ------
    ValueError
        For more than 2 dims; use ``transpose`` or ``mT``.
    """
    input = as_tensor(input)
    if input.ndim > 2:
        raise ValueError(f"t: needs at most 2 dimensions, got shape {input.shape}; use "
                         "transpose(dim0, dim1), permute(dims) or mT")
    return Permute(tuple(range(input.ndim))[::-1])(input)


def movedim(input, source, destination):
    """Move dims to other places; the rest keep their order. A view.

    Parameters
    ----------
    source, destination : int or sequence of int
        Old and new places, equally many.
    """
    input = as_tensor(input)
    source, destination = [as_sizes("movedim", d if isinstance(d, (tuple, list)) else (d,))
                           for d in (source, destination)]
    if len(source) != len(destination):
        raise ValueError(f"movedim: source {source} and destination {destination} must be equally "
                         "long")
    moves = {}
    for name, dims in (("source", source), ("destination", destination)):
        moves[name] = [normalize_dim("movedim", d, input.ndim) for d in dims]
        if len(set(moves[name])) < len(dims):
            raise ValueError(f"movedim: a dimension appears twice in {name} {dims}; name each once")
    dims = [d for d in range(input.ndim) if d not in moves["source"]]
    for new, old in sorted(zip(moves["destination"], moves["source"])):
        dims.insert(new, old)
    return Permute(tuple(dims[:input.ndim]))(input)


moveaxis = movedim


def squeeze(input, dim=None):
    """Drop dims of size 1: all of them, or those named that have size 1. A view."""
    input = as_tensor(input)
    dims = range(input.ndim) if dim is None else dim if isinstance(dim, (tuple, list)) else (dim,)
    dims = normalize_dims("squeeze", tuple(dims), input.ndim) if len(dims) else ()
    shape = [n for d, n in enumerate(input.shape) if d not in dims or n != 1]
    return Reshape(tuple(shape))(input)


def unsqueeze(input, dim):
    """Insert a dim of size 1 at ``dim``, -(ndim+1) <= dim <= ndim. A view."""
    input = as_tensor(input)
    dim = normalize_dim("unsqueeze", dim, input.ndim + 1)
    return Reshape(input.shape[:dim] + (1,) + input.shape[dim:])(input)


def sum_to(dy, shape):
    """``dy`` summed over the axes along which ``shape`` was broadcast, back to that shape."""
    extra = dy.ndim - len(shape)
    stretched = [d for d, n in enumerate(dy.shape) if d < extra or shape[d - extra] != n]
    return dy.sum(axis=tuple(stretched), keepdims=True).reshape(shape) if stretched else dy


class Expand(Function):
    """y repeats x along its dims of size 1 and new leading dims;  dx sums dy over the repeats."""

    def __init__(self, shape):
        self.target = shape

    def forward(self, x):
        self.before = x.shape
        if math.prod(self.target) == x.size > 0:
            return x[(None,) * (len(self.target) - x.ndim)]  # nothing repeats: stays writable
        return array_module(x).broadcast_to(x, self.target)

    def backward(self, dy):
        return sum_to(dy, self.before)


def expand(input, *sizes):
    """Repeat along dims of size 1 without copying: the result has strides of zero, and is
    read-only.

    Parameters
    ----------
    sizes : int...
        The new shape, with more leading dims if wanted; -1 keeps a dim's size.

    Raises
    ------
    ValueError
        If a dim that is not 1 would change.
    """
    return broadcast_to(input, as_sizes("expand", sizes), "expand")


def broadcast_to(input, shape, op="broadcast_to"):
    """``input`` expanded to ``shape``; -1 keeps a dim's size."""
    input = as_tensor(input)
    shape = as_sizes(op, (shape,))
    extra = len(shape) - input.ndim
    old = (None,) * extra + input.shape
    target = tuple([n if wanted == -1 and n is not None else wanted
                    for n, wanted in zip(old, shape)])
    fits = [n in (None, 1, wanted) and wanted >= 0 for n, wanted in zip(old, target)]
    if extra < 0 or not all(fits):
        raise ValueError(f"{op}: shape {input.shape} does not expand to {shape}; only dims of size "
                         "1 grow, and new dims come in front")
    return Expand(target)(input)


def expand_as(input, other):
    """``input.expand(other.shape)``."""
    return expand(input, other.shape)


def broadcast_shapes_of(op, *shapes):
    """The shape that ``shapes`` broadcast to together.

    Raises
    ------
    ValueError
        If they do not fit.
    """
    ndim = max([len(s) for s in shapes], default=0)
    result = []
    for sizes in zip(*[(1,) * (ndim - len(s)) + tuple(s) for s in shapes]):
        grown = {n for n in sizes if n != 1}
        if len(grown) > 1:
            listed = ", ".join(str(tuple(s)) for s in shapes)
            raise ValueError(f"{op}: shapes {listed} do not broadcast; aligned at the right, sizes "
                             "must be equal or 1")
        result.append(grown.pop() if grown else 1)
    return tuple(result)


def broadcast_tensors(*tensors):
    """All tensors expanded to their common shape, as a tuple of views."""
    tensors = [as_tensor(x) for x in (tensors[0] if _is_list(tensors) else tensors)]
    shape = broadcast_shapes_of("broadcast_tensors", *[x.shape for x in tensors])
    return tuple([Expand(shape)(x) for x in tensors])


def _is_list(arguments):
    return len(arguments) == 1 and isinstance(arguments[0], (tuple, list))
