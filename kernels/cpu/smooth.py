"""Smooth activations on the CPU: formulas as in the reference, on the functions of curves.py."""
import math

from . import vectors as v
from .curves import (
    at_least,
    at_most,
    decay,
    exp,
    expm1,
    normal,
    number,
    sigmoid,
    sigmoid_and_slope,
    softplus,
    tanh,
    where_negative,
)
from .jit import serial
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
    e = decay(x)
    return v.div(where_negative(x, v.mul(x, e), x), v.add(number(1), e))


def silu_forward(x):
    """x s."""
    return sweep(_silu, x, many=MANY)


@of_two
def _silu_back(dy, x, a, b, c):
    s, slope = sigmoid_and_slope(x)
    return v.mul(dy, v.fma(x, slope, s))


def silu_backward(dy, x):
    """dy (s + x s (1 - s))."""
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
    u = v.mul(v.mul(x, scale), v.fma(cubic, v.mul(x, x), number(1)))
    e = decay(u)
    return v.div(where_negative(x, v.mul(x, e), x), v.add(number(1), e))


def gelu_tanh_forward(x, scale, cubic):
    """x (1 + tanh(u / 2)) / 2 = x sigmoid(u), u = 2 scale (x + cubic x^3)."""
    return sweep(_gelu_tanh, x, 2 * scale, cubic, many=MANY)


@of_two
def _gelu_tanh_back(dy, x, scale, cubic, three_cubic):
    within = at_most(at_least(x, number(-1e6)), number(1e6))    # beyond, the slope is 0
    square = v.mul(within, within)
    s, slope = sigmoid_and_slope(v.mul(v.mul(within, scale), v.fma(cubic, square, number(1))))
    bent = v.mul(slope, v.mul(scale, v.fma(three_cubic, square, number(1))))
    return v.mul(dy, v.fma(x, bent, s))


def gelu_tanh_backward(dy, x, scale, cubic):
    """dy (s + x s (1 - s) u'), s = sigmoid(u)."""
    return sweep_two(_gelu_tanh_back, dy, x, 2 * scale, cubic, 3 * cubic, many=MANY)


@of_one
def _softplus(x, beta, threshold, c):
    bx = v.mul(x, beta)
    return v.where_less(threshold, bx, x, v.div(softplus(bx), beta))


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
def _logsigmoid(x, a, b, c):
    return v.sub(number(0), softplus(v.negative(x)))


def logsigmoid_forward(x):
    """-log(1 + exp(-x))."""
    return sweep(_logsigmoid, x, many=MANY)


@of_two
def _logsigmoid_back(dy, x, a, b, c):
    return v.mul(dy, sigmoid(v.negative(x)))


def logsigmoid_backward(dy, x):
    """dy sigmoid(-x)."""
    return sweep_two(_logsigmoid_back, dy, x, many=MANY)


@serial
def _parts_of_mish(x):
    """(e, n, d): tanh(log(1 + exp(x))) = n / d, and e = e^-|x|.

    With g = exp(x), n = g^2 + 2 g and d = n + 2. For x > 0 both are divided by g^2.
    """
    e = decay(x)
    n = where_negative(x, v.mul(e, v.add(e, number(2))), v.fma(number(2), e, number(1)))
    return e, n, v.add(n, where_negative(x, number(2), v.mul(v.add(e, e), e)))


@of_one
def _mish(x, a, b, c):
    e, n, d = _parts_of_mish(x)
    return v.mul(x, v.div(n, d))


def mish_forward(x):
    """x t, t = tanh(log(1 + exp(x))) = n / d."""
    return sweep(_mish, x, many=MANY)


@of_two
def _mish_back(dy, x, a, b, c):
    e, n, d = _parts_of_mish(x)
    inverse = v.div(number(1), d)
    bent = v.mul(where_negative(x, e, v.mul(e, e)), v.fma(number(4), e, number(4)))
    bent = v.mul(v.mul(bent, inverse), inverse)
    return v.mul(dy, v.fma(x, bent, v.mul(n, inverse)))


def mish_backward(dy, x):
    """dy (t + x s (1 - t^2)), where s (1 - t^2) = 4 g (1 + g) / d^2, g = exp(x)."""
    return sweep_two(_mish_back, dy, x, many=MANY)
