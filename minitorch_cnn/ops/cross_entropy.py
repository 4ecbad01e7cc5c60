"""Classification losses: cross-entropy of scores, negative log-likelihood of log-probabilities.

x scores and logp log-probabilities (N, C, ...) of C classes; inside, "..." is one axis of S
positions: logp (N, C, S), labels (N, S). w (C,) weight of each class; k (N, S) weight of a
position's label, 0 if it is ignored; p = softmax(x); q target probabilities, e label smoothing; y
result; dy, dx, dlogp, dt gradients.
"""
import numpy as np

from .. import kernels
from ..autograd import Function
from ..device import array_module
from .broadcast import cast, promoted
from .checks import as_tensor, check_float
from .reduction import chosen, reduced, spread

__all__ = ["cross_entropy", "nll_loss"]


def positions(x):
    """The shape of one loss per position: (N, C, ...) -> (N, ...), (C,) -> ()."""
    return x.shape[:1] + x.shape[2:] if x.ndim > 1 else ()


class LabelLoss(Function):
    """What the losses with one label per position share: picking, weighting, reducing.

    Labels equal to ``ignore_index`` do not count: ``kept`` (N, S) is False there; it is None if
    all count. The mean is the sum of k * loss over the sum of k.
    """

    op = None   # the public function, for messages
    settings = ("w",)
    silent = True

    def __init__(self, reduction="mean", ignore_index=-100):
        self.reduction, self.ignore_index = reduction, ignore_index

    def is_plain(self, x, w):
        """Whether kernels do it: neither class weights nor a loss for each position."""
        return w is None and self.reduction != "none" and x.size > 0

    def refuse_wrong(self, x, labels, counts):
        """Raise IndexError if a kernel found labels that are no class."""
        if counts[1]:
            refuse_label(self.op, x, labels, self.ignore_index)

    def take(self, x, labels, w):
        """Read the labels (N, ...): ``chosen``, so that logp[chosen] is (N, S), and ``k``."""
        xp = array_module(x)
        self.labels, self.kept = _counted(self.op, x, xp.asarray(labels), self.ignore_index)
        self.w = w
        N, S = self.labels.shape
        self.chosen = xp.arange(N)[:, None], self.labels, xp.arange(S)
        self.k = None if w is None else w[self.labels]
        if self.kept is not None:
            self.k = self.kept if w is None else self.k * self.kept

    def unfolded(self, logp):
        """(N, C, ...) or (C,) -> (N, C, S)."""
        N, S = self.labels.shape
        return logp.reshape(N, logp.shape[1 if logp.ndim > 1 else 0], S)

    def weighted(self, a):
        """k * a; a is (N, S)."""
        return a if self.k is None else a * self.k

    def divisor(self, dtype):
        """The sum of k."""
        return self.labels.size if self.k is None else self.k.sum(dtype=dtype)

    def reduce(self, losses, shape):
        """Losses (N, S), weighted already, -> result; of this shape if it is not reduced."""
        if self.kept is not None:
            losses = array_module(losses).where(self.kept, losses, 0)
        if self.reduction == "none":
            return losses.reshape(shape)
        total = losses.sum()
        return total / self.divisor(total.dtype) if self.reduction == "mean" else total

    def spread(self, dy):
        """Gradient of the result -> gradient of each weighted loss, (N, S); 0 if ignored."""
        xp = array_module(dy)
        if self.reduction == "none":
            dy = dy.reshape(self.labels.shape)
        elif self.reduction == "mean":
            dy = dy / self.divisor(dy.dtype)
        if self.kept is not None:
            return xp.where(self.kept, dy, 0)
        return xp.broadcast_to(dy, self.labels.shape)


class NLLLoss(LabelLoss):
    """y = reduce(-k logp_label);  dlogp = -k dy at the label, 0 elsewhere."""

    op = "nll_loss"

    def forward(self, logp, labels, w=None):
        self.plain = self.is_plain(logp, w)
        if self.plain:
            self.logp, self.labels, self.mean = logp, labels, self.reduction == "mean"
            y, self.counts = kernels.nll_forward(logp, labels, self.ignore_index, self.mean)
            self.refuse_wrong(logp, labels, self.counts)
            return y
        return self._step_by_step(logp, labels, w)

    def backward(self, dy):
        if self.plain:
            return kernels.nll_backward(dy, self.logp, self.labels, self.ignore_index,
                                        self.counts, self.mean), None, None
        dlogp = array_module(dy).zeros(self.shape_in, dy.dtype)
        self.unfolded(dlogp)[self.chosen] = -self.weighted(self.spread(dy))
        return dlogp, None, None

    @np.errstate(all="ignore")
    def _step_by_step(self, logp, labels, w):
        self.take(logp, labels, w)
        self.shape_in = logp.shape
        return self.reduce(self.weighted(-self.unfolded(logp)[self.chosen]), positions(logp))


