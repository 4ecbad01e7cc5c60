"""Depthwise convolution: every channel has a kernel of its own; vectors run along the channels."""
import numpy as np
from numba import prange

from . import tiles
from .conv_plan import read_plan
from .jit import parallel, serial
from .simd import BYTES, WIDTH, clear, copy, read, write
from .stage import stage

PIXELS = 8 if WIDTH == 16 else 6

_many = tiles.make_channel_tile(PIXELS)
_two = tiles.make_channel_tile(2)
_one = tiles.make_channel_tile(1)
_slide8, _slide8_by_2 = (tiles.make_sliding_tile(PIXELS, stride) for stride in (1, 2))
_slide4, _slide4_by_2 = (tiles.make_sliding_tile(4, stride) for stride in (1, 2))
_sum_3x3, _sum_1x5, _sum_1x2, _sum_1x1 = (tiles.make_channel_sum_tile(*size) for size in
                                          ((3, 3), (1, 5), (1, 2), (1, 1)))


@serial
def _pack(w, bias, scale, packed, first, p):
    """The bias of a vector of channels, then a vector of weights for each (kh, kw)."""
    lanes = min(WIDTH, p.C - first)
    clear(packed, (p.KH * p.KW + 1) * BYTES)
    for i in range(lanes):
        if bias != 0:
            write(packed + 4 * i, read(bias + 4 * (first + i)))
        factor = read(scale + 4 * (first + i)) if scale != 0 else np.float32(1)
        for kh in range(p.KH):
            for kw in range(p.KW):
                value = factor * read(w + (first + i) * p.WG + kh * p.WH + kw * p.WW)
                write(packed + (kh * p.KW + kw + 1) * BYTES + 4 * i, value)


@serial
def _pack_all(w, bias, scale, packed, p):
    """Pack all channels; returns how many vectors of them there are."""
    blocks, taps = (p.C + WIDTH - 1) // WIDTH, p.KH * p.KW
    dense = p.WW == 4 and 4 * p.KW == p.WH and taps <= WIDTH
    for block in range(blocks):
        here, first = packed + block * (taps + 1) * BYTES, block * WIDTH
        if dense:   # what is written behind the taps, the next block overwrites
            left = p.C - first
            clear(here, BYTES)
            if bias != 0:
                copy(here, bias + 4 * first, 4 * min(left, WIDTH))
            tiles.turn(w + first * p.WG, p.WG, left, taps,
                       scale + 4 * first if scale != 0 else 0, here + BYTES, BYTES)
            continue
        _pack(w, bias, scale, here, first, p)
    return blocks


@serial
def _cover(x, row, pixel, packed, y, rows, lanes, p):
    slides = p.KH == 3 and p.KW == 3 and p.DW == 1 and p.SW <= 2 and p.OW >= 4
    for h in range(rows):
        if slides:
            _slide(x + h * p.SH * row, p.DH * row, pixel, packed, y + h * p.YH, lanes, p)
        else:
            _step(x + h * p.SH * row, p.DH * row, pixel, packed, y + h * p.YH, lanes, p)


@serial
def _slide(x, x_row, pixel, packed, y, lanes, p):
    """A row of results of a 3x3 kernel, neighbors or every second."""
    size = PIXELS if p.OW >= PIXELS else 4
    for q in range(0, p.OW, size):
        at = min(q, p.OW - size)
        source, target, w = x + at * p.SW * pixel, y + at * p.YW, packed + BYTES
        if size == PIXELS and p.SW == 1:
            _slide8(source, x_row, pixel, w, packed, target, p.YW, lanes, p.bounds)
        elif size == PIXELS:
            _slide8_by_2(source, x_row, pixel, w, packed, target, p.YW, lanes, p.bounds)
        elif p.SW == 1:
            _slide4(source, x_row, pixel, w, packed, target, p.YW, lanes, p.bounds)
        else:
            _slide4_by_2(source, x_row, pixel, w, packed, target, p.YW, lanes, p.bounds)


@serial
def _step(x, x_row, pixel, packed, y, lanes, p):
    """A row of results of any kernel."""
    x_pixel = p.SW * pixel
    size = PIXELS if p.OW >= PIXELS else 2 if p.OW >= 2 else 1
    for q in range(0, p.OW, size):
        at = min(q, p.OW - size)
        source, target = x + at * x_pixel, y + at * p.YW
        if size == PIXELS:
            _many(source, x_pixel, p.KH, x_row, p.KW, p.DW * pixel, packed + BYTES, BYTES, packed,
                  target, p.YW, lanes, p.bounds)
        elif size == 2:
            _two(source, x_pixel, p.KH, x_row, p.KW, p.DW * pixel, packed + BYTES, BYTES, packed,
                 target, p.YW, lanes, p.bounds)
        else:
            _one(source, x_pixel, p.KH, x_row, p.KW, p.DW * pixel, packed + BYTES, BYTES, packed,
                 target, p.YW, lanes, p.bounds)


