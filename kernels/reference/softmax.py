"""Softmax and log-softmax along one axis: the definition the other languages are tested against.

x the scores, y the result, dy and dx gradients: all of one shape with at least one axis.
The largest score is subtracted first, so that exp never overflows: softmax(x) = softmax(x - c).
"""
from minitorch_cnn.device import array_module


def _shifted(x, axis):
    """x - max(x) along the axis; an empty x has no maximum and stays as it is."""
    return x - x.max(axis=axis, keepdims=True) if x.size else x.copy()


def softmax_forward(x, axis):
    """y_i = exp(x_i) / sum_j exp(x_j)."""
    e = array_module(x).exp(_shifted(x, axis))
    return e / e.sum(axis=axis, keepdims=True)


def softmax_backward(dy, y, axis):
    """dx_i = y_i (dy_i - sum_j dy_j y_j)."""
    return y * (dy - (dy * y).sum(axis=axis, keepdims=True))


def log_softmax_forward(x, axis):
    """y_i = x_i - log sum_j exp(x_j)."""
    xp = array_module(x)
    shifted = _shifted(x, axis)
    return shifted - xp.log(xp.exp(shifted).sum(axis=axis, keepdims=True))


def log_softmax_backward(dy, y, axis):
    """dx_i = dy_i - exp(y_i) sum_j dy_j."""
    return dy - array_module(y).exp(y) * dy.sum(axis=axis, keepdims=True)
