"""Softmax and the likelihood of the right class as one primitive, and the likelihood alone.

x (N, K, ...) or (K,) scores of K classes, logp their log-softmax; labels (N, ...) or () integers,
one for each position; unit = softmax(x) - one-hot, of x's shape: the gradient up to a factor.

``counts`` holds how many labels count, and how many are no class (what comes of those is NaN).
Positions whose label is ``ignore_index`` do not count.
"""
from minitorch_cnn.device import array_module

from .softmax import log_softmax_forward


def _unfolded(x, labels):
    """x as (N, K, S), and labels as (N, S)."""
    n, k = x.shape[:2] if x.ndim > 1 else (1, x.shape[0])
    positions = labels.size // max(n, 1)
    return x.reshape(n, k, positions), labels.reshape(n, positions)


def _found(x, labels, ignore_index):
    """(kept, wrong, index): which labels count, which of them are no class, where they point."""
    xp = array_module(x)
    N, K, S = x.shape
    kept = labels != ignore_index
    wrong = kept & ((labels < 0) | (labels >= K))
    return kept, wrong, (xp.arange(N)[:, None], xp.where(kept & ~wrong, labels, 0), xp.arange(S))


def nll_forward(logp, labels, ignore_index, mean):
    """(loss, counts): the sum or mean of -logp at the labels."""
    xp = array_module(logp)
    x, labels = _unfolded(logp, labels)
    kept, wrong, index = _found(x, labels, ignore_index)
    losses = xp.where(kept, -x[index], 0)
    losses[wrong] = xp.nan
    total = losses.sum() / kept.sum() if mean else losses.sum()
    return (xp.asarray(total, logp.dtype),
            xp.stack([kept.sum(), wrong.sum()]).astype("int64"))


def nll_backward(dy, logp, labels, ignore_index, counts, mean):
    """dlogp = -dy at the labels that count, divided by their number for a mean; 0 elsewhere."""
    xp = array_module(logp)
    x, labels = _unfolded(logp, labels)
    kept, wrong, index = _found(x, labels, ignore_index)
    dlogp = xp.zeros_like(x)
    factor = -dy / xp.maximum(counts[0], 1).astype(x.dtype) if mean else -dy
    dlogp[index] = xp.where(kept & ~wrong, factor, 0)
    return dlogp.reshape(logp.shape)


def cross_entropy_forward(x, labels, ignore_index, mean):
    """(loss, unit, counts): the sum or mean of -log softmax(x) at the labels."""
    xp = array_module(x)
    logp = log_softmax_forward(x, 1 if x.ndim > 1 else 0)
    loss, counts = nll_forward(logp, labels, ignore_index, mean)
    logp, labels = _unfolded(logp, labels)
    kept, wrong, index = _found(logp, labels, ignore_index)
    unit = xp.exp(logp)
    unit[index] -= 1
    unit = xp.moveaxis(unit, 1, -1)
    unit[~kept], unit[wrong] = 0, xp.nan
    return loss, xp.moveaxis(unit, -1, 1).reshape(x.shape), counts


def cross_entropy_backward(dy, unit, counts, mean):
    """dx = unit * dy, divided by the number of labels that count if the loss is their mean."""
    count = array_module(unit).maximum(counts[0], 1).astype(unit.dtype)
    return unit * (dy / count if mean else dy)
