"""Random numbers from a counter, drawn where they are needed."""
import numpy as np

from ..reference.philox import MASK
from . import changing
from .launch import empty, sweep


def philox_uniform(like, shape, seed, stream, call):
    y = empty(shape, np.float32)
    key = words(seed, call)
    later = changing.place(key, np.uint32, drawn_by=stream)
    numbers = empty((1,), np.uint32) if later is None else later
    sweep("philox", "philox_uniform", y.dtype, y.size, y, y.size, *key[:2], stream & MASK, key[2],
          numbers, later is not None, each=4)
    return y


def words(seed, call):
    """What differs from draw to draw, in 32 bits each: two of the seed, and the call."""
    return seed & MASK, seed >> 32, call & MASK
