"""Note which compiled functions ran, with which arguments, to run them again as they are.

Most of a small step's time goes into Python between the kernels: finding the kernel, making room
for its result, asking where arrays lie. All of it comes out the same when the same step runs again
in the same memory, and can be left away.
"""
import contextlib

import numpy as np

from .jit import Entry
from .memory import Private, empty


class Capture:
    """The calls that ran inside ``with capture.running():``, and the memory they work in.

    Attributes
    ----------
    calls : list of (compiled function, arguments)
    spoiled : bool
        Set where a kernel let NumPy touch data: its calls alone do not repeat its work.
    """

    def __init__(self):
        self.calls, self._memory, self._kept = [], Private(), []

    spoiled = property(lambda self: Entry.spoiled,
                       lambda self, value: setattr(Entry, "spoiled", value))

    @contextlib.contextmanager
    def running(self):
        """Take notes; arrays that kernels make come from memory of our own."""
        before = Entry.tape, Entry.kept
        Entry.tape, Entry.kept = self.calls, self._kept
        try:
            with self._memory:
                yield self
        finally:
            Entry.tape, Entry.kept = before

    def copy_of(self, array):
        """A copy in the memory in use, in the same order where that is without gaps."""
        order = np.argsort([-stride for stride in array.strides], kind="stable")
        copy = empty(tuple([array.shape[i] for i in order]), array.dtype)
        copy = copy.transpose(np.argsort(order))
        copy[...] = array
        return copy
