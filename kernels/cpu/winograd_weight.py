"""Winograd's weight gradient: dw = G^T [sum over tiles of (B^T x B) * (A dy A^T)] G.

    V (positions, tiles, channels)      D (positions, tiles, filters)
    S (positions, blocks of LANES filters, channels, LANES)

All threads transform the same few hundred tiles, which stay in the third-level cache, and then
share the products S += V^T @ D among them by position and block of filters. So there is one S for
all of them, however many threads there are (for 512 x 512 channels it has 38 MB).
"""
import functools
from collections import namedtuple

import numpy as np
from numba import prange

from . import tiles
from . import vectors as v
from .jit import on, parallel, serial, threads
from .memory import empty, scratch
from .objects import Packed, address, reader
from .simd import BYTES, WIDTH, clear, read, write
from .stage import channels_last, stage
from .winograd import FEW, transform_back, transform_gradient
from .winograd_forward import odd_lines, transform_tile

LANES = 2 * WIDTH
LINE = 2 * BYTES
CHUNK = 1 << 22         # bytes of V and D at once
COUNTS = (13, 11) if WIDTH == 16 else (6, 5)    # input channels in a tile of registers
_wide2, _wide1 = (tiles.make_outer_tile(COUNTS[0], v) for v in (2, 1))
_slim2, _slim1 = (tiles.make_outer_tile(COUNTS[1], v) for v in (2, 1))


class Plan(Packed, namedtuple("Plan", (
        "N C H W F OH OW TOP LEFT "
        "XN XC XH XW YN YC YH YW "              # strides in bytes
        "m n positions down across tiles chunks threads blocks count lines "
        "channels filters v_plane d_plane s_plane "     # bytes of a tile in V, in D; of a position
        "spare v_start d_start s_start size"))):        # where things lie in the scratch memory
    """A weight gradient, cut into tiles and those into chunks."""


_read_plan = reader(Plan)