class CrossEntropy(LabelLoss):
    """y = reduce(-sum_c q_c logp_c), q_c = (1 - e) k [c is the label] + e / C w_c.

    dx = (p sum(q) - q) dy: softmax and likelihood in one step, no gradient of logp is ever formed.
    """

    op = "cross_entropy"

    def __init__(self, reduction="mean", ignore_index=-100, smoothing=0.0):
        super().__init__(reduction, ignore_index)
        self.smoothing = smoothing

    def forward(self, x, labels, w=None):
        self.plain = self.is_plain(x, w) and not self.smoothing
        if self.plain:
            self.mean = self.reduction == "mean"
            y, self.unit, self.counts = kernels.cross_entropy_forward(
                x, labels, self.ignore_index, self.mean)
            self.refuse_wrong(x, labels, self.counts)
            self.mean = self.mean and bool(self.counts[0])  # no label counts: unit is 0
            return y
        return self._step_by_step(x, labels, w)

    def backward(self, dy):
        if self.plain:
            return kernels.cross_entropy_backward(dy, self.unit, self.counts, self.mean), None, None
        dy = self.spread(dy)  # (N, S)
        q = self.weighted(dy) * (1 - self.smoothing)  # of the label, times dy
        dx = array_module(dy).exp(self.logp)
        dx *= self._total(q, dy)[:, None]
        dx[self.chosen] -= q
        if self.smoothing:
            dx -= self._evenly(dy)[:, None] * (1 if self.w is None else self.w[:, None])
        return dx.reshape(self.shape_in), None, None

    @np.errstate(all="ignore")
    def _step_by_step(self, x, labels, w):
        self.take(x, labels, w)
        logp = kernels.log_softmax_forward(x, 1 if x.ndim > 1 else 0)
        self.logp = self.unfolded(logp)
        losses = self.weighted(-self.logp[self.chosen])
        if self.smoothing:
            w = 1 if self.w is None else self.w[:, None]  # (C, 1)
            evenly = -(self.logp * w).mean(axis=1)  # (N, S)
            losses = (1 - self.smoothing) * losses + self.smoothing * evenly
        self.shape_in = x.shape
        return self.reduce(losses, positions(x))

    def _evenly(self, dy):
        """e / C of dy, (N, S)."""
        return dy * (self.smoothing / self.logp.shape[1])

    def _total(self, q, dy):
        """sum(q) dy over the classes, (N, S)."""
        if not self.smoothing:
            return q
        return q + self._evenly(dy) * (self.logp.shape[1] if self.w is None else self.w.sum())


class SoftCrossEntropy(Function):
    """y = reduce(-sum_c q_c logp_c), logp = log_softmax(x), q_c = w_c ((1 - e) t_c + e / C).

    dx = (p sum(q) - q) dy,  dt = -(1 - e) w logp dy.
    """

    settings = ("w",)

    def __init__(self, reduction="mean", smoothing=0.0):
        self.reduction, self.smoothing = reduction, smoothing

    def forward(self, x, t, w=None):
        self.axis = 1 if x.ndim > 1 else 0
        self.w = None if w is None else w.reshape((-1,) + (1,) * (x.ndim - self.axis - 1))
        self.logp = kernels.log_softmax_forward(x, self.axis)
        if self.smoothing:
            t = t * (1 - self.smoothing) + self.smoothing / x.shape[self.axis]
        self.q = t if self.w is None else t * self.w
        self.losses = -(self.logp * self.q).sum(axis=self.axis)  # (N, ...)
        return reduced(self.losses, self.reduction)

    def backward(self, dy):
        xp = array_module(dy)
        dy = xp.expand_dims(spread(dy, self.losses, self.reduction), self.axis)
        dx = dt = None
        if self.needs[0]:
            dx = (xp.exp(self.logp) * self.q.sum(axis=self.axis, keepdims=True) - self.q) * dy
        if self.needs[1]:
            dt = self.logp * (dy * (self.smoothing - 1))
            dt = dt if self.w is None else dt * self.w
        return dx, dt, None


def _scores(op, input):
    input = as_tensor(input)
    check_float(op, input=input)
    if input.ndim == 0:
        raise ValueError(f"{op}: input must be (N, C), (N, C, ...) or (C,), got a 0-d tensor")
    return input


def _class_weight(op, weight, input):
    """The weight as a Tensor (C,) of the input's dtype; None stays None."""
    if weight is None:
        return None
    weight = as_tensor(weight)
    C = input.shape[1 if input.ndim > 1 else 0]
    if weight.shape != (C,):
        raise ValueError(f"{op}: weight must have one entry for each of the {C} classes of input "
                         f"{input.shape}, got shape {weight.shape}")
    if weight.requires_grad:
        raise ValueError(f"{op}: weight gets no gradient here; pass weight.detach()")
    return cast(weight, input.dtype)


