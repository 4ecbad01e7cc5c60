"""Margin losses: nothing to pay once the right answer leads by a margin.

Composed of other ops, which bring the gradients. x scores (N, C) or (C,), t targets.
"""
from ..autograd import Tensor
from ..device import array_module
from .activation import relu
from .broadcast import cast, check_broadcast
from .checks import as_tensor, check_float
from .gather import take_along_dim
from .reduction import chosen, finish, same_shape
from .selection import clamp, where
from .smooth_activation import logsigmoid

__all__ = ["hinge_embedding_loss", "margin_ranking_loss", "multi_margin_loss",
           "multilabel_margin_loss", "multilabel_soft_margin_loss", "soft_margin_loss"]


def _prepared(op, input, target):
    """Both as Tensors whose shapes broadcast; the input holds floats."""
    input, target = as_tensor(input), as_tensor(target)
    check_float(op, input=input)
    check_broadcast(op, input, target)
    return input, target


def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None,
                         reduction="mean"):
    """x where the target is 1, max(0, margin - x) where it is -1; x is a distance.

    Parameters
    ----------
    input : Tensor
        Floats, any shape.
    target : Tensor
        1 and -1; shapes broadcast.
    margin : float
        Distance from which on strangers cost nothing.
    size_average, reduce : bool, optional
        PyTorch's old spelling of ``reduction``.
    reduction : {"mean", "sum", "none"}
        What is done with the losses of the elements.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    ValueError
        If the shapes do not broadcast, or for an unknown reduction.
    """
    reduction = chosen("hinge_embedding_loss", reduction, size_average, reduce)
    input, target = _prepared("hinge_embedding_loss", input, target)
    apart = where(target != 1, clamp(margin - input, min=0), 0.0)
    return finish(apart + where(target != -1, input, 0.0), reduction)


def margin_ranking_loss(input1, input2, target, margin=0.0, size_average=None, reduce=None,
                        reduction="mean"):
    """max(0, -t (x1 - x2) + margin): x1 should rank higher where t = 1, lower where t = -1.

    Parameters
    ----------
    input1, input2, target : Tensor
        Of as many dimensions; shapes broadcast. The loss of integers is float32.
    margin, size_average, reduce, reduction
        As for ``hinge_embedding_loss``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or for an unknown reduction.
    """
    op = "margin_ranking_loss"
    reduction = chosen(op, reduction, size_average, reduce)
    x1, x2, target = as_tensor(input1), as_tensor(input2), as_tensor(target)
    check_broadcast(op, x1, x2, target)
    if not x1.ndim == x2.ndim == target.ndim:
        raise ValueError(f"{op}: inputs and target must have as many dimensions, got shapes "
                         f"{x1.shape}, {x2.shape} and {target.shape}")
    return finish(clamp(float(margin) - target * (x1 - x2), min=0), reduction)


def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """log(1 + exp(-t x)), t = 1 or -1; stable for any x. The rest as ``hinge_embedding_loss``."""
    reduction = chosen("soft_margin_loss", reduction, size_average, reduce)
    input, target = _prepared("soft_margin_loss", input, target)
    return finish(-logsigmoid(target * input), reduction)


def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None,
                                reduction="mean"):
    """Binary cross-entropy of the scores, averaged over the classes (the last dimension).

    Parameters
    ----------
    input, target : Tensor, (N, C) or (C,)
        Scores, and 1 for classes that are present, 0 for others.
    weight : Tensor of shape (C,), optional
        Factor of each class.
    size_average, reduce, reduction
        As for ``hinge_embedding_loss``.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    ValueError
        If the shapes do not broadcast, or for an unknown reduction.
    """
    op = "multilabel_soft_margin_loss"
    reduction = chosen(op, reduction, size_average, reduce)
    input, target = _prepared(op, input, target)
    if input.ndim == 0:
        raise ValueError(f"{op}: input must be (N, C) or (C,), got a 0-d tensor")
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        check_broadcast(op, losses, as_tensor(weight))
        losses = losses * as_tensor(weight)
    return finish(losses.mean(-1), reduction)


