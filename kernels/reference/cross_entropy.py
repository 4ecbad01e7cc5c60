"""Softmax and the likelihood of the right class as one primitive.

x (N, K) scores; labels (N,) integers; unit (N, K) = softmax(x) - one-hot, the gradient up to a
factor.
"""
from minitorch_cnn.device import array_module

from .softmax import log_softmax_forward


def cross_entropy_forward(x, labels, ignore_index, mean):
    """(loss, unit, counts): the sum or mean of -log softmax(x) at the labels.

    Rows whose label is ``ignore_index`` count nothing. ``counts`` holds how many labels count, and
    how many are no class (their rows are NaN).
    """
    xp = array_module(x)
    N, K = x.shape
    logp = log_softmax_forward(x, 1)
    kept = labels != ignore_index
    wrong = kept & ((labels < 0) | (labels >= K))
    chosen = xp.arange(N), xp.where(kept & ~wrong, labels, 0)
    losses = xp.where(kept, -logp[chosen], 0)
    losses[wrong] = xp.nan
    unit = xp.exp(logp)
    unit[chosen] -= 1
    unit[~kept], unit[wrong] = 0, xp.nan
    total = losses.sum() / kept.sum() if mean else losses.sum()
    return (xp.asarray(total, x.dtype), unit,
            xp.stack([kept.sum(), wrong.sum()]).astype("int64"))


def cross_entropy_backward(dy, unit, counts, mean):
    """dx = unit * dy, divided by the number of labels that count if the loss is their mean."""
    return unit * (dy / counts[0].astype(unit.dtype) if mean else dy)
