"""Convolution on the GPU: implicit matrix products, tile by tile (see conv.cu).

    N C H W images;  F filters in G groups, C/G KH KW each;  OH OW result
"""
import math
from dataclasses import dataclass

import numpy as np

from minitorch_cnn.cuda import get_float32_matmul_precision

from ..reference.conv import output_size
from .columns import col2im, im2col  # noqa: F401
from .launch import blocks, contiguous, empty, launch, runs_here, suits, sweep

col2im_gather = col2im

# Of a tile, as in the .cu files: rows: (columns, threads of its block).
TILES = {"conv": {64: (128, 128), 32: (64, 64)},
         "conv_tf32": {128: (128, 512), 64: (128, 256), 32: (128, 256)},
         "conv_weight": {64: (64, 128), 32: (64, 128)},
         "conv_weight_tf32": {128: (128, 512), 64: (128, 256), 32: (128, 256)}}
FEW = 16            # taps
ENOUGH = 100        # blocks; where tall tiles make fewer, low ones are better
STEPS = 16          # pixels that the weights' gradient takes at a time
MOST_ROWS = 65535   # tiles of filters, over all groups, that one launch can have
BLOCKS = 8 * 132    # the weights' gradient is shared out until there are about so many of up to
                    # 256 threads: the same number for each processor of an H100
THREADS = 256       # that share a weight of a depthwise convolution
PART = 128          # pixels below which sharing costs more than it brings


@dataclass
class Geometry:
    """What every kernel here takes, in its order."""

    N: int
    C: int
    H: int
    W: int
    F: int
    KH: int
    KW: int
    OH: int
    OW: int
    SH: int
    SW: int
    DH: int
    DW: int
    TOP: int
    LEFT: int
    G: int

    @property
    def numbers(self):
        """All of it, in order."""
        return tuple(vars(self).values())

    @property
    def depthwise(self):
        """One channel per group."""
        return self.C == self.G

    @property
    def alone(self):
        """Depthwise, and so few filters share a channel that a matrix product gains nothing."""
        return self.depthwise and self.F < 8 * self.G

    @property
    def pixels(self):
        """Of all results."""
        return self.N * self.OH * self.OW


def _geometry(N, C, size, w_shape, output, stride, padding, dilation, groups):
    (top, _), (left, _) = padding
    return Geometry(N, C, *size, w_shape[0], *w_shape[2:], *output, *stride, *dilation, top, left,
                    groups)


def _file(name, rows, real):
    """The source for a product of so many rows: tensor cores, where they are allowed and pay."""
    tensor_cores = real == np.float32 and rows > 16 and get_float32_matmul_precision() != "highest"
    return f"{name}_tf32" if tensor_cores and runs_here(f"{name}_tf32", real) else name


def _tiles(file, rows, groups, length, real, copies=1):
    """(rows of a tile, how many tiles lie side by side over ``length``, below each other over all
    groups): tall tiles fetch less, but there should be one for most of a GPU's processors."""
    heights = TILES[file] if real == np.float32 else {32: TILES[file][32]}
    tiles = [(height, blocks(length, columns), groups * blocks(rows, height))
             for height, (columns, _) in heights.items() if 2 * rows > height or height == 32]
    return next((t for t in tiles if t[1] * t[2] * copies >= ENOUGH), tiles[-1])


def _start(file, name, grid, height, *args):
    _, threads = TILES[file][height]
    launch(file, name, args[0].dtype, grid, threads, *args, variant=f"ROWS={height}")


