"""Convolution on the CPU: direct, without columns, a tile of results in registers at a time.

The same four steps serve the forward pass, the input gradient and the transposed convolution:

1. The weights are packed: a line of neighboring output channels for each (kernel row, kernel
   column, input channel), so that one vector load fetches the weights of WIDTH channels.
2. Every thread takes bands of rows of an image. It copies the rows of x that its band needs into a
   scratch buffer of its own, with a border of zeros around them and the channels of a pixel side by
   side (N, H, W, C). The copy stays in the cache; from here on there is no padding and no stride to
   think of. Where x already lies like that and needs no border, it is used in place.
3. Tiles of results (14 pixels x 32 channels with AVX-512) are summed in registers (`tiles.py`).
4. The tile is written to y, whose memory runs N, H, W, C as well ("channels last").

The input gradient is a convolution of dy with the kernel turned by 180 degrees. With a stride, the
rows of dx fall into as many classes as the stride is long; each class sees every stride-th kernel
row only, and is a convolution of stride 1.

The weight gradient (`conv_weight.py`) stages x and dy in the same way. 3x3 kernels of stride 1 need
a quarter of the multiplications by Winograd's algorithm (`winograd.py`); the direct kernel does
them where that is not faster, and again where a result is not finite.

    N C H W input;  F OH OW output;  KH KW kernel;  SH SW stride;  DH DW dilation;  G groups
"""
import functools

import numpy as np
from numba import prange

from .conv_cover import best_tile, cover
from .conv_few import MOST, correlate_few
from .conv_pack import LANES, block_bytes, pack, per_block
from .conv_plan import NO_BOUNDS, Plan, bounds, pixels, read_plan, row_class
from .conv_weight import weight_gradient
from .depthwise import accumulate_depthwise, correlate_depthwise
from .finite import is_finite
from .jit import on, parallel, threads
from .layout import fill_with_zeros
from .linear import linear_input_gradient
from .memory import FLOAT, address, contiguous, empty, empty_channels_last, scratch, suits
from .objects import ROWS, layout
from .simd import BYTES, WIDTH
from .stage import channels_last, long_rows, stage
from .winograd import in_words, tile_size
from .winograd_forward import correlate_winograd
from .winograd_weight import weight_gradient_winograd

