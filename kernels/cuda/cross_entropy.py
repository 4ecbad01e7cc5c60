"""Softmax and the likelihood of the right class on the GPU."""
import numpy as np

from .launch import blocks, contiguous, empty, launch, suits, sweep
from .softmax import block_of

THREADS = 256   # that add up the losses


def cross_entropy_forward(x, labels, ignore_index, mean):
    """(loss, unit, counts)."""
    if not suits(x) or x.size == 0 or x.ndim != 2:
        return NotImplemented
    x, labels = contiguous(x), contiguous(labels.astype(np.int64, copy=False))
    (N, K), real = x.shape, x.dtype
    unit, losses = empty((N, K), real), empty((N,), real)
    block = block_of(K, 1)
    launch("softmax", "cross_entropy_rows", real, blocks(N, block[1]), block, x, labels,
           ignore_index, unit, losses, N, K)
    loss, counts = empty((), real), empty((2,), np.int64)
    launch("softmax", "cross_entropy_sum", real, 1, THREADS, losses, labels, ignore_index,
           bool(mean), loss, counts, N, K)
    return loss, unit, counts


def cross_entropy_backward(dy, unit, counts, mean):
    if not suits(unit, dy) or dy.size != 1:
        return NotImplemented
    dx = empty(unit.shape, unit.dtype)
    sweep("softmax", "cross_entropy_backward", unit.dtype, dx.size, contiguous(unit),
          contiguous(dy), counts, bool(mean), dx, dx.size)
    return dx
