"""Winograd's convolution: 3x3 kernels with 2.25 or 4 times fewer multiplications.

**One dimension.** Multiplying a polynomial of degree 2 (three weights) with one of degree m - 1
gives one of degree m + 1, and a polynomial of that degree is known from its values at n = m + 2
points, infinity (its leading coefficient) among them. So evaluate both factors at the points,
multiply value by value, n products instead of 3m, and interpolate. With V_k the matrix whose rows
are (1, p, p^2, ..., p^(k-1)) for each point p, and (0, ..., 0, 1) for infinity,

    product = V_n^-1 [(V_3 w) * (V_m s)]              (* value by value)

A convolution layer does not expand s, it slides w over n inputs x and makes m results y. That is
the transposed map: what carries s to the product for a fixed w is a matrix, and its transpose
carries x to y. Transposing the formula turns the order around:

    y = V_m^T [(V_3 w) * (V_n^-T x)]    in the usual letters    y = A^T [(G w) * (B^T x)]

Row p of V_n^-T holds the coefficients of the polynomial that is 1 at p and 0 at the other points,
``prod (t - q) / (p - q)`` over the points q other than p: its denominator is moved to G, where it
costs nothing. Counting multiplications, F(m, 3) takes n = m + 2 for m results.

**Two dimensions.** The same along rows and columns, each matrix from both sides: tiles of n x n
inputs, neighbors overlapping by 2, give m x m results by n^2 multiplications instead of 9 m^2:
F(4x4, 3x3) 36 for 144, F(2x2, 3x3) 16 for 36. Sums over input channels are sums of such products,
and as A^T is linear it is applied once, after them. So for each of the n^2 positions there is one
matrix product (tiles x channels) @ (channels x filters), and around them three transforms:

    U = G w G^T     V = B^T x B     M[position] = V[position] @ U[position]     y = A^T M A

The weight gradient is the same with dy in place of y: dw = G^T [V * (A dy A^T)] G, summed over all
tiles (transpose the formula once more, now with x fixed).

**The points** decide the rounding. 0, +-1, +-2 are customary; 0, +-3/4, +-3/2 are exact in float32
too and halve the error, since no power of a point is far from 1. In float32 the relative error (L2,
against float64, normal data, 64 channels) is 8e-7 forward and 1.5e-6 for dw with m = 4, 3e-7 and
5e-7 with m = 2. An error is relative to the largest numbers of a tile: next to an input of 1e6, one
of 1e-3 is lost. And a tile spreads inf and NaN over all its results: where any result is not
finite, the direct kernel does the whole convolution again.

Source: A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv 1509.09308.
Points: B. Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution for
Deep Neural Networks", arXiv 1803.10986.
"""
import contextlib
import functools
import os
from collections import namedtuple

import numpy as np

from . import simd
from .jit import serial
from .simd import I64, WIDTH, constant, fma, load, load_some, plus, store, store_some
from .tiles import add_once, cut_off

POINTS = {2: (0, 1, -1), 4: (0, 3 / 4, -3 / 4, 3 / 2, -3 / 2)}     # and infinity
SWITCH = [os.environ.get("MINITORCH_CNN_WINOGRAD", "1") != "0"]     # the last one holds

# Time of a transform of one vector of channels of one tile, and of the weights of one input channel
# and one vector of filters, in multiplications of vectors (of which a core does 9e9 a second here)
TRANSFORM = {2: 170, 4: 560}
PACK = 32 * WIDTH
TILES = (4, 2)
FEW = 1 << 20           # multiplications of the direct kernel up to which one thread does it
GAIN = 0.9              # share of the direct kernel's time from which on it is not worth it

Matrices = namedtuple("Matrices", "AT G BT")


def matrices(m):
    """A^T (m, n), G (n, 3) and B^T (n, n) of F(m, 3), n = m + 2."""
    points = np.array(POINTS[m], np.float64)
    others = [points[points != p] for p in points]

    def powers(k):
        return np.vstack([np.vander(points, k, increasing=True), np.eye(k)[-1]])
    scale = np.array([np.prod(p - q) for p, q in zip(points, others)] + [1])
    lagrange = [np.append(np.poly(q)[::-1], 0) for q in others] + [np.poly(points)[::-1]]
    return Matrices(powers(m).T, powers(3) / scale[:, None], np.array(lagrange))


