"""Matrix products of a linear layer on the CPU, from the tiles of the convolution.

    N rows of x;  I inputs;  O outputs:   y (N, O) = x (N, I) @ w (O, I).T + b

A product takes one factor number by number and the other in lines of LANES, which are packed first
so that they follow each other in memory. The panel of lines stays in the cache while all rows pass.
"""
import numpy as np
from numba import prange

from . import tiles
from . import vectors as v
from .conv_plan import NO_BOUNDS, bounds
from .jit import on, parallel, serial, threads
from .memory import FLOAT, address, contiguous, empty, scratch, suits
from .objects import ROWS, layout
from .simd import BYTES, WIDTH, clear, copy, read, write

LANES = 2 * WIDTH
LINE = 2 * BYTES
MANY = 1 << 17  # multiplications below which one thread is as fast
TALL = 2 * tiles.GROUP
FEW = TALL - 1  # rows up to which w is better read as it lies than packed first
COUNT = 12 if WIDTH == 16 else 6

_tall2 = tiles.make_row_tile(2, tiles.GROUP, 2)
_one2 = tiles.make_row_tile(1, 1, 2)
_outer2 = tiles.make_outer_tile(COUNT, 2)


@serial
def _panel(rows, x, x_row, inner, packed, bias, y, y_row, lanes, limits):
    """y[:, :lanes] = x @ packed + bias for all rows of x; the last tile overlaps the one before."""
    r = 0
    while r < rows:
        if rows >= TALL:
            at = min(r, rows - TALL)
            _tall2(x + at * x_row, tiles.GROUP * x_row, x_row, 1, 0, 1, 0, inner, packed, LINE,
                   bias, y + at * y_row, tiles.GROUP * y_row, y_row, lanes, 0, limits)
            r += TALL
        else:
            _one2(x + r * x_row, 0, 0, 1, 0, 1, 0, inner, packed, LINE, bias, y + r * y_row, 0, 0,
                  lanes, 0, limits)
            r += 1


