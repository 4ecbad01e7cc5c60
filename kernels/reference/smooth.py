"""Smooth activations, forward and backward.

x argument, y result, dy and dx gradients, all of one shape; s = sigmoid(x). Integers become floats
where an activation takes them.
"""
import math

from minitorch_cnn.device import array_module
from minitorch_cnn.dtypes import as_float

from .special import erf


def _sigmoid(x):
    return 1 / (1 + array_module(x).exp(-x))


def sigmoid_forward(x):
    """y = 1 / (1 + exp(-x)); where exp overflows to infinity the result is rightly 0."""
    return _sigmoid(as_float(x))


def sigmoid_backward(dy, y):
    """dx = dy (1 - y) y."""
    return dy * (1 - y) * y


def tanh_forward(x):
    """y = tanh(x)."""
    return array_module(x).tanh(as_float(x))


def tanh_backward(dy, y):
    """dx = dy (1 - y^2)."""
    return dy * (1 - y * y)


def silu_forward(x):
    """y = x s."""
    return x / (1 + array_module(x).exp(-x))


def silu_backward(dy, x):
    """dx = dy s (1 + x (1 - s))."""
    return dy * (_sigmoid(x) * (1 + x * _sigmoid(-x)))   # 1 - s would lose digits


def elu_forward(x, alpha, scale, inner):
    """y = scale x where x > 0, else scale alpha (exp(inner x) - 1)."""
    xp = array_module(x)
    curve = xp.expm1(xp.minimum(x, 0) * inner) * (alpha * scale)
    return xp.where(x > 0, x * scale, curve)


def elu_backward(dy, x, alpha, scale, inner):
    """dx = dy scale where x > 0, else dy scale alpha inner exp(inner x)."""
    xp = array_module(dy)
    slope = xp.exp(xp.minimum(x, 0) * inner) * (alpha * scale * inner)
    return dy * xp.where(x > 0, scale, slope)


def _phi(x):
    return (erf(x * math.sqrt(0.5)) + 1) * 0.5


def gelu_forward(x):
    """y = x Phi(x), Phi(x) = (1 + erf(x / sqrt 2)) / 2."""
    return x * _phi(x)


def gelu_backward(dy, x):
    """dx = dy (Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi))."""
    density = array_module(dy).exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi))
    return dy * (_phi(x) + x * density)


def gelu_tanh_forward(x, scale, cubic):
    """y = x (1 + tanh u) / 2, u = scale (x + cubic x^3)."""
    return 0.5 * x * (1 + array_module(x).tanh(scale * (x + cubic * (x * x * x))))


def gelu_tanh_backward(dy, x, scale, cubic):
    """dx = dy (s + x s (1 - s) 2 u'), s = sigmoid(2 u) = (1 + tanh u) / 2."""
    near = array_module(x).clip(x, -1e6, 1e6)   # beyond, s (1 - s) is 0, but the powers infinite
    u = scale * (near + cubic * (near * near * near))
    inner = scale * (1 + 3 * cubic * (near * near))
    s = _sigmoid(2 * u)
    return dy * (s + x * (s * _sigmoid(-2 * u) * 2 * inner))


def softplus_forward(x, beta, threshold):
    """y = log(1 + exp(beta x)) / beta; above the threshold x itself."""
    xp = array_module(x)
    bx = x * beta
    y = xp.maximum(bx, 0) + xp.log1p(xp.exp(-xp.abs(bx)))   # exp never overflows
    return xp.where(bx > threshold, x, y / beta)


def softplus_backward(dy, x, beta, threshold):
    """dx = dy sigmoid(beta x); above the threshold dy."""
    bx = x * beta
    return array_module(dy).where(bx > threshold, dy, dy * _sigmoid(bx))


def logsigmoid_forward(x):
    """y = -log(1 + exp(-x)) = min(x, 0) - log(1 + exp(-|x|))."""
    xp = array_module(x)
    return xp.minimum(x, 0) - xp.log1p(xp.exp(-xp.abs(x)))


def logsigmoid_backward(dy, x):
    """dx = dy sigmoid(-x)."""
    return dy * _sigmoid(-x)


def mish_forward(x):
    """y = x t, t = tanh(log(1 + exp(x)))."""
    xp = array_module(x)
    return x * xp.tanh(xp.log1p(xp.exp(x)))     # exp(x) = inf gives t = 1, which is right


def mish_backward(dy, x):
    """dx = dy (t + x s (1 - t^2)), 1 - t = 2 / ((1 + exp(x))^2 + 1)."""
    xp = array_module(x)
    e = xp.exp(x)
    t, rest = xp.tanh(xp.log1p(e)), 2 / ((1 + e) ** 2 + 1)
    return dy * (t + x * (_sigmoid(x) * (1 + t) * rest))
