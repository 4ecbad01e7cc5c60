"""Memory in which a kernel cannot miss its arrays unseen.

For a launch each array is copied to the edge of a page that nobody may touch: one byte too far, and
the launch ends. What lies between the other edge and the array is filled, and looked at afterwards.
"""
import ctypes
import mmap

import numpy as np

PAGE = mmap.PAGESIZE
ALIGN = 16          # what a vector load needs; CuPy's own memory is aligned to 512
# NaN, or a huge number, read as a float: another for each array of a launch, so that what is read
# beyond one and written beyond another shows
FILLS = 0xFF, 0xFB, 0xF7, 0xF3, 0xFD, 0xF9, 0xF5

_protect = ctypes.CDLL(None, use_errno=True).mprotect
_protect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int


class KernelError(Exception):
    """A kernel did what no kernel may do."""


class Stretch:
    """A stretch of memory that one or more arrays of a launch lie in, and its copy."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    def lay_out(self, edge, plain, fill):
        """A fresh copy of the original at the "start", the "end", or the "end, aligned"."""
        size = self.high - self.low
        if plain:  # the address sanitizer lays red zones around it
            self.copy, self.rest = np.empty(size, np.uint8), ()
        else:
            self.copy, self.rest = _at_the_edge(size, edge, fill)
        self.fill = fill
        ctypes.memmove(self.copy.ctypes.data, self.low, size)


def _at_the_edge(size, edge, fill):
    """``size`` bytes at the end or the start of pages between two forbidden ones, and the rest."""
    inner = -(-max(size, 1) // PAGE) * PAGE
    whole = np.frombuffer(mmap.mmap(-1, inner + 2 * PAGE), np.uint8)
    for page in (0, PAGE + inner):
        if _protect(whole.ctypes.data + page, PAGE, 0):
            raise OSError(ctypes.get_errno(), "mprotect")
    inside = whole[PAGE:PAGE + inner]
    start = 0 if edge == "start" else inner - size
    if edge == "end, aligned":
        start -= start % ALIGN
    rest = inside[:start], inside[start + size:]
    for part in rest:
        part[...] = fill
    return inside[start:start + size], rest


class SideBySide:
    """The memory of a launch: arrays that share bytes share them in the copies too.

    Parameters
    ----------
    arrays : list of (address, first byte, last byte + 1)
    plain : bool
        Leave the edges to a sanitizer.
    """

    def __init__(self, arrays, plain):
        self.plain, self.stretches = plain, []
        for _, low, high in sorted(arrays, key=lambda a: a[1:]):
            last = self.stretches[-1] if self.stretches else None
            if last is not None and low < last.high:
                last.high = max(last.high, high)
            else:
                self.stretches.append(Stretch(low, high))

    def lay_out(self, edge):
        """Copy everything once more."""
        for i, stretch in enumerate(self.stretches):
            stretch.lay_out(edge, self.plain, FILLS[i % len(FILLS)])

    def place(self, address):
        """Where the copies hold what is at ``address``."""
        for s in self.stretches:
            if s.low <= address < s.high or s.low == address == s.high:
                return s.copy.ctypes.data + address - s.low
        return 0  # of an array without elements

    def check(self, name):
        """Raise if something was written beside the arrays."""
        if any((part != s.fill).any() for s in self.stretches for part in s.rest):
            raise KernelError(f"{name}: wrote beyond its arrays")

    def contents(self):
        """All bytes."""
        return [s.copy.tobytes() for s in self.stretches]

    def write_back(self, contents):
        """Into the arrays themselves."""
        for stretch, content in zip(self.stretches, contents):
            ctypes.memmove(stretch.low, content, len(content))
