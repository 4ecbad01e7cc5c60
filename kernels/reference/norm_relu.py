"""Batch norm + ReLU (+ max-pool) as one primitive.

x (N, C) or (N, C, H, W); w, b, running statistics (C,) or None; ``window`` (KH, KW) of the pooling,
or None; ``bounds`` of the ReLU: (0, None), for ReLU6 (0, 6), (None, None) for none, and (0, None)
before a pooling; y result, code as in ``conv_pool.py``; ``kept`` is for the way back.
"""
from minitorch_cnn.device import array_module

from .norm import batch_norm_forward, batch_norm_statistics
from .relu_pool import relu_max_pool2d_forward, unpool2d


def batch_norm_relu_forward(x, w, b, running_mean, running_var, eps, momentum, training, window,
                            bounds=(0, None)):
    """(y, code, kept); in training the running statistics, if any, move in place."""
    mean, var = batch_norm_statistics(x) if training else (running_mean, running_var)
    if training and running_mean is not None:
        count = x.size // x.shape[1]
        for running, new in ((running_mean, mean), (running_var, var * (count / (count - 1)))):
            running *= 1 - momentum
            running += (momentum * new).astype(running.dtype)
    inv_std = (1 / array_module(x).sqrt(var + eps)).astype(x.dtype)
    z = batch_norm_forward(x, mean, inv_std, w, b)
    kept = x, mean.copy(), inv_std, z.shape[2:]
    if window is None:
        passed = _inside(z, *bounds)
        return (z if bounds == (None, None) else z.clip(*bounds)), None, (*kept, passed)
    return (*relu_max_pool2d_forward(z, window), (*kept, None))


def _inside(z, low, high):
    """Where the gradient passes: between the bounds; NaN is inside."""
    xp = array_module(z)
    inside = xp.ones(z.shape, bool)
    if low is not None:
        inside &= ~(z <= low)
    return inside if high is None else inside & ~(z >= high)


def batch_norm_relu_factors(dy, code, kept, w, training, window):
    """(factors (3, C), dw, db), with dx = factors[0] g + factors[1] + factors[2] (x - mean).

    g is dy behind the ReLU and the pooling. Without ``training`` the statistics are constants.
    """
    x, mean, inv_std = kept[:3]
    g = _behind(dy, code, kept, window)
    axes = (0, *range(2, x.ndim))
    s, q = g.sum(axes), (g * (x - _spread(mean, x))).sum(axes)
    a = inv_std if w is None else inv_std * w
    b, c = array_module(x).zeros((2, *a.shape))
    if training:
        rows = x.size // x.shape[1]
        b, c = -a * s / rows, -a * inv_std ** 2 * q / rows
    return array_module(x).stack([a, b, c]).astype(x.dtype), q * inv_std, s


def batch_norm_relu_input_gradient(dy, code, kept, factors, window):
    """dx."""
    x, mean = kept[:2]
    a, b, c = [_spread(factor, x) for factor in factors]
    away = array_module(x).where(c == 0, 0, x - _spread(mean, x))   # not 0 * inf
    return a * _behind(dy, code, kept, window) + b + c * away


def _behind(dy, code, kept, window):
    """dy behind the ReLU and the pooling."""
    if window is None:
        return array_module(dy).where(kept[4], dy, array_module(dy).zeros_like(dy))
    return unpool2d(dy, code, kept[3], window)


def _spread(per_channel, x):
    """(C,) -> (C, 1, 1), to go with x."""
    return per_channel.reshape((-1,) + (1,) * (x.ndim - 2))
