"""Tensors of random numbers. ``manual_seed`` fixes them; ``generator`` is a source of one's own.

``generator`` may be a ``Generator``, a ``numpy.random.Generator`` or a seed; without one the stream
"default" is drawn from.
"""
import numpy as np

from ..autograd import Tensor
from ..device import device_of, move, to_cpu
from ..dtypes import DEFAULT_FLOAT, float32, float64, int64
from ..random import numpy_generator
from .broadcast import check_broadcast, numeric_dtype
from .checks import as_tensor
from .creation import made, sizes

__all__ = ["bernoulli", "normal", "rand", "rand_like", "randint", "randint_like", "randn",
           "randn_like", "randperm"]


def _draw(op, method, size, dtype, generator):
    """An array from ``Generator.random`` or ``Generator.standard_normal``."""
    dtype = numeric_dtype(op, dtype, DEFAULT_FLOAT)
    if dtype.kind != "f":
        raise TypeError(f"{op}: draws floats, not {dtype}; use randint, or convert the result")
    source = getattr(numpy_generator(generator), method)
    drawn = source(size, dtype=float64 if dtype == float64 else float32)
    return np.asarray(drawn, dtype=dtype)


def rand(*size, generator=None, dtype=None, device=None, requires_grad=False):
    """Random numbers, uniform in [0, 1).

    Parameters
    ----------
    *size : int, or one tuple of int
    generator : Generator, numpy.random.Generator or int, optional
    dtype : dtype, optional
        A float type, float32 by default.
    device : str or device, optional
    requires_grad : bool

    Returns
    -------
    Tensor

    Raises
    ------
    TypeError
        For sizes that are not integers, and dtypes that are not float types.
    ValueError
        For negative sizes.
    """
    array = _draw("rand", "random", sizes("rand", size), dtype, generator)
    return made(array, device, requires_grad)


def randn(*size, generator=None, dtype=None, device=None, requires_grad=False):
    """Random numbers, normal with mean 0 and deviation 1; the rest as ``rand``."""
    array = _draw("randn", "standard_normal", sizes("randn", size), dtype, generator)
    return made(array, device, requires_grad)


def rand_like(input, *, generator=None, dtype=None, device=None, requires_grad=False):
    """``rand`` in the shape, dtype and device of ``input``, unless others are named."""
    input = as_tensor(input)
    array = _draw("rand_like", "random", input.shape, dtype or input.dtype, generator)
    return made(array, device or device_of(input.data), requires_grad)


def randn_like(input, *, generator=None, dtype=None, device=None, requires_grad=False):
    """``randn`` in the shape, dtype and device of ``input``, unless others are named."""
    input = as_tensor(input)
    array = _draw("randn_like", "standard_normal", input.shape, dtype or input.dtype, generator)
    return made(array, device or device_of(input.data), requires_grad)


def randint(low=0, high=None, size=None, *, generator=None, dtype=None, device=None,
            requires_grad=False):
    """Random integers, uniform from ``low`` up to, not including, ``high``.

    Also ``randint(high, size)``, which starts at 0.

    Parameters
    ----------
    low, high : int
    size : tuple of int
    generator : Generator, numpy.random.Generator or int, optional
    dtype : dtype, optional
        int64 by default.
    device : str or device, optional
    requires_grad : bool
        Float dtypes only.

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        If there is no integer between the bounds, or the dtype cannot hold them.
    TypeError
        Without a size, or for bounds that are not integers.
    """
    if isinstance(high, (tuple, list)) and size is None:
        low, high, size = 0, low, high
    if high is None or not isinstance(size, (tuple, list)):
        raise TypeError("randint: pass randint(high, size) or randint(low, high, size), "
                        f"the size a tuple; got low={low}, high={high}, size={size}")
    array = _integers("randint", low, high, sizes("randint", (size,)), dtype, int64, generator)
    return made(array, device, requires_grad)


