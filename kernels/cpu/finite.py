"""Is a number among these that no sum gets rid of?"""
import numpy as np

from . import vectors as v
from .jit import serial
from .memory import address
from .objects import ROWS, layout
from .simd import WIDTH


@serial
def _finite(x, count):
    """Whether ``count`` floats from an address on hold neither inf nor NaN."""
    zero = total = v.fill(np.float32(0))
    for i in range(0, count, WIDTH):
        total = v.add(total, v.mul(v.load_some(x + 4 * i, count - i), zero))
    return v.total(total) == 0


def is_finite(x):
    """Whether an array holds neither inf nor NaN."""
    return _finite(address(x), x.size) if layout(x) == ROWS else np.isfinite(x).all()
