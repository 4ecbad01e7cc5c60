"""Elements in order of size: sort, argsort, topk, unique. NaN is the largest, as in PyTorch."""
from typing import NamedTuple

from ..autograd import Tensor
from ..device import array_module
from .checks import as_tensor, normalize_dim
from .gather import gather

__all__ = ["argsort", "msort", "sort", "topk", "unique"]


class Sorted(NamedTuple):
    """Values in order, and where each of them stood."""

    values: Tensor
    indices: Tensor


def _order(x, axis, descending):
    """Indices that sort the array ``x``; equal elements keep their order."""
    xp = array_module(x)
    if x.ndim == 0:
        return xp.zeros((), "int64")
    if not descending:
        return xp.argsort(x, axis=axis, kind="stable")
    backward = xp.argsort(xp.flip(x, axis), axis=axis, kind="stable")
    return x.shape[axis] - 1 - xp.flip(backward, axis)


def sort(input, dim=-1, descending=False, stable=False):
    """The elements in order along a dim.

    Always stable (equal elements keep their order), whatever ``stable`` says.

    Returns
    -------
    (values, indices)
        Of the shape of ``input``; gradients flow through the values.
    """
    input = as_tensor(input)
    dim = normalize_dim("sort", dim, input.ndim)
    indices = Tensor(_order(input.data, dim, descending))
    return Sorted(gather(input, dim, indices), indices)


def argsort(input, dim=-1, descending=False, stable=False):
    """The indices that sort along a dim: ``sort(...).indices``."""
    return sort(as_tensor(input).detach(), dim, descending, stable).indices


def msort(input):
    """The elements in ascending order along dim 0."""
    return sort(input, 0).values


def topk(input, k, dim=-1, largest=True, sorted=True):
    """The ``k`` largest (or smallest) elements along a dim, in order.

    Always in order, whatever ``sorted`` says; the first of equal elements comes first.

    Returns
    -------
    (values, indices)
        Of size ``k`` along ``dim``; gradients flow through the values.

    Raises
    ------
    ValueError
        If there are not ``k`` elements.
    """
    input = as_tensor(input)
    dim = normalize_dim("topk", dim, input.ndim)
    n = input.shape[dim] if input.ndim else 1
    if not 0 <= k <= n:
        raise ValueError(f"topk: k={k} elements of dim {dim} of size {n}; use 0 <= k <= {n}")
    order = _order(input.data, dim, descending=largest)
    if input.ndim:
        order = order[(slice(None),) * dim + (slice(k),)]
    indices = Tensor(order)
    return Sorted(gather(input, dim, indices), indices)


def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The different elements (or slices along ``dim``) in ascending order, each once. No gradient.

    Returns
    -------
    Tensor or tuple of Tensor
        The values; then, where asked for, which of them each element is, and how often each occurs.
    """
    x = as_tensor(input).data
    axis = None if dim is None else normalize_dim("unique", dim, x.ndim)
    values, inverse, counts = array_module(x).unique(
        x, return_inverse=True, return_counts=True, axis=axis, equal_nan=False)
    shape = x.shape if axis is None else (x.shape[axis],)
    results = [Tensor(values)]
    if return_inverse:
        results.append(Tensor(inverse.reshape(shape)))
    if return_counts:
        results.append(Tensor(counts))
    return tuple(results) if len(results) > 1 else results[0]
