"""Softmax and log-softmax in Numba, for short rows of scores, one after the other in memory.

x (M, K): M rows of K scores. Other layouts are left to the reference, and so are long rows wherever
exp is to be taken: NumPy's exp works on whole vectors, Numba's on one number at a time.
"""
import numpy as np

from . import jit

LONGEST = 64  # scores in a row


@jit.inline
def _largest(row):
    """The maximum; NaN if there is one, as NumPy's max."""
    largest = row[0]
    for score in row:
        if score > largest or np.isnan(score):
            largest = score
    return largest


@jit.serial
def _softmax_forward(x, y):
    for m in range(x.shape[0]):
        largest = _largest(x[m])
        total = x.dtype.type(0)
        for k in range(x.shape[1]):
            e = np.exp(x[m, k] - largest)
            y[m, k] = e
            total += e
        for k in range(x.shape[1]):
            y[m, k] /= total


@jit.serial
def _softmax_backward(dy, y, dx):
    for m in range(y.shape[0]):
        total = y.dtype.type(0)
        for k in range(y.shape[1]):
            total += dy[m, k] * y[m, k]
        for k in range(y.shape[1]):
            dx[m, k] = y[m, k] * (dy[m, k] - total)


@jit.serial
def _log_softmax_forward(x, y):
    for m in range(x.shape[0]):
        largest = _largest(x[m])
        total = x.dtype.type(0)
        for k in range(x.shape[1]):
            y[m, k] = x[m, k] - largest  # stored: x - (largest + log_total) would lose digits
            total += np.exp(y[m, k])
        log_total = np.log(total)
        for k in range(x.shape[1]):
            y[m, k] -= log_total


@jit.serial
def _log_softmax_backward(dy, y, dx):
    for m in range(y.shape[0]):
        total = y.dtype.type(0)
        for k in range(y.shape[1]):
            total += dy[m, k]
        for k in range(y.shape[1]):
            dx[m, k] = dy[m, k] - np.exp(y[m, k]) * total


def _by_rows(rows, longest, axis, *arrays):
    """Run ``rows`` on the arrays seen as (M, K), or NotImplemented where they are not such rows."""
    x = arrays[0]
    if axis % x.ndim != x.ndim - 1 or x.size == 0 or x.shape[-1] > longest:
        return NotImplemented
    for array in arrays:
        if array.dtype.char not in "fd" or array.dtype != x.dtype or not array.flags.c_contiguous:
            return NotImplemented
    y = np.empty_like(x)
    rows(*[array.reshape(-1, x.shape[-1]) for array in (*arrays, y)])
    return y


def softmax_forward(x, axis):
    return _by_rows(_softmax_forward, LONGEST, axis, x)


def softmax_backward(dy, y, axis):
    return _by_rows(_softmax_backward, np.inf, axis, dy, y)


def log_softmax_forward(x, axis):
    return _by_rows(_log_softmax_forward, LONGEST, axis, x)


def log_softmax_backward(dy, y, axis):
    return _by_rows(_log_softmax_backward, LONGEST, axis, dy, y)
