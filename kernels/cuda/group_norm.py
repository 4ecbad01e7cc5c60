"""Group norm on the GPU."""
from minitorch_cnn.device import cupy

from .launch import blocks, contiguous, empty, launch, suits, sweep
from .norm import (
    batch_norm_backward,
    batch_norm_forward,
    batch_norm_statistics,
    partial_sums,
    sizes,
)

WARP, LONG, VERY_LONG = 32, 1024, 16384     # numbers of a row for which more threads share it
SIDE_BY_SIDE = 4                            # rows of a block, where a warp is enough for one
FEW, ENDLESS = 64, 65536    # so few rows of so many numbers that blocks have to share a row


def group_norm_forward(x, groups, w, b, eps):
    """(y, mean, var, inv_std)."""
    if not suits(x, *[v for v in (w, b) if v is not None]) or x.size == 0:
        return NotImplemented
    N, C, S = sizes(x)
    y, *numbers = normalize(x, w, b, eps, N * groups, groups, C // groups, S)
    return y, *[v.reshape(N, groups) for v in numbers]


def group_norm_backward(dy, x, w, mean, inv_std, needs):
    """(dx, dw, db)."""
    if not suits(dy, x, mean, inv_std, *([] if w is None else [w])) or dy.size == 0:
        return NotImplemented
    N, C, S = sizes(x)
    groups = mean.shape[1]
    return gradients(dy, x, w, mean, inv_std, needs, (N, C, S), groups, C // groups)


def normalize(x, w, b, eps, rows, G, D, S):
    """(y, mean, var, inv_std); the latter (rows,)."""
    x = contiguous(x)
    if _is_endless(rows, D * S):
        return _normalize_in_parts(x, w, b, eps, rows, D, S)
    y, (mean, var, inv_std) = empty(x.shape, x.dtype), [empty((rows,), x.dtype) for _ in range(3)]
    parameters = [x if v is None else contiguous(v) for v in (w, b)]
    _run("group_norm_forward", rows, D * S, x, *parameters, w is not None, b is not None,
         float(eps), y, mean, var, inv_std, rows, D * S, G, D, S)
    return y, mean, var, inv_std


def gradients(dy, x, w, mean, inv_std, needs, shape, G, D):
    """(dx, dw, db); shape (N, C, S)."""
    dy, x, mean, inv_std = [contiguous(a) for a in (dy, x, mean, inv_std)]
    (_, C, S), real, dx, dw, db = shape, x.dtype, None, None, None
    if needs[0] and _is_endless(mean.size, D * S):
        dx = _dx_in_parts(dy, x, w, mean, inv_std, shape)
    elif needs[0]:
        dx = empty(x.shape, real)
        _run("group_norm_dx", mean.size, D * S, dy, x, x if w is None else contiguous(w),
             w is not None, mean, inv_std, dx, mean.size, D * S, G, D, S)
    if needs[1] or needs[2]:
        dw, db = empty((C,), real), empty((C,), real)
        partial = partial_sums("group_norm", "parameters", *shape, dy, x, mean, inv_std, D * S)
        sweep("norm", "sums_finish", real, C, partial, db, dw, C, partial.shape[1])
    return dx, dw if needs[1] else None, db if needs[2] else None


def _run(name, rows, K, x, *args):
    block = (8 * WARP if K <= VERY_LONG else 32 * WARP, 1) if K > LONG else (WARP, SIDE_BY_SIDE)
    launch("group_norm", name, x.dtype, blocks(rows, block[1]), block, x, *args)


# few rows: batch norm's kernels, whose blocks share a channel -------------------------------------

def _is_endless(rows, K):
    return rows < FEW and K > ENDLESS


def _normalize_in_parts(x, w, b, eps, rows, D, S):
    """A row is a channel of a single image; then every channel of every image is one."""
    mean, var = batch_norm_statistics(x.reshape(1, rows, D * S))
    inv_std = (1 / cupy().sqrt(var + eps)).astype(x.dtype, copy=False)
    of_rows = [cupy().broadcast_to(v[:, None], (rows, D)).reshape(-1) for v in (mean, inv_std)]
    of_channels = [None if v is None else cupy().broadcast_to(v, (rows * D // v.size, v.size))
                   .reshape(-1) for v in (w, b)]
    y = batch_norm_forward(x.reshape(1, rows * D, S), *of_rows, *of_channels)
    return y.reshape(x.shape), mean, var, inv_std


def _dx_in_parts(dy, x, w, mean, inv_std, shape):
    rows = 1, mean.size, x.size // mean.size
    g = dy if w is None else dy.reshape(shape) * w[:, None]
    return batch_norm_backward(g.reshape(rows), x.reshape(rows), mean.reshape(-1),
                               inv_std.reshape(-1), None, True, (True, False, False)
                               )[0].reshape(x.shape)
