"""Matrix products and the linear layer.

a (..., M, K), b (..., K, P) factors, y (..., M, P) product; dy, da, db gradients.
Linear: x (..., I) input, w (O, I) weight, b bias, y (..., O).
"""
import math

import numpy as np

from .. import kernels
from ..autograd import Function
from .broadcast import promoted, unbroadcast
from .checks import as_tensor, check_same_dtype
from .elementwise import add, mul

FEW = 4     # rows for which a kernel looks at y before it reads a row of w

__all__ = ["addmm", "bmm", "dot", "linear", "matmul", "mm", "mv", "outer"]


class MatMul(Function):
    """y = a @ b;  da = dy @ b^T,  db = a^T @ dy.  A 1-d a counts as a row, a 1-d b as a column."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return a @ b

    def backward(self, dy):
        a = self.a[None, :] if self.a.ndim == 1 else self.a      # (..., M, K)
        b = self.b[:, None] if self.b.ndim == 1 else self.b      # (..., K, P)
        if self.b.ndim == 1:
            dy = dy[..., None]
        if self.a.ndim == 1:
            dy = dy[..., None, :]                                # (..., M, P)
        da = db = None
        if self.needs[0]:
            da = dy @ b.swapaxes(-1, -2)                         # (..., M, P) @ (..., P, K)
            da = unbroadcast(da, a).reshape(self.a.shape)
        if self.needs[1]:
            db = _weight_gradient(a, b, dy).reshape(self.b.shape)
        return da, db


def _weight_gradient(a, b, dy):
    """a^T @ dy, summed to the shape of ``b``; one product if all of the batch share it."""
    if b.ndim > 2:
        return unbroadcast(a.swapaxes(-1, -2) @ dy, b)
    return rows(a).T @ rows(dy)                                  # (K, P) = (K, R) @ (R, P)


def rows(x):
    """(R, K) from (..., K): all leading dims as one (for empty arrays -1 would be ambiguous)."""
    return x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def matmul(input, other):
    """The matrix product of two tensors.

    Parameters
    ----------
    input : Tensor, (..., M, K) or (K,)
        A vector counts as a row.
    other : Tensor, (..., K, P) or (K,)
        A vector counts as a column. Leading dims broadcast; both must have one dtype.

    Returns
    -------
    Tensor
        (..., M, P), without M or P where a vector came in; two vectors give a 0-d tensor.

    Raises
    ------
    TypeError
        If the dtypes differ.
    ValueError
        If the sizes K differ, the leading dims do not broadcast, or a tensor is 0-d.
    """
    input, other = as_tensor(input), as_tensor(other)
    return _product("matmul", input, other)


def _product(op, input, other):
    a, b = input.data, other.data
    if a.dtype != b.dtype:
        check_same_dtype(op, input=input, other=other)
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError(f"{op}: 0-d tensors have no matrix product, got shapes {a.shape} and "
                         f"{b.shape}; use mul")
    inner = b.shape[0] if b.ndim == 1 else b.shape[-2]
    if a.shape[-1] != inner:
        raise ValueError(f"{op}: the last dim of input must be the {_place(b)} of other, got "
                         f"shapes {a.shape} and {b.shape}; transpose one of them?")
    if a.ndim > 2 and b.ndim > 2:
        check_leading_dims(op, a, b)
    return MatMul()(input, other)


def _place(b):
    return "only dim" if b.ndim == 1 else "last but one"


def check_leading_dims(op, a, b):
    """Refuse stacks of matrices whose leading dims do not broadcast.

    Raises
    ------
    ValueError
        Naming the op and both shapes.
    """
    try:
        np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        raise ValueError(f"{op}: the leading dims of {a.shape} and {b.shape} (all but the last "
                         "two) do not broadcast; counted from the right they must be equal or 1"
                         ) from None


def _with_dims(op, names, *tensors_and_dims):
    """The arguments as Tensors, refused unless they have the given numbers of dimensions."""
    tensors = [as_tensor(tensor) for tensor, _ in tensors_and_dims]
    for name, tensor, (_, ndim) in zip(names, tensors, tensors_and_dims):
        if tensor.ndim != ndim:
            raise ValueError(f"{op}: {name} must have {ndim} dimension{'s' * (ndim > 1)}, got "
                             f"shape {tensor.shape}; matmul takes any number")
    return tensors


def mm(input, mat2):
    """The product of two matrices: (M, K) @ (K, P) = (M, P); errors as of ``matmul``."""
    return _product("mm", *_with_dims("mm", ("input", "mat2"), (input, 2), (mat2, 2)))


def mv(input, vec):
    """The product of a matrix and a vector: (M, K) @ (K,) = (M,); errors as of ``matmul``."""
    return _product("mv", *_with_dims("mv", ("input", "vec"), (input, 2), (vec, 1)))


def dot(input, tensor):
    """The inner product of two vectors: (K,) @ (K,) = (); errors as of ``matmul``."""
    return _product("dot", *_with_dims("dot", ("input", "tensor"), (input, 1), (tensor, 1)))


def bmm(input, mat2):
    """Products of two stacks of matrices: (N, M, K) @ (N, K, P) = (N, M, P), N not broadcast.

    Raises
    ------
    TypeError
        If the dtypes differ.
    ValueError
        If a tensor has not three dimensions or the sizes N or K differ.
    """
    input, mat2 = _with_dims("bmm", ("input", "mat2"), (input, 3), (mat2, 3))
    if input.shape[0] != mat2.shape[0]:
        raise ValueError(f"bmm: both stacks must hold the same number of matrices, got shapes "
                         f"{input.shape} and {mat2.shape}; matmul broadcasts a stack of 1")
    return _product("bmm", input, mat2)


class Outer(Function):
    """y[m, p] = a[m] * b[p];  da = dy @ b,  db = a @ dy."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return a[:, None] * b

    def backward(self, dy):
        da = dy @ self.b if self.needs[0] else None              # (M,) = (M, P) @ (P,)
        db = self.a @ dy if self.needs[1] else None              # (P,) = (M,) @ (M, P)
        return da, db


