"""The three matrix products of a fully connected layer.

R rows (samples), I inputs, O outputs: x (R, I), w (O, I), b (O,), y and dy (R, O).
"""
from .elementwise import relu_forward


def linear_forward(x, w, b):
    """y = x @ w^T + b; b may be None."""
    y = x @ w.T                     # (R, O) = (R, I) @ (I, O)
    return y if b is None else y + b


def linear_relu_forward(x, w, b):
    """max(0, x @ w.T + b)."""
    return relu_forward(linear_forward(x, w, b))


def linear_input_gradient(dy, w, y=None):
    """dx = dy @ w.

    y is what ``linear_forward`` made of w, if it is at hand: where it is finite, so was its row of
    w, and if dy is 0 there that row need not be read.
    """
    return dy @ w                   # (R, I) = (R, O) @ (O, I)


def linear_weight_gradient(x, dy):
    """dw = dy^T @ x."""
    return dy.T @ x                 # (O, I) = (O, R) @ (R, I)