BAND = 1 << 18          # bytes of x that a thread stages at once: half of a second-level cache
RELU = bounds(0)
FEW = 1 << 22           # multiplications that one thread does sooner than two, which share w
FEW_APART = 1 << 18     # the same for a kernel per channel
CHUNK = 3 << 17         # bytes of packed weights that a thread keeps while x passes: likewise
def _bands(n, oh, tile_rows, row_bytes, rows_per_band, workers):
    """Into how many bands of rows an image is cut: they fit the cache, all threads have work."""
    most = max(oh // max(tile_rows, 2), 1)
    bands = -(-oh // max(rows_per_band, tile_rows))
    if n < 4 * workers and n * bands % workers:
        bands = -(-bands // workers) * workers
    return min(bands, most)


@functools.cache
def make_plan(x_shape, x_strides, y_shape, y_strides, w_strides, kernel, stride, dilation, before,
              groups, workers, limits=NO_BOUNDS, by_filters=True):
    """Cut a correlation into tiles: pure arithmetic on sizes, remembered for the next call."""
    if kernel == stride == (1, 1) and before == (0, 0):
        x_shape, x_strides, y_shape, y_strides = long_rows(x_shape, x_strides, y_shape, y_strides)
    (n, c, h, w), (_, f, oh, ow) = x_shape, y_shape
    (kh, kw), (sh, sw), (dh, dw), (top, left) = kernel, stride, dilation, before
    high, wide = (oh - 1) * sh + (kh - 1) * dh + 1, (ow - 1) * sw + (kw - 1) * dw + 1
    in_place = (top == left == 0 and high <= h and wide <= w and (x_strides[1] == 4 or c == 1)
                and (groups < c or c % WIDTH == 0))     # the depthwise tile reads whole vectors
    together = dw == 1 and groups == 1 and (not in_place or x_strides[3] == 4 * c)
    if n * f * oh * ow * (c // groups) * kh * kw < (FEW_APART if groups == c == f > 1 else FEW):
        workers = 1
    kind, rows, cols = best_tile(oh, ow)
    passing = 4 * ow * f if kh == kw == 1 else 0    # bytes of y that come and go with a row of x
    rows_that_fit = int((BAND / (4 * wide * c + passing) - (kh - 1) * dh - 1) / sh) + 1
    bands = _bands(n, oh, rows, 4 * wide * c, rows_that_fit, workers)
    blocks = -(-(f // groups) // LANES)
    splits = min(groups * blocks, -(-workers // (n * bands)))
    size = block_bytes(kh * kw * (c // groups))
    chunk = 0
    if by_filters and f // groups > MOST:
        chunk = _chunk(groups * blocks, size, n * bands, 4 * n * c * high * wide, workers)
    if chunk:
        bands = _bands(n, oh, rows, 4 * wide * c, rows_that_fit, 1)
    staged_rows = (-(-oh // bands) - 1) * sh + (kh - 1) * dh + 1
    plan = Plan(
        n, c, h, w, f, oh, ow, kh, kw, sh, sw, dh, dw, top, left, groups,
        *x_strides, y_strides[0], y_strides[2], y_strides[3], *w_strides,
        kind, rows, cols, bands, splits, chunk, workers,
        int(not in_place), wide, 1 if together else kw, kw * c if together else c // groups, blocks,
        0 if in_place else staged_rows * wide * c * 4 + BYTES,
        (chunk * workers if chunk else groups * blocks) * size, limits)
    plan.room = plan.packed + (n * bands if chunk else workers) * plan.scratch
    plan.kernel = on(workers, kernel_for(plan))
    return plan


def _chunk(units, size, jobs, x_bytes, workers):
    """How many blocks of weights a thread keeps in its cache while all of x passes; 0: none.

    The other way is to keep a band of x while all weights pass. What passes comes from the cache
    that all threads share, or from memory, so it should be little.
    """
    share = -(-units // workers)
    chunk = min(max(CHUNK // size, 1), share)
    little = -(-share // chunk) * x_bytes < units * size * jobs / workers
    return chunk if units * size > CHUNK and share * workers <= 1.2 * units and little else 0


@parallel
def correlate(x, w, bias, scale, more, y, scratch, plan):
    """y = bias + x correlated with scale * w, for one plan; all arguments are addresses.

    ``more``: see ``tiles.make_row_tile``.
    """
    for unit in prange(read_plan(plan).G * read_plan(plan).blocks):
        p = read_plan(plan)
        pack(w, bias, scale, scratch + unit * per_block(p), unit, p)
    for thread in prange(read_plan(plan).threads):
        p = read_plan(plan)
        own = scratch + p.packed
        jobs = p.N * p.bands * p.splits
        for job in range(thread * jobs // p.threads, (thread + 1) * jobs // p.threads):
            split = job % p.splits
            band = job // p.splits % p.bands
            n = job // p.splits // p.bands
            first, last = band * p.OH // p.bands, (band + 1) * p.OH // p.bands
            source = x + n * p.XN
            if p.staged:
                here, row, pixel = own + thread * p.scratch, p.width * p.C * 4, p.C * 4
                stage(source, p.XC, p.XH, p.XW, p.C, p.H, p.W, first * p.SH - p.TOP, -p.LEFT,
                      (last - first - 1) * p.SH + (p.KH - 1) * p.DH + 1, p.width, here)
            else:
                here, row, pixel = source + first * p.SH * p.XH, p.XH, p.XW
            units = p.G * p.blocks
            for unit in range(split * units // p.splits, (split + 1) * units // p.splits):
                g, f = unit // p.blocks, unit % p.blocks * LANES
                channel = g * (p.F // p.G) + f
                cover(here + g * (p.C // p.G) * 4, row, pixel, scratch + unit * per_block(p),
                       y + n * p.YN + first * p.YH + channel * 4, last - first,
                       min(LANES, p.F // p.G - f), more, p)


@parallel
def correlate_by_filters(x, w, bias, scale, more, y, scratch, plan):
    """The same for a plan with many weights: a thread packs a few filters, and all of x passes."""
    if read_plan(plan).staged:
        for job in prange(read_plan(plan).N * read_plan(plan).bands):
            p = read_plan(plan)
            n, band = job // p.bands, job % p.bands
            first, last = band * p.OH // p.bands, (band + 1) * p.OH // p.bands
            stage(x + n * p.XN, p.XC, p.XH, p.XW, p.C, p.H, p.W, first * p.SH - p.TOP, -p.LEFT,
                  (last - first - 1) * p.SH + (p.KH - 1) * p.DH + 1, p.width,
                  scratch + p.packed + job * p.scratch)
    for thread in prange(read_plan(plan).threads):
        p = read_plan(plan)
        units, own = p.G * p.blocks, scratch + thread * p.chunk * per_block(p)
        final = (thread + 1) * units // p.threads
        for begin in range(thread * units // p.threads, final, p.chunk):
            end = min(begin + p.chunk, final)
            for unit in range(begin, end):
                pack(w, bias, scale, own + (unit - begin) * per_block(p), unit, p)
            for job in range(p.N * p.bands):
                n, band = job // p.bands, job % p.bands
                first, last = band * p.OH // p.bands, (band + 1) * p.OH // p.bands
                here, row, pixel = x + n * p.XN + first * p.SH * p.XH, p.XH, p.XW
                if p.staged:
                    here, row, pixel = scratch + p.packed + job * p.scratch, p.width * p.C * 4, (
                        p.C * 4)
                for unit in range(begin, end):
                    g, f = unit // p.blocks, unit % p.blocks * LANES
                    channel = g * (p.F // p.G) + f
                    cover(here + g * (p.C // p.G) * 4, row, pixel,
                          own + (unit - begin) * per_block(p),
                          y + n * p.YN + first * p.YH + channel * 4, last - first,
                          min(LANES, p.F // p.G - f), more, p)


def kernel_for(plan):
    """The inner function that suits a plan: depthwise, few output channels, or the general one."""
    if plan.G > 1 and plan.G == plan.C == plan.F:
        return correlate_depthwise
    if plan.F // plan.G <= MOST and plan.taps * plan.run >= WIDTH:
        return correlate_few
    return correlate_by_filters if plan.chunk else correlate


def _run(x, w_start, bias, scale, more, y_start, plan):
    plan.kernel(address(x), w_start, address(bias), address(scale), more, y_start,
                scratch(plan.room), plan.address)


def conv2d_forward(x, w, b, stride, padding, dilation, groups):
    """y = x correlated with w, plus b: see ``kernels/reference/conv.py``. float32 only."""
    return forward(x, w, b, stride, padding, dilation, groups)


def conv2d_relu_forward(x, w, b, stride, padding, dilation, groups):
    """y = max(0, x correlated with w, plus b)."""
    return forward(x, w, b, stride, padding, dilation, groups, RELU)


def forward(x, w, b, stride, padding, dilation, groups, limits=NO_BOUNDS, scale=None, z=None):
    """y = z + x correlated with scale * w, plus b, cut off at limits; z lies as y will."""
    if not suits(x, w, b):
        return NotImplemented
    shape, plan = _forward_plan(x.shape, x.strides, w.shape, w.strides, stride, padding, dilation,
                                groups, threads(), limits)
    y, b, before = empty_channels_last(shape, FLOAT), contiguous(b), (padding[0][0], padding[1][0])
    more = 0 if z is None else address(z) - address(y)
    m = tile_size(w.shape[2:], stride, dilation, groups, before, x.shape, shape)

    def direct():
        _run(x, address(w), b, scale, more, address(y), plan)
    if m:
        correlate_winograd(m, x, address(w), w.strides, b, scale, more, y, before, limits, direct)
    else:
        direct()
    return y


@functools.cache
def _forward_plan(x_shape, x_strides, w_shape, w_strides, stride, padding, dilation, groups,
                  workers, limits=NO_BOUNDS):
    """(shape of y, how to compute it)."""
    (n, _, height, width), (f, _, kh, kw) = x_shape, w_shape
    (top, bottom), (left, right) = padding
    oh = (height + top + bottom - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    ow = (width + left + right - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    plan = make_plan(x_shape, x_strides, (n, f, oh, ow), pixels((n, f, oh, ow)),
                     (f // groups * w_strides[0], *w_strides), (kh, kw), stride, dilation,
                     (top, left), groups, workers, limits)
    return (n, f, oh, ow), plan


def explain_conv2d_forward(x, w, b, stride, padding, dilation, groups):
    """In words, for ``minitorch_cnn.kernels.explain``: which inner loop, and how it is cut."""
    shape, plan = _forward_plan(x.shape, x.strides, w.shape, w.strides, stride, padding, dilation,
                                groups, threads())
    before = padding[0][0], padding[1][0]
    m = tile_size(w.shape[2:], stride, dilation, groups, before, x.shape, shape)
    if m:
        return in_words(m, *x.shape[:2], *shape[1:])
    kind = {correlate_depthwise: "depthwise, vectors along the channels",
            correlate_few: f"{plan.F // plan.G} output channels, vectors along the inputs",
            correlate: f"tiles of {plan.tile_rows}x{plan.tile_cols} pixels by {LANES} channels"}
    kind[correlate_by_filters] = f"{kind[correlate]}, filter by filter"
    padded = "rows of x staged with their border" if plan.staged else "x in place"
    return f"{kind[kernel_for(plan)]}; {padded}; {plan.bands} bands an image"


def conv2d_input_gradient(dy, w, size, stride, padding, dilation, groups):
    """dx of the forward pass: dy correlated with the turned kernel, for each class of pixels."""
    return _turned(dy, w, None, size, stride, padding, dilation, groups)


def conv_transpose2d_forward(x, w, b, size, stride, padding, dilation, groups):
    return _turned(x, w, b, size, stride, padding, dilation, groups)


def _turned(dy, w, b, size, stride, padding, dilation, groups):
    """dx + b. Around dy lie zeros, which an infinite weight would make NaN of: declined."""
    if not suits(dy, w, b) or not is_finite(w):
        return NotImplemented
    if b is None and _is_one_window(dy, w, size, padding, dilation, groups):
        n, (f, c, kh, kw) = len(dy), w.shape
        dx = linear_input_gradient(dy.reshape(n, f), w.reshape(f, c * kh * kw))
        return dx.reshape(n, c, kh, kw)
    shape, gaps, parts, before = _gradient_plans(
        dy.shape, dy.strides, w.shape, w.strides, size, stride, padding, dilation, groups,
        threads())
    dx, b = empty_channels_last(shape, FLOAT), contiguous(b)
    if gaps and b is not None:
        return NotImplemented
    if gaps:
        fill_with_zeros(dx)
    m = tile_size(w.shape[2:], stride, dilation, groups, before, dy.shape, shape)

    def direct():
        for from_w, to_dx, plan in parts:
            _run(dy, address(w) + from_w, b, None, 0, address(dx) + to_dx, plan)
    if m:
        f, c, h, w_ = w.strides
        correlate_winograd(m, dy, address(w) + 2 * h + 2 * w_, (c, f, -h, -w_), b, None, 0, dx,
                           before, NO_BOUNDS, direct)
    else:
        direct()
    return dx


def _is_one_window(dy, w, size, padding, dilation, groups):
    """Whether a single window covers the image: then dx is a product of matrices."""
    return (dy.shape[2:] == (1, 1) and tuple(size) == w.shape[2:] and groups == 1
            and layout(w) == ROWS and dilation == (1, 1) and padding == ((0, 0), (0, 0)))


@functools.cache
def _gradient_plans(dy_shape, dy_strides, w_shape, w_strides, size, stride, padding, dilation,
                    groups, workers):
    """How to compute dx, and what of it.

    (its shape, whether pixels are left out, [(bytes into w, bytes into dx, plan), ...], rows and
    columns of zeros before dy).
    """
    n, (f, c, kh, kw) = dy_shape[0], w_shape
    shape = n, c * groups, *size
    image, pixel, line, column = pixels(shape)
    f_stride, c_stride, h_stride, w_stride = w_strides
    down, across = [[row_class(a, k, n, s, d, before) for a in range(s)] for k, n, s, d, (before, _)
                    in zip((kh, kw), size, stride, dilation, padding)]
    parts = []
    for vertical in down:
        for horizontal in across:
            rows = len(range(vertical.first, size[0], stride[0]))
            columns = len(range(horizontal.first, size[1], stride[1]))
            if not (rows and columns and vertical.taps and horizontal.taps):
                continue
            plan = make_plan(
                dy_shape, dy_strides, (n, c * groups, rows, columns),
                (image, pixel, line * stride[0], column * stride[1]),
                (f // groups * f_stride, c_stride, f_stride,
                 -vertical.step * h_stride, -horizontal.step * w_stride),
                (vertical.taps, horizontal.taps), (1, 1), (vertical.dilation, horizontal.dilation),
                (vertical.before, horizontal.before), groups, workers)
            parts.append((vertical.last * h_stride + horizontal.last * w_stride,
                          vertical.first * line + horizontal.first * column, plan))
    gaps = not all(one.taps for one in down + across)
    return shape, gaps, parts, (down[0].before, across[0].before)


def conv2d_weight_gradient(x, dy, kernel, stride, padding, dilation, groups):
    """dw of the forward pass."""
    if not suits(x, dy):
        return NotImplemented
    if groups == x.shape[1] == dy.shape[1] > 1:
        return _depthwise_weight_gradient(x, channels_last(dy), kernel, stride, padding, dilation)
    before = padding[0][0], padding[1][0]
    m = tile_size(kernel, stride, dilation, groups, before, x.shape, dy.shape)
    dw = empty((dy.shape[1], x.shape[1] // groups, *kernel), np.float32)

    def direct():
        weight_gradient(x, dy, dw, stride, padding, dilation, groups)
    if m:
        weight_gradient_winograd(m, x, dy, dw, before, direct)
    else:
        direct()
    return dw


def _depthwise_weight_gradient(x, dy, kernel, stride, padding, dilation):
    channels = x.shape[1]
    plan = make_plan(x.shape, x.strides, dy.shape, dy.strides, (0,) * 5, kernel, stride, dilation,
                     (padding[0][0], padding[1][0]), channels, threads())
    dw = empty((channels, 1, *kernel), np.float32)
    part = -(-channels // WIDTH) * kernel[0] * kernel[1] * BYTES
    room = scratch(plan.threads * (part + plan.scratch))
    run = on(plan.threads, accumulate_depthwise)
    run(address(x), address(dy), address(dw), room, plan.address)
    return dw