@parallel
def correlate_depthwise(x, w, bias, scale, more, y, scratch, plan):
    """``correlate`` of ``conv.py`` for as many groups as channels; ``more`` has to be 0."""
    blocks = _pack_all(w, bias, scale, scratch, read_plan(plan))
    for thread in prange(read_plan(plan).threads):
        p = read_plan(plan)
        size = (p.KH * p.KW + 1) * BYTES
        own = scratch + p.packed
        jobs = p.N * p.bands
        for job in range(thread * jobs // p.threads, (thread + 1) * jobs // p.threads):
            n, band = job // p.bands, job % p.bands
            first, last = band * p.OH // p.bands, (band + 1) * p.OH // p.bands
            here, row, pixel = x + n * p.XN + first * p.SH * p.XH, p.XH, p.XW
            if p.staged:
                here, row, pixel = own + thread * p.scratch, p.width * p.C * 4, p.C * 4
                stage(x + n * p.XN, p.XC, p.XH, p.XW, p.C, p.H, p.W, first * p.SH - p.TOP, -p.LEFT,
                      (last - first - 1) * p.SH + (p.KH - 1) * p.DH + 1, p.width, here)
            for block in range(blocks):
                c = block * WIDTH
                _cover(here + 4 * c, row, pixel, scratch + block * size,
                       y + n * p.YN + first * p.YH + 4 * c, last - first, p.C - c, p)


@serial
def _sum_band(x, row, pixel, dy, rows, sums, lanes, p):
    """Add the products of a band and one vector of channels to ``sums``, a vector for each tap."""
    x_row, x_pixel, line = p.SH * row, p.SW * pixel, p.KW * BYTES
    down, tap = p.DH * row, p.DW * pixel
    kh = 0
    while kh < p.KH:
        high = 3 if p.KH % 3 == 0 and p.KW % 3 == 0 else 1
        kw = 0
        while kw < p.KW:
            wide = 3 if high == 3 else 5 if p.KW - kw >= 5 else 2 if p.KW - kw >= 2 else 1
            source, target = x + kh * down + kw * tap, sums + (kh * p.KW + kw) * BYTES
            if high == 3:
                _sum_3x3(source, x_row, x_pixel, down, tap, dy, p.YH, p.YW, rows, p.OW, target,
                         line, lanes)
            elif wide == 5:
                _sum_1x5(source, x_row, x_pixel, down, tap, dy, p.YH, p.YW, rows, p.OW, target,
                         line, lanes)
            elif wide == 2:
                _sum_1x2(source, x_row, x_pixel, down, tap, dy, p.YH, p.YW, rows, p.OW, target,
                         line, lanes)
            else:
                _sum_1x1(source, x_row, x_pixel, down, tap, dy, p.YH, p.YW, rows, p.OW, target,
                         line, lanes)
            kw += wide
        kh += high


@parallel
def accumulate_depthwise(x, dy, dw, scratch, plan):
    """dw[c, 0, kh, kw] = sum of x * dy over the pixels; dy is channels-last."""
    for thread in prange(read_plan(plan).threads):
        p = read_plan(plan)
        blocks = (p.C + WIDTH - 1) // WIDTH
        part = blocks * p.KH * p.KW * BYTES
        jobs = p.N * p.bands
        sums = scratch + thread * (part + p.scratch)
        room = sums + part
        clear(sums, part)
        for job in range(thread * jobs // p.threads, (thread + 1) * jobs // p.threads):
            n, band = job // p.bands, job % p.bands
            first, last = band * p.OH // p.bands, (band + 1) * p.OH // p.bands
            here, row, pixel = x + n * p.XN + first * p.SH * p.XH, p.XH, p.XW
            if p.staged:
                here, row, pixel = room, p.width * p.C * 4, p.C * 4
                stage(x + n * p.XN, p.XC, p.XH, p.XW, p.C, p.H, p.W, first * p.SH - p.TOP, -p.LEFT,
                      (last - first - 1) * p.SH + (p.KH - 1) * p.DH + 1, p.width, here)
            for block in range(blocks):
                c = block * WIDTH
                _sum_band(here + 4 * c, row, pixel, dy + n * p.YN + first * p.YH + 4 * c,
                          last - first, sums + block * p.KH * p.KW * BYTES, p.C - c, p)
    _collect(scratch, dw, read_plan(plan))


@serial
def _collect(scratch, dw, p):
    """dw = the sum of all threads' parts."""
    part = (p.C + WIDTH - 1) // WIDTH * p.KH * p.KW * BYTES
    for c in range(p.C):
        for tap in range(p.KH * p.KW):
            value = np.float32(0)
            for thread in range(p.threads):
                value += read(scratch + thread * (part + p.scratch)
                              + (c // WIDTH * p.KH * p.KW + tap) * BYTES + c % WIDTH * 4)
            write(dw + (c * p.KH * p.KW + tap) * 4, value)
