"""Making tensors: from data, filled, counted, drawn at random. Dtypes by PyTorch's rules.

Sizes are given as ``zeros(2, 3)`` or ``zeros((2, 3))``. Every function takes ``device`` (None for
the CPU, or where the input of a ``*_like`` is) and ``requires_grad``.
"""
import math
import operator

import numpy as np

from ..autograd import Tensor
from ..device import array_module, move
from ..dtypes import DEFAULT_FLOAT, as_array, bool_, int64
from .broadcast import exact_number, number, numeric_dtype
from .checks import as_tensor as _as_tensor

__all__ = ["arange", "as_tensor", "empty", "empty_like", "eye", "from_numpy", "full", "full_like",
           "linspace", "ones", "ones_like", "tensor", "zeros", "zeros_like"]


_PYTHON_DTYPES = {bool: bool_, int: int64, float: DEFAULT_FLOAT}


def made(array, device=None, requires_grad=False):
    """A new tensor of ``array``, on a device."""
    return Tensor(array if device is None else move(array, device), requires_grad)


def sizes(op, size):
    """The ``*size`` of a creation function, ints or one sequence of them, as a tuple.

    Raises
    ------
    TypeError
        For anything but integers, and for no size at all.
    ValueError
        For negative ones.
    """
    if not size:
        raise TypeError(f"{op}: pass a size, as in {op}(2, 3); () is the size of a 0-d tensor")
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = size[0]
    try:
        shape = tuple([operator.index(n) for n in size])
    except TypeError:
        raise TypeError(f"{op}: the size must be integers or a tuple of them, got {size}") from None
    if shape and min(shape) < 0:
        raise ValueError(f"{op}: sizes must not be negative, got {shape}")
    return shape


# from data ----------------------------------------------------------------------------------------


def tensor(data, *, dtype=None, device=None, requires_grad=False):
    """A tensor with a copy of ``data``.

    Parameters
    ----------
    data : number, nested list, array or Tensor
        Lists may hold numbers, arrays and Tensors of one element.
    dtype : dtype, optional
        Without it arrays keep theirs, Python floats give float32, ints int64, bools bool.
    device : str or device, optional
    requires_grad : bool
        Floats only.

    Returns
    -------
    Tensor
        A leaf: no gradient flows back to ``data``.

    Raises
    ------
    TypeError
        For data that is not numeric.
    ValueError
        For rows of different lengths, and Python numbers that do not fit ``dtype``.
    """
    dtype = numeric_dtype("tensor", dtype)
    with np.errstate(all="ignore"):  # what is too large for a float becomes inf
        array = _array_of(data, dtype)
        if dtype is not None and isinstance(data, (bool, int, float, list, tuple)):
            _check_range(array, dtype)
        array = array.astype(dtype or array.dtype, order="C")
    return made(array, device, requires_grad)


def _array_of(data, dtype):
    if isinstance(data, Tensor):
        return data.data
    if dtype is not None and dtype.kind == "f" and isinstance(data, (float, list, tuple)):
        data = _without_tensors(data)
        try:
            return np.asarray(data, dtype=dtype)  # float64 numbers keep all of their digits
        except (TypeError, ValueError):
            pass  # as_array says what is wrong
    return as_array(_without_tensors(data))


def _without_tensors(data):
    """Nested lists with arrays in the place of Tensors, which may require a gradient."""
    if isinstance(data, (list, tuple)):
        return [_without_tensors(x) for x in data]
    return data.data if isinstance(data, Tensor) else data


def _check_range(array, dtype):
    if dtype.kind in "iu" and array.size:
        for value in (array.min(), array.max()):
            exact_number("tensor", value.item(), dtype)


