"""Distances between vectors, and the losses that compare them."""
from . import functional as F
from .loss import _Loss
from .module import Module

__all__ = ["CosineEmbeddingLoss", "CosineSimilarity", "PairwiseDistance", "TripletMarginLoss",
           "TripletMarginWithDistanceLoss"]


class CosineSimilarity(Module):
    """x1 . x2 / (|x1| |x2|) along ``dim``; each norm is at least eps."""

    def __init__(self, dim=1, eps=1e-8):
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1, x2):
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The p-norm of x1 - x2 + eps along the last dimension."""

    def __init__(self, p=2.0, eps=1e-6, keepdim=False):
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1, x2):
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineEmbeddingLoss(_Loss):
    """1 - cos(x1, x2) where target is 1, max(0, cos(x1, x2) - margin) where it is -1."""

    def __init__(self, margin=0.0, size_average=None, reduce=None, reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1, input2, target):
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin,
                                       reduction=self.reduction)


class _TripletLoss(_Loss):

    def _set_margin(self, margin):
        if margin <= 0:
            raise ValueError(f"{type(self).__name__}: margin must be greater than 0, got {margin}")
        self.margin = margin


class TripletMarginLoss(_TripletLoss):
    """max(0, d(anchor, positive) - d(anchor, negative) + margin) with the p-norm as d.

    Parameters
    ----------
    margin : float
        Greater than 0.
    p, eps : float
        As for ``PairwiseDistance``.
    swap : bool
        Take d(positive, negative) where it is smaller than d(anchor, negative).
    size_average, reduce, reduction
        As for every loss.
    """

    def __init__(self, margin=1.0, p=2.0, eps=1e-6, swap=False, size_average=None, reduce=None,
                 reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self._set_margin(margin)
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor, positive, negative):
        return F.triplet_margin_loss(anchor, positive, negative, margin=self.margin, p=self.p,
                                     eps=self.eps, swap=self.swap, reduction=self.reduction)


class TripletMarginWithDistanceLoss(_TripletLoss):
    """``TripletMarginLoss`` with a distance of one's own.

    Parameters
    ----------
    distance_function : callable, optional
        (Tensor, Tensor) -> Tensor; ``PairwiseDistance()`` if not given.
    margin, swap, reduction
        As for ``TripletMarginLoss``.
    """

    def __init__(self, *, distance_function=None, margin=1.0, swap=False, reduction="mean"):
        super().__init__(reduction=reduction)
        self.distance_function = distance_function or PairwiseDistance()
        self._set_margin(margin)
        self.swap = swap

    def forward(self, anchor, positive, negative):
        return F.triplet_margin_with_distance_loss(
            anchor, positive, negative, distance_function=self.distance_function,
            margin=self.margin, swap=self.swap, reduction=self.reduction)
