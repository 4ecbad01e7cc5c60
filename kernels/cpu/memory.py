"""Addresses, and arrays whose memory is used again.

Fresh memory costs about 70 microseconds per megabyte: the operating system maps it page by page as
it is first touched. A training step makes and drops the same sizes every time, so what a dropped
array leaves behind is handed to the next one of its size.
"""
import threading

import numpy as np

from .jit import Entry

SMALL = 1 << 16      # bytes; below, the allocator of NumPy is as fast
KEEP = 1 << 31       # bytes kept ready at most


class _Pool:
    """Blocks of memory that no array uses now, by size."""

    def __init__(self, small=SMALL):
        self.free, self.kept, self.small, self.held = {}, 0, small, []
        self.lock = threading.RLock()   # the garbage collector may give a block back amid a call

    def take(self, size):
        with self.lock:
            blocks = self.free.get(size)
            if blocks:
                self.kept -= size
                return blocks.pop()
        return np.empty(size + 64, np.uint8)

    def give(self, size, block):
        with self.lock:
            if self.kept + size <= KEEP:
                self.free.setdefault(size, []).append(block)
                self.kept += size

    def clear(self):
        with self.lock:
            self.free.clear()
            self.kept = 0


POOL = _Pool()
_active = POOL      # the pool that arrays are taken from


class _Lease:
    """What an array and all its views hold on to; when the last of them goes, so does the lease."""

    __slots__ = ("block", "size", "pool", "__array_interface__")

    def __init__(self, shape, dtype, size, pool):
        self.size, self.pool = size, pool
        self.block = block = pool.take(size)
        start = block.__array_interface__["data"][0]
        self.__array_interface__ = {"data": (start + -start % 64, False), "shape": shape,
                                    "typestr": dtype.str, "version": 3}

    def __del__(self):
        self.pool.give(self.size, self.block)


def empty(shape, dtype):
    """``np.empty`` on reused memory, aligned to 64 bytes; row-major."""
    dtype = np.dtype(dtype)
    size = dtype.itemsize
    for n in shape:
        size *= n
    if size < _active.small:
        return np.empty(shape, dtype)
    return np.asarray(_Lease(tuple(shape), dtype, size, _active))


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


def address(array):
    """Where the first element of ``array`` lies (0 for None)."""
    return 0 if array is None else array.__array_interface__["data"][0]


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
    return all(a is None or (a.dtype == np.float32 and a.size and a.flags.aligned) for a in arrays)