@parallel
def _times_transposed(x, x_row, w, w_row, bias, y, n, inner, o, scratch, workers, limits):
    """y = x @ w.T + bias, cut off at limits: panels of LANES rows of w, turned."""
    panels = (o + LANES - 1) // LANES
    size = (inner + 1) * LINE
    for thread in prange(workers):
        packed = scratch + thread * size
        for panel in range(thread * panels // workers, (thread + 1) * panels // workers):
            first = panel * LANES
            lanes = min(LANES, o - first)
            clear(packed, LINE)
            if bias != 0:
                copy(packed, bias + 4 * first, 4 * lanes)
            if lanes < LANES:
                clear(packed + LINE, inner * LINE)
            for i in range(0, inner, 32):
                for k in range(lanes):
                    source = w + (first + k) * w_row
                    for j in range(i, min(i + 32, inner)):
                        write(packed + LINE + j * LINE + 4 * k, read(source + 4 * j))
            _panel(n, x, x_row, inner, packed + LINE, packed, y + 4 * first, 4 * o, lanes, limits)


@parallel
def _times(x, x_row, w, w_row, y, n, inner, o, scratch, workers):
    """y = x @ w: panels of LANES columns of w."""
    panels = (o + LANES - 1) // LANES
    size = (inner + 1) * LINE
    for thread in prange(workers):
        packed = scratch + thread * size
        for panel in range(thread * panels // workers, (thread + 1) * panels // workers):
            first = panel * LANES
            lanes = min(LANES, o - first)
            clear(packed, size if lanes < LANES else LINE)
            for i in range(inner):
                copy(packed + LINE + i * LINE, w + i * w_row + 4 * first, 4 * lanes)
            _panel(n, x, x_row, inner, packed + LINE, packed, y + 4 * first, 4 * o, lanes,
                   NO_BOUNDS)


@parallel
def _transposed_times(dy, dy_row, x, x_row, dw, n, o, inner, scratch, workers):
    """dw (O, I) = dy.T @ x: panels of LANES columns of x, COUNT rows of dw at a time."""
    panels = (inner + LANES - 1) // LANES
    size = n * LINE + n * 4 * COUNT + COUNT * LINE
    for thread in prange(workers):
        packed = scratch + thread * size
        rest = packed + n * LINE            # the last few columns of dy, filled up with zeros
        corner = rest + n * 4 * COUNT       # a tile that does not fit into dw
        tail = o - o % COUNT
        clear(rest, n * 4 * COUNT)
        for r in range(n):
            copy(rest + r * 4 * COUNT, dy + r * dy_row + 4 * tail, 4 * (o - tail))
        for panel in range(thread * panels // workers, (thread + 1) * panels // workers):
            first = panel * LANES
            lanes = min(LANES, inner - first)
            if lanes < LANES:
                clear(packed, n * LINE)
            for r in range(n):
                copy(packed + r * LINE, x + r * x_row + 4 * first, 4 * lanes)
            for k in range(0, o, COUNT):
                target, line = dw + (k * inner + first) * 4, 4 * inner
                whole = k < tail and lanes == LANES
                if not whole:
                    target, line = corner, LINE
                for j in range(COUNT):
                    clear(target + j * line, LINE)
                if k < tail:
                    _outer2(dy + 4 * k, 0, dy_row, packed, 0, LINE, 1, n, target, line, 0)
                else:
                    _outer2(rest, 0, 4 * COUNT, packed, 0, LINE, 1, n, target, line, 0)
                if not whole:
                    for j in range(min(COUNT, o - k)):
                        copy(dw + ((k + j) * inner + first) * 4, corner + j * LINE, 4 * lanes)


@parallel
def _few_times_transposed(x, x_row, w, w_row, bias, y, n, inner, o, workers, least):
    """y = max(least, x @ w.T + bias) by dot products, four rows of w at a time, as they lie."""
    for thread in prange(workers):
        first, last = thread * o // workers, (thread + 1) * o // workers
        for k in range(first, last, 4):
            # near the end the rows repeat: the same numbers are written again
            k1, k2, k3 = min(k + 1, last - 1), min(k + 2, last - 1), min(k + 3, last - 1)
            for r in range(n):
                a = b = c = d = v.fill(np.float32(0))
                for i in range(0, inner, WIDTH):
                    left = inner - i
                    value = v.load_some(x + r * x_row + 4 * i, left)
                    a = v.fma(v.load_some(w + k * w_row + 4 * i, left), value, a)
                    b = v.fma(v.load_some(w + k1 * w_row + 4 * i, left), value, b)
                    c = v.fma(v.load_some(w + k2 * w_row + 4 * i, left), value, c)
                    d = v.fma(v.load_some(w + k3 * w_row + 4 * i, left), value, d)
                row = y + r * o * 4
                write(row + 4 * k, _at_least(v.total(a) + _bias(bias, k), least))
                write(row + 4 * k1, _at_least(v.total(b) + _bias(bias, k1), least))
                write(row + 4 * k2, _at_least(v.total(c) + _bias(bias, k2), least))
                write(row + 4 * k3, _at_least(v.total(d) + _bias(bias, k3), least))


@serial
def _at_least(value, least):
    return least if value < least else value    # NaN stays NaN


@serial
def _bias(bias, k):
    return read(bias + 4 * k) if bias != 0 else np.float32(0)


@parallel
def _few_times(x, x_row, w, w_row, y, z, n, inner, o, workers):
    """y = x @ w: each thread takes some columns; rows of w are read as they lie, four at a time.

    A row of w that meets nothing but zeros in x counts for nothing, unless it holds inf or NaN. So
    it is not read if w brought forth only finite numbers there before: those are z (n, inner), or
    z is 0.
    """
    for thread in prange(workers):
        first = thread * o // workers // WIDTH * WIDTH
        last = o if thread == workers - 1 else (thread + 1) * o // workers // WIDTH * WIDTH
        for r in range(n):
            clear(y + (r * o + first) * 4, (last - first) * 4)
        k = _next_row(x, x_row, z, n, inner, 0)
        while k < inner:
            k1 = _next_row(x, x_row, z, n, inner, k + 1)
            k2 = _next_row(x, x_row, z, n, inner, k1 + 1)
            k3 = _next_row(x, x_row, z, n, inner, k2 + 1)
            for r in range(n):
                source, target = x + r * x_row, y + (r * o + first) * 4
                if k3 < inner:
                    _add_four(source, w + 4 * first, w_row, target, last - first, k, k1, k2, k3)
                else:
                    for row in (k, k1, k2):
                        if row < inner:
                            _add_one(source, w + 4 * first, w_row, target, last - first, row)
            k = _next_row(x, x_row, z, n, inner, k3 + 1)


@serial
def _next_row(x, x_row, z, n, inner, k):
    """The first row from k on that has to be read; ``inner`` or more if there is none."""
    while k < inner:
        for r in range(n):
            if read(x + r * x_row + 4 * k) != 0 or z == 0 or not np.isfinite(
                    read(z + (r * inner + k) * 4)):
                return k
        k += 1
    return k


@serial
def _add_four(x, w, w_row, y, columns, k, k1, k2, k3):
    """y += x[k] * w[k] + the same for three more rows of w."""
    a, b = v.fill(read(x + 4 * k)), v.fill(read(x + 4 * k1))
    c, d = v.fill(read(x + 4 * k2)), v.fill(read(x + 4 * k3))
    for i in range(0, columns, WIDTH):
        left, here = columns - i, w + 4 * i
        total = v.load_some(y + 4 * i, left)
        total = v.fma(v.load_some(here + k * w_row, left), a, total)
        total = v.fma(v.load_some(here + k1 * w_row, left), b, total)
        total = v.fma(v.load_some(here + k2 * w_row, left), c, total)
        total = v.fma(v.load_some(here + k3 * w_row, left), d, total)
        v.store_some(y + 4 * i, total, left)


@serial
def _add_one(x, w, w_row, y, columns, k):
    """y += x[k] * w[k]."""
    factor = v.fill(read(x + 4 * k))
    for i in range(0, columns, WIDTH):
        left = columns - i
        total = v.load_some(y + 4 * i, left)
        total = v.fma(v.load_some(w + k * w_row + 4 * i, left), factor, total)
        v.store_some(y + 4 * i, total, left)


def _workers(n, w):
    return threads() if n * w.size >= MANY else 1


def _rows(x):
    """x with every row contiguous (a copy only if they are not)."""
    return x if layout(x) == ROWS or x.strides[1] == 4 else contiguous(x)


def linear_forward(x, w, b):
    """y = x @ w.T + b for x (N, I), w (O, I), b (O,) or None."""
    return _forward(x, w, b, np.float32(-np.inf))


def linear_relu_forward(x, w, b):
    """y = max(0, x @ w.T + b)."""
    return _forward(x, w, b, np.float32(0))


def _forward(x, w, b, least):
    if not suits(x, w, b):
        return NotImplemented
    x, w = _rows(x), _rows(w)
    (n, inner), o = x.shape, w.shape[0]
    y, workers = empty((n, o), FLOAT), _workers(n, w)
    b = contiguous(b)
    if n <= FEW:
        run = on(workers, _few_times_transposed)
        run(address(x), x.strides[0], address(w), w.strides[0], address(b), address(y), n, inner, o,
            min(workers, o), least)
        return y
    room = scratch(workers * (inner + 1) * LINE)
    run = on(workers, _times_transposed)
    run(address(x), x.strides[0], address(w), w.strides[0], address(b), address(y), n, inner, o,
        room, workers, bounds(least))
    return y


def linear_input_gradient(dy, w, y=None):
    """dx = dy @ w; see the reference for y."""
    if not suits(dy, w):
        return NotImplemented
    dy, w = _rows(dy), _rows(w)
    (n, o), inner = dy.shape, w.shape[1]
    dx, workers = empty((n, inner), FLOAT), _workers(n, w)
    if n <= FEW:
        z = y if layout(y) == ROWS else None
        run = on(workers, _few_times)
        run(address(dy), dy.strides[0], address(w), w.strides[0], address(dx), address(z), n, o,
            inner, workers)
        return dx
    room = scratch(workers * (o + 1) * LINE)
    run = on(workers, _times)
    run(address(dy), dy.strides[0], address(w), w.strides[0], address(dx), n, o, inner, room,
        workers)
    return dx


def linear_weight_gradient(x, dy):
    """dw = dy.T @ x."""
    if not suits(x, dy):
        return NotImplemented
    x, dy = _rows(x), _rows(dy)
    (n, inner), o = x.shape, dy.shape[1]
    dw = empty((o, inner), FLOAT)
    workers = _workers(n, dw)
    room = scratch(workers * (n * LINE + n * 4 * COUNT + COUNT * LINE))
    run = on(workers, _transposed_times)
    run(address(dy), dy.strides[0], address(x), x.strides[0], address(dw), n, o, inner,
        room, workers)
    return dw
