"""Channels-last arrays as tables: a row for every pixel, a column for every channel."""
from collections import namedtuple

import numpy as np

from .memory import address, contiguous, empty, empty_channels_last, suits
from .stage import rearranged

# address of the first float, sizes, the array itself
Table = namedtuple("Table", "start rows columns array")


def fits(*arrays):
    """Whether all arrays are (N, C) or (N, C, H, W) of float32 with something in them."""
    return suits(*arrays) and all(a is None or a.ndim in (2, 4) for a in arrays)


def table(x):
    """x (N, C) or (N, C, H, W) as a table without gaps; a copy if its memory runs otherwise."""
    if x.ndim == 2:
        x = contiguous(x)
    elif not x.transpose(0, 2, 3, 1).flags.c_contiguous:
        x = rearranged(x)
    return Table(address(x), x.size // x.shape[1], x.shape[1], x)


def empty_table(shape):
    """A new array of this shape whose memory is a table."""
    return empty(shape, np.float32) if len(shape) == 2 else empty_channels_last(shape, np.float32)
