"""What compiled code learns from Python's objects: where an array lies and how, what a plan holds.

Asking would cost more than a small kernel takes. ``array.__array_interface__`` needs a microsecond,
``array.flags.c_contiguous`` a tenth, and there are many arrays. But all of it stands in the array's
own structure, whose fields have had the same places since NumPy 1.7 (C programs read them by macros
such as ``PyArray_DATA``). A named tuple of 45 numbers needs two microseconds, for Numba looks at
the type of every field, at every call; so a plan is an array of integers as well, and kernels get
its address.

Source: https://numpy.org/doc/stable/reference/c-api/types-and-structures.html (PyArrayObject)
"""
import functools

import numpy as np
from numba import types
from numba.extending import NativeValue, intrinsic, models, register_model, unbox

from .jit import direct, serial
from .simd import I32, I64, pointer

# Where the fields of an array's structure lie, right after what all objects begin with.
DATA = object.__basicsize__
NDIM, SHAPE, STRIDES, DTYPE, FLAGS = DATA + 8, DATA + 16, DATA + 24, DATA + 40, DATA + 48
LETTERS = DATA + 8      # of a dtype: kind, type, byte order
FLOAT32 = int.from_bytes(b"ff=", "little")
TYPE, NAME = 8, 24      # in any object its type, in a type the address of its name
NAME_STARTS, NAME_ENDS = (int.from_bytes(b, "little") for b in (b"numpy.nd", b"ndarray\0"))
C_CONTIGUOUS, ALIGNED = 0x1, 0x100

OTHER, ROWS, PIXELS = 1, 2, 3   # what ``layout`` tells


class _Object(types.Type):
    """Any object; compiled code knows its address, or 0 for None."""

    def __init__(self):
        super().__init__(name="ObjectByAddress")


@register_model(_Object)
class _ObjectModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, I64)


@unbox(_Object)
def _unbox(kind, value, c):
    b = c.builder
    is_none = b.icmp_unsigned("==", value, c.pyapi.borrow_none())
    return NativeValue(b.select(is_none, I64(0), b.ptrtoint(value, I64)))


@intrinsic
def _place(context, value):
    """The address of an object."""
    def generate(context, builder, signature, values):
        return values[0]
    return types.intp(value), generate


def _number_of(kind):
    """A function for Numba code: the integer of this LLVM type at an address."""
    @intrinsic
    def number(context, address):
        def generate(context, builder, signature, values):
            value = builder.load(pointer(builder, values[0], kind))
            return builder.sext(value, I64) if kind is I32 else value
        return types.intp(types.intp), generate
    return number


_long, _int = _number_of(I64), _number_of(I32)


@direct(_Object())
def address(array):
    """Where the first element of an array lies; 0 for None."""
    place = _place(array)
    return 0 if place == 0 else _long(place + DATA)


@serial
def _is_pixels(shape, strides):
    step = 4
    for i in (1, 3, 2, 0):      # an axis of one element may have any stride
        size = _long(shape + 8 * i)
        if size > 1 and _long(strides + 8 * i) != step:
            return False
        step *= size
    return True


@direct(_Object())
def layout(array):
    """0 for what is not for the kernels: no plain array, not float32, not aligned, or empty.

    Else PIXELS for images (N, C, H, W) whose memory runs N, H, W, C without gaps, ROWS for any
    array in row-major order, OTHER for the rest (and for None, which suits every kernel).
    """
    place = _place(array)
    if place == 0:
        return OTHER
    name = _long(_long(place + TYPE) + NAME)
    if _long(name) != NAME_STARTS or _long(name + 6) != NAME_ENDS:
        return 0    # a NumPy scalar, a matrix
    flags, ndim, shape = _int(place + FLAGS), _int(place + NDIM), _long(place + SHAPE)
    if _int(_long(place + DTYPE) + LETTERS) & 0xffffff != FLOAT32 or not flags & ALIGNED:
        return 0
    for i in range(ndim):
        if _long(shape + 8 * i) == 0:
            return 0
    if flags & C_CONTIGUOUS:
        return ROWS
    return PIXELS if ndim == 4 and _is_pixels(shape, _long(place + STRIDES)) else OTHER


class Packed:
    """Gives a named tuple of integers an address, from which a kernel can read it.

        class Plan(Packed, namedtuple("Plan", "N C H W")):
            "What a kernel needs to know."

        read = reader(Plan)     # for Numba code: read(address) is the named tuple
    """

    @functools.cached_property
    def address(self):
        """Where the numbers lie, 64 bits each, for as long as this object lives."""
        self._numbers = np.array(self, np.int64)
        return address(self._numbers)


def reader(kind):
    """The function for Numba code that finds a named tuple of this kind at an address."""
    fields = types.NamedUniTuple(types.int64, len(kind._fields), kind)

    @intrinsic
    def read(context, address):
        def generate(context, builder, signature, values):
            place = pointer(builder, values[0], context.get_value_type(fields))
            return builder.load(place)
        return fields(types.intp), generate
    return read
