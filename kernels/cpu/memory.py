"""Addresses, and arrays whose memory is used again.

Fresh memory costs about 70 microseconds per megabyte: the operating system maps it page by page as
it is first touched. A training step makes and drops the same sizes every time, so what a dropped
array leaves behind is handed to the next one of its size.
"""
import math
import threading

import numpy as np

from .jit import Entry
from .objects import ROWS, address, layout

FLOAT = np.dtype(np.float32)
SMALL = 1 << 16      # bytes; below, the allocator of NumPy is as fast
KEEP = 1 << 31       # bytes kept ready at most
LINE = 64            # bytes; arrays begin where a cache line does


class _Block(np.ndarray):
    """Bytes from NumPy, which asks the system for large pages; see ``_make_lease``."""


class _Pool:
    """Blocks of memory that no array uses now, by size."""

    def __init__(self, most=KEEP, small=SMALL):
        self.free, self.kept, self.most, self.small = {}, 0, most, small
        self.lock = threading.RLock()   # the garbage collector may give a block back amid a call
        self.lease = _make_lease(self.give)

    def take(self, size):
        """Bytes, and where an array of ``size`` bytes is to begin in them."""
        with self.lock:
            blocks = self.free.get(size)
            if blocks:
                self.kept -= size
            block = blocks.pop() if blocks else _Block(size + LINE, np.uint8)
        lease = block.view(self.lease)
        return lease, -address(lease) % LINE

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

    def hold(self, buffer):
        """Scratch memory is nobody's business here."""


def _make_lease(give):
    """A class of arrays of bytes that lie in a block; every array in the block is a view of one.

    When the last view is gone, so is the lease, and ``__del__`` gives the block back. Each time it
    is a new lease: Python calls ``__del__`` once in the life of an object. (A view of a view has
    the first one's memory for its base, unless that is of another class: hence both classes.)
    """
    class Lease(np.ndarray):
        __slots__ = ()

        def __del__(self, kind=_Block):
            if type(self.base) is kind:     # a slice of a lease is of this class, too
                give(self.base)
    return Lease


POOL = _Pool()      # where arrays come from


def empty(shape, dtype):
    """``np.empty`` on reused memory, aligned to 64 bytes; row-major."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < POOL.small:
        return np.empty(shape, dtype)
    return np.ndarray(shape, dtype, *POOL.take(size))


_local = threading.local()


def scratch(size):
    """The address of ``size`` bytes for a kernel to work in: a thread has one buffer for all."""
    if getattr(_local, "size", -1) < size:
        _local.buffer = np.empty(size + 64, np.uint8)
        POOL.hold(_local.buffer)
        start = address(_local.buffer)
        _local.start, _local.size = start + -start % 64, size
    return _local.start


class _PrivatePool(_Pool):
    """One that keeps scratch memory, too, when a larger one is made."""

    def __init__(self, small):
        super().__init__(small=small)
        self.held = []

    def hold(self, buffer):
        self.held.append(buffer)


class Private:
    """Memory of its own for what runs inside ``with``: arrays and scratch stay where they are.

    What the block leaves behind is reserved for as long as this object lives, so that the same
    calls can be made again with the same addresses.
    """

    def __init__(self):
        self._pool, self._scratch = _PrivatePool(small=1), {}

    def __enter__(self):
        global POOL
        self._before = POOL, dict(_local.__dict__)
        POOL = self._pool
        _local.__dict__.clear()
        _local.__dict__.update(self._scratch)

    def __exit__(self, *error):
        global POOL
        self._scratch = dict(_local.__dict__)
        POOL, scratch = self._before
        _local.__dict__.clear()
        _local.__dict__.update(scratch)


def empty_channels_last(shape, dtype):
    """An array of shape (N, C, H, W) whose memory runs N, H, W, C."""
    n, c, h, w = shape
    return empty((n, h, w, c), dtype).transpose(0, 3, 1, 2)


def contiguous(x):
    """x in row-major order: itself, or a copy by NumPy, which no captured call would repeat."""
    if x is None or layout(x) == ROWS or x.flags.c_contiguous:
        return x
    Entry.spoiled = True
    return np.ascontiguousarray(x)


def aligned(x):
    """x, or a copy that suits the kernels; for those that must not decline."""
    if layout(x):
        return x
    Entry.spoiled = True
    return np.array(x, FLOAT)


def is_channels_last(x):
    """Whether the channels of a pixel of x (N, C, H, W) lie side by side."""
    return x.strides[1] == x.itemsize or x.shape[1] == 1


def suits(*arrays):
    """Whether these arrays are for the kernels here: float32, aligned, not empty (None is fine)."""
    return all(map(layout, arrays))
