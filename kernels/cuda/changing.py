"""Numbers that may be others at the next replay of a graph: learning rates, counters of draws.

A graph keeps the arguments of its kernels as they were captured. So what changes lies in memory on
the GPU, and the kernels that use it read it there ("numbers, changing" among their parameters):

    captured     optimizer.step() runs; each kernel's numbers get a place, and are written there
    replayed     optimizer.step() runs again, but kernels are not launched: only their numbers are
                 written, in the same order to the same places; then all go over in one copy

Outside of graphs numbers are plain arguments.
"""
import contextlib
import threading

import numpy as np

from minitorch_cnn.device import cupy

SIZE = 1 << 16  # bytes
_EVERY = 8      # a place begins at a multiple of so many


class _State(threading.local):
    numbers = None      # in use: of the graph that is captured or replayed
    replayed = False


_state = _State()


class Numbers:
    """Those of one graph.

    Attributes
    ----------
    used : int
        Bytes that have a place.
    draws : list of int
        The stream of every draw of random numbers that has one, in order.
    """

    def __init__(self):
        self.there, self.here = cupy().empty(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
        self.used, self.draws = 0, []
        self._written, self._sent = {}, False   # {first byte: values}; whether all went over

    @contextlib.contextmanager
    def captured(self):
        """Kernels launched inside read their numbers from here."""
        with self._in_use(False):
            yield

    @contextlib.contextmanager
    def replayed(self):
        """Kernels asked for inside only leave their numbers."""
        with self._in_use(True):
            yield

    @contextlib.contextmanager
    def _in_use(self, replayed):
        before = _state.numbers, _state.replayed
        _state.numbers, _state.replayed = self, replayed
        self.used, self.draws = 0, []
        try:
            yield
        finally:
            _state.numbers, _state.replayed = before

    def place(self, values, dtype):
        """Write values to the next place; its array on the GPU."""
        first, end = self._next(values, dtype)
        return self.there[first:end].view(dtype)

    def again(self, values, dtype):
        """``place`` in a replay, where the kernels know the array."""
        self._next(values, dtype)

    def _next(self, values, dtype):
        first, end = self.used, self.used + len(values) * np.dtype(dtype).itemsize
        self.used = -(-end // _EVERY) * _EVERY
        if self.used > SIZE:
            raise MemoryError(f"a graph has room for {SIZE:,} bytes of numbers that change")
        if self._written.get(first) != values:
            self.here[first:end] = np.array(values, dtype).view(np.uint8)
            self._written[first], self._sent = values, False
        return first, end

    def send(self):
        """Copy what has changed to the GPU, behind what it was asked before."""
        if not self._sent:
            self.there[:self.used].set(self.here[:self.used], cupy().cuda.get_current_stream())
            self._sent = True


def place(values, dtype, drawn_by=None):
    """An array on the GPU for numbers of a kernel in a graph; None outside, and in a replay.

    Parameters
    ----------
    values : tuple of numbers
    dtype : dtype
    drawn_by : int, optional
        The stream that they are a key of.
    """
    numbers = _state.numbers
    if numbers is None:
        return None
    if drawn_by is not None:
        numbers.draws.append(drawn_by)
    if _state.replayed:
        numbers.again(values, dtype)
        return None
    return numbers.place(values, dtype)


def only_numbers():
    """Whether kernels are not to be launched: a graph does it."""
    return _state.replayed
