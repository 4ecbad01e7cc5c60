"""Exponential, logarithm, tanh and the normal distribution, for vectors in Numba code.

exp(x) = 2^n exp(r) with n the integer next to x / log 2, so that |r| <= log(2) / 2. For r to keep
its last bits, log 2 is subtracted in two parts, the first with so few bits that n times it is exact
(Cody and Waite, "Software Manual for the Elementary Functions", 1980). What is left of a function
on a short interval is a polynomial; its coefficients were fitted here to the smallest maximal
relative error, which the comments state. Everything else is built on these.
"""
import numpy as np

from . import vectors as v
from .jit import serial

_INV_LOG_2 = np.float32(1 / np.log(2))
_LOG_2_HIGH, _LOG_2_LOW = np.float32(-0.693359375), np.float32(2.12194440e-4)   # negated

# (exp(r) - 1 - r) / r^2 for |r| <= log(2) / 2: exp is off by 3e-9
_EXP = v.polynomial(0.5, 0.166665181517601, 0.04166620597243309, 0.008368884213268757,
                    0.0013950478751212358)
# (atanh(s) / s - 1) / s^2 of s^2, for s <= 1/3: atanh is off by 5e-9
_ATANH = v.polynomial(0.3333320617675781, 0.20010849833488464, 0.13999569416046143,
                      0.14012232422828674)
# exp(z^2) erfc(z) / t of u = 1 - 2 t, t = 3 / (z + 3), for 0 <= z <= 10.5: off by 3e-9. The map to
# a short interval: Shepherd and Laframboise, Math. Comp. 36 (1981) 249
_ERFC = v.polynomial(0.35800230503082275, -0.2944648265838623, 0.19674275815486908,
                     -0.10348863154649734, 0.039843130856752396, -0.008946839720010757,
                     -0.00040942992200143635, 0.0010270121274515986, -0.00015988836821634322,
                     -0.00010783415200421587)


@serial
def number(value):
    """A number in every lane."""
    return v.fill(np.float32(value))


@serial
def at_least(x, low):
    """max(x, low); NaN stays NaN."""
    return v.where_less(x, low, low, x)


@serial
def at_most(x, high):
    """min(x, high); NaN stays NaN."""
    return v.where_less(high, x, high, x)


@serial
def _reduced(x):
    """(n, exp(r) - 1): x = n log 2 + r."""
    n = v.nearest(v.mul(x, v.fill(_INV_LOG_2)))
    r = v.fma(n, v.fill(_LOG_2_HIGH), x)
    r = v.fma(n, v.fill(_LOG_2_LOW), r)
    return n, v.fma(v.mul(r, r), _EXP(r), r)


@serial
def exp(x):
    """e^x within 1 ulp; infinite above 88.72, 0 below -103.98."""
    n, rest = _reduced(at_most(at_least(x, number(-104)), number(89)))
    return v.scaled(v.add(rest, number(1)), n)


@serial
def expm1(x):
    """e^x - 1 within 2 ulp, also where x is tiny: 2 (h rest + h - 1/2) with h = 2^n / 2."""
    n, rest = _reduced(at_most(at_least(x, number(-20)), number(89)))
    half = v.scaled(number(0.5), n)
    return v.mul(number(2), v.fma(half, rest, v.sub(half, number(0.5))))


@serial
def sigmoid(x):
    """1 / (1 + e^-x) within 2 ulp; where e^-x is infinite the result is rightly 0."""
    return v.div(number(1), v.add(number(1), exp(v.sub(number(0), x))))


@serial
def tanh(x):
    """-t / (t + 2) with t = expm1(-2 |x|), and the sign of x; within 3 ulp."""
    t = expm1(v.mul(number(-2), v.absolute(x)))
    return v.with_sign(v.div(t, v.add(t, number(2))), x)


@serial
def log1p_of_exp(x):
    """log(1 + e^x) for x <= 0: with e = e^x it is 2 atanh(e / (2 + e))."""
    e = exp(x)
    s = v.div(e, v.add(number(2), e))
    square = v.mul(s, s)
    return v.mul(v.add(s, s), v.fma(square, _ATANH(square), number(1)))


@serial
def normal(x):
    """(Phi(x), e^(-x^2 / 2)): the normal distribution function is erfc(-x / sqrt 2) / 2.

    Its small values keep their bits: x^2 is taken in two parts, what rounding cut off apart.
    """
    size = at_most(v.absolute(x), number(15))       # e^-112 is 0
    high = v.mul(size, size)
    low = v.fma(size, size, v.sub(number(0), high))
    bell = exp(v.mul(number(-0.5), high))
    bell = v.fma(bell, v.mul(number(-0.5), low), bell)
    t = v.div(number(3), v.fma(size, number(0.7071067811865476), number(3)))
    tail = v.mul(v.mul(number(0.5), bell), v.mul(t, _ERFC(v.fma(number(-2), t, number(1)))))
    return v.where_less(x, number(0), tail, v.sub(number(1), tail)), bell
