"""Winograd's convolution forward: tiles are transformed, multiplied and transformed back.

    V (positions, tiles, channels)      M (positions, tiles, LANES filters)
    U (blocks of LANES filters, positions, channels, LANES)

A thread takes a few dozen tiles at a time, so that their V stays in its second-level cache, and
goes through the blocks of filters: for each one n * n products M = V @ U with the tile of registers
of the direct kernel (14 tiles of the image are its "pixels"), then the way back into y.
Where U is large, and V is not, a thread takes a block of filters at a time, and all tiles.
The planes of V, M and U are an odd number of cache lines apart: were it a power of two, the n * n
vectors of one tile would fall on the same few places of the cache.
"""
import functools
from collections import namedtuple

import numpy as np
from numba import prange

from . import tiles
from . import vectors as v
from .conv_plan import NO_BOUNDS
from .jit import on, parallel, run_or, serial, threads
from .memory import scratch
from .objects import Packed, address, reader
from .simd import BYTES, WIDTH, clear, copy, copy_vector, read, write
from .stage import channels_last, stage
from .winograd import FEW, transform_input, transform_result, transform_weight

LANES = 2 * WIDTH
LINE = 2 * BYTES
ROOM = 10 * WIDTH * LINE    # of a thread, for the weights of WIDTH input channels
V_BYTES = 3 << 17       # of V that a thread has at once
U_BYTES = 1 << 20       # of U that stay in a thread's cache
MOST = 1 << 23          # bytes of V that stay in the cache of all threads
TALL, MIDDLE = 2 * tiles.GROUP, 2 * tiles.MIDDLE

_tall2, _tall1 = (tiles.make_row_tile(2, tiles.GROUP, v) for v in (2, 1))
_middle2, _middle1 = (tiles.make_row_tile(2, tiles.MIDDLE, v) for v in (2, 1))
_small2, _small1 = (tiles.make_row_tile(1, 1, v) for v in (2, 1))


class Plan(Packed, namedtuple("Plan", (
        "N C H W F OH OW TOP LEFT "
        "XN XC XH XW YN YH YW WF WC WH WW "     # strides in bytes
        "m n positions down across tiles jobs threads blocks "
        "channels v_plane m_plane u_plane "     # bytes of a tile's channels in V; of a position
        "own packed by_blocks bounds"))):        # bytes of a thread's scratch memory, of U
    """A convolution, cut into tiles and those into jobs."""


_read_plan = reader(Plan)


