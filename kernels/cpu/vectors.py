"""Vectors as values in Numba code: ``Floats`` and ``Ints``, WIDTH lanes each.

Pooling, normalization and activations are loops over the channels of a pixel, written with these
functions in ordinary Numba code. Comparisons follow IEEE: anything compared with NaN is false.
"""
import llvmlite.ir as ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from . import simd
from .simd import I32, INDICES, MASK, VECTOR


class _FloatsType(types.Type):
    def __init__(self):
        super().__init__(name=f"Floats{simd.WIDTH}")


class _IntsType(types.Type):
    def __init__(self):
        super().__init__(name=f"Ints{simd.WIDTH}")


@register_model(_FloatsType)
class _FloatsModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, VECTOR)


@register_model(_IntsType)
class _IntsModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, INDICES)


FLOATS, INTS = _FloatsType(), _IntsType()
ADDRESS, FLOAT, INT = types.intp, types.float32, types.int32
# Instructions without flags of their own get those of ``jit.FAST``; with these, terms and factors
# stay in their order: x (n / d) must not become (x n) / d, which may be infinite.
EXACT = ("contract",)


def _function(result, *arguments):
    """Make ``emit(b, *values)`` a function for Numba code with these types."""
    def decorate(emit):
        def typed(context, *_):
            def generate(context, builder, signature, values):
                value = emit(builder, *values)
                return context.get_dummy_value() if value is None else value
            return result(*arguments), generate
        named = intrinsic(simd.with_arguments(typed, len(arguments)))
        named.__doc__ = emit.__doc__
        return named
    return decorate


@_function(FLOATS, ADDRESS)
def load(b, address):
    """WIDTH floats from an address."""
    return simd.load(b, address)


@_function(FLOATS, ADDRESS, ADDRESS)
def load_some(b, address, count):
    """The first ``count`` lanes from an address, 0 in the others; nothing beyond is read."""
    return simd.load_some(b, address, simd.first_lanes(b, count))


@_function(FLOATS, ADDRESS, ADDRESS, FLOATS)
def load_some_else(b, address, count, other):
    """The first ``count`` lanes from an address, those of ``other`` in the rest."""
    mask = simd.first_lanes(b, count)
    return b.select(mask, simd.load_some(b, address, mask), other)


@_function(types.void, ADDRESS, FLOATS)
def store(b, address, value):
    """WIDTH floats to an address."""
    simd.store(b, value, address)


@_function(types.void, ADDRESS, FLOATS, ADDRESS)
def store_some(b, address, value, count):
    """The first ``count`` lanes to an address."""
    simd.store_some(b, value, address, simd.first_lanes(b, count))


@_function(INTS, ADDRESS, ADDRESS)
def load_ints(b, address, count):
    """The first ``count`` int32 from an address."""
    place = simd.pointer(b, address, INDICES)
    kind = ir.FunctionType(INDICES, [place.type, I32, MASK, INDICES])
    function = cgutils.get_or_insert_function(
        b.module, kind, f"llvm.masked.load.v{simd.WIDTH}i32.p0")
    zero = ir.Constant(INDICES, [0] * simd.WIDTH)
    return b.call(function, [place, I32(4), simd.first_lanes(b, count), zero])


@_function(types.void, ADDRESS, INTS, ADDRESS)
def store_ints(b, address, value, count):
    """The first ``count`` lanes to an address, as int32."""
    place = simd.pointer(b, address, INDICES)
    kind = ir.FunctionType(ir.VoidType(), [INDICES, place.type, I32, MASK])
    function = cgutils.get_or_insert_function(
        b.module, kind, f"llvm.masked.store.v{simd.WIDTH}i32.p0")
    b.call(function, [value, place, I32(4), simd.first_lanes(b, count)])


@_function(INTS, ADDRESS, ADDRESS)
def load_bytes(b, address, count):
    """The first ``count`` unsigned bytes from an address, as int32."""
    bytes_ = simd.load_some_bytes(b, address, simd.first_lanes(b, count))
    return b.zext(bytes_, INDICES)


@_function(types.void, ADDRESS, INTS, ADDRESS)
def store_bytes(b, address, value, count):
    """The first ``count`` lanes to an address, as bytes."""
    simd.store_some_bytes(b, b.trunc(value, simd.BYTE_VECTOR), address,
                          simd.first_lanes(b, count))