def _as_rows(op, input, target):
    """Scores (N, C) and integer targets; (C,) becomes one row."""
    input, target = as_tensor(input), as_tensor(target)
    check_float(op, input=input)
    if input.ndim > 2:
        raise ValueError(f"{op}: input must be (N, C) or (C,), got shape {input.shape}")
    if target.dtype.kind not in "iu":
        raise TypeError(f"{op}: target must hold class labels, integers, got {target.dtype}; "
                        "convert it with .long()")
    return input, target, input if input.ndim == 2 else input.reshape(1, -1)


def _check_labels(op, labels, C, least):
    wrong = (labels < least) | (labels >= C)
    if wrong.any():
        raise IndexError(f"{op}: target holds label {labels[wrong][0]}, but there are {C} classes, "
                         f"0 to {C - 1}")


def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None,
                      reduction="mean"):
    """Sum over the wrong classes of max(0, margin - x_label + x_c)^p, over C.

    Parameters
    ----------
    input : Tensor, (N, C) or (C,)
        Scores.
    target : Tensor, (N,) or ()
        Class labels, integers.
    p : {1, 2}
        Exponent.
    margin : float
        By how much the right class should lead.
    weight : Tensor of shape (C,), optional
        Factor of each label.
    size_average, reduce, reduction
        As for ``hinge_embedding_loss``.

    Raises
    ------
    TypeError
        If the input does not hold floats, or the target integers.
    IndexError
        For a label that is no class.
    ValueError
        For shapes that do not fit, another p, or an unknown reduction.
    """
    op = "multi_margin_loss"
    reduction = chosen(op, reduction, size_average, reduce)
    input, target, rows = _as_rows(op, input, target)
    N, C = rows.shape
    if target.data.size != N or target.ndim > 1:
        raise ValueError(f"{op}: target must hold one label per row of input {input.shape}, got "
                         f"shape {target.shape}")
    if p not in (1, 2):
        raise ValueError(f"{op}: p must be 1 or 2, got {p}")
    labels = target.data.reshape(N, 1)
    _check_labels(op, labels, C, 0)
    lead = rows - take_along_dim(rows, Tensor(labels.astype("int64")), 1)
    cost = relu(lead + margin)  # gradient 0 at 0
    cost = cost if p == 1 else cost * cost
    if weight is not None:
        weight = cast(as_tensor(weight), input.dtype)
        if weight.shape != (C,):
            raise ValueError(f"{op}: weight must have shape ({C},), got {weight.shape}")
        cost = cost * weight[labels]
    wrong = labels != array_module(labels).arange(C)
    losses = where(Tensor(wrong), cost, 0.0).mean(1)
    return finish(losses.reshape(target.shape), reduction)


def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """Sum over right classes r and wrong classes c of max(0, 1 - x_r + x_c), over C.

    Parameters
    ----------
    input : Tensor, (N, C) or (C,)
        Scores.
    target : Tensor of the input's shape
        In each row the labels of the right classes, closed by -1; what follows is not read.
    size_average, reduce, reduction
        As for ``hinge_embedding_loss``.

    Raises
    ------
    TypeError
        If the input does not hold floats, or the target integers.
    IndexError
        For a label that is no class.
    ValueError
        For shapes that do not fit or an unknown reduction.
    """
    op = "multilabel_margin_loss"
    reduction = chosen(op, reduction, size_average, reduce)
    input, target, rows = _as_rows(op, input, target)
    same_shape(op, input=input, target=target)
    N, C = rows.shape
    labels = target.data.reshape(N, C)
    _check_labels(op, labels, C, -1)
    xp = array_module(labels)
    read = xp.cumsum(labels < 0, axis=1) == 0  # up to the first -1
    one_hot = (labels[:, :, None] == xp.arange(C)) & read[:, :, None]  # (N, place, class)
    count = one_hot.sum(axis=1).astype(input.dtype)  # a label may stand there twice
    pairs = count[:, :, None] * (count == 0)[:, None, :]  # (N, right, wrong)
    cost = relu(1 - rows.reshape(N, C, 1) + rows.reshape(N, 1, C))
    losses = (cost * Tensor(pairs)).sum((1, 2)) / C
    return finish(losses if input.ndim == 2 else losses.reshape(()), reduction)