def randint_like(input, low=0, high=None, *, generator=None, dtype=None, device=None,
                 requires_grad=False):
    """``randint`` in shape, dtype and device of ``input``; also ``randint_like(input, high)``."""
    input = as_tensor(input)
    low, high = (0, low) if high is None else (low, high)
    array = _integers("randint_like", low, high, input.shape, dtype, input.dtype, generator)
    return made(array, device or device_of(input.data), requires_grad)


def _integers(op, low, high, size, dtype, default, generator):
    dtype = numeric_dtype(op, dtype, default)
    if int(low) != low or int(high) != high:
        raise TypeError(f"{op}: bounds must be integers, got {low} and {high}")
    low, high = int(low), int(high)
    if low >= high:
        raise ValueError(f"{op}: low must be below high, got {low} and {high}")
    if dtype.kind in "iu" and (low < np.iinfo(dtype).min or high - 1 > np.iinfo(dtype).max):
        raise ValueError(f"{op}: {dtype} cannot hold the numbers from {low} to {high - 1}")
    return np.asarray(numpy_generator(generator).integers(low, high, size)).astype(dtype)


def randperm(n, *, generator=None, dtype=None, device=None, requires_grad=False):
    """The numbers 0 to n - 1 in random order.

    Parameters are those of ``randint``.

    Returns
    -------
    Tensor, (n,)
        int64, unless another dtype is named.

    Raises
    ------
    ValueError
        If ``n`` is negative.
    TypeError
        If it is not an integer.
    """
    n, = sizes("randperm", (n,))
    order = numpy_generator(generator).permutation(n)
    return made(order.astype(numeric_dtype("randperm", dtype, int64)), device, requires_grad)


def normal(mean=0.0, std=1.0, size=None, *, generator=None, dtype=None, device=None,
           requires_grad=False):
    """Random numbers, normal with the given mean and standard deviation.

    Parameters
    ----------
    mean, std : number or Tensor
        Shapes that broadcast; one of them must be a Tensor if there is no ``size``.
    size : tuple of int, optional
        For a mean and a deviation that are numbers.
    generator : Generator, numpy.random.Generator or int, optional
    dtype : dtype, optional
        By default the tensors' own, float32 for numbers.
    device : str or device, optional
    requires_grad : bool

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        If a deviation is negative or the shapes do not broadcast.
    TypeError
        For integer tensors, and for two numbers without a size.
    """
    tensors = [x for x in (mean, std) if hasattr(x, "shape")]
    if not tensors and size is None:
        raise TypeError("normal: pass a size, or a tensor as mean or std")
    shape = check_broadcast("normal", mean, std) if size is None else sizes("normal", (size,))
    if dtype is None and tensors:
        dtype = np.result_type(*[x.dtype for x in tensors])
    if device is None:
        device = next((x.device for x in tensors if isinstance(x, Tensor)), None)
    mean, std = [to_cpu(x.data) if isinstance(x, Tensor) else x for x in (mean, std)]
    if (np.asarray(std) < 0).any():
        raise ValueError(f"normal: std must not be negative, got {std}")
    array = _draw("normal", "standard_normal", shape, dtype, generator)
    return made(np.asarray(mean + std * array, dtype=array.dtype), device, requires_grad)


def bernoulli(input, *, generator=None):
    """1 with the probability that ``input`` gives for each element, else 0, in its dtype.

    Parameters
    ----------
    input : Tensor
        Floats in [0, 1].
    generator : Generator, numpy.random.Generator or int, optional

    Raises
    ------
    TypeError
        If the input does not hold floats.
    ValueError
        If a probability is outside [0, 1].
    """
    input = as_tensor(input)
    drawn = _draw("bernoulli", "random", input.shape, input.dtype, generator)
    if not ((input.data >= 0) & (input.data <= 1)).all():
        raise ValueError("bernoulli: probabilities must be in [0, 1]")
    return Tensor((move(drawn, input.device) < input.data).astype(input.dtype))
