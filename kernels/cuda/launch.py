"""From a Python call to a kernel on the GPU: find the source, compile it once, check, wrap, launch.

CuPy's RawKernel checks nothing: a Python float where the kernel takes 32 bits, an array of another
dtype or with strides, and it computes garbage. So each call is held to the parameters as they
stand in the source. That source is compiled when first needed, once for each dtype (``Real``) and
width of index (``Index``).
"""
import functools
import math
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minitorch_cnn.device import cupy, is_gpu_array

from . import changing

HERE = Path(__file__).resolve().parent
OPTIONS = ("-std=c++17",)
REALS = {np.dtype(np.float32): "float", np.dtype(np.float64): "double"}
THREADS = 256           # of a block, where nothing speaks for another number
MOST_BLOCKS = 2 ** 31 - 1

NARROW = 2 ** 31        # an array this long needs 64-bit indices
INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"\s*$')
KERNEL = re.compile(r'extern "C" __global__ void (?:__launch_bounds__\([^)]*\) )?(\w+)'
                    r"\(((?:[^()]|\([^()]*\))*)\)")
EIGHT = re.compile(r"EIGHT\(([^()]*)\)")     # the macro of optimizer.cu
TYPES = {"int": np.int32, "unsigned": np.uint32, "long long": np.int64, "float": np.float32,
         "double": np.float64, "unsigned char": np.uint8, "unsigned long long": np.uint64}


@dataclass(frozen=True)
class Parameter:
    """Of a kernel: its name, its NumPy type, and whether it is a pointer to such."""

    name: str
    type: type
    pointer: bool


@functools.cache
def source(file):
    """The text of ``<file>.cu`` with what it includes of ours put in.

    CuPy keeps compiled kernels by a hash of the text; what that text includes would not count.
    """
    return "\n".join(_lines(f"{file}.cu", set()))


def _lines(name, seen):
    lines = [f'#line 1 "{name}"']
    for number, line in enumerate((HERE / name).read_text(encoding="utf-8").splitlines(), 1):
        included = INCLUDE.match(line)
        if included and included[1] not in seen:
            seen.add(included[1])
            lines += [*_lines(included[1], seen), f'#line {number + 1} "{name}"']
        elif not included and line.strip() != "#pragma once":
            lines.append(line)
    return lines


def kernel_names(file):
    """The kernels of a file."""
    return [name for name, _ in KERNEL.findall(source(file))]


@functools.cache
def parameters(file, name, real, wide):
    """What a kernel takes, read from its source."""
    types = dict(TYPES, Real=real.type, Index=np.int64 if wide else np.uint32)
    found = dict(KERNEL.findall(source(file)))[name]
    found = EIGHT.sub(lambda each: ", ".join([f"{each[1]}{i}" for i in range(8)]), found)
    return tuple([_parameter(text, types) for text in found.split(",")])


def _parameter(text, types):
    words = text.replace("*", " * ").split()
    pointer = "*" in words
    words = [w for w in words if w not in ("const", "*", "__restrict__")]
    return Parameter(words[-1], types[" ".join(words[:-1])], pointer)


def oldest(file):
    """The compute capability that a file needs: 75, or as it says itself, ``// needs sm_80``."""
    needs = re.search(r"^// needs sm_(\d+)", source(file), re.MULTILINE)
    return int(needs[1]) if needs else 75


def _device():
    """The number of the GPU in use."""
    return cupy().cuda.runtime.getDevice()


def runs_here(file, real):
    """Whether the GPU in use is new enough for a file, and what it includes is installed."""
    return _runs_on(_device(), file, real)


@functools.cache
def _runs_on(device, file, real):
    if int(cupy().cuda.Device(device).compute_capability) < oldest(file):
        return False
    try:
        _kernel(file, kernel_names(file)[0], real, False, variants(file, real)[0], device)
    except Exception as error:  # of CuPy's own types
        warnings.warn(f"{file}.cu does not compile ({str(error).splitlines()[0]}); float32 kernels "
                      "run instead", RuntimeWarning, stacklevel=5)
        return False
    return True


