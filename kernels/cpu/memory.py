"""Addresses, and arrays whose memory is used again.

Fresh memory costs about 70 microseconds per megabyte: the operating system maps it page by page as
it is first touched. A training step makes and drops the same sizes every time, so what a dropped
array leaves behind is handed to the next one of its size.
"""
import math
import threading

import numpy as np

from .jit import Entry
from .objects import address, layout

SMALL = 1 << 16      # bytes; below, the allocator of NumPy is as fast
KEEP = 1 << 31       # bytes kept ready at most
LINE = 64            # bytes; arrays begin where a cache line does


class _Pool:
    """Blocks of memory that no array uses now, by size."""

    def __init__(self, most=KEEP, small=SMALL):
        self.free, self.kept, self.most, self.small, self.held = {}, 0, most, small, []
        self.lock = threading.RLock()   # the garbage collector may give a block back amid a call
        self.new = _make_block(self.give)

    def take(self, size):
        with self.lock:
            blocks = self.free.get(size)
            if blocks:
                self.kept -= size
                return blocks.pop()
        return self.new(size + LINE, np.uint8)

    def give(self, block, line=LINE):  # bound here: at interpreter exit the module may be gone
        size = block.nbytes - line
        with self.lock:
            if self.kept + size <= self.most:
                self.free.setdefault(size, []).append(block)
                self.kept += size

    def clear(self):
        with self.lock:
            self.free.clear()
            self.kept = 0


def _make_block(give):
    """A class of arrays of bytes, in which arrays and all their views lie.

    When the last of them is gone Python is about to drop the block, too, and calls ``__del__``;
    there the pool takes hold of it, and the block lives on. This happens any number of times, since
    a block is nothing for the garbage collector: it refers to no other object (so ``__slots__``).
    """
    class Block(np.ndarray):
        __slots__ = ()

        def __del__(self):
            if self.base is None:   # a slice of a block is of this class, too
                give(self)
    return Block


POOL = _Pool()
_active = POOL      # the pool that arrays are taken from


def empty(shape, dtype):
    """``np.empty`` on reused memory, aligned to 64 bytes; row-major."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < _active.small:
        return np.empty(shape, dtype)
    block = _active.take(size)
    return np.ndarray(shape, dtype, block, -address(block) % LINE)


_local = threading.local()


def scratch(size):
    """The address of ``size`` bytes for a kernel to work in: a thread has one buffer for all."""
    if getattr(_local, "size", -1) < size:
        _local.buffer = np.empty(size + 64, np.uint8)
        if _active is not POOL:
            _active.held.append(_local.buffer)
        start = address(_local.buffer)
        _local.start, _local.size = start + -start % 64, size
    return _local.start


class Private:
    """Memory of its own for what runs inside ``with``: arrays and scratch stay where they are.

    What the block leaves behind is reserved for as long as this object lives, so that the same
    calls can be made again with the same addresses.
    """

    def __init__(self):
        self._pool, self._scratch = _Pool(small=1), {}

    def __enter__(self):
        global _active
        self._before = _active, dict(_local.__dict__)
        _active = self._pool
        _local.__dict__.clear()
        _local.__dict__.update(self._scratch)

    def __exit__(self, *error):
        global _active
        self._scratch = dict(_local.__dict__)
        _active, scratch = self._before
        _local.__dict__.clear()
        _local.__dict__.update(scratch)


def empty_channels_last(shape, dtype):
    """An array of shape (N, C, H, W) whose memory runs N, H, W, C."""
    n, c, h, w = shape
    return empty((n, h, w, c), dtype).transpose(0, 3, 1, 2)


def contiguous(x):
    """x in row-major order: itself, or a copy by NumPy, which no captured call would repeat."""
    if x is None or x.flags.c_contiguous:
        return x
    Entry.spoiled = True
    return np.ascontiguousarray(x)


def is_channels_last(x):
    """Whether the channels of a pixel of x (N, C, H, W) lie side by side."""
    return x.strides[1] == x.itemsize or x.shape[1] == 1


def suits(*arrays):
    """Whether these arrays are for the kernels here: float32, aligned, not empty (None is fine)."""
    return all(map(layout, arrays))
