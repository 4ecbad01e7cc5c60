"""Winograd's convolution forward: tiles are transformed, multiplied and transformed back.

    V (positions, tiles, channels)      M (positions, tiles, LANES filters)
    U (blocks of LANES filters, positions, channels, LANES)

A thread takes a few dozen tiles at a time, so that their V stays in its second-level cache, and
goes through the blocks of filters: for each one n * n products M = V @ U with the tile of registers
of the direct kernel (14 tiles of the image are its "pixels"), then the way back into y.
The planes of V, M and U are an odd number of cache lines apart: were it a power of two, the n * n
vectors of one tile would fall on the same few places of the cache.
"""
import functools
from collections import namedtuple

import numpy as np
from numba import prange

from . import tiles
from . import vectors as v
from .jit import on, parallel, run_or, serial, threads
from .memory import scratch
from .objects import Packed, address, reader
from .simd import BYTES, WIDTH, clear, copy, read, write
from .stage import channels_last, stage
from .winograd import FEW, transform_input, transform_result, transform_weight

LANES = 2 * WIDTH
LINE = 2 * BYTES
NO_FLOOR = int(np.float32(-np.inf).view(np.int32))
V_BYTES = 3 << 17       # of V that a thread has at once
TALL, MIDDLE = 2 * tiles.GROUP, 2 * tiles.MIDDLE

_tall2, _tall1 = (tiles.make_row_tile(2, tiles.GROUP, v) for v in (2, 1))
_middle2, _middle1 = (tiles.make_row_tile(2, tiles.MIDDLE, v) for v in (2, 1))
_small2, _small1 = (tiles.make_row_tile(1, 1, v) for v in (2, 1))


class Plan(Packed, namedtuple("Plan", (
        "N C H W F OH OW TOP LEFT "
        "XN XC XH XW YN YH YW WF WC WH WW "     # strides in bytes
        "m n positions down across tiles jobs threads blocks "
        "channels v_plane m_plane u_plane "     # bytes of a tile's channels in V; of a position
        "own packed floor"))):                  # bytes of a thread's scratch memory, of U
    """A convolution, cut into tiles and those into jobs."""


_read_plan = reader(Plan)


