"""Exponential, logarithm, tanh and the normal distribution, for vectors in Numba code.

exp(x) = 2^n exp(r) with n the integer next to x / log 2, so that |r| <= log(2) / 2. For r to keep
its last bits, log 2 is subtracted in two parts, the first with so few bits that n times it is exact
(Cody and Waite, "Software Manual for the Elementary Functions", 1980). What is left of a function
on a short interval is a polynomial; its coefficients were fitted here to the smallest maximal
relative error, which the comments state. Everything else is built on these.

Where a formula has e^x for x < 0 and e^-x for x > 0, it is written with e^-|x|: that becomes 0
where it is too small, never infinite, and both ends come out as their limits.
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
_ATANH = (0.3333320617675781, 0.20010849833488464, 0.13999569416046143, 0.14012232422828674)
_ATANH_OF_HALF = v.polynomial(*[c / 4 ** (k + 1) for k, c in enumerate(_ATANH)])    # of (2 s)^2
# exp(z^2) erfc(z) / t of u = 1 - 2 t, t = 3 / (z + 3), for 0 <= z <= 10.5: off by 3e-9. The map to
# a short interval: Shepherd and Laframboise, Math. Comp. 36 (1981) 249
_ERFC = (0.35800230503082275, -0.2944648265838623, 0.19674275815486908, -0.10348863154649734,
         0.039843130856752396, -0.008946839720010757, -0.00040942992200143635,
         0.0010270121274515986, -0.00015988836821634322, -0.00010783415200421587)
_HALF_ERFC = v.polynomial(*[c / 2 for c in _ERFC])


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
def where_negative(x, yes, no):
    """``yes`` in the lanes where x < 0, else ``no``."""
    return v.where_less(x, number(0), yes, no)


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
    n, rest = _reduced(at_most(at_least(x, number(-105)), number(89)))
    half = v.nearest(v.mul(n, number(0.5)))     # 2^n may be too small or large for a float
    return v.mul(v.mul(v.add(rest, number(1)), v.power(half)), v.power(v.sub(n, half)))


@serial
def decay(x):
    """e^-|x| within 1 ulp; 0 beyond 103.98. Denormal results are rounded once, at the end."""
    n, rest = _reduced(at_least(v.negative(v.absolute(x)), number(-105)))
    raised = v.mul(v.add(rest, number(1)), v.power(v.add(n, number(64))))
    return v.mul(raised, number(2.0 ** -64))


@serial
def fade(x):
    """e^x within 1 ulp for x <= 0; 0 below -87.68."""
    n, rest = _reduced(at_least(x, number(-88)))
    power = v.power(n)
    return v.fma(power, rest, power)


@serial
def expm1(x):
    """e^x - 1 within 2 ulp, also where x is tiny: 2 (h rest + h - 1/2) with h = 2^n / 2."""
    n, rest = _reduced(at_most(at_least(x, number(-20)), number(89)))
    half = v.power(v.sub(n, number(1)))
    whole = v.mul(number(2), v.fma(half, rest, v.sub(half, number(0.5))))
    return v.with_sign(v.where_less(v.absolute(x), number(0.25), rest, whole), x)


@serial
def sigmoid(x):
    """1 / (1 + e^-x) within 2 ulp."""
    e = decay(x)
    return v.div(where_negative(x, e, number(1)), v.add(number(1), e))


@serial
def sigmoid_and_slope(x):
    """(s, s (1 - s)) for s = sigmoid(x)."""
    e = decay(x)
    t = v.div(number(1), v.add(number(1), e))
    et = v.mul(e, t)
    return where_negative(x, et, t), v.mul(et, t)


@serial
def tanh(x):
    """Within 2 ulp; with e = e^(-2 |x|), t = e - 1 and the sign of x.

    -t / (t + 2) where |x| < 1; else 1 - 2 e / (1 + e), where little is subtracted.
    """
    size = v.absolute(x)
    n, rest = _reduced(at_least(v.mul(number(-2), size), number(-20)))
    power = v.power(n)
    t = v.fma(power, rest, v.sub(power, number(1)))
    e = v.fma(power, rest, power)
    near = v.where_less(size, number(0.125), rest, t)
    above = v.where_less(size, number(1), near, v.add(e, e))
    below = v.add(v.where_less(size, number(1), near, e), v.where_less(
        size, number(1), number(2), number(1)))
    y = v.sub(v.where_less(size, number(1), number(0), number(1)), v.div(above, below))
    return v.with_sign(y, x)


@serial
def _twice_atanh_of_half(x):
    """2 atanh(x / 2) for |x| <= 2/3."""
    square = v.mul(x, x)
    return v.fma(x, v.mul(square, _ATANH_OF_HALF(square)), x)


@serial
def log(x):
    """log(x) within 2 ulp for normal x >= 1: x = 2^n m, and log(m) = 2 atanh((m - 1) / (m + 1))."""
    n = v.exponent(x)
    m = v.mul(x, v.power(v.negative(n)))
    less = v.sub(m, number(1))
    rest = _twice_atanh_of_half(v.div(v.add(less, less), v.add(m, number(1))))
    rest = v.fma(n, v.fill(-_LOG_2_LOW), rest)
    return v.fma(n, v.fill(-_LOG_2_HIGH), rest)


@serial
def softplus(x):
    """log(1 + e^x) = max(x, 0) + log(1 + e), e = e^-|x|; log(1 + e) = 2 atanh(e / (2 + e))."""
    e = decay(x)
    rest = _twice_atanh_of_half(v.div(e, v.fma(number(0.5), e, number(1))))
    return v.add(at_least(x, number(0)), rest)


@serial
def normal(x):
    """(Phi(x), e^(-x^2 / 2)): the normal distribution function is erfc(-x / sqrt 2) / 2.

    Its small values keep their bits: x^2 / 2 is taken in two parts, what rounding cut off apart.
    """
    size = at_most(v.absolute(x), number(13.29))    # 2^n is 0 there
    down = v.mul(number(-0.5), size)
    high = v.mul(down, size)
    n, rest = _reduced(high)
    power = v.power(n)
    bell = v.fma(power, rest, power)
    bell = v.fma(bell, v.fma(down, size, v.negative(high)), bell)
    t = v.div(number(3), v.fma(size, number(0.7071067811865476), number(3)))
    tail = v.mul(bell, v.mul(t, _HALF_ERFC(v.fma(number(-2), t, number(1)))))
    return where_negative(x, tail, v.sub(number(1), tail)), bell