@_function(FLOATS, FLOAT)
def fill(b, value):
    """One float in every lane."""
    return simd.broadcast(b, value)


@_function(INTS, INT)
def fill_int(b, value):
    """One integer in every lane."""
    vector = b.insert_element(ir.Constant(INDICES, ir.Undefined), value, I32(0))
    return b.shuffle_vector(vector, vector, ir.Constant(INDICES, [0] * simd.WIDTH))


@_function(FLOATS, FLOATS, FLOATS)
def add(b, x, y):
    """x + y"""
    return b.fadd(x, y, flags=EXACT)


@_function(FLOATS, FLOATS, FLOATS)
def sub(b, x, y):
    """x - y"""
    return b.fsub(x, y, flags=EXACT)


@_function(FLOATS, FLOATS, FLOATS)
def mul(b, x, y):
    """x * y"""
    return b.fmul(x, y, flags=EXACT)


@_function(FLOATS, FLOATS, FLOATS)
def div(b, x, y):
    """x / y"""
    return b.fdiv(x, y, flags=EXACT)


@_function(FLOATS, FLOATS)
def sqrt(b, x):
    """The square root of every lane."""
    kind = ir.FunctionType(VECTOR, [VECTOR])
    function = cgutils.get_or_insert_function(b.module, kind, f"llvm.sqrt.v{simd.WIDTH}f32")
    return b.call(function, [x])


@_function(FLOATS, FLOATS, FLOATS, FLOATS)
def fma(b, x, y, z):
    """x * y + z"""
    return simd.fma(b, x, y, z)


@_function(FLOATS, FLOATS, FLOATS, FLOATS, FLOATS)
def where_at_most(b, x, y, yes, no):
    """``yes`` in the lanes where x <= y, else ``no``."""
    return b.select(b.fcmp_ordered("<=", x, y), yes, no)


@_function(FLOATS, FLOATS, FLOATS, FLOATS, FLOATS)
def where_less(b, x, y, yes, no):
    """``yes`` in the lanes where x < y, else ``no``."""
    return b.select(b.fcmp_ordered("<", x, y), yes, no)


def _beats(b, x, best):
    """Lanes where x > best or x is NaN."""
    return b.or_(b.fcmp_ordered(">", x, best), b.fcmp_unordered("uno", x, x))


@_function(FLOATS, FLOATS, FLOATS)
def better(b, x, best):
    """The maximum so far; NaN wins, as in PyTorch."""
    return b.select(_beats(b, x, best), x, best)


@_function(FLOATS, FLOATS, FLOATS, FLOATS, FLOATS)
def better_other(b, x, best, other, best_other):
    """``other`` in the lanes where x beats ``best``, else ``best_other``."""
    return b.select(_beats(b, x, best), other, best_other)


@_function(INTS, FLOATS, FLOATS, INTS, INTS)
def better_index(b, x, best, index, best_index):
    """``index`` in the lanes where x beats ``best``, else ``best_index``."""
    return b.select(_beats(b, x, best), index, best_index)


@_function(INTS, FLOATS)
def order(b, x):
    """Integers in the order of max(x, 0), with NaN above all; ``unordered`` turns them back.

    Without its sign a float's bits, read as an integer, grow with it, and those of NaN come last.
    """
    x = b.select(b.fcmp_ordered("<", x, simd.constant(0)), simd.constant(0), x)
    positive = ir.Constant(INDICES, [0x7fffffff] * simd.WIDTH)
    return b.and_(b.bitcast(x, INDICES), positive)


@_function(FLOATS, INTS)
def unordered(b, x):
    """The floats that ``order`` made integers of."""
    return b.bitcast(x, VECTOR)


@_function(INTS, INTS, INTS)
def larger(b, x, y):
    """The larger integer in every lane."""
    return b.select(b.icmp_signed(">", x, y), x, y)


@_function(INTS, INTS, INTS, INTS, INTS)
def where_larger(b, x, y, yes, no):
    """``yes`` in the lanes where x > y, else ``no``; all integers."""
    return b.select(b.icmp_signed(">", x, y), yes, no)