def conv2d_forward(x, w, b, stride, padding, dilation, groups, relu=False):
    """y, and with ``relu`` max(y, 0) in one pass."""
    if not suits(x, w, *([] if b is None else [b])) or w.size == 0:
        return NotImplemented
    x, w = contiguous(x), contiguous(w)
    output = output_size(x.shape[2:], w.shape[2:], stride, padding, dilation)
    g = _geometry(*x.shape[:2], x.shape[2:], w.shape, output, stride, padding, dilation, groups)
    y = empty((g.N, g.F, *output), x.dtype)
    bias = w if b is None else contiguous(b)
    args = x, w, bias, b is not None, bool(relu), y, *g.numbers
    if g.alone:
        sweep("depthwise", "depthwise_forward", x.dtype, y.size, *args)
        return y
    return _product("forward", g.F // groups, groups, g.pixels, 1, args, y)


def conv2d_relu_forward(x, w, b, stride, padding, dilation, groups):
    return conv2d_forward(x, w, b, stride, padding, dilation, groups, relu=True)


def pooled_forward(x, w, b, stride, padding, dilation, groups):
    """(y, code) behind a ReLU and windows of 2 x 2, for what is a matrix product."""
    if not suits(x, w, *([] if b is None else [b])) or w.size == 0:
        return NotImplemented
    x, w = contiguous(x), contiguous(w)
    output = output_size(x.shape[2:], w.shape[2:], stride, padding, dilation)
    g = _geometry(*x.shape[:2], x.shape[2:], w.shape, output, stride, padding, dilation, groups)
    shape = g.N, g.F, output[0] // 2, output[1] // 2
    file = _file("conv", g.F // groups, x.dtype)
    height, across, below = _tiles(file, g.F // groups, groups, 4 * g.N * shape[2] * shape[3],
                                   x.dtype)
    if g.alone or below > MOST_ROWS:
        return NotImplemented
    y, code = empty(shape, x.dtype), empty(shape, np.uint8)
    _start(file, "forward_pool", (across, below), height, x, w,
           w if b is None else contiguous(b), b is not None, y, code, *g.numbers)
    return y, code


def conv2d_input_gradient(dy, w, size, stride, padding, dilation, groups):
    if not suits(dy, w) or w.size == 0:
        return NotImplemented
    dy, w = contiguous(dy), contiguous(w)
    N, C = len(dy), w.shape[1] * groups
    g = _geometry(N, C, size, w.shape, dy.shape[2:], stride, padding, dilation, groups)
    dx = empty((N, C, *size), dy.dtype)
    if g.depthwise:
        sweep("depthwise", "depthwise_input_gradient", dy.dtype, dx.size, dy, w, dx, *g.numbers)
        return dx
    args = dy, w, dx, *g.numbers
    pixels = N * blocks(g.H, g.SH) * blocks(g.W, g.SW)  # of a phase, see conv.cuh
    return _product("input_gradient", C // groups, groups, pixels, g.SH * g.SW, args, dx)


def conv_transpose2d_forward(x, w, b, size, stride, padding, dilation, groups):
    y = conv2d_input_gradient(x, w, size, stride, padding, dilation, groups)
    return y if b is None or y is NotImplemented else y + b[:, None, None]


def _product(name, rows, groups, pixels, phases, args, result):
    file = _file("conv", rows, result.dtype)
    height, across, below = _tiles(file, rows, groups, pixels, result.dtype, phases)
    if max(below, phases) > MOST_ROWS:
        return NotImplemented
    _start(file, name, (across, below, phases), height, *args)
    return result


def conv2d_weight_gradient(x, dy, kernel, stride, padding, dilation, groups):
    return _weight_gradient(x, dy, dy.shape[2:], kernel, stride, padding, dilation, groups)


def pooled_weight_gradient(x, dy, code, map_size, window, kernel, stride, padding, dilation,
                           groups):
    """Before a ReLU and windows of any size; not for what is no matrix product."""
    pooled = contiguous(code), *dy.shape[2:], *window
    return _weight_gradient(x, dy, map_size, kernel, stride, padding, dilation, groups, pooled)


def _weight_gradient(x, dy, map_size, kernel, stride, padding, dilation, groups, pooled=()):
    if not suits(x, dy) or x.size == 0 or dy.size == 0:
        return NotImplemented
    x, dy = contiguous(x), contiguous(dy)
    C, F = x.shape[1], dy.shape[1]
    shape = F, C // groups, *kernel
    g = _geometry(len(x), C, x.shape[2:], shape, map_size, stride, padding, dilation, groups)
    if g.alone:
        return NotImplemented if pooled else _alone(x, dy, empty(shape, x.dtype), g)
    file, variant, threads, tiles = _weight_tiles(F // groups, groups, math.prod(shape[1:]),
                                                  x.dtype)
    if tiles[1] > MOST_ROWS:
        return NotImplemented
    chunk, parts = _parts(g, math.prod(tiles), threads)
    partial = empty((parts, *shape), x.dtype)
    launch(file, "weight_gradient_pool" if pooled else "weight_gradient", x.dtype, (*tiles, parts),
           threads, x, dy, *pooled[:1], partial, chunk, *pooled[1:], *g.numbers, variant=variant)
    return partial[0] if parts == 1 else _sum_parts(partial)


def _weight_tiles(rows, groups, taps, real):
    """(file, variant, threads of a block, tiles (across, below)) for weights of so many taps."""
    if taps <= FEW:
        return "conv_weight", f"COLUMNS={FEW}", 2 * FEW, (1, groups * blocks(rows, 32))
    file = _file("conv_weight", rows, real)
    height, *tiles = _tiles(file, rows, groups, taps, real, ENOUGH)
    return file, f"ROWS={height}", TILES[file][height][1], tiles


def _alone(x, dy, dw, g):
    launch("depthwise", "depthwise_weight_gradient", x.dtype, dw.size, THREADS, x, dy, dw,
           *g.numbers)
    return dw


def _parts(g, tiles, threads):
    """(pixels of a part, parts) of a weight gradient of so many tiles."""
    most = BLOCKS * 256 // max(256, threads) // tiles
    parts = max(1, min(most, blocks(g.pixels, PART)))
    chunk = blocks(g.pixels, parts * STEPS) * STEPS
    return chunk, blocks(g.pixels, chunk)


def _sum_parts(partial):
    parts, *shape = partial.shape
    dw = empty(tuple(shape), partial.dtype)
    launch("conv_weight", "sum_parts", dw.dtype, blocks(dw.size, 32), (32, min(parts, 32)), partial,
           dw, dw.size, parts)
    return dw
