"""Tensors of another dtype, on another device, in another memory order; new ones in their image.

x input, y result, dy and dx their gradients. These are methods of Tensor, as in PyTorch.
"""
import numpy as np

from .. import device as devices
from .. import dtypes
from ..autograd import Function, Tensor
from .broadcast import cast, numeric_dtype
from .elementwise import clone
from .shape import as_sizes

__all__ = []


class Move(Function):
    """y is x on another device;  dx is dy moved back."""

    def __init__(self, where):
        self.target = where

    def forward(self, x):
        self.source = devices.device_of(x)
        return devices.move(x, self.target)

    def backward(self, dy):
        return devices.move(dy, self.source)


def to(input, *args, device=None, dtype=None, non_blocking=False, copy=False, memory_format=None):
    """Convert dtype, device, or both: ``x.to(float64)``, ``x.to("cuda")``, ``x.to("cuda", half)``.

    Parameters
    ----------
    args : dtype, device or Tensor, in any order
        A tensor stands for its dtype and device. Up to two bools may follow: ``non_blocking`` and
        ``copy``, as in PyTorch.
    copy : bool
        Make a copy even where nothing changes.

    Returns
    -------
    Tensor
        ``input`` itself if nothing changes (and no copy is asked for).

    Raises
    ------
    TypeError
        For an argument that is none of these.
    """
    flags = []
    for arg in args:
        if isinstance(arg, Tensor):
            device, dtype = arg.device, arg.dtype
        elif isinstance(arg, bool):
            flags.append(arg)
        elif isinstance(arg, (str, devices.device)):
            device = arg
        elif arg is not None:
            dtype = numeric_dtype("to", arg)
    y = input if dtype is None else cast(input, dtype)
    if device is not None and devices.device(device) != y.device:
        y = Move(devices.device(device))(y)
    return clone(y) if (copy or flags[1:] == [True]) and y is input else y


def type_as(input, other):
    """``input`` in the dtype, and on the device, of ``other``."""
    return to(input, other)


def type_(input, dtype=None, non_blocking=False):
    """``x.type(dtype)`` converts; ``x.type()`` is the name of the dtype."""
    return str(input.dtype) if dtype is None else cast(input, dtype)


def cpu(input, memory_format=None):
    """``input`` in main memory; itself if it is there."""
    return to(input, "cpu")


def cuda(input, device=None, non_blocking=False, memory_format=None):
    """``input`` on a GPU (number ``device``, 0 by default); itself if it is there."""
    return to(input, f"cuda:{device}" if isinstance(device, int) else device or "cuda")


def converter(name, dtype):
    """The method ``x.<name>()`` that converts to ``dtype``."""
    def convert(input, memory_format=None):
        return cast(input, dtype)

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"``input`` as {dtype}; itself if it is already."
    return convert


CONVERTERS = {"float": dtypes.float32, "double": dtypes.float64, "half": dtypes.float16,
              "int": dtypes.int32, "long": dtypes.int64, "short": dtypes.int16, "char": dtypes.int8,
              "byte": dtypes.uint8, "bool": dtypes.bool_}


class Contiguous(Function):
    """y is x in row-major order in memory;  dx = dy."""

    def forward(self, x):
        return x.copy(order="C")

    def backward(self, dy):
        return dy


def contiguous(input, memory_format=None):
    """``input`` in row-major order in memory: itself if it is so already, else a copy."""
    return input if input.is_contiguous() else Contiguous()(input)


def _new(input, array, dtype, device, requires_grad):
    array = array.astype(numeric_dtype("new", dtype, input.dtype), copy=False)
    return Tensor(devices.move(array, device or input.device), requires_grad)


def new_full(input, size, fill_value, *, dtype=None, device=None, requires_grad=False):
    """A tensor of shape ``size`` full of one number, of ``input``'s dtype and on its device."""
    array = np.full(as_sizes("new_full", (size,)), fill_value)
    return _new(input, array, dtype, device, requires_grad)


def new_zeros(input, *size, dtype=None, device=None, requires_grad=False):
    """Zeros of shape ``size``, of ``input``'s dtype and on its device."""
    return new_full(input, as_sizes("new_zeros", size), 0, dtype=dtype, device=device,
                    requires_grad=requires_grad)


def new_ones(input, *size, dtype=None, device=None, requires_grad=False):
    """Ones of shape ``size``, of ``input``'s dtype and on its device."""
    return new_full(input, as_sizes("new_ones", size), 1, dtype=dtype, device=device,
                    requires_grad=requires_grad)


new_empty = new_zeros  # PyTorch leaves them unset; zeros cannot surprise


def new_tensor(input, data, *, dtype=None, device=None, requires_grad=False):
    """A copy of ``data``, of ``input``'s dtype unless another is given, and on its device."""
    array = data.data if isinstance(data, Tensor) else dtypes.as_array(data)
    return _new(input, array.copy(), dtype, device, requires_grad)
