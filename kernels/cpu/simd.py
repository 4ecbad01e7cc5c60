"""The SIMD vocabulary of the CPU kernels: vectors of floats, written as LLVM instructions.

Numba turns loops into vector code where it can, but it cannot be told to keep a tile of 28 vectors
in registers, and that is what makes a convolution fast. So the innermost loops are built here,
instruction by instruction, with llvmlite's IRBuilder, and called from ordinary Numba code as if
they were functions (``numba.extending.intrinsic``). The vocabulary is small:

    load, store       WIDTH floats from / to an address (any alignment)
    store_some        the same, but only the first ``count`` lanes
    broadcast         one float from an address into all lanes
    fma               a * b + c in one instruction, on all lanes
    loop              a counted loop that carries values (the accumulators) from turn to turn

``b`` is the IRBuilder throughout: each call appends an instruction at its position. Addresses and
strides are 64-bit integers counted in bytes. WIDTH is the number of floats in a vector of this
machine: 16 with AVX-512, 8 with AVX2, 4 otherwise (NEON's width; tested here on x86 only).
MINITORCH_CNN_SIMD_WIDTH overrides it, for tests.
"""
import os

import llvmlite.binding as llvm
import llvmlite.ir as ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _width():
    named = os.environ.get("MINITORCH_CNN_SIMD_WIDTH")
    if named:
        return int(named)
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 16
    return 8 if features.get("avx2") else 4


WIDTH = _width()
BYTES = 4 * WIDTH       # of a vector
FLOAT = ir.FloatType()
I1, I32, I64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)
VECTOR = ir.VectorType(FLOAT, WIDTH)
INDICES = ir.VectorType(I32, WIDTH)
MASK = ir.VectorType(I1, WIDTH)
BYTE_VECTOR = ir.VectorType(ir.IntType(8), WIDTH)


def pointer(b, address, kind):
    """The integer ``address`` as a pointer to ``kind``."""
    return b.inttoptr(address, kind.as_pointer())


def plus(b, address, count):
    """``address + count``, where ``count`` is a Python int or a value."""
    if isinstance(count, int):
        return address if count == 0 else b.add(address, I64(count))
    return b.add(address, count)


def load(b, address):
    """WIDTH floats that start at ``address``."""
    value = b.load(pointer(b, address, VECTOR))
    value.align = 4
    return value


def store(b, value, address):
    """Write WIDTH floats to ``address``."""
    b.store(value, pointer(b, address, VECTOR)).align = 4


def load_some(b, address, mask):
    """The lanes whose bit in ``mask`` is set, 0 in the others; nothing else is read."""
    place = pointer(b, address, VECTOR)
    kind = ir.FunctionType(VECTOR, [place.type, I32, MASK, VECTOR])
    function = cgutils.get_or_insert_function(b.module, kind, f"llvm.masked.load.v{WIDTH}f32.p0")
    return b.call(function, [place, I32(4), mask, constant(0)])


def store_some(b, value, address, mask):
    """Write the lanes of ``value`` whose bit in ``mask`` is set; nothing else is touched."""
    place = pointer(b, address, VECTOR)
    kind = ir.FunctionType(ir.VoidType(), [VECTOR, place.type, I32, MASK])
    function = cgutils.get_or_insert_function(
        b.module, kind, f"llvm.masked.store.v{WIDTH}f32.p0")
    b.call(function, [value, place, I32(4), mask])


def load_some_bytes(b, address, mask):
    """WIDTH bytes: the lanes whose bit in ``mask`` is set, 0 in the others."""
    place = pointer(b, address, BYTE_VECTOR)
    kind = ir.FunctionType(BYTE_VECTOR, [place.type, I32, MASK, BYTE_VECTOR])
    function = cgutils.get_or_insert_function(b.module, kind, f"llvm.masked.load.v{WIDTH}i8.p0")
    return b.call(function, [place, I32(1), mask, ir.Constant(BYTE_VECTOR, [0] * WIDTH)])


def store_some_bytes(b, value, address, mask):
    """Write the bytes whose bit in ``mask`` is set."""
    place = pointer(b, address, BYTE_VECTOR)
    kind = ir.FunctionType(ir.VoidType(), [BYTE_VECTOR, place.type, I32, MASK])
    function = cgutils.get_or_insert_function(b.module, kind, f"llvm.masked.store.v{WIDTH}i8.p0")
    b.call(function, [value, place, I32(1), mask])


def prefetch(b, address):
    """Have the line of memory at ``address`` fetched to the cache; any address will do."""
    place = pointer(b, address, ir.IntType(8))
    kind = ir.FunctionType(ir.VoidType(), [place.type, I32, I32, I32])
    function = cgutils.get_or_insert_function(b.module, kind, "llvm.prefetch.p0")
    b.call(function, [place, I32(0), I32(3), I32(1)])