def odd_lines(size):
    """``size`` bytes rounded up to an odd number of cache lines."""
    return (-(-size // 64) | 1) * 64


@functools.cache
def make_plan(m, x_shape, x_strides, y_shape, y_strides, w_strides, before, workers,
              limits=NO_BOUNDS):
    """Cut a convolution into tiles of m x m results, and those into jobs."""
    (N, C, H, W), (_, F, OH, OW) = x_shape, y_shape
    workers = workers if N * F * OH * OW * C * 9 > FEW else 1
    n, down, across = m + 2, -(-OH // m), -(-OW // m)
    count, channels, blocks = N * down * across, -(-C // WIDTH) * BYTES, -(-F // LANES)
    at_once = max(V_BYTES // (n * n * channels) // TALL, 2) * TALL
    jobs = -(-count // at_once)
    jobs = min(-(-jobs // workers) * workers, count)
    u_plane = odd_lines(C * LINE)
    v_size, u_size = n * n * odd_lines(count * channels), n * n * u_plane + LINE
    by_blocks = blocks % workers == 0 and blocks * u_size > U_BYTES and (
        v_size < min(MOST, u_size * jobs))
    if by_blocks:
        jobs = -(-count // (4 * TALL))
    most = -(-count // jobs)
    v_plane, m_plane = odd_lines((count if by_blocks else most) * channels), odd_lines(most * LINE)
    own = n * n * (m_plane + channels) + 2 * m * m * LINE + ROOM + LINE + BYTES
    own += u_size if by_blocks else n * n * v_plane
    return Plan(N, C, H, W, F, OH, OW, *before, *x_strides, y_strides[0], *y_strides[2:],
                *w_strides, m, n, n * n, down, across, count, jobs,
                workers if by_blocks else min(workers, jobs), blocks, channels, v_plane, m_plane,
                u_plane, odd_lines(own), n * n * v_plane if by_blocks else blocks * u_size,
                int(by_blocks), limits)


@parallel
def convolve(x, w, bias, scale, more, y, scratch, plan):
    """y = bias + x correlated with scale * w; whether all of it is finite.

    Arguments are addresses; ``more``: see ``tiles.make_row_tile``.
    """
    for thread in prange(_read_plan(plan).threads):
        p = _read_plan(plan)
        pieces = (p.C + WIDTH - 1) // WIDTH
        units, size = p.blocks * pieces, p.positions * p.u_plane + LINE
        for unit in range(thread * units // p.threads, (thread + 1) * units // p.threads):
            _pack(w, bias, scale, scratch + unit // pieces * size, unit // pieces,
                  unit % pieces * WIDTH, scratch + p.packed + thread * p.own, p)
    for thread in prange(_read_plan(plan).threads):
        p = _read_plan(plan)
        room = scratch + p.packed + thread * p.own
        results = room + p.positions * p.v_plane
        seen = _start(room, p)
        for job in range(thread * p.jobs // p.threads, (thread + 1) * p.jobs // p.threads):
            first, last = job * p.tiles // p.jobs, (job + 1) * p.tiles // p.jobs
            for t in range(first, last):
                transform_tile(x, t, results + p.positions * p.m_plane,
                               room + (t - first) * p.channels, p)
            for block in range(p.blocks):
                _block(room, scratch + block * (p.positions * p.u_plane + LINE), results, more, y,
                       block, first, last, seen, p)
    return _all_finite(scratch, _read_plan(plan))


@parallel
def convolve_by_blocks(x, w, bias, scale, more, y, scratch, plan):
    """The same for a plan with much U: a thread has that of a block, all have V of all tiles."""
    for thread in prange(_read_plan(plan).threads):
        p = _read_plan(plan)
        for t in range(thread * p.tiles // p.threads, (thread + 1) * p.tiles // p.threads):
            transform_tile(x, t, scratch + p.packed + thread * p.own, scratch + t * p.channels, p)
    for thread in prange(_read_plan(plan).threads):
        p = _read_plan(plan)
        packed = scratch + p.packed + thread * p.own
        results = packed + p.positions * p.u_plane + LINE
        seen = _start(packed, p)
        for block in range(thread * p.blocks // p.threads, (thread + 1) * p.blocks // p.threads):
            for first in range(0, p.C, WIDTH):
                _pack(w, bias, scale, packed, block, first, results, p)
            for job in range(p.jobs):
                first, last = job * p.tiles // p.jobs, (job + 1) * p.tiles // p.jobs
                _block(scratch + first * p.channels, packed, results, more, y, block, first, last,
                       seen, p)
    return _all_finite(scratch, _read_plan(plan))


@serial
def _start(room, p):
    """Where a thread notes what is not finite, with a line of zeros before it."""
    seen = room + p.own - BYTES
    clear(seen - LINE, LINE + BYTES)
    return seen


@serial
def _all_finite(scratch, p):
    total = np.float32(0)
    for thread in range(p.threads):
        total += v.total(v.load(scratch + p.packed + (thread + 1) * p.own - BYTES))
    return total == 0


@serial
def _pack(w, bias, scale, start, block, first, room, p):
    """U of one block of filters and the input channels from ``first`` on, WIDTH of them at most.

    With the first ones comes the bias.
    """
    f = block * LANES
    lanes, count = min(LANES, p.F - f), min(WIDTH, p.C - first)
    if first == 0:
        clear(start, LINE)
        if bias != 0:
            copy(start, bias + 4 * f, 4 * lanes)
    factors = scale + 4 * f if scale != 0 else 0
    _gather(w + f * p.WF + first * p.WC, lanes, count, factors, room, room + 9 * WIDTH * LINE, p)
    for c in range(count):
        for half in range(0, LINE, BYTES):
            transform_weight(p.m, room + 9 * c * LINE + half, 3 * LINE, LINE, WIDTH,
                             start + LINE + (first + c) * LINE + half, p.n * p.u_plane, p.u_plane)


@serial
def _gather(w, lanes, count, factors, room, spare, p):
    """The 9 taps of ``count`` input channels, in lines of filters; 0 in place of missing ones."""
    for half in range(0, LANES, WIDTH):
        start, left = w + half * p.WF, lanes - half
        scale, lines = factors + 4 * half if factors != 0 else 0, room + 4 * half
        if p.WW == 4 and p.WH == 12 and p.WC == 36:
            for t in range(0, 9 * count, WIDTH):
                # the room after the last line is there, and nobody's
                tiles.turn(start + 4 * t, p.WF, left, min(WIDTH, 9 * count - t), scale,
                           lines + t * LINE, LINE)
        elif p.WW == -4 and p.WH == -12 and WIDTH >= 9:
            for c in range(count):
                tiles.turn(start + c * p.WC - 32, p.WF, left, 9, scale, spare, BYTES)
                for k in range(9):
                    copy_vector(lines + (9 * c + 8 - k) * LINE, spare + k * BYTES)
        else:
            _one_by_one(start, left, count, scale, lines, p)


@serial
def _one_by_one(w, lanes, count, scale, lines, p):
    for c in range(count):
        for k in range(9):
            line, source = lines + (9 * c + k) * LINE, w + c * p.WC + k // 3 * p.WH + k % 3 * p.WW
            clear(line, BYTES)
            for i in range(min(lanes, WIDTH)):
                factor = read(scale + 4 * i) if scale != 0 else np.float32(1)
                write(line + 4 * i, factor * read(source + i * p.WF))


@serial
def _block(transformed, packed, results, more, y, block, first, last, seen, p):
    """The results of the tiles from ``first`` to ``last``, whose V is given, of a block."""
    lanes, spare = min(LANES, p.F - block * LANES), results + p.positions * p.m_plane
    for k in range(p.positions):
        _product(transformed + k * p.v_plane, p.channels, last - first, p.C,
                 packed + LINE + k * p.u_plane, seen - LINE, results + k * p.m_plane, lanes)
    for t in range(first, last):
        _result(results + (t - first) * LINE, packed, more, y, t, block, lanes, spare, seen, p)


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
        if left > MIDDLE and rows >= TALL and not TALL < left <= 2 * MIDDLE:
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
               tiles.GROUP * LINE, LINE, LANES, 0, NO_BOUNDS)
    else:
        _tall1(x, tiles.GROUP * x_row, x_row, 1, 0, 1, 0, inner, w, LINE, zeros, y,
               tiles.GROUP * LINE, LINE, LANES, 0, NO_BOUNDS)


@serial
def _middle(x, x_row, inner, w, zeros, y, lanes):
    if lanes > WIDTH:
        _middle2(x, tiles.MIDDLE * x_row, x_row, 1, 0, 1, 0, inner, w, LINE, zeros, y,
                 tiles.MIDDLE * LINE, LINE, LANES, 0, NO_BOUNDS)
    else:
        _middle1(x, tiles.MIDDLE * x_row, x_row, 1, 0, 1, 0, inner, w, LINE, zeros, y,
                 tiles.MIDDLE * LINE, LINE, LANES, 0, NO_BOUNDS)


@serial
def _small(x, inner, w, zeros, y, lanes):
    if lanes > WIDTH:
        _small2(x, 0, 0, 1, 0, 1, 0, inner, w, LINE, zeros, y, 0, LINE, LANES, 0, NO_BOUNDS)
    else:
        _small1(x, 0, 0, 1, 0, 1, 0, inner, w, LINE, zeros, y, 0, LINE, LANES, 0, NO_BOUNDS)


@serial
def _result(x, bias, more, y, t, block, lanes, spare, seen, p):
    """Tile t of y, of one block of filters; what lies beyond the edge of y is cut off."""
    h, w = t // p.across % p.down * p.m, t % p.across * p.m
    target = y + t // (p.down * p.across) * p.YN + h * p.YH + w * p.YW + block * LINE
    whole = h + p.m <= p.OH and w + p.m <= p.OW
    place, row, pixel = target, p.YH, p.YW
    if not whole:
        place, row, pixel = spare, p.m * LINE, LINE
        if more != 0:
            size = p.m * p.m * LINE
            _copy_tile(spare + size, row, pixel, target + more, p.YH, p.YW, h, w, lanes, p)
            more = size
    for lane in range(0, lanes, WIDTH):
        transform_result(p.m, x + 4 * lane, p.n * p.m_plane, p.m_plane, bias + 4 * lane, more,
                         p.bounds, place + 4 * lane, row, pixel, lanes - lane, seen)
    if not whole:
        _copy_tile(target, p.YH, p.YW, spare, row, pixel, h, w, lanes, p)


@serial
def _copy_tile(target, row, pixel, source, source_row, source_pixel, h, w, lanes, p):
    """Copy the pixels of the tile at (h, w) that lie inside y."""
    for i in range(min(p.m, p.OH - h)):
        for j in range(min(p.m, p.OW - w)):
            copy(target + i * row + j * pixel, source + i * source_row + j * source_pixel,
                 4 * lanes)


def correlate_winograd(m, x, w, w_strides, bias, scale, more, y, before, limits, otherwise):
    """y = bias + x correlated with scale * 3x3 weights at address w, by F(m x m, 3x3).

    ``before`` (rows, columns) of zeros lie before x. Where some of y is not finite,
    ``otherwise()`` is to do it.
    """
    x = channels_last(x)
    plan = make_plan(m, x.shape, x.strides, y.shape, y.strides, w_strides, before, threads(),
                     limits)
    room = scratch(plan.packed + plan.threads * plan.own)
    arguments = (address(x), w, address(bias), address(scale), more, address(y), room,
                 plan.address)
    kernel = convolve_by_blocks if plan.by_blocks else convolve
    run_or(on(plan.threads, kernel), arguments, otherwise)
