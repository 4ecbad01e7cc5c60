"""Addresses, and arrays whose memory is used again.

Fresh memory costs about 70 microseconds per megabyte: the operating system maps it page by page as
it is first touched. A training step makes and drops the same sizes every time, so what a dropped
array leaves behind is handed to the next one of its size.
"""
import threading

import numpy as np

SMALL = 1 << 16      # bytes; below, the allocator of NumPy is as fast
KEEP = 1 << 31       # bytes kept ready at most


class _Pool:
    """Blocks of memory that no array uses now, by size."""

    def __init__(self):
        self.free, self.kept = {}, 0
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


class _Lease:
    """What an array and all its views hold on to; when the last of them goes, so does the lease."""

    __slots__ = ("block", "size", "__array_interface__")

    def __init__(self, shape, dtype, size, block):
        self.size, self.block = size, block
        start = block.__array_interface__["data"][0]
        self.__array_interface__ = {"data": (start + -start % 64, False), "shape": shape,
                                    "typestr": dtype.str, "version": 3}

    def __del__(self, pool=POOL):  # bound here: at interpreter exit the module may be gone
        pool.give(self.size, self.block)


def empty(shape, dtype):
    """``np.empty`` on reused memory, aligned to 64 bytes; row-major."""
    dtype = np.dtype(dtype)
    size = dtype.itemsize
    for n in shape:
        size *= n
    if size < SMALL:
        return np.empty(shape, dtype)
    return np.asarray(_Lease(tuple(shape), dtype, size, POOL.take(size)))


_local = threading.local()


def scratch(size):
    """The address of ``size`` bytes for a kernel to work in: a thread has one buffer for all."""
    if getattr(_local, "size", -1) < size:
        _local.buffer = np.empty(size + 64, np.uint8)
        start = address(_local.buffer)
        _local.start, _local.size = start + -start % 64, size
    return _local.start


def empty_channels_last(shape, dtype):
    """An array of shape (N, C, H, W) whose memory runs N, H, W, C."""
    n, c, h, w = shape
    return empty((n, h, w, c), dtype).transpose(0, 3, 1, 2)


def address(array):
    """Where the first element of ``array`` lies (0 for None)."""
    return 0 if array is None else array.__array_interface__["data"][0]


def is_channels_last(x):
    """Whether the channels of a pixel of x (N, C, H, W) lie side by side."""
    return x.strides[1] == x.itemsize or x.shape[1] == 1


def suits(*arrays):
    """Whether these arrays are for the kernels here: float32, aligned, not empty (None is fine)."""
    return all(a is None or (a.dtype == np.float32 and a.size and a.flags.aligned) for a in arrays)
