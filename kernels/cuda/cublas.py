"""cuBLAS's matrix product, called directly.

CuPy calls cuBLAS, too, but never while a stream captures: then a training step could not become a
graph. cuBLAS itself can be captured if it need not ask for memory, so it is given its workspace.
See https://docs.nvidia.com/cuda/cublas/, "CUDA Graphs Support" and "cublasGemmEx".

It counts along columns, we along rows. What it takes for the matrix y^T is our y, and

    y = a b     <=>     y^T = b^T a^T
"""
import ctypes
import functools
import importlib
import threading
import warnings

import numpy as np

from minitorch_cnn.device import cupy

WORKSPACE = 32 << 20    # bytes: NVIDIA's advice for its newer GPUs
# dtype: (cuBLAS's number of it, of sums in it, the type of the factors of the products)
TYPES = {np.dtype(np.float32): (0, 68, ctypes.c_float),
         np.dtype(np.float64): (1, 70, ctypes.c_double)}
DEFAULT = -1            # algorithm: it chooses
MOST = 2 ** 31

_handles = threading.local()


def product(a, b, y):
    """y = a @ b on the current stream; False where it cannot be done, and nothing was.

    Parameters
    ----------
    a, b, y : CuPy arrays (M, K), (K, N), (M, N)
        Not empty; y row-major.
    """
    if library() is None or y.dtype not in TYPES or max(*a.shape, *b.shape) >= MOST:
        return False
    (a, a_flag, a_row), (b, b_flag, b_row) = _as_it_lies(a), _as_it_lies(b)
    (M, N), K = y.shape, a.shape[1]
    number, sums, factor = TYPES[y.dtype]
    status = library().cublasGemmEx(
        _handle(), b_flag, a_flag, N, M, K, ctypes.byref(factor(1)), b.data.ptr, number, b_row,
        a.data.ptr, number, a_row, ctypes.byref(factor(0)), y.data.ptr, number, N, sums, DEFAULT)
    return _succeeded(status)


def _as_it_lies(a):
    """(a, 1 if it is stored the other way round, the length of what is stored side by side)."""
    if a.flags.c_contiguous:
        return a, 0, a.shape[1]
    if a.flags.f_contiguous:
        return a, 1, a.shape[0]
    return cupy().ascontiguousarray(a), 0, a.shape[1]


@functools.cache
def library():
    """The library that CuPy would load, or None."""
    try:
        finder = importlib.import_module("cuda.pathfinder")
        found = ctypes.CDLL(finder.load_nvidia_dynamic_lib("cublas").abs_path)
        found.cublasGemmEx.argtypes = _types("p" + "i" * 5 + "ppiipiippiiii")
        found.cublasSetStream_v2.argtypes = _types("pp")
        found.cublasSetWorkspace_v2.argtypes = [*_types("pp"), ctypes.c_size_t]
        return found
    except Exception:   # no finder, or it finds nothing: CuPy's own way remains
        return None


def _types(text):
    return [ctypes.c_void_p if letter == "p" else ctypes.c_int for letter in text]


def _handle():
    """This thread's handle for the current GPU, set to the current stream."""
    device, stream = cupy().cuda.runtime.getDevice(), cupy().cuda.get_current_stream().ptr
    handles = _handles.__dict__.setdefault("of", {})
    if device not in handles:
        handle = ctypes.c_void_p()
        _check(library().cublasCreate_v2(ctypes.byref(handle)))
        with cupy().cuda.using_allocator(cupy().get_default_memory_pool().malloc):
            handles[device] = [handle, cupy().empty(WORKSPACE, np.uint8), None]
    handle, workspace, used = handles[device]
    if stream != used:      # another stream takes the workspace away
        _check(library().cublasSetStream_v2(handle, stream))
        _check(library().cublasSetWorkspace_v2(handle, workspace.data.ptr, WORKSPACE))
        handles[device][2] = stream
    return handle


def _check(status):
    if status:
        raise RuntimeError(f"cuBLAS does not start (status {status})")


def _succeeded(status):
    if status:
        _warn(status)
    return not status


@functools.cache
def _warn(status):
    warnings.warn(f"cuBLAS called directly returns status {status}; CuPy calls it instead, which "
                  "cannot become part of a graph", RuntimeWarning, stacklevel=5)
