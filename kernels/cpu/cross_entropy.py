"""Softmax and the likelihood of the right class in one pass, with the gradient on the way.

x (N, K, ...) scores of K classes, logp their logarithms after softmax; labels (N, ...), one for
each position; unit = softmax(x) - one-hot, the gradient up to a factor. Positions are counted in
the order of the labels; scores are in lines as in ``softmax.py``.
"""
import numpy as np
from numba import prange

from . import vectors as v
from .curves import log
from .jit import Entry, entry, on, parallel, serial, threads
from .memory import address, contiguous, empty
from .objects import PIXELS, ROWS, layout
from .simd import BYTES, WIDTH, clear, read, write
from .softmax import divide, exponentials, largest, line_of
from .sweep import empty_like

MANY = 1 << 12  # scores below which one thread is as fast


@serial
def _position(i, inner):
    """The first position in the i-th line."""
    blocks = (inner + WIDTH - 1) // WIDTH
    return i // blocks * inner + i % blocks * WIDTH


@serial
def _finish(unit, step, classes, label, loss):
    """Make the gradient at one position of softmax there; its loss, or NaN for a wrong label."""
    if 0 <= label < classes:
        place = unit + label * step
        write(place, read(place) - np.float32(1))
        return loss
    for k in range(classes):
        write(unit + k * step, np.float32(np.nan))
    return np.float32(np.nan)


@serial
def _ignore(unit, step, classes):
    for k in range(classes):
        write(unit + k * step, np.float32(0))
    return np.float32(0)


@serial
def _reduce(losses, labels, ignored, classes, mean, result, counts):
    """The sum or mean of the losses; counts: how many labels count, how many are no class."""
    total, kept, wrong = 0.0, 0, 0
    for i in range(labels.size):
        total += read(losses + 4 * i)
        if labels[i] != ignored:
            kept += 1
            wrong += labels[i] < 0 or labels[i] >= classes
    counts[0], counts[1] = kept, wrong
    write(result, np.float32(total / kept if mean else total))


@parallel
def _cross_entropy(x, labels, ignored, mean, unit, losses, result, counts, lines, classes, inner,
                   workers):
    for thread in prange(workers):
        for i in range(thread * lines // workers, (thread + 1) * lines // workers):
            start, step, count, lanes, last = line_of(i, classes, inner)
            joined, here = inner == 1, unit + start
            best = largest(x + start, step, count, lanes, last, joined)
            total = exponentials(x + start, here, step, count, lanes, last, joined, best)
            divide(here, step, count, lanes, last, total)
            shift, apart, position = log(total), 4 * inner, _position(i, inner)
            for j in range(1 if joined else lanes):
                label = labels[position + j]
                if label == ignored:
                    loss = _ignore(here + 4 * j, apart, classes)
                else:
                    place = min(max(label, 0), classes - 1) * apart + start + 4 * j
                    loss = v.lane(shift, j) - (read(x + place) - v.lane(best, j))
                    loss = _finish(here + 4 * j, apart, classes, label, loss)
                write(losses + 4 * (position + j), loss)
    _reduce(losses, labels, ignored, classes, mean, result, counts)


@parallel
def _scale(unit, dy, counts, mean, dx, count, workers):
    for thread in prange(workers):
        factor = read(dy)
        if mean:
            factor /= np.float32(max(counts[0], 1))
        scale = v.fill(factor)
        first, last = 4 * (thread * count // workers), 4 * ((thread + 1) * count // workers)
        for i in range(first, last, BYTES):
            if i + BYTES <= last:
                v.store(dx + i, v.mul(v.load(unit + i), scale))
            else:
                left = (last - i) // 4
                v.store_some(dx + i, v.mul(v.load_some(unit + i, left), scale), left)


@entry
def _likelihood(logp, labels, ignored, mean, losses, result, counts, classes, inner):
    """The losses -logp at the labels, reduced."""
    for i in range(labels.size):
        label = labels[i]
        place = logp + 4 * (i // inner * classes * inner + label * inner + i % inner)
        loss = np.float32(0)
        if label != ignored:
            loss = -read(place) if 0 <= label < classes else np.float32(np.nan)
        write(losses + 4 * i, loss)
    _reduce(losses, labels, ignored, classes, mean, result, counts)


@entry
def _likelihood_backward(dy, labels, ignored, mean, counts, dlogp, size, classes, inner):
    clear(dlogp, 4 * size)
    factor = -read(dy)
    if mean:
        factor /= np.float32(max(counts[0], 1))
    for i in range(labels.size):
        if labels[i] != ignored and 0 <= labels[i] < classes:
            place = i // inner * classes * inner + labels[i] * inner + i % inner
            write(dlogp + 4 * place, factor)


def _flat(labels):
    """The labels one after the other, as int64."""
    if labels.dtype != np.int64:
        labels = labels.astype(np.int64)
        Entry.spoiled = True    # no captured call would do it again
    return contiguous(labels).reshape(-1)


def _laid_out(x):
    """(x or a copy, its layout, classes, how many floats apart); None where it does not suit."""
    order = layout(x)
    if order == 0 or x.ndim == 0:
        return None
    if order not in (ROWS, PIXELS):
        x, order = contiguous(x), ROWS
    axis = 1 if x.ndim > 1 else 0
    classes = x.shape[axis]
    inner = 1 if order == PIXELS or x.ndim < 3 else x.size // (classes * x.shape[0])
    return x, order, classes, inner


def cross_entropy_forward(x, labels, ignore_index, mean):
    """(loss, unit, counts): see ``kernels/reference/cross_entropy.py``."""
    laid = _laid_out(x)
    if laid is None:
        return NotImplemented
    x, order, classes, inner = laid
    labels = _flat(labels)
    unit, losses = empty_like(x, order), empty(labels.shape, np.float32)
    result, counts = empty((), np.float32), empty((2,), np.int64)
    lines = labels.size // inner * (-(-inner // WIDTH))
    workers = threads() if x.size >= MANY else 1
    on(workers, _cross_entropy)(address(x), labels, ignore_index, mean, address(unit),
                                address(losses), address(result), counts, lines, classes, inner,
                                workers)
    return result, unit, counts


def cross_entropy_backward(dy, unit, counts, mean):
    """dx = unit * dy, divided by the number of labels that count if the loss is their mean."""
    order = layout(unit)
    if order not in (ROWS, PIXELS) or layout(dy) == 0:
        return NotImplemented
    dx = empty_like(unit, order)
    workers = threads() if unit.size >= MANY else 1
    on(workers, _scale)(address(unit), address(dy), counts, mean, address(dx), unit.size, workers)
    return dx


def nll_forward(logp, labels, ignore_index, mean):
    """(loss, counts): see ``kernels/reference/cross_entropy.py``."""
    laid = _laid_out(logp)
    if laid is None:
        return NotImplemented
    logp, _, classes, inner = laid
    labels = _flat(labels)
    losses = empty(labels.shape, np.float32)
    result, counts = empty((), np.float32), empty((2,), np.int64)
    _likelihood(address(logp), labels, ignore_index, mean, address(losses), address(result),
                counts, classes, inner)
    return result, counts


def nll_backward(dy, logp, labels, ignore_index, counts, mean):
    """dlogp = -dy at the labels that count, divided by their number for a mean; 0 elsewhere."""
    laid = _laid_out(logp)
    if laid is None or layout(dy) == 0:
        return NotImplemented
    logp, order, classes, inner = laid
    dlogp, labels = empty_like(logp, order), _flat(labels)
    _likelihood_backward(address(dy), labels, ignore_index, mean, counts, address(dlogp),
                         logp.size, classes, inner)
    return dlogp
