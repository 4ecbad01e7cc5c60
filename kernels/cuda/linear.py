"""A fully connected layer's products on the GPU: cuBLAS."""
from . import cublas
from .elementwise import relu_forward
from .launch import contiguous, empty, suits, sweep


def linear_forward(x, w, b, relu=False):
    """y, and with ``relu`` max(y, 0) in one pass."""
    if not suits(x, w, *([] if b is None else [b])):
        return NotImplemented
    y = _product(x, w.T)  # (R, O) = (R, I) @ (I, O)
    if b is not None:
        sweep("linear", "add_bias", y.dtype, y.size, y, contiguous(b), y.size, y.shape[1],
              bool(relu))
    return relu_forward(y) if relu and b is None else y


def linear_relu_forward(x, w, b):
    return linear_forward(x, w, b, relu=True)


def linear_input_gradient(dy, w, y=None):
    return _product(dy, w) if suits(dy, w) else NotImplemented  # (R, I) = (R, O) @ (O, I)


def linear_weight_gradient(x, dy):
    return _product(dy.T, x) if suits(x, dy) else NotImplemented  # (O, I) = (O, R) @ (R, I)


def _product(a, b):
    """a @ b; row-major, whatever cuBLAS would like better for few rows."""
    y = empty((a.shape[0], b.shape[1]), a.dtype)
    if a.shape[1] == 0:
        y.fill(0)
    elif y.size and not cublas.product(a, b, y):
        y = contiguous(a @ b)
    return y
