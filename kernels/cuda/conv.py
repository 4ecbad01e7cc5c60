"""Convolution on the GPU: implicit matrix products, tile by tile (see conv.cu).

    N C H W images;  F filters in G groups, C/G KH KW each;  OH OW result
"""
from dataclasses import astuple, dataclass

import numpy as np

from minitorch_cnn.cuda import get_float32_matmul_precision

from ..reference.conv import output_size
from .columns import col2im, im2col  # noqa: F401
from .launch import blocks, contiguous, empty, launch, runs_here, suits, sweep

col2im_gather = col2im

COLUMNS = {"conv": 128, "conv_tf32": 64}    # pixels of a tile, as in the .cu files
TAPS = 64           # and of the weights' gradient: taps, and pixels at a time
STEPS = 16
MOST_ROWS = 65535   # tiles of filters, over all groups, that one launch can have
BLOCKS = 1024       # the weights' gradient is shared out until there are about so many
THREADS = 256       # that share a weight of a depthwise convolution
PART = 512          # pixels below which sharing costs more than it brings


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
    def depthwise(self):
        """One channel per group."""
        return self.C == self.G

    @property
    def pixels(self):
        """Of all results."""
        return self.N * self.OH * self.OW


def _geometry(N, C, size, w_shape, output, stride, padding, dilation, groups):
    (top, _), (left, _) = padding
    return Geometry(N, C, *size, w_shape[0], *w_shape[2:], *output, *stride, *dilation, top, left,
                    groups)


def _choose(file, rows, groups, real):
    """(file, its variant, tiles along the rows of all groups) for a product of so many rows."""
    if real == np.float32 and rows > 16 and get_float32_matmul_precision() != "highest" \
            and runs_here(f"{file}_tf32", real):
        return f"{file}_tf32", None, groups * blocks(rows, 64)
    height = 64 if rows > 32 and real == np.float32 else 32
    return file, f"ROWS={height}", groups * blocks(rows, height)


def conv2d_forward(x, w, b, stride, padding, dilation, groups, relu=False):
    """y, and with ``relu`` max(y, 0) in one pass."""
    if not suits(x, w, *([] if b is None else [b])) or w.size == 0:
        return NotImplemented
    x, w = contiguous(x), contiguous(w)
    output = output_size(x.shape[2:], w.shape[2:], stride, padding, dilation)
    g = _geometry(*x.shape[:2], x.shape[2:], w.shape, output, stride, padding, dilation, groups)
    y = empty((g.N, g.F, *output), x.dtype)
    bias = w if b is None else contiguous(b)
    args = x, w, bias, b is not None, bool(relu), y, *astuple(g)
    if g.depthwise:
        sweep("depthwise", "depthwise_forward", x.dtype, y.size, *args)
        return y
    return _product("forward", g.F // groups, groups, g.pixels, args, y)


def conv2d_relu_forward(x, w, b, stride, padding, dilation, groups):
    return conv2d_forward(x, w, b, stride, padding, dilation, groups, relu=True)


def pooled_forward(x, w, b, stride, padding, dilation, groups):
    """(y, code) behind a ReLU and windows of 2 x 2, for what conv.cu itself computes."""
    if not suits(x, w, *([] if b is None else [b])) or w.size == 0:
        return NotImplemented
    x, w = contiguous(x), contiguous(w)
    output = output_size(x.shape[2:], w.shape[2:], stride, padding, dilation)
    g = _geometry(*x.shape[:2], x.shape[2:], w.shape, output, stride, padding, dilation, groups)
    shape = g.N, g.F, output[0] // 2, output[1] // 2
    file, variant, tiles = _choose("conv", g.F // groups, groups, x.dtype)
    if file != "conv" or g.depthwise or tiles > MOST_ROWS:
        return NotImplemented
    y, code = empty(shape, x.dtype), empty(shape, np.uint8)
    columns = blocks(4 * g.N * shape[2] * shape[3], COLUMNS[file])
    launch(file, "forward_pool", x.dtype, (columns, tiles), 128, x, w,
           w if b is None else contiguous(b), b is not None, y, code, *astuple(g), variant=variant)
    return y, code


def conv2d_input_gradient(dy, w, size, stride, padding, dilation, groups):
    if not suits(dy, w) or w.size == 0:
        return NotImplemented
    dy, w = contiguous(dy), contiguous(w)
    N, C = len(dy), w.shape[1] * groups
    g = _geometry(N, C, size, w.shape, dy.shape[2:], stride, padding, dilation, groups)
    dx = empty((N, C, *size), dy.dtype)
    if g.depthwise:
        sweep("depthwise", "depthwise_input_gradient", dy.dtype, dx.size, dy, w, dx, *astuple(g))
        return dx
    args = dy, w, dx, *astuple(g)
    return _product("input_gradient", C // groups, groups, N * g.H * g.W, args, dx)


def conv_transpose2d_forward(x, w, b, size, stride, padding, dilation, groups):
    y = conv2d_input_gradient(x, w, size, stride, padding, dilation, groups)
    return y if b is None or y is NotImplemented else y + b[:, None, None]


def _product(name, rows, groups, columns, args, result):
    file, variant, tiles = _choose("conv", rows, groups, result.dtype)
    if tiles > MOST_ROWS:
        return NotImplemented
    launch(file, name, result.dtype, (blocks(columns, COLUMNS[file]), tiles), 128, *args,
           variant=variant)
    return result


def conv2d_weight_gradient(x, dy, kernel, stride, padding, dilation, groups):
    if not suits(x, dy) or x.size == 0 or dy.size == 0:
        return NotImplemented
    x, dy = contiguous(x), contiguous(dy)
    C, F = x.shape[1], dy.shape[1]
    shape = F, C // groups, *kernel
    g = _geometry(len(x), C, x.shape[2:], shape, dy.shape[2:], stride, padding, dilation, groups)
    dw = empty(shape, x.dtype)
    if g.depthwise:
        launch("depthwise", "depthwise_weight_gradient", x.dtype, dw.size, THREADS, x, dy, dw,
               *astuple(g))
        return dw
    file, variant, tiles = _choose("conv_weight", F // groups, groups, x.dtype)
    across = blocks(dw.size // F, TAPS)
    if tiles > MOST_ROWS:
        return NotImplemented
    parts = min(blocks(BLOCKS, across * tiles), blocks(g.pixels, PART))
    chunk = blocks(g.pixels, parts * STEPS) * STEPS
    parts = blocks(g.pixels, chunk)
    partial = dw if parts == 1 else empty((parts, *shape), x.dtype)
    launch(file, "weight_gradient", x.dtype, (across, tiles, parts), 128, x, dy, partial, chunk,
           *astuple(g), variant=variant)
    if parts > 1:
        sweep("conv_weight", "sum_parts", x.dtype, dw.size, partial, dw, dw.size, parts)
    return dw
