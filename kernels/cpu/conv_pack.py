"""The weights of a convolution in the order in which its tiles read them.

A block holds the weights of LANES output channels: a line of their biases, then a line of LANES
numbers for each (kernel row, kernel column, input channel). In memory the numbers of a line lie far
apart, mostly; squares of WIDTH x WIDTH numbers are turned in registers (``tiles.turn``), which is
ten times as fast as moving them one by one. Every output channel may be given a factor on the way.
"""
from . import tiles
from .jit import serial
from .simd import BYTES, WIDTH, clear, copy, copy_vector, read, write

LANES = 2 * WIDTH       # output channels in a line of packed weights
LINE = 2 * BYTES
SPARE = WIDTH * BYTES   # room for a square, behind each block
SOME = 16               # input channels packed at a time: w and its lines stay in the cache


def block_bytes(taps):
    """Bytes of a block of so many numbers a filter."""
    return (taps + 1) * LINE + SPARE


@serial
def per_block(p):
    """Bytes of the packed weights of one block of output channels."""
    return (p.KH * p.KW * (p.C // p.G) + 1) * LINE + SPARE


@serial
def pack(w, bias, scale, packed, unit, p):
    """Pack a block; ``bias`` and ``scale`` (factors of the weights alone) may be 0 for none."""
    g, f = unit // p.blocks, unit % p.blocks * LANES
    lanes = min(LANES, p.F // p.G - f)
    channel, origin = g * (p.F // p.G) + f, w + g * p.WG + f * p.WF
    factors = scale + 4 * channel if scale != 0 else 0
    clear(packed, LINE)
    if bias != 0:
        copy(packed, bias + 4 * channel, 4 * lanes)
    lines, inner, taps = packed + LINE, p.C // p.G, p.KH * p.KW
    spare = lines + taps * inner * LINE
    dense = p.KW * p.WW == p.WH     # the taps lie side by side
    if dense and p.WW == 4 and 4 * taps == p.WC:
        _turn_filters(origin, p.WF, lanes, inner, taps, factors, lines, spare)
    elif dense and abs(p.WW) == 4 and 1 < taps <= WIDTH:
        _turn_taps(origin, lanes, inner, factors, lines, spare, p)
    else:
        _one_by_one(origin, lanes, factors, lines, p)


@serial
def _turn_filters(w, w_filter, lanes, inner, taps, factors, lines, spare):
    """Of every filter the numbers lie side by side, in the order (input channel, tap)."""
    for half in range(0, lanes, WIDTH):
        first, scale = w + half * w_filter, factors + 4 * half if factors != 0 else 0
        for t in range(0, inner * taps, WIDTH):
            columns, c, k = min(WIDTH, inner * taps - t), t // taps, t % taps
            if taps == 1 and columns == WIDTH:
                tiles.turn(first + 4 * t, w_filter, lanes - half, columns, scale,
                           lines + t * LINE + 4 * half, LINE)
                continue
            tiles.turn(first + 4 * t, w_filter, lanes - half, columns, scale, spare, BYTES)
            for j in range(columns):
                copy_vector(lines + (k * inner + c) * LINE + 4 * half, spare + j * BYTES)
                k += 1
                if k == taps:
                    k = 0
                    c += 1


@serial
def _turn_taps(w, lanes, inner, factors, lines, spare, p):
    """The taps of every filter lie side by side, first to last or last to first."""
    taps = p.KH * p.KW
    start = w if p.WW > 0 else w + (taps - 1) * p.WW
    for half in range(0, lanes, WIDTH):
        scale = factors + 4 * half if factors != 0 else 0
        for c in range(inner):
            tiles.turn(start + half * p.WF + c * p.WC, p.WF, lanes - half, taps, scale, spare,
                       BYTES)
            for k in range(taps):
                tap = k if p.WW > 0 else taps - 1 - k
                copy_vector(lines + (tap * inner + c) * LINE + 4 * half, spare + k * BYTES)


@serial
def _one_by_one(w, lanes, factors, lines, p):
    inner = p.C // p.G
    for first in range(0, inner, SOME):
        last = min(first + SOME, inner)
        for kh in range(p.KH):
            for kw in range(p.KW):
                line = lines + ((kh * p.KW + kw) * inner + first) * LINE
                if lanes < LANES:
                    clear(line, (last - first) * LINE)
                for i in range(lanes):
                    source = w + i * p.WF + kh * p.WH + kw * p.WW
                    for c in range(first, last):
                        value = read(source + c * p.WC)
                        if factors != 0:
                            value *= read(factors + 4 * i)
                        write(line + (c - first) * LINE + 4 * i, value)
