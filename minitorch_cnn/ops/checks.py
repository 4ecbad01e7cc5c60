"""What every public op does with its arguments first: convert, check, say what is wrong."""
import functools
import operator

from ..autograd import Tensor
from ..dtypes import as_array

_SIZES = frozenset((int, bool, str, type(None)))


def remembered(check):
    """Let ``check(op, shapes, *options)`` work once for the same arguments; then it is a look-up.

    1.0 and 1 are the same to a look-up, but not to a check. So options other than ints, words and
    tuples of them are worked out at every call.
    """
    known = functools.lru_cache(maxsize=4096)(check)

    @functools.wraps(check)
    def call(op, shapes, *options):
        for option in options:
            kinds = map(type, option) if type(option) is tuple else (type(option),)
            if not _SIZES.issuperset(kinds):
                return check(op, shapes, *options)
        return known(op, shapes, *options)
    return call


def as_tensor(data):
    """``data`` itself if it is a Tensor, else a Tensor of the array-like (without a copy)."""
    return data if isinstance(data, Tensor) else Tensor(as_array(data))


def check_float(op, **tensors):
    """Refuse tensors that do not hold floats.

    Raises
    ------
    TypeError
        Naming the op, the argument, its dtype and the way out.
    """
    for name, tensor in tensors.items():
        if tensor is not None and tensor.dtype.kind != "f":
            raise TypeError(f"{op}: {name} must hold floats, got {tensor.dtype}; "
                            "convert it with .float()")


def check_same_dtype(op, **tensors):
    """Refuse tensors of different dtypes (None is skipped).

    Raises
    ------
    TypeError
        Naming the op and every dtype.
    """
    dtypes = {name: tensor.dtype for name, tensor in tensors.items() if tensor is not None}
    if len(set(dtypes.values())) > 1:
        listed = ", ".join(f"{name} is {dtype}" for name, dtype in dtypes.items())
        raise TypeError(f"{op}: all tensors must have one dtype, but {listed}; "
                        "convert with .float() or .double()")


def normalize_dim(op, dim, ndim):
    """``dim`` counted from the front, 0 <= dim < ndim (a 0-d tensor counts as 1-d, as in PyTorch).

    Raises
    ------
    IndexError
        If there is no such dimension.
    TypeError
        If it is not an integer.
    """
    bound = max(ndim, 1)
    if isinstance(dim, bool) or not hasattr(dim, "__index__"):
        raise TypeError(f"{op}: dim must be an int, got {dim!r}")
    dim = operator.index(dim)
    if not -bound <= dim < bound:
        raise IndexError(f"{op}: dim {dim} does not exist in a tensor of {ndim} dimensions; "
                         f"use {-bound} to {bound - 1}")
    return dim % bound


def normalize_dims(op, dim, ndim):
    """``dim`` (None, int or sequence of int) as a sorted tuple; None and () mean all.

    Raises
    ------
    IndexError
        If a dimension does not exist.
    ValueError
        If one is named twice.
    """
    if dim is None or (isinstance(dim, (tuple, list)) and len(dim) == 0):
        return tuple(range(ndim))
    dims = [normalize_dim(op, d, ndim) for d in (dim if isinstance(dim, (tuple, list)) else [dim])]
    if len(set(dims)) < len(dims):
        raise ValueError(f"{op}: a dimension appears twice in dim={dim}; name each once")
    return tuple(sorted(dims)) if ndim else ()