def outer(input, vec2):
    """All products of two vectors: (M,) and (P,) give (M, P); ValueError for other dimensions."""
    a, b = _with_dims("outer", ("input", "vec2"), (input, 1), (vec2, 1))
    return Outer()(*promoted(a, b))


def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """``beta * input + alpha * mat1 @ mat2``.

    Parameters
    ----------
    input : Tensor
        Broadcasts to (M, P); ignored, NaN and all, if ``beta`` is 0.
    mat1, mat2 : Tensor, (M, K) and (K, P)
    beta, alpha : number

    Returns
    -------
    Tensor, (M, P)

    Raises
    ------
    TypeError
        If the dtypes differ.
    ValueError
        If the shapes do not fit.
    """
    mat1, mat2 = _with_dims("addmm", ("mat1", "mat2"), (mat1, 2), (mat2, 2))
    input = as_tensor(input)
    check_same_dtype("addmm", input=input, mat1=mat1, mat2=mat2)
    product = _product("addmm", mat1, mat2)
    _check_broadcasts_to("addmm", "input", input, product.shape)
    product = product if alpha == 1 else mul(product, alpha)
    return product if beta == 0 else add(product, input if beta == 1 else mul(input, beta))


def _check_broadcasts_to(op, name, tensor, shape):
    try:
        fits = np.broadcast_shapes(tensor.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{op}: {name} of shape {tensor.shape} does not broadcast to the result's "
                         f"shape {shape}")


class Linear(Function):
    """y = x @ w^T + b;  dx = dy @ w,  dw = dy^T @ x,  db = dy summed over all leading dims."""

    seen = {}       # y, for the kernel to see that w is finite
    silent = True

    def forward(self, x, w, b):
        self.x = x if self.needs[1] else None  # kept only for a wanted gradient
        self.w = w if self.needs[0] else None
        self.has_bias = b is not None
        y = kernels.linear_forward(rows(x), w, b)                # (R, O) = (R, I) @ (I, O)
        if self.needs[0] and len(y) <= FEW:
            self.seen = {"y": y}    # hidden in a dict: y may be changed in place all the same
        return y if x.ndim == 2 else y.reshape(*x.shape[:-1], w.shape[0])

    def backward(self, dy):
        dx = dw = db = None
        if self.needs[0]:
            # (R, I) = (R, O) @ (O, I)
            dx = kernels.linear_input_gradient(rows(dy), self.w, self.seen.get("y"))
            dx = dx if dy.ndim == 2 else dx.reshape(*dy.shape[:-1], self.w.shape[1])
        if self.needs[1]:
            dw = kernels.linear_weight_gradient(rows(self.x), rows(dy))
        if self.needs[2] and self.has_bias:
            db = kernels.channel_sum(rows(dy))
        return dx, dw, db


def linear(input, weight, bias=None):
    """``input @ weight^T + bias``, the fully connected layer.

    Parameters
    ----------
    input : Tensor, (..., I)
        Any number of leading dims, none too.
    weight : Tensor, (O, I) or (I,)
        One row per output feature; a vector gives a single output without a dim of its own.
    bias : Tensor, (O,), optional
        Or any shape that broadcasts to the result's.

    Returns
    -------
    Tensor, (..., O)

    Raises
    ------
    TypeError
        If the dtypes differ.
    ValueError
        If the sizes do not fit.
    """
    input, weight = as_tensor(input), as_tensor(weight)
    bias = None if bias is None else as_tensor(bias)
    x, w, b = input.data, weight.data, None if bias is None else bias.data
    if x.dtype != w.dtype or (b is not None and x.dtype != b.dtype):
        check_same_dtype("linear", input=input, weight=weight, bias=bias)
    if x.ndim == w.ndim == 2 and x.shape[1] == w.shape[1] and (
            b is None or b.shape == w.shape[:1]):
        return Linear()(input, weight, bias)    # the usual case
    shape = _linear_shape(input.shape, weight.shape)
    if bias is not None and bias.shape != shape[-1:]:
        _check_broadcasts_to("linear", "bias", bias, shape)
    if weight.ndim == 2 and (bias is None or bias.shape == shape[-1:]):
        return Linear()(input, weight, bias)
    y = MatMul()(input, weight) if weight.ndim == 1 else Linear()(input, weight, None)
    return y if bias is None else add(y, bias)


def _linear_shape(input, weight):
    """The shape of the result."""
    if len(weight) not in (1, 2):
        raise ValueError(f"linear: weight must have shape (out_features, in_features), got "
                         f"{weight}")
    if len(input) == 0:
        raise ValueError("linear: input must have at least one dimension, got a 0-d tensor; "
                         "its last dimension holds the features")
    if input[-1] != weight[-1]:
        raise ValueError(f"linear: input has {input[-1]} features (shape {input}) but weight "
                         f"expects {weight[-1]} (weight shape {weight}); pass "
                         f"in_features={input[-1]} or flatten the input")
    return (*input[:-1], *weight[:-1])