@functools.cache
def make_plan(m, x_shape, x_strides, dy_shape, dy_strides, before, workers):
    """Cut the images into tiles of m x m results, and those into chunks."""
    (N, C, H, W), (_, F, OH, OW) = x_shape, dy_shape
    workers = workers if N * F * OH * OW * C * 9 > FEW else 1
    n, down, across = m + 2, -(-OH // m), -(-OW // m)
    count, lines = min(((k, -(-C // k) * k) for k in COUNTS), key=lambda pair: pair[1])
    channels, filters = -(-max(C, lines) // WIDTH) * BYTES, -(-F // WIDTH) * BYTES
    at_once = max(CHUNK // (n * n * (channels + filters)), 2 * C * F // (C + F))
    all_tiles = N * down * across
    chunks = -(-all_tiles // at_once)
    most, blocks = -(-all_tiles // chunks), -(-F // LANES)
    v_plane, d_plane = odd_lines(most * channels), odd_lines(most * filters)
    s_plane = odd_lines(blocks * lines * LINE)
    spare = odd_lines(max(n * n * C * 4, m * m * F * 4, 9 * LINE + BYTES))
    starts = np.cumsum([0, workers * spare, n * n * v_plane, n * n * d_plane, n * n * s_plane])
    return Plan(N, C, H, W, F, OH, OW, *before, *x_strides, *dy_strides, m, n, n * n, down, across,
                all_tiles, chunks, workers, blocks, count, lines, channels, filters, v_plane,
                d_plane, s_plane, spare, *[int(s) for s in starts[1:]])


@parallel
def _accumulate(x, dy, dw, scratch, plan):
    """All of dw; whether it is finite. Arguments are addresses."""
    for chunk in range(_read_plan(plan).chunks):
        for thread in prange(_read_plan(plan).threads):
            _transform(x, dy, scratch, chunk, thread, _read_plan(plan))
        for thread in prange(_read_plan(plan).threads):
            _multiply(scratch, chunk, thread, _read_plan(plan))
    for thread in prange(_read_plan(plan).threads):
        p = _read_plan(plan)
        spare, units = scratch + thread * p.spare, p.blocks * p.C
        clear(spare, BYTES)
        for unit in range(thread * units // p.threads, (thread + 1) * units // p.threads):
            _collect(scratch + p.s_start, dw, unit // p.C, unit % p.C, spare, p)
    return _all_finite(scratch, _read_plan(plan))


@serial
def _all_finite(scratch, p):
    total = np.float32(0)
    for thread in range(p.threads):
        total += v.total(v.load(scratch + thread * p.spare))
    return total == 0


@serial
def _transform(x, dy, scratch, chunk, thread, p):
    """V and D of a thread's part of a chunk."""
    start, count = _chunk(chunk, p)
    spare = scratch + thread * p.spare
    for t in range(thread * count // p.threads, (thread + 1) * count // p.threads):
        transform_tile(x, start + t, spare, scratch + p.v_start + t * p.channels, p)
        _gradient_tile(dy, start + t, spare, scratch + p.d_start + t * p.filters, p)


@serial
def _chunk(chunk, p):
    """The first tile of a chunk, and how many they are."""
    first = chunk * p.tiles // p.chunks
    return first, (chunk + 1) * p.tiles // p.chunks - first


@serial
def _multiply(scratch, chunk, thread, p):
    """A thread's part of the products of a chunk, added to S."""
    jobs, count = p.positions * p.blocks, _chunk(chunk, p)[1]
    for job in range(thread * jobs // p.threads, (thread + 1) * jobs // p.threads):
        _products(scratch, job // p.blocks, job % p.blocks, count, chunk == 0, p)


@serial
def _gradient_tile(dy, t, spare, target, p):
    """The filters of tile t of dy, transformed; what lies beyond the edge is 0."""
    image = dy + t // (p.down * p.across) * p.YN
    top, left = t // p.across % p.down * p.m, t % p.across * p.m
    source, row, pixel = image + top * p.YH + left * p.YW, p.YH, p.YW
    if p.YC != 4 or top + p.m > p.OH or left + p.m > p.OW:
        source, row, pixel = spare, p.m * p.F * 4, p.F * 4
        stage(image, p.YC, p.YH, p.YW, p.F, p.OH, p.OW, top, left, p.m, p.m, spare)
    for f in range(0, p.F, WIDTH):
        transform_gradient(p.m, source + 4 * f, row, pixel, p.F - f, target + 4 * f,
                           p.n * p.d_plane, p.d_plane)


@serial
def _products(scratch, k, block, count, fresh, p):
    """S[k, block] += V[k].T @ D[k, block], a tile of registers at a time."""
    target = scratch + p.s_start + k * p.s_plane + block * p.lines * LINE
    x = scratch + p.v_start + k * p.v_plane
    dy = scratch + p.d_start + k * p.d_plane + block * LINE
    if fresh:
        clear(target, p.lines * LINE)
    for c in range(0, p.lines, p.count):
        if p.F - block * LANES > WIDTH:
            if p.count == COUNTS[0]:
                _wide2(x + 4 * c, 0, p.channels, dy, 0, p.filters, 1, count, target, LINE, 0)
            else:
                _slim2(x + 4 * c, 0, p.channels, dy, 0, p.filters, 1, count, target, LINE, 0)
        elif p.count == COUNTS[0]:
            _wide1(x + 4 * c, 0, p.channels, dy, 0, p.filters, 1, count, target, LINE, 0)
        else:
            _slim1(x + 4 * c, 0, p.channels, dy, 0, p.filters, 1, count, target, LINE, 0)
        target += p.count * LINE


@serial
def _collect(sums, dw, block, c, seen, p):
    """dw of one input channel and one block of filters; the vector at ``seen`` notes a NaN."""
    lanes = min(LANES, p.F - block * LANES)
    back = seen + BYTES
    check, zero = v.load(seen), v.fill(np.float32(0))
    for lane in range(0, lanes, WIDTH):
        transform_back(p.m, sums + (block * p.lines + c) * LINE + 4 * lane, p.n * p.s_plane,
                       p.s_plane, WIDTH, back + 4 * lane, 3 * LINE, LINE)
        for tap in range(9):
            check = v.fma(v.load_some(back + tap * LINE + 4 * lane, lanes - lane), zero, check)
    v.store(seen, check)
    for i in range(lanes):
        target = dw + ((block * LANES + i) * p.C + c) * 36
        for tap in range(9):
            write(target + 4 * tap, read(back + tap * LINE + 4 * i))


def weight_gradient_winograd(m, x, dy, before):
    """dw (F, C, 3, 3) by F(m x m, 3x3), or None where it is not finite."""
    x, dy = channels_last(x), channels_last(dy)
    plan = make_plan(m, x.shape, x.strides, dy.shape, dy.strides, before, threads())
    dw = empty((plan.F, plan.C, 3, 3), np.float32)
    room = scratch(plan.size)
    run = on(plan.threads, _accumulate)
    return dw if run(address(x), address(dy), address(dw), room, plan.address) else None
