"""Winograd's weight gradient: dw = G^T [sum over tiles of (B^T x B) * (A dy A^T)] G.

    V (positions, tiles, channels)      D (positions, tiles, filters)
    S (positions, blocks of LANES filters, channels, LANES)

A few hundred tiles are transformed, then multiplied: S += V^T @ D. Every thread does so with its
own part of the tiles and an S of its own; these are added at the end. Only where S is so large that
the threads' would not fit the third-level cache (for 512 x 512 channels it has 38 MB) do all of
them work on the same tiles and one S, and wait for each other after each step.
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
from .simd import BYTES, WIDTH, clear, read, write
from .stage import channels_last, stage
from .winograd import FEW, transform_back, transform_gradient
from .winograd_forward import odd_lines, transform_tile

LANES = 2 * WIDTH
LINE = 2 * BYTES
CHUNK = 1 << 21         # bytes of V and D that a thread has at once
LARGE = 1 << 22         # bytes of S from which on there is only one
COUNTS = (13, 11) if WIDTH == 16 else (6, 5)    # input channels in a tile of registers
SEEN = -(-(BYTES + 9 * LINE + 9 * BYTES) // 64) * 64      # bytes of a thread at the end

_wide2, _wide1 = (tiles.make_outer_tile(COUNTS[0], v) for v in (2, 1))
_slim2, _slim1 = (tiles.make_outer_tile(COUNTS[1], v) for v in (2, 1))


class Plan(Packed, namedtuple("Plan", (
        "N C H W F OH OW TOP LEFT "
        "XN XC XH XW YN YC YH YW "              # strides in bytes
        "m n positions down across tiles chunks threads parts blocks count lines "
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
    blocks = -(-F // LANES)
    s_plane = odd_lines(blocks * lines * LINE)
    parts = workers if n * n * s_plane < LARGE else 1
    at_once = max(workers // parts * CHUNK // (n * n * (channels + filters)), 2 * C * F // (C + F))
    all_tiles = N * down * across
    chunks = -(-all_tiles // (parts * at_once)) * parts
    most = -(-all_tiles // chunks)
    v_plane, d_plane = odd_lines(most * channels), odd_lines(most * filters)
    spare = odd_lines(max(n * n * C, m * m * F) * 4)
    starts = np.cumsum([0, workers // parts * spare, *(n * n * plane for plane in
                                                       (v_plane, d_plane, s_plane))])
    return Plan(N, C, H, W, F, OH, OW, *before, *x_strides, *dy_strides, m, n, n * n, down, across,
                all_tiles, chunks, workers, parts, blocks, count, lines, channels, filters, v_plane,
                d_plane, s_plane, spare, *[int(s) for s in starts[1:]])


@parallel
def _accumulate_apart(x, dy, scratch, plan):
    """Every thread fills a part of the scratch memory with the S of its tiles."""
    for thread in prange(_read_plan(plan).threads):
        p = _read_plan(plan)
        room, chunks = scratch + thread * p.size, p.chunks // p.threads
        for chunk in range(chunks):
            start, count = _chunk(thread * chunks + chunk, p)
            _transform(x, dy, room, room, start, 0, count, p)
            _multiply(room, 0, p.positions * p.blocks, count, chunk == 0, p)


@parallel
def _accumulate_together(x, dy, scratch, plan):
    """All threads work on one S."""
    for chunk in range(_read_plan(plan).chunks):
        for thread in prange(_read_plan(plan).threads):
            p = _read_plan(plan)
            start, count = _chunk(chunk, p)
            _transform(x, dy, scratch, scratch + thread * p.spare, start,
                       thread * count // p.threads, (thread + 1) * count // p.threads, p)
        for thread in prange(_read_plan(plan).threads):
            p = _read_plan(plan)
            jobs = p.positions * p.blocks
            _multiply(scratch, thread * jobs // p.threads, (thread + 1) * jobs // p.threads,
                      _chunk(chunk, p)[1], chunk == 0, p)


@parallel
def _finish(scratch, dw, plan):
    """dw from the sum of the parts' S; whether it is finite."""
    for thread in prange(_read_plan(plan).threads):
        p = _read_plan(plan)
        units = p.blocks * p.C
        seen = scratch + p.parts * p.size + thread * SEEN
        clear(seen, BYTES)
        for unit in range(thread * units // p.threads, (thread + 1) * units // p.threads):
            _collect(scratch + p.s_start, dw, unit // p.C, unit % p.C, seen, p)
    return _all_finite(scratch, _read_plan(plan))


@serial
def _all_finite(scratch, p):
    total = np.float32(0)
    for thread in range(p.threads):
        total += v.total(v.load(scratch + p.parts * p.size + thread * SEEN))
    return total == 0


@serial
def _chunk(chunk, p):
    """The first tile of a chunk, and how many they are."""
    first = chunk * p.tiles // p.chunks
    return first, (chunk + 1) * p.tiles // p.chunks - first


@serial
def _transform(x, dy, room, spare, start, first, last, p):
    """V and D of the tiles from ``first`` to ``last`` of the chunk that begins at ``start``."""
    for t in range(first, last):
        transform_tile(x, start + t, spare, room + p.v_start + t * p.channels, p)
        _gradient_tile(dy, start + t, spare, room + p.d_start + t * p.filters, p)


@serial
def _multiply(room, first, last, count, fresh, p):
    """Add the products of a chunk of ``count`` tiles to S, at some positions and blocks."""
    for job in range(first, last):
        _products(room, job // p.blocks, job % p.blocks, count, fresh, p)


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
    total, part = seen + BYTES, seen + BYTES + 9 * LINE
    check, zero = v.load(seen), v.fill(np.float32(0))
    clear(total, 9 * LINE)
    for lane in range(0, 4 * lanes, BYTES):
        for k in range(p.parts):
            transform_back(p.m, sums + k * p.size + (block * p.lines + c) * LINE + lane,
                           p.n * p.s_plane, p.s_plane, WIDTH, part, 3 * BYTES, BYTES)
            for tap in range(9):
                place = total + tap * LINE + lane
                v.store(place, v.add(v.load(place), v.load(part + tap * BYTES)))
        for tap in range(9):
            value = v.load_some(total + tap * LINE + lane, lanes - lane // 4)
            check = v.fma(value, zero, check)
    v.store(seen, check)
    for i in range(lanes):
        target = dw + ((block * LANES + i) * p.C + c) * 36
        for tap in range(9):
            write(target + 4 * tap, read(total + tap * LINE + 4 * i))


def weight_gradient_winograd(m, x, dy, dw, before, otherwise):
    """dw (F, C, 3, 3) by F(m x m, 3x3); ``otherwise()`` is to do it where it is not finite."""
    x, dy = channels_last(x), channels_last(dy)
    plan = make_plan(m, x.shape, x.strides, dy.shape, dy.strides, before, threads())
    room = scratch(plan.parts * plan.size + plan.threads * SEEN)
    accumulate = _accumulate_apart if plan.parts == plan.threads else _accumulate_together
    on(plan.threads, accumulate)(address(x), address(dy), room, plan.address)
    run_or(on(plan.threads, _finish), (room, address(dw), plan.address), otherwise)
