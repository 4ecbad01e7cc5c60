"""Variance and standard deviation over some dims or all.

x input of N elements per result; y result; dy, dx gradients; c correction.
"""
from ..device import array_module
from .checks import as_tensor, check_float
from .reduce import Mean, Reduction, count, dims_of, mean_of

__all__ = ["std", "std_mean", "var", "var_mean"]


class Var(Reduction):
    """y = sum of (x - mean)^2 / (N - c);  dx = dy * 2 (x - mean) / (N - c).

    c is the correction, 1 for the unbiased estimate.
    """

    def __init__(self, correction, dims, keepdim):
        super().__init__(dims, keepdim)
        self.correction = correction

    def forward(self, x):
        self.x_shape = x.shape
        self.centered = x - mean_of(x, self.dims, True)
        self.freedom = x.dtype.type(count(x.shape, self.dims) - self.correction)
        squares = (self.centered * self.centered).sum(axis=self.dims, keepdims=self.keepdim)
        return squares / max(self.freedom, 0)

    def backward(self, dy):
        return self.kept(dy) * (2 / self.freedom * self.centered)


class Std(Var):
    """y = sqrt(var);  dx = dy / (2 y) * (the gradient of var), 0 where y = 0."""

    def forward(self, x):
        self.y = array_module(x).sqrt(super().forward(x))
        return self.y

    def backward(self, dy):
        slope = array_module(dy).where(self.y == 0, 0, dy / (2 * self.y))
        return super().backward(slope)


def var(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The variance of the elements, unbiased by default.

    Also ``var(x, unbiased)`` with a bool in the place of ``dim``, as in PyTorch.

    Parameters
    ----------
    input : Tensor
        Floats of any shape.
    dim : int, tuple of int or None
        What to reduce; None and () for all.
    unbiased : bool, optional
        The older name of the correction: True is 1, False is 0.
    keepdim : bool
        Keep reduced dims with size 1.
    correction : number, optional
        The sum of squares is divided by N - correction; 1 by default.

    Returns
    -------
    Tensor
        NaN where N is 0 or, with a correction, 1.

    Raises
    ------
    TypeError
        If the input does not hold floats, or both ``unbiased`` and ``correction`` are given.
    IndexError
        If a dim does not exist.
    """
    return Var(*_moment("var", input, dim, unbiased, keepdim, correction))(as_tensor(input))


def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The standard deviation, the square root of ``var``, whose parameters and errors it has."""
    return Std(*_moment("std", input, dim, unbiased, keepdim, correction))(as_tensor(input))


def _moment(op, input, dim, unbiased, keepdim, correction):
    """The checked arguments of the class Var."""
    input = as_tensor(input)
    check_float(op, input=input)
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        raise TypeError(f"{op}: pass unbiased or correction, not both")
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    return correction, dims_of(op, dim, input), keepdim


def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The variance and the mean: a tuple of two Tensors; parameters and errors as of ``var``."""
    options = _moment("var_mean", input, dim, unbiased, keepdim, correction)
    return Var(*options)(as_tensor(input)), Mean(*options[1:])(as_tensor(input))


def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The standard deviation and the mean: a tuple of two Tensors; the rest as of ``var``."""
    options = _moment("std_mean", input, dim, unbiased, keepdim, correction)
    return Std(*options)(as_tensor(input)), Mean(*options[1:])(as_tensor(input))
