"""How operands meet: one dtype, one shape, and the way back for the gradient.

a, b operands of shapes that broadcast; x input; dx, dy gradients.
"""
import numpy as np

from .. import dtypes
from ..autograd import Function, Tensor
from .checks import as_tensor

__all__ = ["cast"]

USE_NUMBERS = "convert them with .int() or .float()"
_PLAIN = (float, int)  # Python numbers that leave an array of floats its dtype


def unbroadcast(dx, x):
    """Sum ``dx`` over the axes along which ``x`` was broadcast, back to the shape of ``x``."""
    return sum_to(dx, shape_of(x))


def shape_of(x):
    """The shape of an array, () of a Python number: all that many ops need to keep."""
    return getattr(x, "shape", ())


def sum_to(dx, shape):
    """Sum ``dx`` to a shape that broadcasts to its own."""
    if dx.shape == shape:
        return dx
    extra = dx.ndim - len(shape)
    stretched = [i + extra for i, n in enumerate(shape) if n == 1 and dx.shape[i + extra] != 1]
    return dx.sum(axis=(*range(extra), *stretched), keepdims=True).reshape(shape)


class Cast(Function):
    """y = x in another dtype;  dx = dy, which the engine casts back to the dtype of x."""

    def __init__(self, dtype):
        self.target = dtype

    def forward(self, x):
        return x.astype(self.target)

    def backward(self, dy):
        return dy


def cast(input, dtype):
    """Convert to another dtype; the gradient is converted back.

    Parameters
    ----------
    input : Tensor or array-like
        Any shape.
    dtype : dtype
        float16, float32, float64, an integer type or bool. Floats lose their fraction on the way to
        integers, and every number but 0 becomes True.

    Returns
    -------
    Tensor
        Of the same shape; ``input`` itself if it has that dtype already.

    Raises
    ------
    TypeError
        If ``dtype`` is not a numeric type.
    """
    input, dtype = as_tensor(input), numeric_dtype("cast", dtype)
    return input if input.dtype == dtype else Cast(dtype)(input)


def numeric_dtype(op, dtype, default=None):
    """``dtype`` as a ``numpy.dtype``, ``default`` for None.

    Raises
    ------
    TypeError
        Unless it is a type of real numbers or bool.
    """
    if dtype is None:
        return default
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found is None or found.kind not in "biuf":
        raise TypeError(f"{op}: {dtype!r} is not a dtype of tensors; use float32, float64, int64, "
                        "bool ...")
    return found


def floats(input):
    """``input`` as a Tensor of floats: integers and bools become float32, as in PyTorch."""
    if isinstance(input, Tensor) and input.data.dtype.kind == "f":
        return input
    input = as_tensor(input)
    return input if input.dtype.kind == "f" else cast(input, dtypes.DEFAULT_FLOAT)


def promoted(a, b):
    """Two operands in the dtype PyTorch computes in.

    Of a Tensor and a Python number the number stays one; everything else becomes a Tensor.
    """
    if isinstance(a, Tensor):
        if isinstance(b, Tensor):
            if a.data.dtype is b.data.dtype:  # the usual case, on the way of every op
                return a, b
        elif type(b) in _PLAIN and a.data.dtype.kind == "f":
            return a, b
    elif type(a) in _PLAIN and isinstance(b, Tensor) and b.data.dtype.kind == "f":
        return a, b
    return promoted_all(a, b)


def promoted_all(*operands):
    """Any number of operands in their common dtype; the rare cases of ``promoted``."""
    operands = [_operand(x) for x in operands]
    if not any(isinstance(x, Tensor) for x in operands):
        operands[0] = as_tensor(operands[0])
    dtype = dtypes.result_type(*[x.data if isinstance(x, Tensor) else x for x in operands])
    return tuple([cast(x, dtype) if isinstance(x, Tensor) else number(x, dtype) for x in operands])


def _operand(x):
    """A Python number (NumPy's scalars are such, as for PyTorch) or a Tensor."""
    if isinstance(x, np.generic) and x.dtype.kind in "biuf":
        return x.item()
    return x if isinstance(x, (bool, int, float)) else as_tensor(x)


def number(value, dtype):
    """A Python number as one of ``dtype``; integers wrap around, as its arithmetic does."""
    if dtype.kind == "f":
        return float(value)
    if dtype.kind == "b":
        return bool(value)
    bits = 8 * dtype.itemsize
    wrapped = int(value) % 2 ** bits
    return wrapped - 2 ** bits if dtype.kind == "i" and wrapped >= 2 ** (bits - 1) else wrapped


def exact_number(op, value, dtype):
    """A Python number as one of ``dtype``, refused where it does not fit; -1 as uint8 is 255.

    Raises
    ------
    ValueError
        For an integer type that cannot hold the value.
    """
    if dtype.kind in "iu":
        try:
            wrapped, value = number(value, dtype), int(value)
            if wrapped == value or (dtype.kind == "u" and -np.iinfo(dtype).max <= value < 0):
                return wrapped
        except (OverflowError, ValueError):
            pass  # inf and NaN
        raise ValueError(f"{op}: {value} does not fit into {dtype}; use a wider dtype")
    return number(value, dtype)


def promoted_floats(a, b):
    """``promoted`` for ops that compute in floats: two operands without any become float32."""
    for x in (a, b):
        if isinstance(x, Tensor) and x.data.dtype.kind == "f":
            return promoted(a, b)
    a, b = _operand(a), _operand(b)
    if any(x.dtype.kind == "f" if isinstance(x, Tensor) else isinstance(x, float) for x in (a, b)):
        return promoted(a, b)
    return floats(a), floats(b)


def refuse_bool(op, advice, *operands):
    """Refuse bools among the operands.

    Raises
    ------
    TypeError
        Naming the op, ending in ``advice``.
    """
    for x in operands:
        if isinstance(x, bool) or (hasattr(x, "dtype") and x.dtype.kind == "b"):
            raise TypeError(f"{op}: not defined for bools; {advice}")


def binary(op, name, a, b):
    """``op(a, b)`` on promoted operands; shapes that do not broadcast are refused by name."""
    return applied(op, name, *promoted(a, b))


def applied(op, name, *operands):
    """``op(*operands)``; where NumPy finds shapes that do not broadcast, name the op and them."""
    try:
        return op(*operands)
    except ValueError:
        check_broadcast(name, *operands)
        raise


def check_broadcast(op, *operands):
    """Refuse Tensors whose shapes do not broadcast (numbers and None fit everything).

    Raises
    ------
    ValueError
        Naming the op and the shapes.
    """
    shapes = [x.shape for x in operands if hasattr(x, "shape")]
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        listed = " and ".join(str(shape) for shape in shapes)
        raise ValueError(f"{op}: shapes {listed} do not broadcast; counted from the right, sizes "
                         "must be equal or 1") from None
