"""The error function, by W. J. Cody's rational approximations.

Three quotients of polynomials, each of least largest error over its range, from Cody, "Rational
Chebyshev approximations for the error function", Mathematics of Computation 23 (1969), 631-637,
https://doi.org/10.1090/S0025-5718-1969-0247736-4:

    erf(x)  = x p(x^2) / q(x^2)                                         |x| <= 0.46875
    erfc(x) = exp(-x^2) p(x) / q(x)                                0.46875 <= x <= 4
    erfc(x) = exp(-x^2) / x * (1 / sqrt(pi) - p(1/x^2) / (x^2 q(1/x^2)))     4 <= x

and erf(x) = 1 - erfc(x), erf(-x) = -erf(x). Exact to 1e-15 in float64. Coefficients of the highest
power stand first.
"""
import math

from minitorch_cnn.device import array_module

SMALL, LARGE = 0.46875, 4.0
P_SMALL = (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2,
           3.77485237685302021e2, 3.20937758913846947e3)
Q_SMALL = (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
           2.84423683343917062e3)
P_MIDDLE = (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594,
            6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2,
            1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3)
Q_MIDDLE = (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
            1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3,
            3.43936767414372164e3, 1.23033935480374942e3)
P_LARGE = (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
           1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4)
Q_LARGE = (1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1,
           6.05183413124413191e-2, 2.33520497626869185e-3)


def erf(x):
    """erf of every element; x (any shape) of floats, y the same."""
    xp = array_module(x)
    if x.dtype.itemsize < 4:  # the squares leave the range of float16
        return erf(x.astype(xp.float32)).astype(x.dtype)
    size = xp.abs(x)
    near = x * _quotient(P_SMALL, Q_SMALL, xp.minimum(size, SMALL) ** 2)
    far = xp.where(size < LARGE, _erfc_middle(xp, size), _erfc_large(xp, size))
    return xp.where(size < SMALL, near, xp.copysign(1 - far, x))


def _erfc_middle(xp, x):
    x = xp.minimum(x, LARGE)  # beyond, the powers would overflow
    return xp.exp(-x * x) * _quotient(P_MIDDLE, Q_MIDDLE, x)


def _erfc_large(xp, x):
    x = xp.clip(x, LARGE, 30)  # exp(-900) is 0
    z = 1 / (x * x)
    return xp.exp(-x * x) / x * (1 / math.sqrt(math.pi) - z * _quotient(P_LARGE, Q_LARGE, z))


def _quotient(p, q, x):
    return _polynomial(p, x) / _polynomial(q, x)


def _polynomial(coefficients, x):
    """Horner's scheme: ((c0 x + c1) x + c2) x ..."""
    y = 0
    for c in coefficients:
        y = y * x + c
    return y
