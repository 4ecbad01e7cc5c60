"""Regression losses: how far numbers are from numbers.

x predictions, t targets, w weights, d = x - t, y result; dy, dx, dt, dw gradients. Every loss has
``reduction``: "mean" over all elements, their "sum", or "none". Classes are in cross_entropy.py,
probabilities and distributions in probability_loss.py, margins in margin_loss.py.
"""
from ..autograd import Function
from ..device import array_module
from .broadcast import cast, unbroadcast
from .checks import as_tensor
from .reduction import chosen, operands, reduced, spread

__all__ = ["huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss"]


class MSE(Function):
    """y = reduce(d^2);  dx = 2 d dy,  dt = -dx."""

    def __init__(self, reduction):
        self.reduction = reduction

    def forward(self, x, t):
        self.x, self.t = x, t
        self.d = x - t
        return reduced(self.d * self.d, self.reduction)

    def backward(self, dy):
        dx = self.d * spread(2 * dy, self.d, self.reduction)
        return (unbroadcast(dx, self.x) if self.needs[0] else None,
                unbroadcast(-dx, self.t) if self.needs[1] else None)


class L1(Function):
    """y = reduce(|d|);  dx = sign(d) dy (0 at 0),  dt = -dx."""

    def __init__(self, reduction):
        self.reduction = reduction

    def forward(self, x, t):
        self.x, self.t = x, t
        self.d = x - t
        return reduced(array_module(x).abs(self.d), self.reduction)

    def backward(self, dy):
        dx = array_module(dy).sign(self.d) * spread(dy, self.d, self.reduction)
        return (unbroadcast(dx, self.x) if self.needs[0] else None,
                unbroadcast(-dx, self.t) if self.needs[1] else None)


class Huber(Function):
    """y = reduce(scale h(d)), h(d) = d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2).

    dx = scale min(max(d, -delta), delta) dy,  dt = -dx.
    """

    def __init__(self, reduction, delta, scale=1.0):
        self.reduction, self.delta, self.scale = reduction, delta, scale

    def forward(self, x, t):
        xp = array_module(x)
        self.x, self.t = x, t
        self.d = x - t
        size = xp.abs(self.d)
        line = self.delta * (size - 0.5 * self.delta)
        h = xp.where(size <= self.delta, 0.5 * self.d * self.d, line)
        return reduced(h * self.scale, self.reduction)

    def backward(self, dy):
        slope = array_module(dy).clip(self.d, -self.delta, self.delta)
        dx = slope * spread(self.scale * dy, self.d, self.reduction)
        return (unbroadcast(dx, self.x) if self.needs[0] else None,
                unbroadcast(-dx, self.t) if self.needs[1] else None)


class Weighted(Function):
    """y = reduce(v w), v the losses; "average" is sum(v w) / sum(w).

    dv = w dy (over the number of elements for "mean"),  dw = v dy likewise.
    With s = sum(w), "average" has dv = w dy / s,  dw = (v - y) dy / s.
    """

    def __init__(self, reduction):
        self.reduction = reduction

    def forward(self, v, w):
        self.v, self.w = v, w
        if self.reduction == "average":
            self.s = w.sum()
            self.y = (v * w).sum() / self.s
            return self.y
        return reduced(v * w, self.reduction)

    def backward(self, dy):
        v, w = self.v, self.w
        if self.reduction == "average":
            return w * (dy / self.s), (v - self.y) * (dy / self.s)
        dy = spread(dy, v, self.reduction)
        return (dy * w if self.needs[0] else None,
                unbroadcast(dy * v, w) if self.needs[1] else None)


def weighted(op, losses, weight, reduction):
    """``losses`` (unreduced) times a weight of exactly their shape, reduced."""
    weight = cast(as_tensor(weight), losses.dtype)
    if weight.shape != losses.shape:
        raise ValueError(f"{op}: weight must have the shape of the input, {losses.shape}, got "
                         f"{weight.shape}; broadcast it first")
    return Weighted(reduction)(losses, weight)


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """Squared error (x - t)^2.

    Parameters
    ----------
    input, target : Tensor
        Numbers, at least one of them floats; shapes broadcast, with a warning if they differ.
    size_average, reduce : bool, optional
        PyTorch's old spelling of ``reduction``.
    reduction : {"mean", "sum", "none"}
        What is done with the losses of the elements.
    weight : Tensor of the shape of the input, optional
        Factor of each element; "mean" then divides by the sum of the weights.

    Returns
    -------
    Tensor
        0-d, or for "none" of the broadcast shape.

    Raises
    ------
    TypeError
        If neither holds floats.
    ValueError
        For shapes that do not fit or an unknown reduction.
    """
    reduction = chosen("mse_loss", reduction, size_average, reduce)
    input, target = operands("mse_loss", input, target, warn=True)
    if weight is None:
        return MSE(reduction)(input, target)
    return weighted("mse_loss", MSE("none")(input, target), weight,
                    "average" if reduction == "mean" else reduction)


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """Absolute error |x - t|, with gradient 0 at 0. Parameters and errors as ``mse_loss``."""
    reduction = chosen("l1_loss", reduction, size_average, reduce)
    input, target = operands("l1_loss", input, target, warn=True)
    if weight is None:
        return L1(reduction)(input, target)
    return weighted("l1_loss", L1("none")(input, target), weight,
                    "average" if reduction == "mean" else reduction)


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """|d| - beta / 2, and d^2 / (2 beta) where |d| < beta; d = x - t.  Girshick, arXiv 1504.08083.

    Parameters
    ----------
    input, target, size_average, reduce, reduction
        As for ``mse_loss``.
    beta : float
        Where the parabola becomes a line, >= 0; 0 is the L1 loss.

    Raises
    ------
    TypeError
        If neither holds floats.
    ValueError
        For beta < 0, shapes that do not fit, or an unknown reduction.
    """
    reduction = chosen("smooth_l1_loss", reduction, size_average, reduce)
    input, target = operands("smooth_l1_loss", input, target, warn=True)
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta must be 0 or more, got {beta}")
    return (L1(reduction) if beta == 0 else Huber(reduction, beta, 1 / beta))(input, target)


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """d^2 / 2, and delta (|d| - delta / 2) where |d| > delta; d = x - t.  Huber 1964.

    Parameters
    ----------
    input, target : Tensor
        As for ``mse_loss``.
    reduction : {"mean", "sum", "none"}
        What is done with the losses of the elements.
    delta : float
        Where the parabola becomes a line, > 0.
    weight : Tensor of the shape of the input, optional
        Factor of each element; "mean" divides by their number, as in PyTorch.

    Raises
    ------
    TypeError
        If neither holds floats.
    ValueError
        For delta <= 0, shapes that do not fit, or an unknown reduction.
    """
    reduction = chosen("huber_loss", reduction)
    input, target = operands("huber_loss", input, target, warn=True)
    if delta <= 0:
        raise ValueError(f"huber_loss: delta must be positive, got {delta}")
    if weight is None:
        return Huber(reduction, delta)(input, target)
    return weighted("huber_loss", Huber("none", delta)(input, target), weight, reduction)