@_function(INTS, INTS, INTS, INTS, INTS)
def where_better(b, x, best, yes, no):
    """``yes`` in the lanes where x is above ``best`` or NaN, both as ``order`` has them."""
    infinity = ir.Constant(INDICES, [0x7f800000] * simd.WIDTH)
    best = b.select(b.icmp_signed(">", best, infinity), infinity, best)
    return b.select(b.icmp_signed(">", x, best), yes, no)


@_function(FLOATS, INTS, INTS, FLOATS)
def where_equal(b, x, y, value):
    """``value`` in the lanes where the integers are equal, else 0."""
    return b.select(b.icmp_signed("==", x, y), value, simd.constant(0))


@_function(FLOATS, INTS, INTS, FLOATS)
def where_unequal(b, x, y, value):
    """``value`` in the lanes where the integers differ, else 0."""
    return b.select(b.icmp_signed("!=", x, y), value, simd.constant(0))


@_function(types.boolean, INTS, INTS)
def all_equal(b, x, y):
    """Whether the integers are equal in all lanes."""
    differs = b.icmp_signed("!=", x, y)
    return b.icmp_signed("==", b.bitcast(differs, ir.IntType(simd.WIDTH)),
                         ir.IntType(simd.WIDTH)(0))


@_function(FLOAT, FLOATS)
def total(b, x):
    """The sum over the lanes."""
    return simd.total(b, x)


@_function(FLOAT, FLOATS, ADDRESS)
def lane(b, x, i):
    """The i-th lane."""
    return b.extract_element(x, i)


@_function(FLOAT, FLOATS)
def highest(b, x):
    """The largest lane; x holds no NaN."""
    kind = ir.FunctionType(simd.FLOAT, [VECTOR])
    function = cgutils.get_or_insert_function(
        b.module, kind, f"llvm.vector.reduce.fmax.v{simd.WIDTH}f32")
    return b.call(function, [x], fastmath=("nnan",))


def _of_one(b, name, x):
    """LLVM's function of a vector by this name."""
    kind = ir.FunctionType(VECTOR, [VECTOR])
    function = cgutils.get_or_insert_function(b.module, kind, f"llvm.{name}.v{simd.WIDTH}f32")
    return b.call(function, [x])


@_function(FLOATS, FLOATS)
def absolute(b, x):
    """|x|"""
    return _of_one(b, "fabs", x)


@_function(FLOATS, FLOATS)
def negative(b, x):
    """-x"""
    return b.fneg(x)


@_function(FLOATS, FLOATS)
def nearest(b, x):
    """The integer next to x, as a float; the even one of two."""
    return _of_one(b, "rint", x)


@_function(FLOATS, FLOATS, FLOATS)
def with_sign(b, x, y):
    """|x| with the sign of y."""
    kind = ir.FunctionType(VECTOR, [VECTOR, VECTOR])
    function = cgutils.get_or_insert_function(b.module, kind, f"llvm.copysign.v{simd.WIDTH}f32")
    return b.call(function, [x, y])


@_function(FLOATS, FLOATS)
def power(b, n):
    """2^n for an integer n (as a float) from -126 to 127; 0 for -127, 1 for NaN."""
    whole = b.fptosi(b.select(b.fcmp_ordered("ord", n, n), n, simd.constant(0)), INDICES)
    return b.bitcast(b.shl(b.add(whole, _ints(127)), _ints(23)), VECTOR)


@_function(FLOATS, FLOATS)
def exponent(b, x):
    """n (as a float) with x / 2^n from 3/4 to 3/2, for normal x > 0."""
    bits = b.sub(b.bitcast(x, INDICES), _ints(0x3f400000))     # 3/4
    return b.sitofp(b.ashr(bits, _ints(23)), VECTOR)


def _ints(value):
    return ir.Constant(INDICES, [value] * simd.WIDTH)


def polynomial(*coefficients):
    """The function c0 + c1 x + c2 x^2 + ... for Numba code, by Horner's rule."""
    @_function(FLOATS, FLOATS)
    def value(b, x):
        result = simd.constant(coefficients[-1])
        for c in coefficients[-2::-1]:
            result = simd.fma(b, result, x, simd.constant(c))
        return result
    return value