def odd_lines(size):
    """``size`` bytes rounded up to an odd number of cache lines."""
    return (-(-size // 64) | 1) * 64


@functools.cache
def make_plan(m, x_shape, x_strides, y_shape, y_strides, w_strides, before, workers,
              floor=NO_FLOOR):
    """Cut a convolution into tiles of m x m results, and those into jobs."""
    (N, C, H, W), (_, F, OH, OW) = x_shape, y_shape
    workers = workers if N * F * OH * OW * C * 9 > FEW else 1
    n, down, across = m + 2, -(-OH // m), -(-OW // m)
    count, channels = N * down * across, -(-C // WIDTH) * BYTES
    at_once = max(V_BYTES // (n * n * channels) // TALL, 2) * TALL
    jobs = -(-count // at_once)
    jobs = min(-(-jobs // workers) * workers, count)
    most, blocks = -(-count // jobs), -(-F // LANES)
    v_plane, m_plane, u_plane = (odd_lines(size) for size in (most * channels, most * LINE,
                                                              C * LINE))
    own = (n * n * (v_plane + m_plane + channels) + m * m * LINE + 9 * LINE + LINE + BYTES)
    return Plan(N, C, H, W, F, OH, OW, *before, *x_strides, y_strides[0], *y_strides[2:],
                *w_strides, m, n, n * n, down, across, count, jobs, min(workers, jobs), blocks,
                channels, v_plane, m_plane, u_plane, odd_lines(own),
                blocks * (n * n * u_plane + LINE), floor)


@parallel
def convolve(x, w, bias, y, scratch, plan):
    """y = bias + x correlated with w; whether all of it is finite. Arguments are addresses."""
    for thread in prange(_read_plan(plan).threads):
        p = _read_plan(plan)
        units = p.blocks * p.C
        for unit in range(thread * units // p.threads, (thread + 1) * units // p.threads):
            _pack(w, bias, scratch, unit // p.C, unit % p.C,
                  scratch + p.packed + thread * p.own, p)
    for thread in prange(_read_plan(plan).threads):
        p = _read_plan(plan)
        room = scratch + p.packed + thread * p.own
        seen = room + p.own - BYTES
        clear(seen, BYTES)
        for job in range(thread * p.jobs // p.threads, (thread + 1) * p.jobs // p.threads):
            _job(x, y, scratch, room, seen, job * p.tiles // p.jobs, (job + 1) * p.tiles // p.jobs,
                 p)
    return _all_finite(scratch, _read_plan(plan))


@serial
def _all_finite(scratch, p):
    total = np.float32(0)
    for thread in range(p.threads):
        total += v.total(v.load(scratch + p.packed + (thread + 1) * p.own - BYTES))
    return total == 0


@serial
def _pack(w, bias, packed, block, c, room, p):
    """U of one input channel and one block of filters; of the first channel the bias too."""
    f = block * LANES
    lanes = min(LANES, p.F - f)
    start = packed + block * (p.positions * p.u_plane + LINE)
    if c == 0:
        clear(start, LINE)
        if bias != 0:
            copy(start, bias + 4 * f, 4 * lanes)
    if lanes < LANES:
        clear(room, 9 * LINE)
    origin = w + f * p.WF + c * p.WC
    for i in range(lanes):
        for kh in range(3):
            for kw in range(3):
                write(room + (3 * kh + kw) * LINE + 4 * i,
                      read(origin + i * p.WF + kh * p.WH + kw * p.WW))
    for half in range(0, LINE, BYTES):
        transform_weight(p.m, room + half, 3 * LINE, LINE, WIDTH, start + LINE + c * LINE + half,
                         p.n * p.u_plane, p.u_plane)


@serial
def _job(x, y, packed, room, seen, first, last, p):
    """The tiles from ``first`` to ``last``: V, then block by block M and y."""
    zeros = seen - LINE
    clear(zeros, LINE)
    results = room + p.positions * p.v_plane
    spare = results + p.positions * p.m_plane
    for t in range(first, last):
        transform_tile(x, t, spare, room + (t - first) * p.channels, p)
    for block in range(p.blocks):
        start = packed + block * (p.positions * p.u_plane + LINE)
        lanes = min(LANES, p.F - block * LANES)
        for k in range(p.positions):
            _product(room + k * p.v_plane, p.channels, last - first, p.C,
                     start + LINE + k * p.u_plane, zeros, results + k * p.m_plane, lanes)
        for t in range(first, last):
            _result(results + (t - first) * LINE, start, y, t, block, lanes, spare, seen, p)


@serial
def transform_tile(x, t, spare, target, p):
    """The channels of tile t of x, transformed; a tile at the border is staged in ``spare``."""
    image = x + t // (p.down * p.across) * p.XN
    top = t // p.across % p.down * p.m - p.TOP
    left = t % p.across * p.m - p.LEFT
    source, row, pixel = image + top * p.XH + left * p.XW, p.XH, p.XW
    if p.XC != 4 or min(top, left) < 0 or top + p.n > p.H or left + p.n > p.W:
        source, row, pixel = spare, p.n * p.C * 4, p.C * 4
        stage(image, p.XC, p.XH, p.XW, p.C, p.H, p.W, top, left, p.n, p.n, spare)
    for c in range(0, p.C, WIDTH):
        transform_input(p.m, source + 4 * c, row, pixel, p.C - c, target + 4 * c, p.n * p.v_plane,
                        p.v_plane)


@serial
def _product(x, x_row, rows, inner, w, zeros, y, lanes):
    """y (rows, LANES) = x (rows, inner) @ w (inner, LANES), 14 rows at a time, fewer at the end."""
    r = 0
    while r < rows:
        left = rows - r
        if left > MIDDLE and rows >= TALL:
            at = min(r, rows - TALL)
            _tall(x + at * x_row, x_row, inner, w, zeros, y + at * LINE, lanes)
            r += TALL
        elif left > 1 and rows >= MIDDLE:
            at = min(r, rows - MIDDLE)
            _middle(x + at * x_row, x_row, inner, w, zeros, y + at * LINE, lanes)
            r += MIDDLE
        else:
            _small(x + r * x_row, inner, w, zeros, y + r * LINE, lanes)
            r += 1


@serial
def _tall(x, x_row, inner, w, zeros, y, lanes):
    if lanes > WIDTH:
        _tall2(x, tiles.GROUP * x_row, x_row, 1, 0, 1, 0, inner, w, LINE, zeros, y,
               tiles.GROUP * LINE, LINE, LANES, NO_FLOOR)
    else:
        _tall1(x, tiles.GROUP * x_row, x_row, 1, 0, 1, 0, inner, w, LINE, zeros, y,
               tiles.GROUP * LINE, LINE, LANES, NO_FLOOR)


@serial
def _middle(x, x_row, inner, w, zeros, y, lanes):
    if lanes > WIDTH:
        _middle2(x, tiles.MIDDLE * x_row, x_row, 1, 0, 1, 0, inner, w, LINE, zeros, y,
                 tiles.MIDDLE * LINE, LINE, LANES, NO_FLOOR)
    else:
        _middle1(x, tiles.MIDDLE * x_row, x_row, 1, 0, 1, 0, inner, w, LINE, zeros, y,
                 tiles.MIDDLE * LINE, LINE, LANES, NO_FLOOR)


@serial
def _small(x, inner, w, zeros, y, lanes):
    if lanes > WIDTH:
        _small2(x, 0, 0, 1, 0, 1, 0, inner, w, LINE, zeros, y, 0, LINE, LANES, NO_FLOOR)
    else:
        _small1(x, 0, 0, 1, 0, 1, 0, inner, w, LINE, zeros, y, 0, LINE, LANES, NO_FLOOR)


@serial
def _result(x, bias, y, t, block, lanes, spare, seen, p):
    """Tile t of y, of one block of filters; what lies beyond the edge of y is cut off."""
    h, w = t // p.across % p.down * p.m, t % p.across * p.m
    target = y + t // (p.down * p.across) * p.YN + h * p.YH + w * p.YW + block * LINE
    whole = h + p.m <= p.OH and w + p.m <= p.OW
    place, row, pixel = target, p.YH, p.YW
    if not whole:
        place, row, pixel = spare, p.m * LINE, LINE
    for lane in range(0, lanes, WIDTH):
        transform_result(p.m, x + 4 * lane, p.n * p.m_plane, p.m_plane, bias + 4 * lane, p.floor,
                         place + 4 * lane, row, pixel, lanes - lane, seen)
    if not whole:
        for i in range(min(p.m, p.OH - h)):
            for j in range(min(p.m, p.OW - w)):
                copy(target + i * p.YH + j * p.YW, spare + (i * p.m + j) * LINE, 4 * lanes)


def correlate_winograd(m, x, w, w_strides, bias, y, before, floor, otherwise):
    """y = bias + x correlated with 3x3 weights at address w, by F(m x m, 3x3).

    ``before`` (rows, columns) of zeros lie before x. Where some of y is not finite,
    ``otherwise()`` is to do it.
    """
    x = channels_last(x)
    plan = make_plan(m, x.shape, x.strides, y.shape, y.strides, w_strides, before, threads(), floor)
    room = scratch(plan.packed + plan.threads * plan.own)
    arguments = address(x), w, address(bias), address(y), room, plan.address
    run_or(on(plan.threads, convolve), arguments, otherwise)
