"""Where a function of CuPy's does something else than NumPy's of the same name.

What CuPy 14 computes was read off from CuPy itself; a version of each on NumPy's arrays.
"""
import numpy as np

# ufunc.at of integers and floats of these types; others are refused
ADDED_UP = {np.dtype(name) for name in ("int32", "int64", "uint32", "uint64", "float16", "float32",
                                        "float64")}
REDUCTIONS = {"all", "any", "max", "amax", "min", "amin", "sum", "prod", "mean", "std", "var",
              "argmax", "argmin"}


def where(condition, *values, **options):
    """A number is no condition."""
    if isinstance(condition, (bool, int, float)):
        raise AttributeError(f"'{type(condition).__name__}' object has no attribute 'astype'")
    return np.where(condition, *values, **options)


def clip(a, a_min=None, a_max=None, out=None):
    """The upper bound where the bounds are crossed, for NaN, too."""
    y = np.clip(a, a_min, a_max)
    if a_min is not None and a_max is not None:
        y = np.where(np.asarray(a_min) > a_max, a_max, y).astype(y.dtype)
    return y


def floor_divide(a, b, out=None):
    """floor(a / b), although a / b is rounded."""
    floats = np.result_type(a, b).kind == "f"
    return np.asarray(np.floor(np.true_divide(a, b)) if floats else np.floor_divide(a, b))


def remainder(a, b, out=None):
    """What ``floor_divide`` leaves."""
    return np.asarray(a - floor_divide(a, b) * b if np.result_type(a, b).kind == "f"
                      else np.remainder(a, b))


def round(a, decimals=0, out=None):
    """In float64, where 0.35 of float32 is less than 0.35."""
    a = np.asarray(a)
    return np.round(a.astype(np.float64), decimals).astype(a.dtype) if a.dtype.kind == "f" \
        else np.round(a, decimals)


def argmax(a, axis=None, dtype=None, out=None, keepdims=False):
    """The last NaN, if there is one."""
    return _arg(np.argmax, a, axis, keepdims)


def argmin(a, axis=None, dtype=None, out=None, keepdims=False):
    """The last NaN, if there is one."""
    return _arg(np.argmin, a, axis, keepdims)


def _arg(function, a, axis, keepdims):
    _refuse_axis(a, axis)
    found = function(a, axis, keepdims=keepdims)
    if a.dtype.kind != "f" or not a.size:
        return found
    nan = np.isnan(a)
    flipped = np.flip(nan, axis) if axis is not None else np.flip(nan.ravel()).reshape(nan.shape)
    last = (a.size if axis is None else a.shape[axis]) - 1 - flipped.argmax(axis, keepdims=keepdims)
    return np.where(nan.any(axis, keepdims=keepdims), last, found)


def cumsum(a, axis=None, dtype=None, out=None):
    """An array of 0 dimensions has no axis."""
    _refuse_axis(a, axis)
    return np.cumsum(a, axis, dtype)


def cumprod(a, axis=None, dtype=None, out=None):
    """An array of 0 dimensions has no axis."""
    _refuse_axis(a, axis)
    return np.cumprod(a, axis, dtype)


def _refuse_axis(a, axis):
    if np.ndim(a) == 0 and axis is not None:
        raise np.exceptions.AxisError(axis, 0)


def of(function):
    """CuPy's version of a function of NumPy's; it itself where they agree."""
    name = getattr(function, "__name__", "")
    own = globals().get(name)
    return own if callable(own) and own.__module__ == __name__ and name != "of" else function


def check_options(name, options):
    """A reduction has no first value, and no mask.

    Raises
    ------
    TypeError
    """
    for option in ("initial", "where"):
        if name in REDUCTIONS and option in options:
            raise TypeError(f"{name}() got an unexpected keyword argument '{option}'")


def check_added(ufunc, array):
    """``ufunc.at`` adds up few types.

    Raises
    ------
    TypeError
    """
    if array.dtype not in ADDED_UP:
        raise TypeError(f"cupy.{ufunc}.at only supports int32, int64, float16, float32, float64, "
                        "uint32, uint64 as data type")
