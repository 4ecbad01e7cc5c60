"""The GPU's memory and its queues, for the stand-in: pools, streams, stream capture, graphs.

As on a GPU, a graph knows addresses, not arrays: it does not keep alive what it works on. Memory
that is given back is overwritten with NaN and handed out again, so a graph that works on it shows.
While a stream captures, what is asked of it is noted and not run; waiting for it, reading from it,
copies from the CPU and CuPy's own cuBLAS raise, as in CuPy (tests/cupy_tests/cuda_tests/test_graph
there). Stricter than CuPy: memory for a graph must come from a pool of its own.
"""
import ctypes
import threading
from contextlib import contextmanager

import numpy as np

ALIGN = 512     # as CuPy's memory
KEPT = 1 << 22  # larger pieces go back to the system

WAITS = "cudaErrorStreamCaptureUnsupported: operation not permitted when stream is capturing"
INVALID = ("cudaErrorStreamCaptureInvalidated: operation failed due to a previous error during "
           "capture")


class CUDARuntimeError(RuntimeError):
    """cupy.cuda.runtime.CUDARuntimeError."""


# memory ------------------------------------------------------------------------------------------

class Piece:
    """Memory that a pool has lent: it goes back when the last array in it is gone."""

    def __init__(self, pool, memory):
        self._pool, self._memory = pool, memory
        self.__array_interface__ = {"shape": memory.shape, "typestr": "|u1", "version": 3,
                                    "data": (memory.ctypes.data, False)}

    def __del__(self):
        self._pool._take_back(self._memory)