def as_tensor(data, dtype=None, device=None):
    """``data`` as a tensor, without a copy where dtype and device allow it.

    Parameters
    ----------
    data : Tensor, array or nested list
    dtype : dtype, optional
        Without it dtypes are those of ``tensor``.
    device : str or device, optional

    Returns
    -------
    Tensor
        ``data`` itself if it is a Tensor that needs no conversion.

    Raises
    ------
    TypeError
        For data that is not numeric.
    """
    if not isinstance(data, (Tensor, np.ndarray)) and not hasattr(data, "__cuda_array_interface__"):
        return tensor(data, dtype=dtype, device=device)
    dtype, result = numeric_dtype("as_tensor", dtype), _as_tensor(data)
    array = result.data if dtype is None else result.data.astype(dtype, copy=False)
    array = array if device is None else move(array, device)
    return result if array is result.data else Tensor(array)


def from_numpy(ndarray):
    """A tensor that shares the memory of a NumPy array.

    Raises
    ------
    TypeError
        For anything but a numeric ``numpy.ndarray``.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: needs a numpy.ndarray, got {type(ndarray).__name__}; "
                        "use tensor")
    return Tensor(as_array(ndarray))


# filled -------------------------------------------------------------------------------------------


def zeros(*size, dtype=None, device=None, requires_grad=False):
    """A tensor of zeros.

    Parameters
    ----------
    *size : int, or one tuple of int
    dtype : dtype, optional
        float32 by default.
    device : str or device, optional
    requires_grad : bool
        Floats only.

    Returns
    -------
    Tensor

    Raises
    ------
    TypeError
        For sizes that are not integers.
    ValueError
        For negative sizes.
    """
    dtype = numeric_dtype("zeros", dtype, DEFAULT_FLOAT)
    return made(np.zeros(sizes("zeros", size), dtype), device, requires_grad)


def ones(*size, dtype=None, device=None, requires_grad=False):
    """A tensor of ones; parameters and errors are those of ``zeros``."""
    dtype = numeric_dtype("ones", dtype, DEFAULT_FLOAT)
    return made(np.ones(sizes("ones", size), dtype), device, requires_grad)


def empty(*size, dtype=None, device=None, requires_grad=False):
    """A tensor of whatever is in its memory; parameters and errors are those of ``zeros``."""
    dtype = numeric_dtype("empty", dtype, DEFAULT_FLOAT)
    return made(np.empty(sizes("empty", size), dtype), device, requires_grad)


def full(size, fill_value, *, dtype=None, device=None, requires_grad=False):
    """A tensor with the same number everywhere.

    Parameters
    ----------
    size : tuple of int
    fill_value : number or 0-d Tensor
    dtype : dtype, optional
        By default float32 for a float, int64 for an int, bool for a bool.
    device : str or device, optional
    requires_grad : bool
        Floats only.

    Returns
    -------
    Tensor

    Raises
    ------
    TypeError
        For sizes that are not integers, or a value that is not one number.
    ValueError
        For negative sizes, or a value that does not fit the dtype.
    """
    value, found = _one_number("full", fill_value)
    dtype = numeric_dtype("full", dtype, found)
    value = exact_number("full", value, dtype)
    return made(np.full(sizes("full", (size,)), value, dtype), device, requires_grad)


def _one_number(op, value):
    """(a Python number, the dtype it has by default)."""
    if type(value) in _PYTHON_DTYPES:
        return value, _PYTHON_DTYPES[type(value)]
    array = as_array(_without_tensors(value))
    if array.ndim > 0:
        raise TypeError(f"{op}: the value must be one number, got shape {array.shape}")
    found = array.dtype if isinstance(value, Tensor) else _PYTHON_DTYPES[type(array.item())]
    return array.item(), found


def _like(op, maker, input, dtype, device, requires_grad):
    array = _as_tensor(input).data
    dtype = numeric_dtype(op, dtype, array.dtype)
    return made(getattr(array_module(array), maker)(array, dtype=dtype), device, requires_grad)


def zeros_like(input, *, dtype=None, device=None, requires_grad=False):
    """Zeros of the shape, dtype and device of ``input``, unless others are named."""
    return _like("zeros_like", "zeros_like", input, dtype, device, requires_grad)


def ones_like(input, *, dtype=None, device=None, requires_grad=False):
    """Ones of the shape, dtype and device of ``input``, unless others are named."""
    return _like("ones_like", "ones_like", input, dtype, device, requires_grad)


def empty_like(input, *, dtype=None, device=None, requires_grad=False):
    """Whatever is in memory, in shape, dtype and device of ``input``, unless others are named."""
    return _like("empty_like", "empty_like", input, dtype, device, requires_grad)


def full_like(input, fill_value, *, dtype=None, device=None, requires_grad=False):
    """``fill_value`` in the shape, dtype and device of ``input``; errors are those of ``full``."""
    y = _like("full_like", "empty_like", input, dtype, device, False)
    y.data.fill(number(_one_number("full_like", fill_value)[0], y.dtype))
    return y.requires_grad_(requires_grad)


# counted ------------------------------------------------------------------------------------------


def arange(start=0, end=None, step=1, *, dtype=None, device=None, requires_grad=False):
    """The numbers from ``start`` up to, not including, ``end``.

    Parameters
    ----------
    start, end, step : number
        ``arange(n)`` counts from 0. A negative step counts down.
    dtype : dtype, optional
        int64 if all three are integers, else float32.
    device : str or device, optional
    requires_grad : bool
        Floats only.

    Returns
    -------
    Tensor, (ceil((end - start) / step),)

    Raises
    ------
    ValueError
        If the step is 0 or leads away from ``end``, or a number is not finite.
    """
    if end is None:
        start, end = 0, start
    start, end, step = [_one_number("arange", x)[0] for x in (start, end, step)]
    is_float = any(isinstance(x, float) for x in (start, end, step))
    dtype = numeric_dtype("arange", dtype, DEFAULT_FLOAT if is_float else int64)
    if not all(math.isfinite(x) for x in (start, end, step)):
        raise ValueError(f"arange: from {start} to {end} by {step} is no finite range")
    if dtype == int64:
        start, end, step = int(start), int(end), int(step)
    if step == 0:
        raise ValueError("arange: step must not be 0")
    if (end - start) * step < 0:
        raise ValueError(f"arange: step {step} leads away from end={end}, starting at {start}; "
                         "change its sign")
    count = math.ceil((end - start) / step)
    if dtype.kind != "f":
        start, step = int(start), int(step)
    numbers = start + step * np.arange(count)
    return made(numbers.astype(dtype), device, requires_grad)


def linspace(start, end, steps, *, dtype=None, device=None, requires_grad=False):
    """``steps`` numbers from ``start`` to ``end``, both included, evenly spaced.

    Parameters
    ----------
    start, end : number
    steps : int
        One step gives ``start`` only.
    dtype : dtype, optional
        float32 by default; integers are rounded towards 0.
    device : str or device, optional
    requires_grad : bool
        Floats only.

    Returns
    -------
    Tensor, (steps,)

    Raises
    ------
    ValueError
        If ``steps`` is negative.
    TypeError
        If it is not an integer.
    """
    dtype = numeric_dtype("linspace", dtype, DEFAULT_FLOAT)
    start, end = [_one_number("linspace", x)[0] for x in (start, end)]
    if dtype.kind != "f":
        start, end = int(start), int(end)
    n, = sizes("linspace", (steps,))
    step, i = (end - start) / max(n - 1, 1), np.arange(n)
    numbers = np.where(i < max(n // 2, 1), start + step * i, end - step * (n - 1 - i))
    return made(numbers.astype(dtype), device, requires_grad)


def eye(n, m=None, *, dtype=None, device=None, requires_grad=False):
    """A matrix with ones on its diagonal: (n, n), or (n, m); the rest as ``zeros``."""
    dtype = numeric_dtype("eye", dtype, DEFAULT_FLOAT)
    rows, columns = sizes("eye", (n, n if m is None else m))
    return made(np.eye(rows, columns, dtype=dtype), device, requires_grad)