# when it pays ------------------------------------------------------------------------------------


@contextlib.contextmanager
def switched(on):
    """Whether 3x3 convolutions may take this way, for a while."""
    SWITCH.append(bool(on))
    try:
        yield
    finally:
        SWITCH.pop()


@functools.cache
def expected(m, n, c, f, oh, ow):
    """Its time as a share of the direct kernel's, by counting multiplications of vectors."""
    inputs, filters = -(-c // WIDTH), -(-f // WIDTH)
    tiles = n * -(-oh // m) * -(-ow // m)
    products = tiles * (m + 2) ** 2 * c * filters
    transforms = tiles * TRANSFORM[m] * (inputs + filters) + PACK * c * filters
    return (products + transforms) / (n * oh * ow * 9 * min(c * filters, f * inputs))


def tile_size(kernel, stride, dilation, groups, before, x_shape, y_shape):
    """4 or 2 for F(4x4, 3x3) or F(2x2, 3x3), 0 where the direct kernel is to do it.

    ``before`` (rows, columns) of zeros lie before x. More than two on a side are not for Winograd:
    results that see nothing but zeros would not be exactly 0.
    """
    if kernel != (3, 3) or stride != (1, 1) or dilation != (1, 1) or groups > 1 or not SWITCH[-1]:
        return 0
    return best(before, x_shape, y_shape)


@functools.cache
def best(before, x_shape, y_shape):
    (n, c, *size), (_, f, *results) = x_shape, y_shape
    for zeros, length, windows in zip(before, size, results):
        if not (0 <= zeros <= 2 and windows + 2 - length - zeros <= 2):
            return 0
    share, m = min((expected(m, n, c, f, *results), m) for m in TILES)
    return m if share < GAIN else 0


def in_words(m, *sizes):
    """For ``minitorch_cnn.kernels.explain``."""
    return (f"Winograd F({m}x{m}, 3x3): expected to take {expected(m, *sizes):.0%} of the direct "
            "kernel's time; direct where a result is not finite")


# transforms --------------------------------------------------------------------------------------


def _sum(b, factors, values):
    """The sum of factor * value; None where all factors are 0."""
    total = None
    for factor, value in zip(factors, values):
        if factor == 0:
            continue
        if total is None:
            total = value if factor == 1 else b.fmul(value, constant(factor))
        elif abs(factor) == 1:
            total = (b.fadd if factor == 1 else b.fsub)(total, value)
        else:
            total = fma(b, value, constant(factor), total)
    return total


def _to_points(b, matrix, values):
    """matrix @ values, where the rows belong to points: p and -p share their even and odd terms."""
    results = [_sum(b, matrix[0], values)]
    for row in matrix[1:-1:2]:
        even, odd = _sum(b, row[::2], values[::2]), _sum(b, row[1::2], values[1::2])
        results += [b.fadd(even, odd), b.fsub(even, odd)]
    return [*results, _sum(b, matrix[-1], values)]


def _from_points(b, matrix, values):
    """matrix @ values, where the columns belong to points: p and -p are added and subtracted."""
    pairs = list(zip(values[1:-1:2], values[2:-1:2]))
    even = [values[0], *[b.fadd(x, y) for x, y in pairs], values[-1]]
    odd = [values[0], *[b.fsub(x, y) for x, y in pairs], values[-1]]
    kept = [0, *range(1, len(values) - 1, 2), len(values) - 1]
    return [_sum(b, row[kept], odd if i % 2 else even) for i, row in enumerate(matrix)]


def _both_ways(b, combine, matrix, tile):
    """matrix @ tile @ matrix.T for a square of vectors."""
    columns = [combine(b, matrix, column) for column in zip(*tile)]
    return [combine(b, matrix, row) for row in zip(*columns)]


def _square(b, start, row, pixel, side):
    """Addresses of side x side vectors."""
    return [[plus(b, start, plus(b, b.mul(row, I64(i)), b.mul(pixel, I64(j))))
             for j in range(side)] for i in range(side)]


def make_transform(combine, matrix):
    """y = matrix @ x @ matrix.T for a square of pixels, WIDTH channels at once.

    Strides in bytes; of x the first ``lanes`` channels are read, of y all WIDTH are written.
    """
    @simd.kernel(7)
    def transform(b, x, x_row, x_pixel, lanes, y, y_row, y_pixel):
        mask = simd.first_lanes(b, lanes)
        tile = [[load_some(b, place, mask) for place in line]
                for line in _square(b, x, x_row, x_pixel, len(matrix[0]))]
        result = _both_ways(b, combine, matrix, tile)
        for values, places in zip(result, _square(b, y, y_row, y_pixel, len(matrix))):
            for value, place in zip(values, places):
                store(b, value, place)
    return transform


def make_result_transform(matrix):
    """The same with bias, ``more`` and bounds at the end (as in ``tiles.make_row_tile``).

    All of x is read, of y the first ``lanes`` channels are written. The vector at ``seen`` becomes
    NaN for good if a result (before all that) is not finite.
    """
    @simd.kernel(11)
    def transform(b, x, x_row, x_pixel, bias, more, bounds, y, y_row, y_pixel, lanes, seen):
        tile = [[load(b, place) for place in line]
                for line in _square(b, x, x_row, x_pixel, len(matrix[0]))]
        result = _both_ways(b, _from_points, matrix, tile)
        start, mask, check = load(b, bias), simd.first_lanes(b, lanes), load(b, seen)
        values = [value for line in result for value in line]
        for value in values:
            check = fma(b, value, constant(0), check)
        store(b, check, seen)
        targets = [(place, mask) for line in _square(b, y, y_row, y_pixel, len(matrix))
                   for place in line]
        values = add_once(b, more, [b.fadd(value, start) for value in values], targets)
        for value, (place, _) in zip(cut_off(b, values, bounds), targets):
            store_some(b, value, place, mask)
    return transform


_F2, _F4 = matrices(2), matrices(4)
_input2, _input4 = (make_transform(_to_points, f.BT) for f in (_F2, _F4))
_weight2, _weight4 = (make_transform(_to_points, f.G) for f in (_F2, _F4))
_grad2, _grad4 = (make_transform(_to_points, f.AT.T) for f in (_F2, _F4))
_back2, _back4 = (make_transform(_from_points, f.G.T) for f in (_F2, _F4))
_result2, _result4 = (make_result_transform(f.AT) for f in (_F2, _F4))


@serial
def transform_input(m, x, row, pixel, lanes, y, y_row, y_pixel):
    """B^T x B"""
    if m == 4:
        _input4(x, row, pixel, lanes, y, y_row, y_pixel)
    else:
        _input2(x, row, pixel, lanes, y, y_row, y_pixel)


@serial
def transform_weight(m, x, row, pixel, lanes, y, y_row, y_pixel):
    """G w G^T"""
    if m == 4:
        _weight4(x, row, pixel, lanes, y, y_row, y_pixel)
    else:
        _weight2(x, row, pixel, lanes, y, y_row, y_pixel)


@serial
def transform_gradient(m, x, row, pixel, lanes, y, y_row, y_pixel):
    """A dy A^T"""
    if m == 4:
        _grad4(x, row, pixel, lanes, y, y_row, y_pixel)
    else:
        _grad2(x, row, pixel, lanes, y, y_row, y_pixel)


@serial
def transform_back(m, x, row, pixel, lanes, y, y_row, y_pixel):
    """G^T s G"""
    if m == 4:
        _back4(x, row, pixel, lanes, y, y_row, y_pixel)
    else:
        _back2(x, row, pixel, lanes, y, y_row, y_pixel)


@serial
def transform_result(m, x, row, pixel, bias, more, bounds, y, y_row, y_pixel, lanes, seen):
    """bias + A^T x A"""
    if m == 4:
        _result4(x, row, pixel, bias, more, bounds, y, y_row, y_pixel, lanes, seen)
    else:
        _result2(x, row, pixel, bias, more, bounds, y, y_row, y_pixel, lanes, seen)
