"""What pickles may name besides tensors: Python's containers and, on request, NumPy's arrays.

Every entry is a function of ours. It checks its arguments and returns plain data.
"""
from collections import Counter, OrderedDict

import numpy as np

from .pickle_machine import Function, Name, RefusedError, Unfinished, checked_key

NUMBERS = "biufc"  # kinds of dtype: bool, signed and unsigned integer, float, complex


def _want(condition, what):
    if not condition:
        raise RefusedError(f"{what} with arguments that do not fit it")


def _ordered_dict(pairs=()):
    _want(type(pairs) in (list, tuple), "OrderedDict")
    return OrderedDict([(checked_key(key), value) for key, value in pairs])


def _counter(counts=None):
    _want(counts is None or type(counts) is dict, "Counter")
    return Counter(counts)


def _set_of(kind):
    def make(items=()):
        _want(type(items) in (list, tuple), kind.__name__)
        return kind(map(checked_key, items))
    return make


def _encode(text, encoding="latin1"):
    """bytes, as protocols before 3 write them."""
    _want(type(text) is str and encoding in ("latin1", "latin-1"), "encode")
    return text.encode("latin1")


def _bytes_of(kind):
    def make(content=b"", encoding="latin1"):
        _want(type(content) in (str, bytes), kind.__name__)
        return kind(content if type(content) is bytes else _encode(content, encoding))
    return make


def _complex(real, imaginary):
    _want(type(real) is float and type(imaginary) is float, "complex")
    return complex(real, imaginary)


def _functions(table):
    return {name: Function(name, value) for name, value in table.items()}


_PYTHON = {"set": _set_of(set), "frozenset": _set_of(frozenset), "bytearray": _bytes_of(bytearray),
           "bytes": _bytes_of(bytes), "complex": _complex}

CONTAINERS = _functions({
    "collections.OrderedDict": _ordered_dict,
    "collections.Counter": _counter,
    "_codecs.encode": _encode,
    **{f"{module}.{name}": make for module in ("builtins", "__builtin__")  # Python 3, Python 2
       for name, make in _PYTHON.items()},
})


class Dtype(Unfinished):
    """numpy.dtype(code, align, copy), then BUILD with (version, byte order, None ...)."""

    def __init__(self, code, align=False, copy=True):
        _want(type(code) is str and len(code) <= 4, "numpy.dtype")
        self.dtype = np.dtype(code)
        if self.dtype.kind not in NUMBERS:
            raise RefusedError(f"a NumPy array of dtype {self.dtype}, which is no number")

    def build(self, state):
        """The dtype in the byte order of the state."""
        _want(type(state) is tuple and len(state) >= 2 and state[1] in ("<", ">", "=", "|")
              and not any(part is not None for part in state[2:5]), "numpy.dtype")
        return self.dtype.newbyteorder(state[1])


class Array(Unfinished):
    """numpy's _reconstruct(ndarray, ...), BUILD with (version, shape, dtype, order, bytes)."""

    def __init__(self, kind, shape, code):
        _want(isinstance(kind, Name) and kind.name == "numpy.ndarray", "numpy _reconstruct")

    def build(self, state):
        """The array."""
        _want(type(state) is tuple and len(state) == 5, "numpy.ndarray")
        _, shape, dtype, is_fortran, content = state
        return _array(content, dtype, shape, "F" if is_fortran else "C")


def _array(content, dtype, shape, order="C"):
    """An array of its own memory, in this machine's byte order."""
    if type(content) is str:
        content = _encode(content)  # of Python 2
    is_shape = type(shape) is tuple and all(type(n) is int and n >= 0 for n in shape)
    _want(type(content) in (bytes, bytearray) and isinstance(dtype, np.dtype) and is_shape
          and order in ("C", "F"), "numpy.ndarray")
    array = np.frombuffer(content, dtype).reshape(shape, order=order)
    return array.astype(dtype.newbyteorder("="))


def _scalar(dtype, content):
    return _array(content, dtype, ())[()]


_ARRAYS = {"multiarray._reconstruct": Array, "multiarray.scalar": _scalar,
           "numeric._frombuffer": _array}

NUMPY = _functions({
    "numpy.dtype": Dtype,
    **{f"numpy.{core}.{name}": make for core in ("core", "_core")  # NumPy 1, NumPy 2
       for name, make in _ARRAYS.items()},
})
NUMPY["numpy.ndarray"] = Name("numpy.ndarray")
