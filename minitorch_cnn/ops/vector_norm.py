"""Norms of the elements taken as one vector, or of vectors along some dims.

x input; y result; dy, dx gradients.
"""
import math

from ..device import array_module
from .broadcast import cast, numeric_dtype
from .checks import as_tensor, check_float, normalize_dims
from .elementwise import sign_of
from .reduce import Reduction

__all__ = ["norm"]


class Norm(Reduction):
    """y = (sum of |x|^p)^(1/p);  dx = dy * sign(x) * (|x| / y)^(p - 1), 0 where y = 0 or x = 0.

    p = 0 counts what is not 0 and has no gradient; p = inf is the largest |x|, p = -inf the
    smallest, and equal ones share dy evenly.
    """

    def __init__(self, p, dims, keepdim):
        super().__init__(dims, keepdim)
        self.p = p

    def forward(self, x):
        self.x, self.x_shape = x, x.shape
        y = self._norm(array_module(x).abs(x))
        self.y = y if self.keepdim else y.squeeze(self.dims)
        return self.y

    def backward(self, dy):
        xp, x, p = array_module(dy), self.x, self.p
        y, dy = self.kept(self.y), self.kept(dy)
        if p == 0:
            return None
        if p in (math.inf, -math.inf):
            hit = xp.abs(x) == y
            return dy * sign_of(x) * hit / hit.sum(axis=self.dims, keepdims=True, dtype=dy.dtype)
        if p == 1:
            return dy * sign_of(x)
        if p == 2:
            return xp.where(y == 0, 0, dy * (x / y))
        slope = sign_of(x) * (xp.abs(x) / y) ** (p - 1)
        return xp.where((y == 0) | (x == 0), 0, dy * slope)

    def _norm(self, size):
        p, over = self.p, dict(axis=self.dims, keepdims=True)
        if p in (math.inf, -math.inf):
            return size.max(**over) if p > 0 else size.min(**over)
        if p == 0:
            return (size != 0).sum(**over, dtype=size.dtype)
        if p == 1:
            return size.sum(**over)
        if p == 2:
            return array_module(size).sqrt((size * size).sum(**over))
        return (size ** p).sum(**over) ** (1 / p)


class NuclearNorm(Reduction):
    """y = sum of the singular values of each matrix x = U S V^T;  dx = dy * U V^T."""

    def forward(self, x):
        self.x_shape, xp = x.shape, array_module(x)
        u, s, vt = xp.linalg.svd(xp.moveaxis(x, self.dims, (-2, -1)), full_matrices=False)
        self.slope = xp.moveaxis(u @ vt, (-2, -1), self.dims)
        y = s.sum(axis=-1)
        return xp.expand_dims(y, self.dims) if self.keepdim else y

    def backward(self, dy):
        return self.kept(dy) * self.slope


def norm(input, p="fro", dim=None, keepdim=False, dtype=None):
    """The p-norm ``(sum |x|^p)^(1/p)``, of all elements or along some dims.

    Parameters
    ----------
    input : Tensor
        Floats of any shape.
    p : number, inf, -inf, "fro", "nuc" or None
        "fro" and None mean 2. 0 counts what is not 0. "nuc" sums the singular values.
    dim : int, tuple of int or None
        What to reduce; None and () for all.
    keepdim : bool
        Keep reduced dims with size 1.
    dtype : dtype, optional
        A float type to convert to first.

    Returns
    -------
    Tensor
        0 for no elements. At 0 the gradient is 0.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    ValueError
        For another ``p``, or for p = inf or p < 0 of no elements.
    IndexError
        If a dim does not exist.
    """
    input = as_tensor(input)
    if dtype is not None:
        input = cast(input, numeric_dtype("norm", dtype))
    check_float("norm", input=input)
    dims = normalize_dims("norm", dim, input.ndim)
    if p == "nuc":
        if len(dims) != 2:
            raise ValueError(f'norm: p="nuc" is for matrices, two dims, got dim={dim} of shape '
                             f"{input.shape}")
        return NuclearNorm(dims, keepdim)(input)
    p = _order(p)
    if (math.isinf(p) or p < 0) and 0 in [input.shape[d] for d in dims]:
        raise ValueError(f"norm: p={p:g} has no value without elements, got shape {input.shape}; "
                         "use a finite p >= 0")
    return Norm(p, dims, keepdim)(input)


def _order(p):
    if p is None or p == "fro":
        return 2
    if isinstance(p, str):
        raise ValueError(f'norm: p must be a number, inf, -inf, "fro" or "nuc", got {p!r}')
    return float(p)
