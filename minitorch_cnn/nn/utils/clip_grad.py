"""Keeping gradients from growing too large."""
import math

import numpy as np

from ...autograd import Tensor, live
from ...device import array_module


def _with_gradient(parameters):
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p for p in parameters if p.grad is not None]


@live
@np.errstate(all="ignore")  # an overflow is an infinite norm, not a warning
def get_total_norm(tensors, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """The norm of all tensors together, as if they were one vector.

    Parameters
    ----------
    tensors : Tensor or iterable of Tensor
    norm_type : float
        2 for the Euclidean norm, ``inf`` for the largest absolute value.
    error_if_nonfinite : bool
        Raise RuntimeError if the norm is not finite.
    foreach : optional
        Ignored; accepted so that PyTorch scripts run.

    Returns
    -------
    Tensor
        0-d.
    """
    tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not tensors:
        return Tensor(0.0)
    norms = [_norm(t.data, float(norm_type)) for t in tensors]
    xp = array_module(norms[0])
    total = _norm(xp.stack([xp.asarray(n) for n in norms]), float(norm_type))
    if error_if_nonfinite and not math.isfinite(float(total)):
        raise RuntimeError(f"clip_grad_norm_: the total norm of order {norm_type} is "
                           f"{float(total)}; look for the cause with detect_anomaly(), or pass "
                           "error_if_nonfinite=False")
    return Tensor(total)


def _norm(array, order):
    """The norm of an array as a vector, as a 0-d array of its dtype."""
    xp = array_module(array)
    size = xp.abs(array)
    if math.isinf(order):
        return (size.max() if order > 0 else size.min()) if array.size else xp.zeros((),
                                                                                     array.dtype)
    if order == 0:
        return (array != 0).sum().astype(array.dtype)
    return ((size ** order).sum() ** (1 / order)).astype(array.dtype)


@live
@np.errstate(all="ignore")
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """Scale all gradients together so that their total norm is at most ``max_norm``.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those without a gradient are passed over.
    max_norm : float
    norm_type, error_if_nonfinite, foreach
        See ``get_total_norm``.

    Returns
    -------
    Tensor
        The total norm before, 0-d.
    """
    gradients = [p.grad for p in _with_gradient(parameters)]
    total = get_total_norm(gradients, norm_type, error_if_nonfinite)
    scale = float(max_norm) / (float(total) + 1e-6)
    if not scale >= 1:  # so that a NaN reaches the gradients, as in PyTorch
        for gradient in gradients:
            gradient.data *= gradient.dtype.type(scale)
    return total


@live
def clip_grad_value_(parameters, clip_value, foreach=None):
    """Cut all gradients off at -clip_value and clip_value.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those without a gradient are passed over.
    clip_value : float
    foreach : optional
        Ignored.
    """
    for param in _with_gradient(parameters):
        array_module(param.grad.data).clip(param.grad.data, -clip_value, clip_value,
                                           out=param.grad.data)
