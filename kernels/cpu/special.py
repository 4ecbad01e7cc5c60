"""The error function in Numba: the C library's, element by element."""
import math

import numpy as np
from numba import prange

from .jit import parallel, serial

PARALLEL_FROM = 1 << 14  # elements; below, starting threads costs more than it saves


def _erf(x, y):
    for i in prange(x.size):
        y[i] = math.erf(x[i])


_erf_serial = serial(_erf)
_erf_parallel = parallel(_erf)


def erf(x):
    """erf of every element; x (any shape) of float32 or float64, y the same."""
    if x.dtype not in (np.float32, np.float64):
        return NotImplemented
    x = np.ascontiguousarray(x).reshape(x.shape)
    y = np.empty(x.shape, x.dtype)
    run = _erf_parallel if x.size >= PARALLEL_FROM else _erf_serial
    run(x.reshape(-1), y.reshape(-1))
    return y