class MemoryPool:
    """cupy.cuda.MemoryPool: keeps what is given back, for later."""

    def __init__(self, allocator=None):
        self._idle, self._bytes = {}, 0

    def malloc(self, size):
        """Bytes that hold nonsense, as an array."""
        size = -(-max(size, 1) // ALIGN) * ALIGN
        idle = self._idle.get(size)
        return np.asarray(Piece(self, idle.pop() if idle else _aligned(size)))

    def _take_back(self, memory):
        _spoil(memory, self)
        if memory.size <= KEPT:
            self._idle.setdefault(memory.size, []).append(memory)

    def used_bytes(self):
        return self._bytes

    def free_all_blocks(self, stream=None):
        self._idle.clear()


def _spoil(memory, pool, byte=0xFF):
    """Write nonsense; a graph does that each time, as often as it takes memory or gives it back."""
    if pool is not _here.pool or not current().is_capturing():
        memory.fill(byte)
        return
    there = at(memory)
    enqueue(lambda: there.fill(byte))


def _aligned(size):
    wide = np.empty(size + ALIGN, np.uint8)
    start = -wide.ctypes.data % ALIGN
    memory = wide[start:start + size]
    memory.fill(0xFF)
    return memory


DEFAULT = MemoryPool()


def new_memory(shape, dtype, order="C"):
    """An array in memory of the pool in use, full of nonsense: every byte 0xFF, NaN for floats."""
    dtype = np.dtype(dtype)
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (int(shape),)
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if _here.pool is DEFAULT and current().is_capturing():
        raise RuntimeError("stand-in: memory for a graph comes from the default pool, which gives "
                           "it to others as soon as the array is gone; use a pool of its own")
    memory = _here.pool.malloc(size)[:size]
    _spoil(memory, _here.pool, 0xFF if dtype.kind != "b" else 1)
    return np.ndarray(shape, dtype, memory, order="F" if order == "F" else "C")


def like(array):
    """New memory in the order of an array's."""
    order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    made = new_memory([array.shape[axis] for axis in order], array.dtype)
    return made.transpose(np.argsort(order))


def at(array):
    """The same memory, without holding on to it."""
    if not array.size:
        return array
    low, high = np.lib.array_utils.byte_bounds(array)
    memory = np.frombuffer((ctypes.c_char * (high - low)).from_address(low), np.uint8)
    return np.ndarray(array.shape, array.dtype, memory, array.ctypes.data - low, array.strides)


@contextmanager
def using_allocator(allocator=None):
    """cupy.cuda.using_allocator."""
    before = _here.pool
    _here.pool = DEFAULT if allocator is None else allocator.__self__
    try:
        yield
    finally:
        _here.pool = before


# streams -----------------------------------------------------------------------------------------

class Stream:
    """cupy.cuda.Stream; work is done at once, unless the stream captures."""

    null = None
    _capturing = []     # streams

    def __init__(self, null=False, non_blocking=False, ptds=False, priority=None):
        self.is_non_blocking, self.ptr = non_blocking, 0 if null else id(self)
        self._tape, self._broken, self._before = None, False, []

    def __enter__(self):
        self._before.append(_here.stream)
        _here.stream = self
        return self

    def __exit__(self, *error):
        _here.stream = self._before.pop()

    def use(self):
        _here.stream = self
        return self

    def synchronize(self):
        """Wait; while it captures this breaks the capture."""
        if self._tape is not None:
            self._broken = True
            raise CUDARuntimeError(WAITS)

    def begin_capture(self, mode=None):
        """From here on work is noted."""
        if not self.ptr:
            raise RuntimeError("cannot capture on the default (legacy) stream")
        if self._tape is not None:
            raise CUDARuntimeError("cudaErrorIllegalState: the stream is capturing")
        self._tape, self._broken = [], False
        Stream._capturing.append(self)
        for library in _here.libraries:
            library.begin(self.ptr)

    def end_capture(self):
        """What was noted, as a Graph."""
        if self._tape is None:
            raise CUDARuntimeError("cudaErrorIllegalState: the stream is not capturing")
        _fetch_calls(self)
        tape, self._tape = self._tape, None
        Stream._capturing.remove(self)
        for library in _here.libraries:
            library.begin(0)
        if self._broken:
            raise CUDARuntimeError(INVALID)
        return Graph._made_of(tape)

    def is_capturing(self):
        return self._tape is not None


class Graph:
    """cupy.cuda.Graph."""

    def __init__(self, *args, **options):
        raise NotImplementedError("currently this class cannot be initiated by the user and must "
                                  "be created via stream capture")

    @classmethod
    def _made_of(cls, tape):
        graph = cls.__new__(cls)
        graph._tape = tape
        return graph

    def launch(self, stream=None):
        """Run what was noted, in the same memory."""
        stream = stream or current()
        if stream.is_capturing():
            raise CUDARuntimeError("stand-in: a graph inside a graph")
        for action in self._tape:
            action()

    def upload(self, stream=None):
        pass


Stream.null = Stream(null=True)


class _Here(threading.local):
    """Of each thread: the stream and the pool in use."""

    pool = DEFAULT
    libraries = []      # that run on streams, too: cuBLAS; of all threads

    def __init__(self):
        self.stream = Stream.null


_here = _Here()


def current(device_id=None):
    """cupy.cuda.get_current_stream."""
    return _here.stream


def enqueue(action):
    """Do something, or note it if the stream captures."""
    stream = current()
    if not stream.ptr and any(not s.is_non_blocking for s in Stream._capturing):
        raise CUDARuntimeError("cudaErrorStreamCaptureImplicit: operation would make the legacy "
                               "stream depend on a capturing blocking stream")
    if stream._tape is None:
        action()
        return
    _fetch_calls(stream)
    stream._tape.append(action)


def _fetch_calls(stream):
    """Calls that libraries noted since the last time stand before what comes now."""
    for library in _here.libraries:
        stream._tape.extend(library.calls())


def refuse_waiting():
    """Raise where CuPy would wait for the GPU."""
    if current().is_capturing():
        raise RuntimeError("the current stream is capturing, so synchronous API is not allowed")


def refuse_upload():
    """Raise where CuPy would copy from the CPU through memory that it then gives to others."""
    stream = current()
    if stream.is_capturing():
        stream._broken = True
        raise CUDARuntimeError(WAITS)
