"""Layer norm: batch norm's definition, for each row by itself.

x (R, K); mean, var, inv_std (R,) of a row's numbers; w, b (K,) or None; y the result;
dy, dx, dw, db gradients.

Ba, Kiros, Hinton, "Layer Normalization", arXiv 1607.06450.
"""
from minitorch_cnn.device import array_module

from .norm import batch_norm_backward, batch_norm_forward, batch_norm_statistics


def layer_norm_forward(x, w, b, eps):
    """(y, mean, var, inv_std); y = (x - mean) inv_std w + b, with inv_std = 1 / sqrt(var + eps)."""
    mean, var = batch_norm_statistics(x[None])
    inv_std = (1 / array_module(x).sqrt(var + eps)).astype(x.dtype)
    y = batch_norm_forward(x[None], mean, inv_std, None, None)[0]
    y = y if w is None else y * w
    return y if b is None else y + b, mean, var, inv_std


def layer_norm_backward(dy, x, w, mean, inv_std, needs):
    """(dx, dw, db), each None where ``needs`` (three bools) says no.

    With xhat = (x - mean) inv_std: db = sum(dy), dw = sum(dy xhat), and with dxhat = dy w
    dx = inv_std (dxhat - mean(dxhat) - xhat mean(dxhat xhat)), the means over the row.
    """
    dx = dw = db = None
    if needs[0]:
        dxhat = dy if w is None else dy * w
        dx = batch_norm_backward(dxhat[None], x[None], mean, inv_std, None, True,
                                 (True, False, False))[0][0]
    if needs[1]:
        dw = (dy * batch_norm_forward(x[None], mean, inv_std, None, None)[0]).sum(0)
    if needs[2]:
        db = dy.sum(0)
    return dx, dw, db
