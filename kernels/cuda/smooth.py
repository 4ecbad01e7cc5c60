"""Smooth activations on the GPU."""
from .sweep import is_number, sweep_one, sweep_two


def sigmoid_forward(x):
    return sweep_one("smooth", "sigmoid_forward", x)


def sigmoid_backward(dy, y):
    return sweep_two("smooth", "sigmoid_backward", dy, y)


def tanh_forward(x):
    return sweep_one("smooth", "tanh_forward", x)


def tanh_backward(dy, y):
    return sweep_two("smooth", "tanh_backward", dy, y)


def silu_forward(x):
    return sweep_one("smooth", "silu_forward", x)


def silu_backward(dy, x):
    return sweep_two("smooth", "silu_backward", dy, x)


def elu_forward(x, alpha, scale, inner):
    if not is_number(alpha, scale, inner):
        return NotImplemented
    return sweep_one("smooth", "elu_forward", x, scale, scale * alpha, inner)


def elu_backward(dy, x, alpha, scale, inner):
    if not is_number(alpha, scale, inner):
        return NotImplemented
    return sweep_two("smooth", "elu_backward", dy, x, scale, scale * alpha * inner, inner)


def gelu_forward(x):
    return sweep_one("smooth", "gelu_forward", x)


def gelu_backward(dy, x):
    return sweep_two("smooth", "gelu_backward", dy, x)


def gelu_tanh_forward(x, scale, cubic):
    return sweep_one("smooth", "gelu_tanh_forward", x, scale, cubic)


def gelu_tanh_backward(dy, x, scale, cubic):
    return sweep_two("smooth", "gelu_tanh_backward", dy, x, scale, cubic)


def softplus_forward(x, beta, threshold):
    return sweep_one("smooth", "softplus_forward", x, beta, threshold)


def softplus_backward(dy, x, beta, threshold):
    return sweep_two("smooth", "softplus_backward", dy, x, beta, threshold)


def logsigmoid_forward(x):
    return sweep_one("smooth", "logsigmoid_forward", x)


def logsigmoid_backward(dy, x):
    return sweep_two("smooth", "logsigmoid_backward", dy, x)


def mish_forward(x):
    return sweep_one("smooth", "mish_forward", x)


def mish_backward(dy, x):
    return sweep_two("smooth", "mish_backward", dy, x)
