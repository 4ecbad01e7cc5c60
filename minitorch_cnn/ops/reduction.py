"""What all losses share: which reduction is meant, reducing, and the way back.

values the loss of each element, dy gradient of the reduced loss.
"""
import warnings

from ..device import array_module
from .broadcast import check_broadcast, promoted
from .checks import as_tensor

REDUCTIONS = ("none", "mean", "sum")


def chosen(op, reduction, size_average=None, reduce=None, allowed=REDUCTIONS):
    """The reduction that is meant; PyTorch's old ``size_average`` and ``reduce`` go first.

    Raises
    ------
    ValueError
        For a name that does not exist.
    TypeError
        For a tensor in the place of an option: a loss that was called as it was made.
    """
    for option in (reduction, size_average, reduce):
        if hasattr(option, "dtype"):
            raise TypeError(f"{op}: reduction, size_average and reduce are options, got a "
                            f"{type(option).__name__}; make the loss first and call it then, as in "
                            "loss = CrossEntropyLoss(); loss(input, target)")
    if size_average is not None or reduce is not None:
        if reduce is not None and not reduce:
            return "none"
        return "mean" if size_average is None or size_average else "sum"
    if reduction not in allowed:
        listed = ", ".join(f'"{name}"' for name in allowed)
        raise ValueError(f"{op}: reduction must be one of {listed}, got {reduction!r}")
    return reduction


def reduced(values, reduction):
    """``values`` themselves, their sum or their mean (NaN of nothing, as in PyTorch)."""
    if reduction == "none":
        return values
    total = values.sum()
    return total / values.size if reduction == "mean" else total


def spread(dy, values, reduction):
    """Gradient of each of ``values``, in their shape: dy for each, or its share of the mean."""
    if reduction == "none":
        return dy
    dy = dy / values.size if reduction == "mean" else dy
    return array_module(values).broadcast_to(dy, values.shape)


def finish(losses, reduction):
    """A Tensor of losses, reduced: for losses that are composed of other ops."""
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


def operands(op, input, target, warn=False):
    """Both as Tensors of one float dtype whose shapes broadcast.

    ``warn``: say so where the shapes differ, as PyTorch does: (N, 1) against (N,) gives (N, N).

    Raises
    ------
    TypeError
        If neither holds floats.
    ValueError
        If the shapes do not broadcast.
    """
    input, target = as_tensor(input), as_tensor(target)
    if "f" not in (input.dtype.kind, target.dtype.kind):
        raise TypeError(f"{op}: input and target hold {input.dtype} and {target.dtype}, one of "
                        "them must hold floats; convert it with .float()")
    if input.shape != target.shape:
        check_broadcast(op, input, target)
        if warn:
            warnings.warn(f"{op}: target of shape {target.shape} is broadcast against input of "
                          f"shape {input.shape}, which is rarely meant; give both one shape",
                          stacklevel=3)
    return promoted(input, target)


def same_shape(op, **tensors):
    """Refuse Tensors of different shapes.

    Raises
    ------
    ValueError
        Naming the op and every shape.
    """
    if len({tensor.shape for tensor in tensors.values()}) > 1:
        listed = ", ".join(f"{name} {tensor.shape}" for name, tensor in tensors.items())
        raise ValueError(f"{op}: shapes must be equal, got {listed}; reshape one of them")
