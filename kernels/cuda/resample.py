"""Images of another size on the GPU."""
import functools

import numpy as np

from minitorch_cnn.device import cupy, is_gpu_array

from .launch import contiguous, empty, suits, sweep


def resample2d(x, rows, columns):
    if not suits(x) or x.ndim != 4:
        return NotImplemented
    y = empty((*x.shape[:2], len(rows[0]) - 1, len(columns[0]) - 1), x.dtype)
    sweep("resample", "resample2d", x.dtype, y.size, contiguous(x), y, *_axis(rows, x.dtype),
          *_axis(columns, x.dtype), y.size, *x.shape[2:], *y.shape[2:])
    return y


def _axis(taps, real):
    """(starts, places, weights) on the GPU."""
    return [_there(part, np.dtype(kind)) for part, kind in zip(taps, (np.int32, np.int32, real))]


def _there(array, kind):
    if is_gpu_array(array):
        return contiguous(array.astype(kind, copy=False))
    return _sent(array.tobytes(), array.dtype, kind, cupy().cuda.runtime.getDevice())


@functools.cache    # for good: a graph knows where it lies, and cannot send anything itself
def _sent(content, dtype, kind, device):
    return cupy().asarray(np.frombuffer(content, dtype).astype(kind))
