"""Group norm: batch norm's definition, for the groups of channels of each sample by itself.

x (N, C, ...); G groups of C/G channels; mean, var, inv_std (N, G) of a group's numbers; w, b (C,)
or None; y the result; dy, dx, dw, db gradients.

Wu, He, "Group Normalization", arXiv 1803.08494.
"""
from minitorch_cnn.device import array_module

from .norm import batch_norm_backward, batch_norm_forward, batch_norm_statistics


def group_norm_forward(x, groups, w, b, eps):
    """(y, mean, var, inv_std); y = (x - mean) inv_std w + b, with inv_std = 1 / sqrt(var + eps)."""
    rows = _rows(x, groups)
    mean, var = batch_norm_statistics(rows)
    inv_std = (1 / array_module(x).sqrt(var + eps)).astype(x.dtype)
    y = batch_norm_forward(rows, mean, inv_std, None, None).reshape(x.shape)
    y = y if w is None else y * _per_channel(w, x)
    y = y if b is None else y + _per_channel(b, x)
    return y, *[number.reshape(len(x), groups) for number in (mean, var, inv_std)]


def group_norm_backward(dy, x, w, mean, inv_std, needs):
    """(dx, dw, db), each None where ``needs`` (three bools) says no.

    With xhat = (x - mean) inv_std: db = sum(dy), dw = sum(dy xhat), and with dxhat = dy w
    dx = inv_std (dxhat - mean(dxhat) - xhat mean(dxhat xhat)), the means over the group.
    """
    rows, flat = _rows(x, mean.shape[1]), (mean.reshape(-1), inv_std.reshape(-1))
    axes = (0, *range(2, x.ndim))
    dx = dw = db = None
    if needs[0]:
        dxhat = dy if w is None else dy * _per_channel(w, x)
        dx = batch_norm_backward(dxhat.reshape(rows.shape), rows, *flat, None, True,
                                 (True, False, False))[0].reshape(x.shape)
    if needs[1]:
        dw = (dy * batch_norm_forward(rows, *flat, None, None).reshape(x.shape)).sum(axes)
    if needs[2]:
        db = dy.sum(axes)
    return dx, dw, db


def _rows(x, groups):
    """(1, N G, numbers of a group): batch norm of one sample with N G channels."""
    return x.reshape(1, len(x) * groups, x.size // max(len(x) * groups, 1))


def _per_channel(v, x):
    return v.reshape((1, -1) + (1,) * (x.ndim - 2))
