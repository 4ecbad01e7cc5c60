"""What PyTorch's pickles name: storages, dtypes, and functions that rebuild tensors from them."""
import math

import numpy as np

from ..autograd import Tensor
from ..device import device
from .pickle_machine import Function, Name, RefusedError
from .safetensors_format import bfloat16_to_float32

DTYPES = {"float64": "f8", "float32": "f4", "float16": "f2", "bfloat16": "u2", "int64": "i8",
          "int32": "i4", "int16": "i2", "int8": "i1", "uint64": "u8", "uint32": "u4",
          "uint16": "u2", "uint8": "u1", "bool": "u1"}
STORAGES = {"DoubleStorage": "float64", "FloatStorage": "float32", "HalfStorage": "float16",
            "BFloat16Storage": "bfloat16", "LongStorage": "int64", "IntStorage": "int32",
            "ShortStorage": "int16", "CharStorage": "int8", "ByteStorage": "uint8",
            "BoolStorage": "bool", "UntypedStorage": "uint8"}
LARGEST = 2 ** 48  # elements of a tensor, even of a stretched one


def itemsize_of(dtype):
    """Bytes of an element of a dtype of PyTorch's, given by name."""
    if type(dtype) is not str or dtype not in DTYPES:
        raise RefusedError("a storage of unknown type")
    return int(DTYPES[dtype][1])


class Storage:
    """A row of bytes that tensors are views of.

    Parameters
    ----------
    content : bytearray or memoryview
        The bytes.
    dtype : str
        Name of the elements' dtype.
    order : {"<", ">"}
        Their byte order.
    """

    def __init__(self, content, dtype, order):
        self.content, self.dtype, self.order = content, dtype, order
        self._values = {}

    def values(self, dtype=None):
        """The elements as an array, one and the same at every call; bfloat16 as float32."""
        dtype = dtype or self.dtype
        if dtype not in self._values:
            whole = len(self.content) // itemsize_of(dtype)
            array = np.frombuffer(self.content, self.order + DTYPES[dtype], whole)
            self._values[dtype] = _converted(array, dtype)
        return self._values[dtype]


def _converted(array, dtype):
    """An array as read, in this machine's byte order and a dtype that NumPy has."""
    if dtype == "bfloat16":
        return bfloat16_to_float32(array)
    if dtype == "bool":
        return array != 0
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def view(values, offset, size, stride):
    """The array of shape ``size`` and ``stride`` (in elements) that starts at ``offset`` of
    ``values``.

    Raises
    ------
    ValueError
        If it would reach beyond ``values``, or the numbers are none.
    """
    numbers = (offset, *size, *stride)
    if len(size) != len(stride) or not all(type(n) is int and n >= 0 for n in numbers):
        raise ValueError("a tensor's shape or strides are damaged")
    if max(math.prod(size), *numbers) > LARGEST:
        raise ValueError("a tensor's shape or strides are damaged: they are too large")
    if math.prod(size) == 0:
        return np.empty(size, values.dtype)
    last = offset + sum([(n - 1) * step for n, step in zip(size, stride)])
    if last >= len(values):
        raise ValueError(f"a tensor reaches to element {last} of a storage that has {len(values)}")
    strides = [step * values.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(values[offset:], size, strides)


def tensor_names(make):
    """Stand-ins for what PyTorch's pickles name; ``make(array, requires_grad)`` is a Tensor."""

    def rebuild(storage, offset, size, stride, requires_grad=False, hooks=None, metadata=None):
        return typed(storage, offset, size, stride, requires_grad, hooks, None, metadata)

    def typed(storage, offset, size, stride, requires_grad, hooks, dtype, metadata=None):
        is_sound = type(size) is tuple and type(stride) is tuple and type(requires_grad) is bool
        if not isinstance(storage, Storage) or not is_sound or metadata:
            raise RefusedError("a tensor that is not made of a storage, offset, shape and strides")
        return make(view(storage.values(dtype and dtype.value), offset, size, stride),
                    requires_grad)

    def parameter(data, requires_grad, hooks=None, state=None):
        if not isinstance(data, Tensor) or type(requires_grad) is not bool:
            raise RefusedError("a parameter that is not made of a tensor")
        return make(data.data, requires_grad)

    def with_attributes(function, kind, arguments, state):
        if not isinstance(function, Function) or function.value not in (rebuild, typed, parameter):
            raise RefusedError("a tensor that is made by another function")
        return function.value(*arguments)

    functions = {"torch._utils._rebuild_tensor": rebuild,
                 "torch._utils._rebuild_tensor_v2": rebuild,
                 "torch._utils._rebuild_tensor_v3": typed,
                 "torch._utils._rebuild_parameter": parameter,
                 "torch._utils._rebuild_parameter_with_state": parameter,
                 "torch._tensor._rebuild_from_type_v2": with_attributes}
    return {**NAMES, **{name: Function(name, value) for name, value in functions.items()}}


def _size(items=()):
    if type(items) not in (tuple, list) or not all(type(n) is int for n in items):
        raise RefusedError("a torch.Size that is not made of integers")
    return tuple(items)


def _device(kind, index=None):
    if type(kind) is not str or type(index) not in (int, type(None)):
        raise RefusedError("a torch.device without a name")
    return device(kind, index)


def _layout(name):
    if type(name) is not str:
        raise RefusedError("a layout without a name")
    return Name(name)


NAMES = {
    "torch.Size": Function("torch.Size", _size),
    "torch.device": Function("torch.device", _device),
    "torch.serialization._get_layout": Function("torch.serialization._get_layout", _layout),
    "torch.Tensor": Name("torch.Tensor"),
    "torch.nn.parameter.Parameter": Name("torch.nn.Parameter"),
    **{f"torch.{dtype}": Name(f"torch.{dtype}", dtype) for dtype in DTYPES},
    **{f"{module}.{name}": Name(name, dtype) for module in ("torch", "torch.cuda", "torch.storage")
       for name, dtype in STORAGES.items()},
}
