"""Batch normalization in three steps: statistics, forward, backward.

x (N, C) or (N, C, ...) the input; mean, var, inv_std, weight, bias (C,): one number per channel;
M = how many values a channel has (N times the sizes of "..."). y the result; dy, dx, dw, db its and
the arguments' gradients.
Layer, group and instance norm are the same computation on a reshaped input: see ops/norm.py.

Ioffe, Szegedy, "Batch Normalization", arXiv 1502.03167.
"""
from minitorch_cnn.device import array_module


def _axes(x):
    """All axes but the channels'."""
    return (0,) + tuple(range(2, x.ndim))


def _per_channel(v, x):
    """(C,) -> (1, C, 1, ...), to broadcast against x."""
    return v.reshape((1, -1) + (1,) * (x.ndim - 2))


def _sum(x):
    """One sum per channel, accumulated in float64: M may be a million."""
    return x.sum(axis=_axes(x), dtype=array_module(x).float64).astype(x.dtype)


def batch_norm_statistics(x):
    """Mean and biased variance of each channel, summed in float64 in two passes.

    Returns
    -------
    mean, var : (C,) arrays of x's dtype
        mean = sum(x) / M,  var = sum((x - mean)^2) / M.
    """
    xp = array_module(x)
    m = x.size // max(x.shape[1], 1)
    mean = x.sum(axis=_axes(x), dtype=xp.float64) / m
    diff = x - _per_channel(mean, x)  # float64
    var = (diff * diff).sum(axis=_axes(x)) / m
    return mean.astype(x.dtype), var.astype(x.dtype)


def batch_norm_forward(x, mean, inv_std, weight, bias):
    """y = (x - mean) inv_std weight + bias; weight and bias may be None (1 and 0)."""
    y = (x - _per_channel(mean, x)) * _per_channel(inv_std, x)
    if weight is not None:
        y = y * _per_channel(weight, x)
    if bias is not None:
        y = y + _per_channel(bias, x)
    return y


def batch_norm_backward(dy, x, mean, inv_std, weight, training, needs):
    """Gradients for x, weight and bias, each None where ``needs`` (three bools) says no.

    With xhat = (x - mean) inv_std::

        db = sum(dy)    dw = sum(dy xhat)
        dx = weight inv_std (dy - (db + xhat dw) / M)   in training: mean and var depend on x
        dx = weight inv_std dy                          with fixed statistics
    """
    xhat = dw = db = None
    if training or needs[1]:
        xhat = batch_norm_forward(x, mean, inv_std, None, None)
        dw = _sum(dy * xhat)
    if training or needs[2]:
        db = _sum(dy)
    dx = None
    if needs[0]:
        if training:
            m = x.size // max(x.shape[1], 1)
            dy = dy - (_per_channel(db, x) + xhat * _per_channel(dw, x)) / m
        dx = dy * _per_channel(inv_std if weight is None else inv_std * weight, x)
    return dx, dw if needs[1] else None, db if needs[2] else None


def channel_sum(x):
    """The sum over everything but the channels, (C,): the gradient of a bias."""
    return x.sum(axis=_axes(x))