def first_lanes(b, count):
    """The mask of the first ``count`` lanes (any integer: below 0 none, above WIDTH all)."""
    bound = ir.Constant(ir.VectorType(I64, WIDTH), ir.Undefined)
    bound = b.insert_element(bound, count, I32(0))
    bound = b.shuffle_vector(bound, bound, ir.Constant(INDICES, [0] * WIDTH))
    lanes = ir.Constant(bound.type, list(range(WIDTH)))
    return b.icmp_signed("<", lanes, bound)


def load_float(b, address):
    """One float."""
    value = b.load(pointer(b, address, FLOAT))
    value.align = 4
    return value


def store_float(b, value, address):
    """Write one float."""
    b.store(value, pointer(b, address, FLOAT)).align = 4


def broadcast(b, value):
    """One float in every lane."""
    vector = b.insert_element(ir.Constant(VECTOR, ir.Undefined), value, I32(0))
    return b.shuffle_vector(vector, vector, ir.Constant(INDICES, [0] * WIDTH))


def constant(number):
    """A vector of one number."""
    return ir.Constant(VECTOR, [ir.Constant(FLOAT, float(number))] * WIDTH)


def fma(b, x, y, z):
    """x * y + z on all lanes, rounded once."""
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    function = cgutils.get_or_insert_function(b.module, kind, f"llvm.fma.v{WIDTH}f32")
    return b.call(function, [x, y, z])


def total(b, vector):
    """The sum over the lanes."""
    kind = ir.FunctionType(FLOAT, [FLOAT, VECTOR])
    function = cgutils.get_or_insert_function(
        b.module, kind, f"llvm.vector.reduce.fadd.v{WIDTH}f32")
    return b.call(function, [ir.Constant(FLOAT, 0.0), vector], fastmath=("reassoc",))


def loop(b, count, carried, body):
    """``for i in range(count): carried = body(carried)``; returns the final values.

    The values travel in registers (LLVM's phi nodes); ``count`` may be 0.
    """
    before, function = b.block, b.function
    head = function.append_basic_block("head")
    inside = function.append_basic_block("body")
    after = function.append_basic_block("after")
    b.branch(head)
    b.position_at_end(head)
    i = b.phi(I64)
    i.add_incoming(I64(0), before)
    values = []
    for value in carried:
        phi = b.phi(value.type)
        phi.add_incoming(value, before)
        values.append(phi)
    b.cbranch(b.icmp_signed("<", i, count), inside, after)
    b.position_at_end(inside)
    following = body(values)
    i.add_incoming(b.add(i, I64(1)), b.block)
    for phi, value in zip(values, following):
        phi.add_incoming(value, b.block)
    b.branch(head)
    b.position_at_end(after)
    return values


def kernel(arguments):
    """Make ``emit(b, *values)`` callable from Numba code: so many integers in, nothing out."""
    signature = types.void(*[types.intp] * arguments)

    def decorate(emit):
        def typed(context, *_):
            def generate(context, builder, signature, values):
                emit(builder, *values)
                return context.get_dummy_value()
            return signature, generate
        return intrinsic(with_arguments(typed, arguments))
    return decorate


def with_arguments(typed, count):
    """``typed`` with exactly ``count`` named arguments: Numba reads them off its signature."""
    names = ", ".join(f"a{i}" for i in range(count))
    scope = {"typed": typed}
    exec(f"def call(context, {names}):\n    return typed(context, {names})", scope)
    return scope["call"]


# Functions for Numba code, on addresses -----------------------------------------------------------


@intrinsic
def read(context, address):
    """The float at ``address``."""
    def generate(context, builder, signature, values):
        return load_float(builder, values[0])
    return types.float32(types.intp), generate


@intrinsic
def write(context, address, value):
    """Put a float at ``address``."""
    def generate(context, builder, signature, values):
        store_float(builder, values[1], values[0])
        return context.get_dummy_value()
    return types.void(types.intp, types.float32), generate


@intrinsic
def copy(context, target, source, count):
    """Copy ``count`` bytes."""
    def generate(context, builder, signature, values):
        place, origin = (pointer(builder, a, ir.IntType(8)) for a in values[:2])
        kind = ir.FunctionType(ir.VoidType(), [place.type, origin.type, I64, I1])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.memcpy.p0.p0.i64")
        builder.call(function, [place, origin, values[2], I1(0)])
        return context.get_dummy_value()
    return types.void(types.intp, types.intp, types.intp), generate


@intrinsic
def clear(context, target, count):
    """Set ``count`` bytes to zero."""
    def generate(context, builder, signature, values):
        place = pointer(builder, values[0], ir.IntType(8))
        kind = ir.FunctionType(ir.VoidType(), [place.type, ir.IntType(8), I64, I1])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.memset.p0.i64")
        builder.call(function, [place, ir.IntType(8)(0), values[1], I1(0)])
        return context.get_dummy_value()
    return types.void(types.intp, types.intp), generate


@intrinsic
def copy_vector(context, target, source):
    """Copy WIDTH floats."""
    def generate(context, builder, signature, values):
        store(builder, load(builder, values[1]), values[0])
        return context.get_dummy_value()
    return types.void(types.intp, types.intp), generate
