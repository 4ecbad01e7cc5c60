"""Nested containers taken apart into named arrays and a tree of JSON, and put together again.

JSON has null, booleans, numbers, text and lists; they stand for themselves. Everything else is an
object with one key, its kind: {"tuple": [...]}, {"tensor": name}, {"int": "0x..."}, ...
"""
import math
from collections import Counter, OrderedDict

import numpy as np

from ..autograd import Tensor
from ..device import is_gpu_array, to_cpu

DEEPEST = 200  # levels of containers; Python's own JSON reader gives up at about a thousand
RESERVED = "__metadata__"  # the one name that safetensors keeps for itself
MAPPINGS = {dict: "items", OrderedDict: "ordered", Counter: "counter"}
LARGEST = 2 ** 63  # other readers of JSON lose digits of larger integers
DTYPES = {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
          "float16", "float32", "float64"}


def flatten(obj):
    """Take ``obj`` apart.

    Returns
    -------
    (dict of str to numpy.ndarray, JSON)
        The arrays, contiguous and in this machine's byte order, and the tree.

    Raises
    ------
    TypeError
        For an object that cannot be saved, naming the keys that lead to it.
    ValueError
        If a container contains itself.
    """
    flattener = _Flattener()
    return flattener.arrays, flattener.visit(obj, ())


class _Flattener:
    def __init__(self):
        self.arrays = {}

    def visit(self, x, path):
        """The tree of ``x``, which ``path`` (a tuple of keys) leads to."""
        if len(path) > DEEPEST:
            raise ValueError(f"save: more than {DEEPEST} containers within each other at "
                             f"{_show(path)}; does one contain itself?")
        if isinstance(x, Tensor):
            return {"parameter" if x.requires_grad else "tensor": self.keep(x.data, path)}
        if type(x) in (np.ndarray, np.memmap) or is_gpu_array(x):
            return {"array": self.keep(x, path)}
        if isinstance(x, np.generic):
            return {"scalar": self.keep(np.asarray(x), path)}
        if type(x) is list:
            return [self.visit(item, (*path, i)) for i, item in enumerate(x)]
        if type(x) is tuple:
            return {"tuple": [self.visit(item, (*path, i)) for i, item in enumerate(x)]}
        if type(x) in MAPPINGS:
            return self.mapping(x, path)
        return _number_or_text(x, path)

    def mapping(self, x, path):
        """The tree of a dict; one with text for keys looks like a dict in JSON too."""
        if type(x) is dict and all(type(key) is str for key in x):
            return {"dict": {key: self.visit(value, (*path, key)) for key, value in x.items()}}
        return {MAPPINGS[type(x)]: [[_key(key, path), self.visit(value, (*path, key))]
                                    for key, value in x.items()]}

    def keep(self, array, path):
        """Put an array aside; returns its name."""
        array = to_cpu(array)
        if array.dtype.name not in DTYPES:
            raise TypeError(f"save: the array at {_show(path)} has dtype {array.dtype}, which "
                            "cannot be saved; convert it to floats, integers or booleans")
        name = "/".join([str(key) for key in path]) if path else "data"
        while name in self.arrays or name == RESERVED:
            name += "~"
        self.arrays[name] = np.asarray(array, array.dtype.newbyteorder("="), order="C")
        return name


def _number_or_text(x, path):
    if x is None or type(x) in (bool, str):
        return x
    if type(x) is int:
        return x if abs(x) < LARGEST else {"int": hex(x)}
    if type(x) is float:
        return x if math.isfinite(x) else {"float": repr(x)}
    kinds = "dicts, lists, tuples, Tensors, arrays, numbers, text, booleans and None"
    if hasattr(x, "state_dict"):
        kinds += "; save its state_dict(), and load_state_dict() it into a new one"
    raise TypeError(f"save: cannot save the {type(x).__name__} at {_show(path)}, only {kinds}")


def _key(key, path):
    """The tree of a dict's key: a number, text, None, or a tuple of those."""
    if type(key) is tuple:
        return {"tuple": [_key(item, path) for item in key]}
    return _number_or_text(key, (*path, key))


def _show(path):
    return "obj" + "".join([f"[{key!r}]" for key in path[:12]]) + ("..." if len(path) > 12 else "")


def unflatten(tree, arrays, make):
    """Put together what ``flatten`` took apart.

    Parameters
    ----------
    tree : JSON
    arrays : dict of str to numpy.ndarray
    make : callable
        (array, requires_grad) -> Tensor.

    Raises
    ------
    ValueError, KeyError, TypeError
        If the tree is not one of ours.
    """
    if isinstance(tree, list):
        return [unflatten(item, arrays, make) for item in tree]
    if not isinstance(tree, dict):
        return tree
    (kind, content), = tree.items()
    if kind == "dict":
        return {key: unflatten(value, arrays, make) for key, value in content.items()}
    if kind in ("tensor", "parameter"):
        return make(arrays[content], kind == "parameter")
    for mapping, name in MAPPINGS.items():
        if kind == name:
            return mapping(_pairs(content, arrays, make))
    return _LEAVES[kind](content, arrays, make)


def _pairs(content, arrays, make):
    pairs = [(unflatten(k, arrays, make), unflatten(v, arrays, make)) for k, v in content]
    return dict(pairs)


_LEAVES = {
    "tuple": lambda content, arrays, make: tuple(unflatten(content, arrays, make)),
    "array": lambda content, arrays, make: arrays[content],
    "scalar": lambda content, arrays, make: arrays[content][()],
    "int": lambda content, arrays, make: int(content, 16),
    "float": lambda content, arrays, make: float(content),
}