def variants(file, real):
    """What a file is compiled for: values of a constant of its own, or None if it has none.

    The first is for large problems. Nothing for a dtype that it is not written for.
    """
    if file.endswith("_tf32"):
        return ("ROWS=128", "ROWS=64", "ROWS=32") if real == np.float32 else ()
    if file not in ("conv", "conv_weight"):
        return (None,)
    few = ("COLUMNS=16",) if file == "conv_weight" else ()
    return (*(("ROWS=64",) if real == np.float32 else ()), "ROWS=32", *few)


def options(real, wide, variant=None):
    """What the compiler is told."""
    defines = [f"REAL={REALS[real]}", *(["WIDE"] if wide else []), *([variant] if variant else [])]
    return (*OPTIONS, *[f"-D{define}" for define in defines])


@functools.cache
def _module(file, real, wide, variant, device):
    return cupy().RawModule(code=source(file), options=options(real, wide, variant))


@functools.cache
def _kernel(file, name, real, wide, variant, device):
    return _module(file, real, wide, variant, device).get_function(name)


def suits(*arrays):
    """Whether all are floats of one dtype that the kernels are written for."""
    return arrays[0].dtype in REALS and all(a.dtype == arrays[0].dtype for a in arrays)


def contiguous(array):
    """``array`` in row-major order; a copy only where it is not."""
    return array if array.flags.c_contiguous else cupy().ascontiguousarray(array)


def empty(shape, dtype):
    """New memory on the GPU, holding anything."""
    return cupy().empty(shape, dtype)


def launch(file, name, real, grid, block, *args, variant=None):
    """Run kernel ``name`` of ``<file>.cu``.

    Parameters
    ----------
    real : dtype
        What ``Real`` is in the source: float32 or float64.
    grid, block : int or tuple of int
        Blocks, and threads of a block. Without any block nothing is run.
    args
        CuPy arrays, row-major and of the parameters' types, and numbers.
    variant : str, optional
        One of the file's ``variants``.
    """
    grid = grid if isinstance(grid, tuple) else (grid,)
    block = block if isinstance(block, tuple) else (block,)
    if not all(grid) or changing.only_numbers():
        return
    if grid[0] > MOST_BLOCKS:
        raise ValueError(f"{name}: {grid[0]:,} blocks are more than a GPU starts at once; split "
                         "the batch")
    wide = any(a.size >= NARROW for a in args if is_gpu_array(a))
    takes = parameters(file, name, real, wide)
    if len(args) != len(takes):
        raise TypeError(f"{name} takes {len(takes)} arguments, got {len(args)}")
    values = [(_pointer if p.pointer else _value)(name, p, a) for p, a in zip(takes, args)]
    _kernel(file, name, real, wide, variant, _device())(grid, block, values)


def sweep(file, name, real, items, *args, each=1):
    """``launch`` with one thread for every ``each`` of the items."""
    launch(file, name, real, blocks(items, THREADS * each), THREADS, *args)


def blocks(items, size):
    """How many blocks of ``size`` hold so many items."""
    return -(-items // size)


def pack(real):
    """Numbers in 16 bytes."""
    return 16 // real.itemsize


def product(numbers):
    """Of Python ints, which do not overflow."""
    return math.prod(numbers)


def _pointer(kernel, parameter, array):
    if not is_gpu_array(array):
        raise TypeError(f"{kernel}: {parameter.name} must be a CuPy array, got "
                        f"{type(array).__name__}; move it with to_gpu")
    if array.dtype != parameter.type:
        raise TypeError(f"{kernel}: {parameter.name} must be {np.dtype(parameter.type)}, got "
                        f"{array.dtype}")
    if not array.flags.c_contiguous:
        raise ValueError(f"{kernel}: {parameter.name} must be row-major; the strides "
                         f"{array.strides} would be ignored")
    return array


def _value(kernel, parameter, value):
    try:
        if isinstance(value, (int, float, np.number)):
            return parameter.type(value)
    except OverflowError:
        pass
    raise ValueError(f"{kernel}: {parameter.name} must fit into {np.dtype(parameter.type)}, got "
                     f"{value!r}")
