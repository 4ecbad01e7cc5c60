"""The weight gradient of a convolution: sums of x * dy over all pixels, a tile in registers."""
import functools
from collections import namedtuple

import numpy as np
from numba import prange

from . import tiles
from .jit import on, parallel, serial, threads
from .memory import address, scratch
from .objects import Packed, reader
from .simd import BYTES, WIDTH, clear, copy_vector, read, write
from .stage import long_rows, stage

BAND = 1 << 18
SWEEP = 256             # pixels at least, if there are so many, before a tile is put down again
CHUNK = 16              # input channels that are collected at once
LANES = 2 * WIDTH
LINE = 2 * BYTES
SLACK = 4 * 16 + LINE   # a tile may read past the last channel; what it finds there is thrown away

COUNTS = (12, 9) if WIDTH == 16 else (6, 5)     # inputs in a tile
_wide2, _wide1 = (tiles.make_outer_tile(COUNTS[0], v) for v in (2, 1))
_slim2, _slim1 = (tiles.make_outer_tile(COUNTS[1], v) for v in (2, 1))
SQUARE = 3              # one channel under a 3x3 kernel: three lines of three inputs
_square2, _square1 = (tiles.make_outer_tile(SQUARE * SQUARE, v, SQUARE) for v in (2, 1))


class Plan(Packed, namedtuple("Plan", (
        "N C H W F OH OW KH KW SH SW DH DW TOP LEFT G "
        "XN XC XH XW YN YC YH YW "
        "bands threads patches square x_staged y_staged width x_scratch before_y scratch "
        "rows taps run lines blocks count row_lines tap_lines part"))):
    """Sizes, strides in bytes, and how the work is cut."""


read_plan = reader(Plan)


