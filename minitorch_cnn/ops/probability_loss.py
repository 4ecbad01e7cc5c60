"""Losses for probabilities and distributions: binary cross-entropy, KL divergence, likelihoods.

x predictions, t targets, v variances, w weights, y result; dy, dx, dt, dv gradients.
"""
import math

from ..autograd import Function
from ..device import array_module
from .broadcast import cast, check_broadcast, floats, unbroadcast
from .checks import as_tensor, check_float, check_same_dtype
from .elementwise import div
from .loss import Weighted
from .reduction import REDUCTIONS, chosen, operands, reduced, same_shape, spread
from .shape import unsqueeze
from .smooth_activation import logistic

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "gaussian_nll_loss",
           "kl_div", "poisson_nll_loss"]


def _weighted(op, losses, weight, reduction):
    """``losses`` (unreduced) times a weight that broadcasts to them, reduced."""
    weight = cast(as_tensor(weight), losses.dtype)
    if check_broadcast(op, losses, weight) != losses.shape:
        raise ValueError(f"{op}: weight of shape {weight.shape} must broadcast to the input's "
                         f"shape {losses.shape}")
    return Weighted(reduction)(losses, weight)


class BinaryCrossEntropy(Function):
    """y = reduce(-(t log x + (1 - t) log(1 - x))), logarithms not below -100.

    dx = dy (x - t) / (x (1 - x)), the divisor not below 1e-12;  dt = dy (log(1 - x) - log x).
    """

    def __init__(self, reduction):
        self.reduction = reduction

    def forward(self, x, t):
        xp = array_module(x)
        self.x, self.t = x, t
        self.log, self.log_not = xp.maximum(xp.log(x), -100), xp.maximum(xp.log1p(-x), -100)
        return reduced((t - 1) * self.log_not - t * self.log, self.reduction)

    def backward(self, dy):
        xp, dx, dt = array_module(dy), None, None
        dy = spread(dy, self.x, self.reduction)
        if self.needs[0]:
            dx = dy * ((self.x - self.t) / xp.maximum(self.x * (1 - self.x), 1e-12))
        if self.needs[1]:
            dt = dy * (self.log_not - self.log)
        return dx, dt


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None,
                         reduction="mean"):
    """-(t log x + (1 - t) log(1 - x)), the logarithms clamped at -100.

    Parameters
    ----------
    input : Tensor
        Probabilities in [0, 1].
    target : Tensor of the same shape and dtype
        Probabilities in [0, 1].
    weight : Tensor that broadcasts to the input, optional
        Factor of each element.
    size_average, reduce : bool, optional
        PyTorch's old spelling of ``reduction``.
    reduction : {"mean", "sum", "none"}
        What is done with the losses of the elements.

    Raises
    ------
    TypeError
        If dtypes are not floats or differ.
    ValueError
        For values outside [0, 1], shapes that do not fit, or an unknown reduction.
    """
    op = "binary_cross_entropy"
    reduction = chosen(op, reduction, size_average, reduce)
    input, target = as_tensor(input), as_tensor(target)
    check_float(op, input=input)
    check_same_dtype(op, input=input, target=target)
    same_shape(op, input=input, target=target)
    for name, given in (("input", input.data), ("target", target.data)):
        if not ((given >= 0) & (given <= 1)).all():
            raise ValueError(f"{op}: {name} must hold probabilities between 0 and 1; for raw "
                             "scores use binary_cross_entropy_with_logits")
    if weight is None:
        return BinaryCrossEntropy(reduction)(input, target)
    return _weighted(op, BinaryCrossEntropy("none")(input, target), weight, reduction)


class BinaryCrossEntropyWithLogits(Function):
    """y = reduce(-(p t log s + (1 - t) log(1 - s))), s = sigmoid(x), p weight of positives.

    Computed as (1 - t) x + k log(1 + exp(-x)), k = 1 + (p - 1) t, where exp cannot overflow.
    dx = dy ((1 - t) - k sigmoid(-x)),  dt = dy ((p - 1) log(1 + exp(-x)) - x),
    dp = sum of dy t log(1 + exp(-x)).
    """

    def __init__(self, reduction):
        self.reduction = reduction

    def forward(self, x, t, p):
        xp = array_module(x)
        self.x, self.t, self.p = x, t, p
        self.softplus = xp.log1p(xp.exp(-xp.abs(x))) + xp.maximum(-x, 0)
        self.k = 1 if p is None else 1 + (p - 1) * t
        return reduced((1 - t) * x + self.k * self.softplus, self.reduction)

    def backward(self, dy):
        dx = dt = dp = None
        dy = spread(dy, self.x, self.reduction)
        if self.needs[0]:
            dx = dy * ((1 - self.t) - self.k * logistic(-self.x))
        if self.needs[1]:
            dt = dy * (-self.x if self.p is None else (self.p - 1) * self.softplus - self.x)
        if self.p is not None and self.needs[2]:
            dp = unbroadcast(dy * (self.t * self.softplus), self.p)
        return dx, dt, dp


def binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None,
                                     reduction="mean", pos_weight=None):
    """Binary cross-entropy of sigmoid(x), stable for any x.

    Parameters
    ----------
    input : Tensor
        Scores (logits), any floats.
    target : Tensor of the same shape
        Probabilities; usually 0 and 1, but any numbers are taken.
    weight : Tensor that broadcasts to the input, optional
        Factor of each element.
    size_average, reduce : bool, optional
        PyTorch's old spelling of ``reduction``.
    reduction : {"mean", "sum", "none"}
        What is done with the losses of the elements.
    pos_weight : Tensor that broadcasts to the input, optional
        Factor of the term with t, to balance rare positives.

    Raises
    ------
    TypeError
        If neither holds floats.
    ValueError
        For shapes that do not fit or an unknown reduction.
    """
    op = "binary_cross_entropy_with_logits"
    reduction = chosen(op, reduction, size_average, reduce)
    input, target = as_tensor(input), as_tensor(target)
    same_shape(op, input=input, target=target)
    input, target = operands(op, input, target)
    if pos_weight is not None:
        pos_weight = cast(as_tensor(pos_weight), input.dtype)
        if check_broadcast(op, input, pos_weight) != input.shape:
            raise ValueError(f"{op}: pos_weight of shape {pos_weight.shape} must broadcast to the "
                             f"input's shape {input.shape}")
    if weight is None:
        return BinaryCrossEntropyWithLogits(reduction)(input, target, pos_weight)
    losses = BinaryCrossEntropyWithLogits("none")(input, target, pos_weight)
    return _weighted(op, losses, weight, reduction)


class KLDiv(Function):
    """y = reduce(t (log t - x)), x log-probabilities, 0 log 0 = 0; or t = exp(u), u given.

    dx = -t dy,  dt = (log t + 1 - x) dy,  du = t (u - x + 1) dy.
    """

    def __init__(self, reduction, log_target):
        self.reduction, self.log_target = reduction, log_target

    def forward(self, x, t):
        xp = array_module(x)
        self.x, self.given = x, t
        self.t = xp.exp(t) if self.log_target else t
        self.log = t if self.log_target else xp.log(t)
        entropy = xp.where(self.t == 0, 0, self.t * self.log)
        self.values = entropy - self.t * x
        return reduced(self.values, self.reduction)

    def backward(self, dy):
        dy = spread(dy, self.values, self.reduction)
        dx = dt = None
        if self.needs[0]:
            dx = unbroadcast(-dy * self.t, self.x)
        if self.needs[1]:
            dt = dy * (self.log + 1 - self.x)
            dt = unbroadcast(self.t * dt if self.log_target else dt, self.given)
        return dx, dt


def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    """Kullback-Leibler divergence sum t (log t - x), with the model's logarithms in ``input``.

    Parameters
    ----------
    input : Tensor
        Log-probabilities.
    target : Tensor
        Probabilities, or with ``log_target`` their logarithms; shapes broadcast.
    size_average, reduce : bool, optional
        PyTorch's old spelling of ``reduction``.
    reduction : {"mean", "batchmean", "sum", "none"}
        "batchmean", the sum over the size of dimension 0, is the divergence as it is defined;
        "mean" divides by the number of elements.
    log_target : bool
        Whether the targets are logarithms.

    Raises
    ------
    TypeError
        If one does not hold floats.
    ValueError
        If the shapes do not broadcast, or for an unknown reduction.
    """
    reduction = chosen("kl_div", reduction, size_average, reduce, (*REDUCTIONS, "batchmean"))
    input, target = as_tensor(input), as_tensor(target)
    check_float("kl_div", input=input, target=target)
    input, target = operands("kl_div", input, target)
    if reduction != "batchmean":
        return KLDiv(reduction, log_target)(input, target)
    total = KLDiv("sum", log_target)(input, target)
    return div(total, input.shape[0]) if input.ndim else total


