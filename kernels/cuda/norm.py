"""Batch normalization on the GPU: sums in two stages, without atomics, the same in every run."""
import numpy as np

from .launch import blocks, contiguous, empty, launch, product, suits, sweep

PART = 4096         # values of a channel for which a further block is worth its start
ROWS = 128          # the same where 32 channels, each a column, share a block
FEW = 512           # rows of which one block adds up 32 columns in a single launch
MOST_PARTS = 64
THREADS = 256       # that share a part
MANY_BLOCKS = 2048  # enough to fill any GPU; more parts would only leave more to add up


def batch_norm_statistics(x):
    if not suits(x) or x.size == 0:
        return NotImplemented
    x, (N, C, S) = contiguous(x), sizes(x)
    mean, var = empty((C,), x.dtype), empty((C,), x.dtype)
    for known in range(1 if x.dtype == np.float32 else 2):  # double: once more, about the mean
        partial = partial_sums("norm", "moments", N, C, S, x, mean, known)
        sweep("norm", "moments_finish", x.dtype, C, x, mean, known, partial, var, C, S,
              partial.shape[1], float(N * S))
    return mean, var


def batch_norm_forward(x, mean, inv_std, weight, bias):
    if not suits(x, *[v for v in (mean, inv_std, weight, bias) if v is not None]):
        return NotImplemented
    x, (_, C, S) = contiguous(x), sizes(x)
    channels = [contiguous(mean if v is None else v) for v in (mean, inv_std, weight, bias)]
    y = empty(x.shape, x.dtype)
    sweep("norm", "batch_norm_forward", x.dtype, x.size, x, *channels, weight is not None,
          bias is not None, y, x.size, C, S)
    return y


def batch_norm_backward(dy, x, mean, inv_std, weight, training, needs):
    if not suits(dy, x, mean, inv_std, *([] if weight is None else [weight])) or x.size == 0:
        return NotImplemented
    dy, x, mean, inv_std = [contiguous(a) for a in (dy, x, mean, inv_std)]
    N, C, S = sizes(x)
    dx, dw, db = None, empty((C,), x.dtype), empty((C,), x.dtype)
    if training or needs[1] or needs[2]:
        partial = partial_sums("norm", "gradients", N, C, S, dy, x, mean, inv_std)
        sweep("norm", "sums_finish", x.dtype, C, partial, db, dw, C, partial.shape[1])
    if needs[0]:
        dx = empty(x.shape, x.dtype)
        scale = mean if weight is None else contiguous(weight)
        sweep("norm", "batch_norm_dx", x.dtype, x.size, dy, x, mean, inv_std, scale,
              weight is not None, dw, db, bool(training), dx, x.size, C, S, N * S)
    return dx, dw if needs[1] else None, db if needs[2] else None


def channel_sum(x):
    if not suits(x) or x.size == 0:
        return NotImplemented
    x, (N, C, S) = contiguous(x), sizes(x)
    total = empty((C,), x.dtype)
    if S == 1 and N <= FEW:
        launch("norm", "channel_sum_rows", x.dtype, blocks(C, 32), (32, 8), x, total, N, C)
        return total
    partial = partial_sums("norm", "channel_sum", N, C, S, x)
    sweep("norm", "sums_finish", x.dtype, C, partial, total, empty((C,), x.dtype), C,
          partial.shape[1])
    return total


def channel_sum_behind(dy, code):
    """(C,): the sum of dy where a pooling's window let it pass."""
    N, C, S = sizes(dy)
    partial, total = partial_sums("norm", "behind_sum", N, C, S, dy, code), empty((C,), dy.dtype)
    sweep("norm", "sums_finish", dy.dtype, C, partial, total, empty((C,), dy.dtype), C,
          partial.shape[1])
    return total


def sizes(x):
    """(N, C, S) with S the product of what follows the channels."""
    return x.shape[0], x.shape[1], product(x.shape[2:])


def _partial(N, C, S):
    """Room for two sums of every part and channel."""
    groups = C if S > 1 else blocks(C, 32)
    parts = min(blocks(N * S, PART if S > 1 else ROWS), MOST_PARTS, blocks(MANY_BLOCKS, groups))
    return empty((2, parts, C), np.float64)


def partial_sums(file, name, N, C, S, *args):
    """The first stage: two sums for every part of every channel; ``args[0]`` is the dtype's."""
    partial, real = _partial(N, C, S), args[0].dtype
    parts = partial.shape[1]
    if S > 1:
        launch(file, f"{name}_planes", real, (C, parts), THREADS, *args, partial, N, C, S)
    else:
        launch(file, f"{name}_columns", real, (blocks(C, 32), parts), (32, 8), *args, partial, N,
               C)
    return partial
