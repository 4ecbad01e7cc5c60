"""Names of the element types, and PyTorch's rules for mixing them.

The rules are those of ``torch.result_type`` (https://pytorch.org/docs/stable/tensor_attributes.html):
there are three categories, bool < integer < float. An operand decides only if its category is
higher than the others', and Python numbers and 0-d arrays only if they bring a higher category than
every array with dimensions. NumPy differs: there int64 with float32 gives float64; here, float32.
"""
import sys

import numpy as np

float16 = half = np.dtype("float16")
float32 = float_ = np.dtype("float32")
float64 = double = np.dtype("float64")
uint8 = np.dtype("uint8")
int8 = np.dtype("int8")
int16 = short = np.dtype("int16")
int32 = int_ = np.dtype("int32")
int64 = long = np.dtype("int64")
bool_ = np.dtype("bool")

DEFAULT_FLOAT = float32
_CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2}
_PYTHON = {bool: bool_, int: int64, float: DEFAULT_FLOAT}


def is_float(dtype):
    """True for float16, float32 and float64."""
    return np.dtype(dtype).kind == "f"


def as_float(array):
    """``array`` itself if it holds floats, else converted to float32 (as PyTorch's sqrt, / ...)."""
    return array if array.dtype.kind == "f" else array.astype(DEFAULT_FLOAT)


def _describe(operand):
    """(dtype, 2 for an array with dimensions, 1 for a 0-d array, 0 for a Python number)."""
    if isinstance(operand, (bool, int, float)):
        return _PYTHON[type(operand)] if type(operand) in _PYTHON else np.dtype(type(operand)), 0
    return operand.dtype, 2 if operand.ndim else 1


def result_type(*operands):
    """The dtype an op on ``operands`` (arrays and Python numbers) computes in, as in PyTorch."""
    described = [_describe(operand) for operand in operands]
    result = None
    for rank in (2, 1, 0):
        dtypes = [dtype for dtype, r in described if r == rank]
        if not dtypes:
            continue
        highest = max(_CATEGORY[dtype.kind] for dtype in dtypes)
        if result is None or highest > _CATEGORY[result.kind]:
            result = _promote([d for d in dtypes if _CATEGORY[d.kind] == highest])
    return result


def _promote(dtypes):
    result = dtypes[0]
    for dtype in dtypes[1:]:
        result = np.promote_types(result, dtype)
    return result


def as_array(data):
    """``data`` as an array: arrays as they are, Python floats as float32, ints int64, bools bool.

    Raises
    ------
    TypeError
        For anything that is not numeric (strings, objects).
    ValueError
        For rows of different lengths.
    """
    if hasattr(data, "__cuda_array_interface__"):
        return data
    if isinstance(data, (np.ndarray, np.generic)):
        return _checked(np.asarray(data), data)
    try:
        array = np.asarray(data)
    except ValueError:
        raise ValueError(f"{_asking()}: rows of different lengths do not make an array; "
                         "pad them to one length") from None
    array = _checked(array, data)
    if array.dtype == float64 and not _holds_numpy(data):
        array = array.astype(DEFAULT_FLOAT)
    return array.astype(DEFAULT_FLOAT) if array.size == 0 and array.dtype == float64 else array


def _holds_numpy(data):
    """Whether a list's first leaf is a NumPy value, whose dtype is to be kept."""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return isinstance(data, (np.ndarray, np.generic)) or hasattr(data, "__array__")


def _checked(array, data):
    if array.dtype.kind not in _CATEGORY:
        way_out = "numbers, a list of numbers or a numeric array"
        if callable(data):
            way_out = "what it returns: call it first"  # relu(conv) for relu(conv(x))
        raise TypeError(f"{_asking()}: cannot make a tensor of {type(data).__name__} with dtype "
                        f"{array.dtype}; pass {way_out}")
    return array


def _asking():
    """The name of the op that the user called and that is asking for an array now."""
    name, frame = "as_array", sys._getframe(2)
    while frame is not None:
        function, module = frame.f_code.co_name, frame.f_globals
        if function in module.get("__all__", ()) and ".ops." in module["__name__"]:
            name = function
        frame = frame.f_back
    return name
