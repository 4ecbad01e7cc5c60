"""Softmax, its logarithm, and two relatives. The loops are in kernels/*/softmax.py.

x scores, y result, dy and dx gradients, all of one shape.
"""
import numpy as np

from .. import kernels
from ..autograd import Function
from ..device import array_module
from ..random import initial_seed, next_call, stream_id
from .checks import as_tensor, normalize_dim

__all__ = ["gumbel_softmax", "log_softmax", "softmax", "softmin"]


def _prepared(op, input, dim, dtype):
    """(input as a Tensor, axis, dtype to compute in), or what is wrong with them."""
    input = as_tensor(input)
    dtype = input.dtype if dtype is None else np.dtype(dtype)
    if dtype.kind != "f":
        raise TypeError(f"{op}: cannot compute in {dtype}; convert the input with .float() or pass "
                        "dtype=float32")
    if dim is None:
        raise ValueError(f"{op}: dim says which scores compete and has no default; input has shape "
                         f"{input.shape}, pass dim=1 for (N, C) scores, dim=-1 for the last one")
    return input, normalize_dim(op, dim, input.ndim), dtype


def _rows(x, dtype):
    """x in this dtype, with an axis at least: a 0-d tensor competes with itself."""
    if x.dtype == dtype and x.ndim:
        return x
    with np.errstate(all="ignore"):
        return x.astype(dtype, copy=False).reshape(x.shape or (1,))


class Softmax(Function):
    """y_i = exp(x_i) / sum_j exp(x_j);  dx = y (dy - sum(dy y)). ``sign`` -1: of -x."""

    silent = True

    def __init__(self, axis, dtype, sign=1):
        self.axis, self.dtype_inside, self.sign = axis, dtype, sign

    def forward(self, x):
        rows = _rows(x, self.dtype_inside)
        self.y = kernels.softmax_forward(rows if self.sign > 0 else -rows, self.axis)
        return self.y.reshape(x.shape)

    def backward(self, dy):
        dx = kernels.softmax_backward(dy.reshape(self.y.shape), self.y, self.axis).reshape(dy.shape)
        return dx if self.sign > 0 else -dx


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    """exp(x_i) / sum_j exp(x_j) along ``dim``: positive, and the sum is 1.

    Parameters
    ----------
    input : Tensor
        Scores, any shape.
    dim : int
        The dimension along which scores compete. Required.
    _stacklevel : int
        Ignored; there for PyTorch's argument order.
    dtype : dtype, optional
        Convert the input to this float dtype first.

    Returns
    -------
    Tensor
        Shape of ``input``, values in [0, 1].

    Raises
    ------
    TypeError
        For integers without ``dtype``.
    ValueError
        Without ``dim``.
    IndexError
        If there is no such dimension.
    """
    input, axis, dtype = _prepared("softmax", input, dim, dtype)
    return Softmax(axis, dtype)(input)


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """softmax(-x): the smallest score gets the largest share. Everything else as ``softmax``."""
    input, axis, dtype = _prepared("softmin", input, dim, dtype)
    return Softmax(axis, dtype, sign=-1)(input)


class LogSoftmax(Function):
    """y_i = x_i - log sum_j exp(x_j);  dx = dy - exp(y) sum(dy)."""

    silent = True

    def __init__(self, axis, dtype):
        self.axis, self.dtype_inside = axis, dtype

    def forward(self, x):
        self.y = kernels.log_softmax_forward(_rows(x, self.dtype_inside), self.axis)
        return self.y.reshape(x.shape)

    def backward(self, dy):
        dx = kernels.log_softmax_backward(dy.reshape(self.y.shape), self.y, self.axis)
        return dx.reshape(dy.shape)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """log(softmax(x)), exact also where softmax underflows. The rest as ``softmax``."""
    input, axis, dtype = _prepared("log_softmax", input, dim, dtype)
    return LogSoftmax(axis, dtype)(input)


class GumbelSoftmax(Function):
    """y = softmax((x + g) / tau), g given noise;  dx = y (dy - sum(dy y)) / tau.

    ``hard``: the result is the one-hot of y's largest, the gradient stays that of y.
    """

    def __init__(self, g, tau, hard, axis):
        self.g, self.tau, self.hard, self.axis = g, tau, hard, axis

    def forward(self, x):
        rows = ((x + self.g) / self.tau).reshape(x.shape or (1,))
        self.y = kernels.softmax_forward(rows, self.axis)
        if not self.hard or not x.size:
            return self.y.reshape(x.shape)
        y = array_module(x).moveaxis(self.y, self.axis, -1)
        classes = array_module(x).arange(y.shape[-1])
        one_hot = (y.argmax(axis=-1)[..., None] == classes).astype(y.dtype)
        return array_module(x).moveaxis(one_hot, -1, self.axis).reshape(x.shape)

    def backward(self, dy):
        dx = kernels.softmax_backward(dy.reshape(self.y.shape), self.y, self.axis)
        return (dx / self.tau).reshape(dy.shape)


def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    """A differentiable draw from the classes with these logits.  Jang et al., arXiv 1611.01144.

    Parameters
    ----------
    logits : Tensor
        Unnormalized log-probabilities, floats.
    tau : float
        Temperature; towards 0 the result becomes one-hot.
    hard : bool
        Return a one-hot draw with the gradient of the soft one.
    eps : float
        Ignored, as in PyTorch.
    dim : int
        The dimension of the classes.

    Raises
    ------
    TypeError
        If the logits do not hold floats.
    IndexError
        If there is no such dimension.
    """
    logits, axis, dtype = _prepared("gumbel_softmax", logits, dim, None)
    xp = array_module(logits.data)
    uniform = kernels.philox_uniform(logits.data, logits.shape, initial_seed(), stream_id("gumbel"),
                                     next_call("gumbel"))
    uniform = uniform.astype(xp.float64) + 2.0 ** -25  # centers of the 2**24 steps: never 0 or 1
    g = -xp.log(-xp.log(uniform))
    return GumbelSoftmax(g.astype(dtype), tau, hard, axis)(logits)
