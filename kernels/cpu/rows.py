"""Channels-last arrays as tables: a row for every pixel, a column for every channel."""
import math
from collections import namedtuple

import numpy as np

from .jit import Entry
from .memory import address, contiguous, empty, empty_channels_last, suits
from .stage import rearranged

# address of the first float, sizes, the array itself
Table = namedtuple("Table", "start rows columns array")


def fits(*arrays):
    """Whether all arrays are (N, C) or (N, C, ...) of float32 with something in them."""
    return suits(*arrays) and all(a is None or a.ndim >= 2 for a in arrays)


def table(x):
    """x (N, C) or (N, C, ...) as a table without gaps; a copy if its memory runs otherwise."""
    if x.ndim == 2:
        x = contiguous(x)
    else:
        x = x if x.ndim == 4 else _reshaped(x, _as_images(x.shape))
        if not x.transpose(0, 2, 3, 1).flags.c_contiguous:
            x = rearranged(x)
    return Table(address(x), x.size // x.shape[1], x.shape[1], x)


def empty_table(shape):
    """A new array of this shape whose memory is a table."""
    if len(shape) == 2:
        return empty(shape, np.float32)
    if len(shape) == 4:
        return empty_channels_last(shape, np.float32)
    return empty_channels_last(_as_images(shape), np.float32).reshape(shape)


def _reshaped(x, shape):
    y = x.reshape(shape)
    Entry.spoiled |= not np.may_share_memory(x, y)  # a copy by NumPy
    return y


def _as_images(shape):
    """(N, C, ...) as (N, C, H, W)."""
    return (*shape[:2], math.prod(shape[2:-1]), shape[-1])
