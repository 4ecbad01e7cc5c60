"""Random numbers from a counter, drawn where they are needed."""
import numpy as np

from ..reference.philox import MASK
from .launch import empty, sweep


def philox_uniform(like, shape, seed, stream, call):
    y = empty(shape, np.float32)
    sweep("philox", "philox_uniform", y.dtype, y.size, y, y.size, seed & MASK, seed >> 32,
          stream & MASK, call & MASK, each=4)
    return y
