"""Cover rows of results with tiles: what all kernels of a convolution do in the end."""
from . import tiles
from .conv_pack import LINE
from .jit import serial
from .simd import WIDTH

_big2, _big1 = (tiles.make_row_tile(2, tiles.GROUP, v) for v in (2, 1))
_middle2, _middle1 = (tiles.make_row_tile(2, tiles.MIDDLE, v) for v in (2, 1))
_small2, _small1 = (tiles.make_row_tile(2, 1, v) for v in (2, 1))
_one2, _one1 = (tiles.make_row_tile(1, 1, v) for v in (2, 1))
# (pixels in a tile, its cost in units of one result at full speed): larger tiles hide the latency
_TILES = ((2 * tiles.GROUP, 2 * tiles.GROUP + 0.5), (2 * tiles.MIDDLE, 2 * tiles.MIDDLE + 0.7),
          (2, 4.2), (1, 4))


def best_tile(oh, ow):
    """(kind, rows, columns) of the tile that covers an OH x OW map at the least cost."""
    fits = [(-(-oh // rows) * -(-ow // (pixels // rows)) * cost, kind, rows, pixels // rows)
            for kind, (pixels, cost) in enumerate(_TILES) for rows in (1, 2)
            if pixels % rows == 0 and rows <= oh and pixels // rows <= ow]
    return min(fits)[1:]


@serial
def cover(x, row, pixel, packed, y, rows, lanes, more, p):
    """Cover a band of one block of channels with tiles; the last ones overlap those before."""
    x_step, x_pixel = p.SH * row, p.SW * pixel
    if p.tile_rows == 2:
        x_group, y_group = x_step, p.YH
    else:
        x_group, y_group = p.tile_cols // 2 * x_pixel, p.tile_cols // 2 * p.YW
    h = 0
    while h < rows:
        up = min(h, rows - p.tile_rows)
        q = 0
        while q < p.OW:
            at = min(q, p.OW - p.tile_cols)
            _tile(p.tile, x + up * x_step + at * x_pixel, x_group, x_pixel, p.KH, p.DH * row,
                  p.taps, p.DW * pixel, p.run, packed + LINE, packed, y + up * p.YH + at * p.YW,
                  y_group, p.YW, lanes, more, p.bounds)
            q += p.tile_cols
        h += p.tile_rows


@serial
def _tile(kind, x, x_group, x_pixel, kh, x_row, taps, x_tap, run, w, bias, y, y_group, y_pixel,
          lanes, more, bounds):
    if lanes > WIDTH:
        if kind == 0:
            _big2(x, x_group, x_pixel, kh, x_row, taps, x_tap, run, w, LINE, bias, y, y_group,
                  y_pixel, lanes, more, bounds)
        elif kind == 1:
            _middle2(x, x_group, x_pixel, kh, x_row, taps, x_tap, run, w, LINE, bias, y, y_group,
                     y_pixel, lanes, more, bounds)
        elif kind == 2:
            _small2(x, x_group, x_pixel, kh, x_row, taps, x_tap, run, w, LINE, bias, y, y_group,
                    y_pixel, lanes, more, bounds)
        else:
            _one2(x, x_group, x_pixel, kh, x_row, taps, x_tap, run, w, LINE, bias, y, y_group,
                  y_pixel, lanes, more, bounds)
    elif kind == 0:
        _big1(x, x_group, x_pixel, kh, x_row, taps, x_tap, run, w, LINE, bias, y, y_group,
              y_pixel, lanes, more, bounds)
    elif kind == 1:
        _middle1(x, x_group, x_pixel, kh, x_row, taps, x_tap, run, w, LINE, bias, y, y_group,
                 y_pixel, lanes, more, bounds)
    elif kind == 2:
        _small1(x, x_group, x_pixel, kh, x_row, taps, x_tap, run, w, LINE, bias, y, y_group,
                y_pixel, lanes, more, bounds)
    else:
        _one1(x, x_group, x_pixel, kh, x_row, taps, x_tap, run, w, LINE, bias, y, y_group,
              y_pixel, lanes, more, bounds)
