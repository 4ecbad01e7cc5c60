"""Smooth activations on the CPU: formulas as in the reference, on the functions of curves.py."""
import math

from . import vectors as v
from .curves import at_least, at_most, exp, expm1, log1p_of_exp, normal, number, sigmoid, tanh
from .sweep import of_one, of_two, sweep, sweep_two

MANY = 1 << 13      # floats below which one thread is as fast


@of_one
def _sigmoid(x, a, b, c):
    return sigmoid(x)


def sigmoid_forward(x):
    """1 / (1 + exp(-x))."""
    return sweep(_sigmoid, x, many=MANY)


@of_two
def _sigmoid_back(dy, y, a, b, c):
    return v.mul(v.mul(dy, v.sub(number(1), y)), y)


def sigmoid_backward(dy, y):
    """dy (1 - y) y."""
    return sweep_two(_sigmoid_back, dy, y)


@of_one
def _tanh(x, a, b, c):
    return tanh(x)


def tanh_forward(x):
    """tanh(x)."""
    return sweep(_tanh, x, many=MANY)


@of_two
def _tanh_back(dy, y, a, b, c):
    return v.mul(dy, v.sub(number(1), v.mul(y, y)))


def tanh_backward(dy, y):
    """dy (1 - y^2)."""
    return sweep_two(_tanh_back, dy, y)


@of_one
def _silu(x, a, b, c):
    return v.div(x, v.add(number(1), exp(v.sub(number(0), x))))


def silu_forward(x):
    """x s."""
    return sweep(_silu, x, many=MANY)


@of_two
def _silu_back(dy, x, a, b, c):
    s = sigmoid(x)
    return v.mul(dy, v.mul(s, v.fma(x, v.sub(number(1), s), number(1))))


def silu_backward(dy, x):
    """dy s (1 + x (1 - s))."""
    return sweep_two(_silu_back, dy, x, many=MANY)


@of_one
def _elu(x, scale, limit, inner):
    return v.where_less(number(0), x, v.mul(x, scale), v.mul(expm1(v.mul(x, inner)), limit))


def elu_forward(x, alpha, scale, inner):
    """scale x where x > 0, else scale alpha (exp(inner x) - 1)."""
    return sweep(_elu, x, scale, alpha * scale, inner, many=MANY)


@of_two
def _elu_back(dy, x, scale, slope, inner):
    return v.mul(dy, v.where_less(number(0), x, scale, v.mul(exp(v.mul(x, inner)), slope)))


def elu_backward(dy, x, alpha, scale, inner):
    """dy scale where x > 0, else dy scale alpha inner exp(inner x)."""
    return sweep_two(_elu_back, dy, x, scale, alpha * scale * inner, inner, many=MANY)


@of_one
def _gelu(x, a, b, c):
    return v.mul(x, normal(x)[0])


def gelu_forward(x):
    """x Phi(x)."""
    return sweep(_gelu, x, many=MANY)


@of_two
def _gelu_back(dy, x, factor, b, c):
    phi, bell = normal(x)
    return v.mul(dy, v.fma(x, v.mul(bell, factor), phi))


def gelu_backward(dy, x):
    """dy (Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi))."""
    return sweep_two(_gelu_back, dy, x, 1 / math.sqrt(2 * math.pi), many=MANY)


@of_one
def _gelu_tanh(x, scale, cubic, c):
    u = v.mul(scale, v.fma(cubic, v.mul(v.mul(x, x), x), x))
    return v.mul(x, sigmoid(v.add(u, u)))


def gelu_tanh_forward(x, scale, cubic):
    """x (1 + tanh u) / 2 = x sigmoid(2 u), u = scale (x + cubic x^3)."""
    return sweep(_gelu_tanh, x, scale, cubic, many=MANY)


@of_two
def _gelu_tanh_back(dy, x, scale, cubic, three):
    square = v.mul(x, x)
    u = v.mul(scale, v.fma(cubic, v.mul(square, x), x))
    s = sigmoid(v.add(u, u))
    slope = v.mul(v.add(scale, scale), v.fma(v.mul(three, cubic), square, number(1)))
    bent = v.mul(v.mul(v.mul(x, s), v.sub(number(1), s)), slope)
    return v.mul(dy, v.add(s, bent))


def gelu_tanh_backward(dy, x, scale, cubic):
    """dy (s + x s (1 - s) 2 u'), s = sigmoid(2 u)."""
    return sweep_two(_gelu_tanh_back, dy, x, scale, cubic, 3.0, many=MANY)


@of_one
def _softplus(x, beta, threshold, c):
    bx = v.mul(x, beta)
    y = v.add(at_least(bx, number(0)), log1p_of_exp(v.sub(number(0), v.absolute(bx))))
    return v.where_less(threshold, bx, x, v.div(y, beta))


def softplus_forward(x, beta, threshold):
    """log(1 + exp(beta x)) / beta, above the threshold x."""
    return sweep(_softplus, x, beta, threshold, many=MANY)


@of_two
def _softplus_back(dy, x, beta, threshold, c):
    bx = v.mul(x, beta)
    return v.where_less(threshold, bx, dy, v.mul(dy, sigmoid(bx)))


def softplus_backward(dy, x, beta, threshold):
    """dy sigmoid(beta x), above the threshold dy."""
    return sweep_two(_softplus_back, dy, x, beta, threshold, many=MANY)


@of_one
def _mish(x, a, b, c):
    e = exp(at_most(x, number(20)))
    n = v.mul(e, v.add(e, number(2)))
    return v.mul(x, v.div(n, v.add(n, number(2))))


def mish_forward(x):
    """x t, t = tanh(log(1 + e)) = n / (n + 2) with e = exp(x), n = e (e + 2)."""
    return sweep(_mish, x, many=MANY)


@of_two
def _mish_back(dy, x, a, b, c):
    e = exp(at_most(x, number(20)))
    n = v.mul(e, v.add(e, number(2)))
    inverse = v.div(number(1), v.add(n, number(2)))
    bent = v.mul(v.mul(v.mul(number(4), e), v.add(e, number(1))), v.mul(inverse, inverse))
    bent = v.where_less(number(20), x, number(0), bent)
    return v.mul(dy, v.fma(x, bent, v.mul(n, inverse)))


def mish_backward(dy, x):
    """dy (t + x s (1 - t^2)) with s (1 - t^2) = 4 e (1 + e) / (n + 2)^2."""
    return sweep_two(_mish_back, dy, x, many=MANY)