class PoissonNLL(Function):
    """y = reduce(exp(x) - t x), or x - t log(x + eps) of a rate x, plus Stirling's log t! if full.

    log t! = t log t - t + log(2 pi t) / 2 where t > 1, else 0.
    dx = (exp(x) - t) dy or (1 - t / (x + eps)) dy,
    dt = (-x or -log(x + eps)) dy + (log t + 1 / (2 t)) dy where t > 1.
    """

    def __init__(self, reduction, log_input, full, eps):
        self.reduction, self.log_input, self.full, self.eps = reduction, log_input, full, eps

    def forward(self, x, t):
        xp = array_module(x)
        self.x, self.t = x, t
        self.rate = xp.exp(x) if self.log_input else x
        self.log = x if self.log_input else xp.log(x + self.eps)
        self.values = self.rate - t * self.log
        if self.full:
            stirling = t * xp.log(t) - t + 0.5 * xp.log(2 * math.pi * t)
            self.values = self.values + xp.where(t > 1, stirling, 0)
        return reduced(self.values, self.reduction)

    def backward(self, dy):
        xp, dx, dt = array_module(dy), None, None
        dy = spread(dy, self.values, self.reduction)
        if self.needs[0]:
            slope = self.rate - self.t if self.log_input else 1 - self.t / (self.x + self.eps)
            dx = unbroadcast(dy * slope, self.x)
        if self.needs[1]:
            slope = -self.log
            if self.full:
                slope = slope + xp.where(self.t > 1, xp.log(self.t) + 0.5 / self.t, 0)
            dt = unbroadcast(dy * slope, self.t)
        return dx, dt


def poisson_nll_loss(input, target, log_input=True, full=False, size_average=None, eps=1e-8,
                     reduce=None, reduction="mean"):
    """Negative log-likelihood of counts t under a Poisson distribution.

    Parameters
    ----------
    input : Tensor
        Logarithm of the expected count, or the expected count itself. Integers become float32.
    target : Tensor
        Counts; shapes broadcast.
    log_input : bool
        Whether the input is a logarithm.
    full : bool
        Add Stirling's approximation of log t!, which does not depend on the input.
    size_average, reduce : bool, optional
        PyTorch's old spelling of ``reduction``.
    eps : float
        Added to the input before its logarithm is taken (log_input=False).
    reduction : {"mean", "sum", "none"}
        What is done with the losses of the elements.

    Raises
    ------
    ValueError
        If the shapes do not broadcast, or for an unknown reduction.
    """
    reduction = chosen("poisson_nll_loss", reduction, size_average, reduce)
    input, target = operands("poisson_nll_loss", floats(input), target)
    return PoissonNLL(reduction, log_input, full, eps)(input, target)


class GaussianNLL(Function):
    """y = reduce((log v + (x - t)^2 / v) / 2 [+ log(2 pi) / 2]), v not below eps.

    dx = (x - t) / v dy,  dt = -dx,  dv = (1 / v - (x - t)^2 / v^2) / 2 dy (raised v, too).
    """

    def __init__(self, reduction, full, eps):
        self.reduction, self.eps = reduction, eps
        self.constant = 0.5 * math.log(2 * math.pi) if full else 0

    def forward(self, x, t, v):
        xp = array_module(x)
        self.x, self.t = x, t
        self.d, self.v = x - t, xp.maximum(v, self.eps)
        self.values = 0.5 * (xp.log(self.v) + self.d * self.d / self.v) + self.constant
        return reduced(self.values, self.reduction)

    def backward(self, dy):
        dx = dt = dv = None
        dy = spread(dy, self.values, self.reduction)
        z = self.d / self.v
        if self.needs[0] or self.needs[1]:
            dx, dt = unbroadcast(dy * z, self.x), unbroadcast(-dy * z, self.t)
        if self.needs[2]:
            dv = unbroadcast(dy * (0.5 / self.v - 0.5 * z * z), self.v)
        return dx, dt, dv


def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """Negative log-likelihood of t under a normal distribution.  Nix, Weigend, ICNN 1994.

    Parameters
    ----------
    input, target : Tensor
        Expected values and targets; shapes broadcast.
    var : float or Tensor
        Variances >= 0: of the input's shape, of that shape without its last dimension, or with one
        dimension of size 1.
    full : bool
        Add the constant log(2 pi) / 2.
    eps : float
        Smallest variance; smaller ones are raised to it.
    reduction : {"mean", "sum", "none"}
        What is done with the losses of the elements.

    Raises
    ------
    TypeError
        If neither input nor target holds floats.
    ValueError
        For a negative variance, shapes that do not fit, or an unknown reduction.
    """
    op = "gaussian_nll_loss"
    reduction = chosen(op, reduction)
    input, target = operands(op, input, target)
    var = cast(as_tensor(var), input.dtype)
    if (var.data < 0).any():
        raise ValueError(f"{op}: var has negative entries; a variance is 0 or more")
    if var.ndim and var.shape != input.shape and var.shape == input.shape[:-1]:
        var = unsqueeze(var, -1)
    one_off = [n for n, size in zip(var.shape, input.shape) if n != size]
    if var.ndim and (var.ndim != input.ndim or one_off not in ([], [1])):
        raise ValueError(f"{op}: var of shape {var.shape} does not fit input of shape "
                         f"{input.shape}; give it the same shape, without the last dimension, or "
                         "one of size 1")
    return GaussianNLL(reduction, full, eps)(input, target, var)
