"""Convolutions with one to a few output channels: dot products instead of lines of channels.

The input gradient of a first layer (1 or 3 channels), and a net's last layer that makes an image.
"""
import numpy as np
from numba import prange

from . import tiles
from .conv_plan import read_plan
from .jit import parallel, serial
from .simd import WIDTH, clear, read, write
from .stage import stage

MOST = WIDTH // 4       # output channels up to which this is faster
PIXELS = 14 if WIDTH == 16 else 7

_many = tiles.make_dot_tile(PIXELS)
_one = tiles.make_dot_tile(1)


@serial
def _pack(w, bias, scale, packed, channel, p):
    """The bias, then the weights of one output channel in the order (kh, kw, input channel)."""
    g, f = channel // (p.F // p.G), channel % (p.F // p.G)
    factor = read(scale + 4 * channel) if scale != 0 else np.float32(1)
    clear(packed, 4)
    if bias != 0:
        write(packed, read(bias + 4 * channel))
    for kh in range(p.KH):
        for kw in range(p.KW):
            origin = w + g * p.WG + f * p.WF + kh * p.WH + kw * p.WW
            for c in range(p.C // p.G):
                packed += 4
                write(packed, factor * read(origin + c * p.WC))


@serial
def _pack_all(w, bias, scale, packed, p):
    """Pack every output channel; returns how many bytes each takes."""
    size = (p.KH * p.KW * (p.C // p.G) + 1) * 4
    for channel in range(p.F):
        _pack(w, bias, scale, packed + channel * size, channel, p)
    return size


@serial
def _cover(x, row, pixel, packed, y, rows, p):
    for h in range(rows):
        q = 0
        while q < p.OW:
            if p.OW >= PIXELS:
                at = min(q, p.OW - PIXELS)
                _many(x + h * p.SH * row + at * p.SW * pixel, p.SW * pixel, p.KH, p.DH * row,
                      p.taps, p.DW * pixel, p.run, packed + 4, packed, y + h * p.YH + at * p.YW,
                      p.YW, p.bounds)
                q += PIXELS
            else:
                _one(x + h * p.SH * row + q * p.SW * pixel, p.SW * pixel, p.KH, p.DH * row, p.taps,
                     p.DW * pixel, p.run, packed + 4, packed, y + h * p.YH + q * p.YW, p.YW,
                     p.bounds)
                q += 1


@parallel
def correlate_few(x, w, bias, scale, more, y, scratch, plan):
    """``correlate`` of ``conv.py`` for few output channels a group; ``more`` has to be 0."""
    size = _pack_all(w, bias, scale, scratch, read_plan(plan))
    for thread in prange(read_plan(plan).threads):
        p = read_plan(plan)
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
            for channel in range(p.F):
                group = channel // (p.F // p.G)
                _cover(here + group * (p.C // p.G) * 4, row, pixel, scratch + channel * size,
                       y + n * p.YN + first * p.YH + channel * 4, last - first, p)
