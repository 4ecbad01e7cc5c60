"""Batch norm + ReLU (+ max-pool) as one primitive.

x (N, C) or (N, C, H, W); w, b, running statistics (C,) or None; ``window`` (KH, KW) of the pooling,
or None; y result, code as in ``conv_pool.py``; ``kept`` is for the way back.
"""
from minitorch_cnn.device import array_module

from .elementwise import relu_backward, relu_forward
from .norm import batch_norm_backward, batch_norm_forward, batch_norm_statistics
from .relu_pool import relu_max_pool2d_forward, unpool2d


def batch_norm_relu_forward(x, w, b, running_mean, running_var, eps, momentum, training, window):
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
        y = relu_forward(z)
        return y, None, (*kept, y)
    return (*relu_max_pool2d_forward(z, window), (*kept, None))


def batch_norm_relu_backward(dy, code, kept, w, training, window):
    """(dx, dw, db)."""
    x, mean, inv_std, size, y = kept
    dz = relu_backward(dy, y) if window is None else unpool2d(dy, code, size, window)
    return batch_norm_backward(dz, x, mean, inv_std, w, training, (True, True, True))
