"""Softmax and the likelihood of the right class in one pass, with the gradient on the way.

x (N, K) scores; labels (N,); unit (N, K) = softmax(x) - one-hot, the gradient up to a factor.
"""
import numpy as np
from numba import prange

from .jit import entry, parallel, threads
from .memory import empty, suits

MANY = 1 << 12  # scores below which one thread is as fast


@parallel
def _rows(x, labels, ignored, losses, unit, workers):
    """The loss of every row; NaN where the label is no class, 0 where it is ignored."""
    n, k = x.shape
    for thread in prange(workers):
        for i in range(thread * n // workers, (thread + 1) * n // workers):
            label = labels[i]
            if label == ignored:
                losses[i] = 0
                unit[i] = 0
                continue
            if label < 0 or label >= k:
                losses[i] = np.nan
                unit[i] = np.nan
                continue
            largest = x[i, 0]
            for j in range(1, k):
                if x[i, j] > largest or x[i, j] != x[i, j]:
                    largest = x[i, j]
            total = np.float32(0)
            for j in range(k):
                e = np.exp(x[i, j] - largest)
                unit[i, j] = e
                total += e
            losses[i] = np.log(total) - (x[i, label] - largest)
            for j in range(k):
                unit[i, j] /= total
            unit[i, label] -= 1


@entry
def _reduce(losses, labels, ignored, classes, mean, result, counts):
    """The sum or mean; counts: how many labels count, how many are no class."""
    total, kept, wrong = 0.0, 0, 0
    for i in range(losses.size):
        total += losses[i]
        if labels[i] != ignored:
            kept += 1
            wrong += labels[i] < 0 or labels[i] >= classes
    counts[0], counts[1] = kept, wrong
    result[()] = total / kept if mean else total


@entry
def _scale(unit, dy, counts, mean, dx):
    factor = dy[()] / np.float32(counts[0]) if mean else dy[()]
    for i in range(unit.size):
        dx[i] = unit[i] * factor


def cross_entropy_forward(x, labels, ignore_index, mean):
    """(loss, unit, counts): see ``kernels/reference/cross_entropy.py``."""
    if not suits(x) or not x.flags.c_contiguous or not labels.flags.c_contiguous:
        return NotImplemented
    n, k = x.shape
    losses, unit = empty((n,), np.float32), empty((n, k), np.float32)
    result, counts = empty((), np.float32), empty((2,), np.int64)
    _rows(x, labels, ignore_index, losses, unit, threads() if x.size >= MANY else 1)
    _reduce(losses, labels, ignore_index, k, mean, result, counts)
    return result, unit, counts


def cross_entropy_backward(dy, unit, counts, mean):
    """dx = unit * dy, divided by the number of labels that count if the loss is their mean."""
    if not suits(dy, unit):
        return NotImplemented
    dx = empty(unit.shape, np.float32)
    _scale(unit.reshape(-1), dy, counts, mean, dx.reshape(-1))
    return dx