def _lines(run):
    """(inputs in a tile, ``run`` rounded up to whole tiles), with the least waste."""
    return min(((count, -(-run // count) * count) for count in COUNTS), key=lambda pair: pair[1])


@functools.cache
def make_plan(x_shape, x_strides, dy_shape, dy_strides, kernel, stride, padding, dilation, groups,
              workers, room=2 * BAND):
    """How to cut the work: arithmetic on sizes, remembered for the next call."""
    if kernel == stride == (1, 1) and padding == ((0, 0), (0, 0)):
        x_shape, x_strides, dy_shape, dy_strides = long_rows(x_shape, x_strides, dy_shape,
                                                             dy_strides)
    (n, c, h, w), (_, f, oh, ow) = x_shape, dy_shape
    (kh, kw), (sh, sw), (dh, dw), ((top, _), (left, _)) = kernel, stride, dilation, padding
    high, wide = (oh - 1) * sh + (kh - 1) * dh + 1, (ow - 1) * sw + (kw - 1) * dw + 1
    together = dw == 1 and groups == 1
    run = kw * c if together else c // groups
    patches = together and kh > 1 and _lines(run)[1] > 1.4 * run
    rows, taps, run = (1, 1, kh * run) if patches else (kh, 1 if together else kw, run)
    count, lines = _lines(run)
    square = kh == kw == SQUARE and c == dw == 1 and WIDTH == 16
    if square:
        count = lines = SQUARE * SQUARE
    row_lines, tap_lines = (kw * c, c) if patches else (taps * lines, c if together else lines)
    x_in_place = (top == left == 0 and high <= h and wide <= w and not patches and lines == run
                  and x_strides[1] == 4 and (x_strides[3] == 4 * c or taps == kw))
    y_in_place = dy_strides[1] == 4 and groups == 1 and f % WIDTH == 0
    fit = int((room / 4 - wide * c * ((kh - 1) * dh + 1)) / (wide * c * sh + ow * f))
    fit = max(fit, -(-SWEEP // ow))
    bands = min(-(-oh // fit), oh)
    if n < 4 * workers and n * bands % workers:
        bands = min(-(-bands // workers) * workers, oh)
    band = -(-oh // bands)
    x_scratch = 0 if x_in_place else room_for(((band - 1) * sh + (kh - 1) * dh + 1) * wide * c)
    p_scratch = room_for(band * ow * run) if patches and not square else 0
    y_scratch = 0 if y_in_place else room_for(band * ow * f)
    blocks = -(-(f // groups) // LANES)
    return Plan(
        n, c, h, w, f, oh, ow, kh, kw, sh, sw, dh, dw, top, left, groups, *x_strides, *dy_strides,
        bands, min(workers, n * bands), int(patches and not square), int(square),
        int(not x_in_place), int(not y_in_place), wide, x_scratch, x_scratch + p_scratch,
        x_scratch + p_scratch + y_scratch,
        rows, taps, run, lines, blocks, count, row_lines, tap_lines,
        groups * blocks * rows * taps * lines * LINE)


def room_for(floats):
    """Bytes for so many floats and what is read too far; a multiple of 64, so all is aligned."""
    return -(-(4 * floats + SLACK) // 64) * 64


@parallel
def _accumulate(x, dy, dw, scratch, plan):
    """Each thread sums over its bands into a part of its own; the parts are added at the end."""
    for thread in prange(read_plan(plan).threads):
        p = read_plan(plan)
        jobs = p.N * p.bands
        part = scratch + thread * (p.part + p.scratch)
        clear(part, p.part)
        for job in range(thread * jobs // p.threads, (thread + 1) * jobs // p.threads):
            n, band = job // p.bands, job % p.bands
            first, last = band * p.OH // p.bands, (band + 1) * p.OH // p.bands
            grad, row, pixel = dy + n * p.YN + first * p.YH, p.YH, p.YW
            if p.y_staged:
                grad, row, pixel = part + p.part + p.before_y, p.OW * p.F * 4, p.F * 4
                stage(dy + n * p.YN, p.YC, p.YH, p.YW, p.F, p.OH, p.OW, first, 0, last - first,
                      p.OW, grad)
            add_band(x + n * p.XN, grad, row, pixel, part, part + p.part, first, last, p)
    for job in prange(jobs_of(read_plan(plan))):
        collect(scratch, dw, job, read_plan(plan))


@serial
def add_band(x, grad, grad_row, grad_pixel, part, room, first, last, p):
    """Add the products of the rows ``first`` to ``last`` of dy, which lie at ``grad``, to ``part``.

    ``x`` is the address of the image, ``room`` scratch memory.
    """
    rows = last - first
    here, row, pixel = x + first * p.SH * p.XH, p.XH, p.XW
    if p.x_staged:
        here, row, pixel = room, p.width * p.C * 4, p.C * 4
        stage(x, p.XC, p.XH, p.XW, p.C, p.H, p.W, first * p.SH - p.TOP, -p.LEFT,
              (rows - 1) * p.SH + (p.KH - 1) * p.DH + 1, p.width, here)
    step, shift, tap = p.SH * row, p.SW * pixel, p.DW * pixel
    if p.patches:
        _patches(here, row, pixel, room + p.x_scratch, rows, p)
        here, step, shift = room + p.x_scratch, p.OW * p.run * 4, p.run * 4
    for g in range(p.G):
        for block in range(p.blocks):
            target = part + (g * p.blocks + block) * p.rows * p.taps * p.lines * LINE
            lanes = min(LANES, p.F // p.G - block * LANES)
            channel = grad + (g * (p.F // p.G) + block * LANES) * 4
            for kh in range(p.rows):
                for kw in range(p.taps):
                    source = here + kh * p.DH * row + kw * tap + g * (p.C // p.G) * 4
                    for t in range(0, p.lines, p.count):
                        tile(p.count, lanes, source + 4 * t, step, shift, channel, grad_row,
                              grad_pixel, rows, p.OW, target, p.square * p.DH * row)
                        target += p.count * LINE


@serial
def _patches(x, row, pixel, target, rows, p):
    """A line for every pixel with all kernel positions side by side: for few input channels.

    Whole vectors are copied: what goes too far is overwritten by the next, or lies in the slack.
    """
    line = p.KW * p.C * 4
    for h in range(rows):
        for w in range(p.OW):
            for kh in range(p.KH):
                source = x + (h * p.SH + kh * p.DH) * row + w * p.SW * pixel
                for i in range(0, line, BYTES):
                    copy_vector(target + i, source + i)
                target += line


@serial
def tile(count, lanes, x, x_row, x_pixel, dy, dy_row, dy_pixel, rows, pixels, target, x_line):
    if x_line:
        if lanes > WIDTH:
            _square2(x, x_row, x_pixel, dy, dy_row, dy_pixel, rows, pixels, target, LINE, x_line)
        else:
            _square1(x, x_row, x_pixel, dy, dy_row, dy_pixel, rows, pixels, target, LINE, x_line)
    elif lanes > WIDTH:
        if count == COUNTS[0]:
            _wide2(x, x_row, x_pixel, dy, dy_row, dy_pixel, rows, pixels, target, LINE, 0)
        else:
            _slim2(x, x_row, x_pixel, dy, dy_row, dy_pixel, rows, pixels, target, LINE, 0)
    elif count == COUNTS[0]:
        _wide1(x, x_row, x_pixel, dy, dy_row, dy_pixel, rows, pixels, target, LINE, 0)
    else:
        _slim1(x, x_row, x_pixel, dy, dy_row, dy_pixel, rows, pixels, target, LINE, 0)


@serial
def jobs_of(p):
    """Into how many jobs ``collect`` cuts dw."""
    return p.G * p.blocks * ((p.C // p.G + CHUNK - 1) // CHUNK)


@serial
def collect(scratch, dw, job, p):
    """dw of one block of output channels and CHUNK inputs = the sum of all threads' parts."""
    chunks = (p.C // p.G + CHUNK - 1) // CHUNK
    unit, first = job // chunks, job % chunks * CHUNK
    last = min(first + CHUNK, p.C // p.G)
    f = unit % p.blocks * LANES
    lanes, taps = min(LANES, p.F // p.G - f), p.KH * p.KW
    dw += ((unit // p.blocks * (p.F // p.G) + f) * (p.C // p.G) + first) * taps * 4
    for kh in range(p.KH):
        for kw in range(p.KW):
            line = unit * p.rows * p.taps * p.lines + kh * p.row_lines + kw * p.tap_lines + first
            for i in range(lanes):
                place = scratch + line * LINE + 4 * i
                target = dw + (i * (p.C // p.G) * taps + kh * p.KW + kw) * 4
                for _ in range(first, last):
                    value = np.float32(0)
                    for thread in range(p.threads):
                        value += read(place + thread * (p.part + p.scratch))
                    write(target, value)
                    place += LINE
                    target += taps * 4


def weight_gradient(x, dy, dw, stride, padding, dilation, groups):
    """Fill dw (F, C/groups, KH, KW) for float32 arrays x (N, C, H, W) and dy (N, F, OH, OW)."""
    plan = make_plan(x.shape, x.strides, dy.shape, dy.strides, dw.shape[2:], stride, padding,
                     dilation, groups, threads())
    room = scratch(plan.threads * (plan.part + plan.scratch))
    run = on(plan.threads, _accumulate)
    run(address(x), address(dy), address(dw), room, plan.address)
