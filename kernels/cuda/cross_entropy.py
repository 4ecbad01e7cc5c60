"""Softmax and the likelihood of the right class on the GPU, and the likelihood alone."""
import numpy as np

from .launch import blocks, contiguous, empty, launch, product, suits, sweep
from .softmax import block_of

THREADS = 256       # that add up the losses of a part
PART = 4096         # losses for which a further block is worth its start
MOST_PARTS = 1024


def cross_entropy_forward(x, labels, ignore_index, mean):
    """(loss, unit, counts)."""
    if not suits(x) or x.size == 0:
        return NotImplemented
    x, labels, (rows, K, S) = contiguous(x), _numbered(labels), _sizes(x)
    unit, losses = empty(x.shape, x.dtype), empty((rows,), x.dtype)
    block = block_of(K, S)
    launch("cross_entropy", "cross_entropy_rows", x.dtype, blocks(rows, block[1]), block, x,
           labels, ignore_index, unit, losses, rows, K, S)
    loss, counts = _summed(losses, labels, ignore_index, mean, K)
    return loss, unit, counts


def cross_entropy_backward(dy, unit, counts, mean):
    if not suits(unit, dy) or dy.size != 1:
        return NotImplemented
    dx = empty(unit.shape, unit.dtype)
    sweep("cross_entropy", "cross_entropy_backward", unit.dtype, dx.size, contiguous(unit),
          contiguous(dy), counts, bool(mean), dx, dx.size)
    return dx


def nll_forward(logp, labels, ignore_index, mean):
    """(loss, counts)."""
    if not suits(logp) or logp.size == 0:
        return NotImplemented
    labels, (rows, K, S) = _numbered(labels), _sizes(logp)
    losses = empty((rows,), logp.dtype)
    sweep("cross_entropy", "nll_losses", logp.dtype, rows, contiguous(logp), labels, ignore_index,
          losses, rows, K, S)
    return _summed(losses, labels, ignore_index, mean, K)


def nll_backward(dy, logp, labels, ignore_index, counts, mean):
    if not suits(logp, dy) or dy.size != 1 or logp.size == 0:
        return NotImplemented
    dlogp, (_, K, S) = empty(logp.shape, logp.dtype), _sizes(logp)
    sweep("cross_entropy", "nll_backward", logp.dtype, dlogp.size, contiguous(dy),
          _numbered(labels), ignore_index, counts, bool(mean), dlogp, dlogp.size, K, S)
    return dlogp


def _sizes(x):
    """(rows, K, S) of scores (N, K, ...) or (K,)."""
    shape = x.shape if x.ndim > 1 else (1, *x.shape)
    S = product(shape[2:])
    return shape[0] * S, shape[1], S


def _numbered(labels):
    return contiguous(labels.astype(np.int64, copy=False))


def _summed(losses, labels, ignore_index, mean, K):
    """(loss, counts)."""
    real, rows = losses.dtype, losses.size
    parts = min(blocks(rows, PART), MOST_PARTS)
    loss, counts, partial = empty((), real), empty((2,), np.int64), empty((3, parts), np.float64)
    launch("cross_entropy", "losses_sum", real, parts, THREADS, losses, labels, ignore_index,
           bool(mean), partial, loss, counts, rows, K)
    if parts > 1:
        launch("cross_entropy", "losses_finish", real, 1, THREADS, partial, parts, bool(mean),
               loss, counts)
    return loss, counts