def _check_labels(op, target, input):
    """Labels must be integers, one for each position."""
    shape = positions(input)
    if target.dtype.kind not in "iu":
        raise TypeError(f"{op}: class labels must be integers, got {target.dtype} of shape "
                        f"{target.shape}; convert them with .long() (input: {input.shape})")
    if target.shape != shape and not (input.ndim == 1 and target.shape == (1,)):
        raise ValueError(f"{op}: target must have shape {shape}, one label for each position of "
                         f"input {input.shape}, got {target.shape}")


def _counted(op, x, labels, ignore_index):
    """Labels (N, S), and which of them count (N, S) or None for all.

    Ignored labels come back as class 0, so that they can be used as an index.
    """
    N, C = x.shape[:2] if x.ndim > 1 else (1, len(x))
    labels = labels.astype("int64", copy=False).reshape(N, labels.size // max(N, 1))
    kept = labels != ignore_index
    wrong = kept & ((labels < 0) | (labels >= C))
    if wrong.any():
        refuse_label(op, x, labels[wrong], ignore_index)
    if kept.all():
        return labels, None
    return array_module(labels).where(kept, labels, 0), kept


def refuse_label(op, x, labels, ignore_index):
    """Raise IndexError for the first of the labels that is no class of the scores x."""
    C = x.shape[1 if x.ndim > 1 else 0]
    wrong = labels[(labels != ignore_index) & ((labels < 0) | (labels >= C))]
    raise IndexError(f"{op}: target holds label {wrong[0]}, but input of shape {x.shape} has {C} "
                     f"classes; labels are 0 to {C - 1}, and ignore_index={ignore_index} for "
                     "positions that do not count")


def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None,
                  reduction="mean", label_smoothing=0.0):
    """-log softmax(x) at the right class.

    Parameters
    ----------
    input : Tensor, (N, C), (N, C, ...) or (C,)
        Scores (logits) of C classes: no softmax before this.
    target : Tensor, array or list
        Class labels, integers of shape (N,), (N, ...) or (); or probabilities (or one-hot 0 and 1)
        of the input's shape.
    weight : Tensor of shape (C,), optional
        Factor of each class.
    size_average, reduce : bool, optional
        PyTorch's old spelling of ``reduction``.
    ignore_index : int
        Positions with this label do not count, and get no gradient.
    reduction : {"mean", "sum", "none"}
        "mean" divides by the number of labels that count, each taken with its class's weight; with
        probabilities, by the number of positions.
    label_smoothing : float
        In [0, 1]: this share of the target is spread evenly over the classes.  arXiv 1512.00567.

    Returns
    -------
    Tensor
        0-d, or for "none" one loss per position.

    Raises
    ------
    TypeError
        If the input does not hold floats, or labels are not integers.
    IndexError
        For a label that is no class.
    ValueError
        For shapes that do not fit, smoothing outside [0, 1], or an unknown reduction.
    """
    op = "cross_entropy"
    reduction = chosen(op, reduction, size_average, reduce)
    input, target = _scores(op, input), as_tensor(target)
    weight = _class_weight(op, weight, input)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{op}: label_smoothing is a share between 0 and 1, got {label_smoothing}")
    if target.shape == input.shape:
        return _with_probabilities(input, target, weight, ignore_index, reduction, label_smoothing)
    _check_labels(op, target, input)
    return CrossEntropy(reduction, ignore_index, label_smoothing)(input, target, weight)


def _with_probabilities(input, target, weight, ignore_index, reduction, smoothing):
    if target.dtype.kind != "f":
        if ((target.data != 0) & (target.data != 1)).any():
            raise ValueError(f"cross_entropy: a target of the input's shape {input.shape} holds "
                             "probabilities or one-hot 0 and 1, but it has other integers; class "
                             "labels have one dimension less, (N,) for (N, C)")
        target = cast(target, input.dtype)
    elif ignore_index >= 0:
        raise ValueError(f"cross_entropy: ignore_index={ignore_index} has no meaning for targets "
                         "that are probabilities; set rows to 0, or pass class labels")
    return SoftCrossEntropy(reduction, smoothing)(*promoted(input, target), weight)


def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None,
             reduction="mean"):
    """Minus the log-probability of the right class: ``cross_entropy`` after ``log_softmax``.

    Parameters
    ----------
    input : Tensor, (N, C), (N, C, ...) or (C,)
        Log-probabilities of C classes.
    target : Tensor, array or list
        Class labels, integers of shape (N,), (N, ...) or ().
    weight, size_average, ignore_index, reduce, reduction
        As for ``cross_entropy``.

    Raises
    ------
    TypeError
        If the input does not hold floats, or labels are not integers.
    IndexError
        For a label that is no class.
    ValueError
        For shapes that do not fit or an unknown reduction.
    """
    reduction = chosen("nll_loss", reduction, size_average, reduce)
    input, target = _scores("nll_loss", input), as_tensor(target)
    weight = _class_weight("nll_loss", weight, input)
    _check_labels("nll_loss", target, input)
    return NLLLoss(reduction, ignore_index)(input, target, weight)
