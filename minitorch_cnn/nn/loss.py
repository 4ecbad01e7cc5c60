"""Losses: each calls the function of its name in snake case, where the formula stands.

``reduction`` is "mean", "sum" or "none". ``size_average`` and ``reduce`` are PyTorch's old names
for it.
"""
import warnings

from ..ops.reduction import chosen
from . import functional as F
from .module import Module

__all__ = ["BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "GaussianNLLLoss", "HuberLoss",
           "KLDivLoss", "L1Loss", "MSELoss", "NLLLoss", "PoissonNLLLoss", "SmoothL1Loss"]


def _reduction(size_average, reduce, reduction):
    """The reduction that PyTorch's old arguments mean, where they are given."""
    if size_average is None and reduce is None:
        return reduction
    reduction = chosen("loss", reduction, size_average, reduce)
    warnings.warn('loss: size_average and reduce are old names; use '
                  f'reduction="{reduction}"', stacklevel=4)
    return reduction


class _Loss(Module):

    def __init__(self, size_average=None, reduce=None, reduction="mean"):
        super().__init__()
        self.reduction = _reduction(size_average, reduce, reduction)


class _WeightedLoss(_Loss):

    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class CrossEntropyLoss(_WeightedLoss):
    """-log softmax(input)[target]: the loss of classification, on logits.

    Parameters
    ----------
    weight : Tensor of C, optional
        Weight of each class.
    ignore_index : int
        Targets of this class do not count.
    label_smoothing : float
        This share of the target is spread over all classes, in [0, 1].
    size_average, reduce, reduction
        See the top of the file.
    """

    def __init__(self, weight=None, size_average=None, ignore_index=-100, reduce=None,
                 reduction="mean", label_smoothing=0.0):
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input, target):
        """Input (C), (N, C) or (N, C, ...); target (), (N) or (N, ...), or shaped like input."""
        return F.cross_entropy(input, target, weight=self.weight, ignore_index=self.ignore_index,
                               reduction=self.reduction, label_smoothing=self.label_smoothing)


class NLLLoss(_WeightedLoss):
    """-input[target], for log probabilities as ``LogSoftmax`` gives them.

    Parameters
    ----------
    weight, ignore_index, size_average, reduce, reduction
        As for ``CrossEntropyLoss``.
    """

    def __init__(self, weight=None, size_average=None, ignore_index=-100, reduce=None,
                 reduction="mean"):
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input, target):
        return F.nll_loss(input, target, weight=self.weight, ignore_index=self.ignore_index,
                          reduction=self.reduction)


class MSELoss(_Loss):
    """(input - target)^2."""

    def forward(self, input, target):
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """|input - target|."""

    def forward(self, input, target):
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """d^2 / (2 * beta) where d = |input - target| < beta, else d - beta / 2."""

    def __init__(self, size_average=None, reduce=None, reduction="mean", beta=1.0):
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input, target):
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """d^2 / 2 where d = |input - target| <= delta, else delta * (d - delta / 2)."""

    def __init__(self, reduction="mean", delta=1.0):
        super().__init__(reduction=reduction)
        if not isinstance(delta, (int, float)):
            raise TypeError(f"HuberLoss: delta must be a number, got {type(delta).__name__}")
        self.delta = delta

    def forward(self, input, target):
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class BCELoss(_WeightedLoss):
    """-target * log(input) - (1 - target) * log(1 - input), for probabilities.

    Parameters
    ----------
    weight : Tensor, optional
        Weight of each element, broadcast.
    size_average, reduce, reduction
        See the top of the file.
    """

    def forward(self, input, target):
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """``BCELoss`` of sigmoid(input), without overflow.

    Parameters
    ----------
    weight : Tensor, optional
        Weight of each element, broadcast.
    size_average, reduce, reduction
        See the top of the file.
    pos_weight : Tensor, optional
        Weight of the positive targets, broadcast.
    """

    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean",
                 pos_weight=None):
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input, target):
        return F.binary_cross_entropy_with_logits(
            input, target, weight=self.weight, reduction=self.reduction, pos_weight=self.pos_weight)


class KLDivLoss(_Loss):
    """target * (log(target) - input), for log probabilities as input.

    Parameters
    ----------
    size_average, reduce, reduction
        See the top of the file; "batchmean" divides the sum by N, as the definition has it.
    log_target : bool
        Whether the targets are logarithms too.
    """

    def __init__(self, size_average=None, reduce=None, reduction="mean", log_target=False):
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input, target):
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class PoissonNLLLoss(_Loss):
    """exp(input) - target * input: minus the log likelihood of counts.

    Parameters
    ----------
    log_input : bool
        Whether input is the logarithm of the expected count; otherwise the loss is
        input - target * log(input + eps).
    full : bool
        Add Stirling's approximation of log(target!).
    size_average, reduce, reduction
        See the top of the file.
    eps : float
        Keeps the logarithm of 0 away.
    """

    def __init__(self, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None,
                 reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input, target):
        return F.poisson_nll_loss(log_input, target, log_input=self.log_input, full=self.full,
                                  eps=self.eps, reduction=self.reduction)


class GaussianNLLLoss(_Loss):
    """(log(var) + (input - target)^2 / var) / 2: minus the log likelihood of normal targets.

    Parameters
    ----------
    full : bool
        Add the constant log(2 pi) / 2.
    eps : float
        Lower bound of var.
    reduction
        See the top of the file.
    """

    def __init__(self, *, full=False, eps=1e-6, reduction="mean"):
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def forward(self, input, target, var):
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps,
                                   reduction=self.reduction)
