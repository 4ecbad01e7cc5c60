"""Convolution + bias + ReLU + max-pool in one pass, and the way back through all of them.

The rows of the convolution that a row of windows needs stay in a scratch buffer of the thread; only
the maxima are written, and beside each a byte: which pixel of its window it came from, or DEAD if
the ReLU cut it off. Those bytes are all that the way back has to know: the gradient of the
convolution's result, four times the size for 2x2 windows, is never stored either. A band of it is
unpacked into scratch memory where the plain kernels would copy a band of dy (``stage``).

    N C H W input;  F OH OW result of the convolution;  KH KW window;  PH PW pooled size
"""
import functools

import numpy as np
from numba import prange

from . import conv, conv_weight
from . import vectors as v
from .conv_cover import cover
from .conv_pack import LANES, pack, per_block
from .conv_plan import read_plan
from .jit import Entry, on, parallel, serial, threads
from .memory import address, contiguous, empty, empty_channels_last, scratch, suits
from .objects import ROWS as ROWS_IN_ORDER
from .objects import layout
from .relu_pool import (
    DEAD,
    ROWS,
    Windows,
    channels_last_dense,
    codes,
    pool_rows,
    read_windows,
    relu_max_pool2d_forward,
    unpool,
    unpool2d,
    windows_of,
)
from .simd import BYTES, WIDTH, clear, copy
from .stage import stage
from .winograd import tile_size

FEW = 1 << 15       # weights


@serial
def _remembers(memory, w, count, bias, filters):
    """Whether the weights are those that ``memory`` has a copy of; if not, it gets one now.

    Comparing costs a tenth of packing. In training the first vector differs already.
    """
    if memory == 0:
        return False
    same = _equal(memory, w, count) and (bias == 0 or _equal(memory + 4 * count, bias, filters))
    if not same:
        copy(memory, w, 4 * count)
        if bias != 0:
            copy(memory + 4 * count, bias, 4 * filters)
    return same


@serial
def _equal(x, y, count):
    """Whether two rows of ``count`` numbers are the same bits."""
    for i in range(0, count, WIDTH):
        if not v.all_equal(v.load_ints(x + 4 * i, count - i), v.load_ints(y + 4 * i, count - i)):
            return False
    return True


@parallel
def _correlate_pool(x, w, bias, y, code, packed, memory, scratch, plan, windows):
    """y, code = pooled max(0, bias + x correlated with w); all are addresses."""
    weights = read_plan(plan).F * (read_plan(plan).C // read_plan(plan).G) * (
        read_plan(plan).KH * read_plan(plan).KW)
    if not _remembers(memory, w, weights, bias, read_plan(plan).F):
        for unit in prange(read_plan(plan).G * read_plan(plan).blocks):
            p = read_plan(plan)
            pack(w, bias, 0, packed + unit * per_block(p), unit, p)
    for thread in prange(read_plan(plan).threads):
        p, q = read_plan(plan), read_windows(windows)
        jobs, size = p.N * q.bands, per_block(p)
        room = scratch + thread * (p.scratch + q.room)
        map_rows = room + p.scratch
        for job in range(thread * jobs // p.threads, (thread + 1) * jobs // p.threads):
            n, band = job // q.bands, job % q.bands
            top, bottom = band * q.PH // q.bands, (band + 1) * q.PH // q.bands
            first, rows = top * q.KH, (bottom - top) * q.KH
            here, row, pixel = x + n * p.XN + first * p.SH * p.XH, p.XH, p.XW
            if p.staged:
                here, row, pixel = room, p.width * p.C * 4, p.C * 4
                stage(x + n * p.XN, p.XC, p.XH, p.XW, p.C, p.H, p.W, first * p.SH - p.TOP, -p.LEFT,
                      (rows - 1) * p.SH + (p.KH - 1) * p.DH + 1, p.width, here)
            for unit in range(p.G * p.blocks):
                g, f = unit // p.blocks, unit % p.blocks * LANES
                channel = g * (p.F // p.G) + f
                cover(here + g * (p.C // p.G) * 4, row, pixel, packed + unit * size,
                           map_rows + channel * 4, rows, min(LANES, p.F // p.G - f), 0, p)
            place = n * q.PN + top * q.PR
            pool_rows(map_rows, p.YH, y + place, code + place // 4, bottom - top, q)


@parallel
def _correlate_unpooled(dy, code, w, start, dx, packed, memory, scratch, plan, windows):
    """dx = the unpooled gradient correlated with w, turned and transposed by its strides.

    ``start`` is where the turned kernel begins in w.
    """
    weights = read_plan(plan).F * (read_plan(plan).C // read_plan(plan).G) * (
        read_plan(plan).KH * read_plan(plan).KW)
    if not _remembers(memory, w, weights, 0, 0):
        for unit in prange(read_plan(plan).G * read_plan(plan).blocks):
            p = read_plan(plan)
            pack(start, 0, 0, packed + unit * per_block(p), unit, p)
    for thread in prange(read_plan(plan).threads):
        p, q = read_plan(plan), read_windows(windows)
        jobs, size = p.N * p.bands, per_block(p)
        here = scratch + thread * p.scratch
        row, pixel = p.width * p.C * 4, p.C * 4
        for job in range(thread * jobs // p.threads, (thread + 1) * jobs // p.threads):
            n, band = job // p.bands, job % p.bands
            first, last = band * p.OH // p.bands, (band + 1) * p.OH // p.bands
            unpool(dy + n * q.PN, code + n * q.PN // 4, q, first - p.TOP, -p.LEFT,
                   last - first - 1 + (p.KH - 1) * p.DH + 1, p.width, here)
            for unit in range(p.G * p.blocks):
                g, f = unit // p.blocks, unit % p.blocks * LANES
                channel = g * (p.F // p.G) + f
                cover(here + g * (p.C // p.G) * 4, row, pixel, packed + unit * size,
                           dx + n * p.YN + first * p.YH + channel * 4, last - first,
                           min(LANES, p.F // p.G - f), 0, p)


@parallel
def _accumulate_unpooled(x, dy, code, dw, scratch, plan, windows):
    """dw = sum of x times the unpooled gradient; see ``conv_weight.py``."""
    for thread in prange(conv_weight.read_plan(plan).threads):
        p, q = conv_weight.read_plan(plan), read_windows(windows)
        jobs = p.N * p.bands
        part = scratch + thread * (p.part + p.scratch)
        grad = part + p.part + p.before_y
        clear(part, p.part)
        for job in range(thread * jobs // p.threads, (thread + 1) * jobs // p.threads):
            n, band = job // p.bands, job % p.bands
            first, last = band * p.OH // p.bands, (band + 1) * p.OH // p.bands
            unpool(dy + n * q.PN, code + n * q.PN // 4, q, first, 0, last - first, p.OW, grad)
            conv_weight.add_band(x + n * p.XN, grad, p.OW * p.F * 4, p.F * 4, part, part + p.part,
                                 first, last, p)
    for job in prange(conv_weight.jobs_of(conv_weight.read_plan(plan))):
        conv_weight.collect(scratch, dw, job, conv_weight.read_plan(plan))


def conv2d_relu_pool_forward(x, w, b, stride, padding, dilation, groups, window):
    """(y, code): see ``kernels/reference/conv_pool.py``. In two steps where tiles do not fit."""
    if not suits(x, w, b) or window[0] * window[1] >= DEAD:
        return NotImplemented
    if tile_size(w.shape[2:], stride, dilation, groups, (padding[0][0], padding[1][0]), x.shape,
                 _map_shape(x.shape, w.shape, stride, padding, dilation)):
        return _in_two_steps(x, w, b, stride, padding, dilation, groups, window)
    p, q, size = _forward_plans(x.shape, x.strides, w.shape, w.strides, stride, padding, dilation,
                                groups, window, threads())
    if q is None:
        return _in_two_steps(x, w, b, stride, padding, dilation, groups, window)
    y = empty_channels_last(size, np.float32)
    code = empty_channels_last(size, np.uint8)
    bias = contiguous(b)
    packed, memory, room = _places(w, bias, p.packed, p.threads * (p.scratch + q.room))
    run = on(p.threads, _correlate_pool)
    run(address(x), address(w), address(bias), address(y), address(code), packed, memory, room,
        p.address, q.address)
    return y, code


def _places(w, bias, packed, room):
    """Addresses for packed weights, for a copy of the weights that tells whether they are still
    right (0 for none), and for the rest of the work.

    Only a captured call comes again, and finds what it packed; where weights are many, packing them
    is little of the work.
    """
    if Entry.tape is None or w.size > FEW or layout(w) != ROWS_IN_ORDER:
        place = scratch(packed + room)
        return place, 0, place + packed
    memory = np.full(w.size + (0 if bias is None else bias.size), np.nan, np.float32)
    lines = empty((packed // 4,), np.float32)
    Entry.keep(memory, lines)
    return address(lines), address(memory), scratch(room)


def _in_two_steps(x, w, b, stride, padding, dilation, groups, window):
    y = conv.conv2d_forward(x, w, b, stride, padding, dilation, groups)
    return relu_max_pool2d_forward(y, window)


@functools.cache
def _map_shape(x_shape, w_shape, stride, padding, dilation):
    """The shape of the convolution's result."""
    sizes = [(n + sum(p) - d * (k - 1) - 1) // s + 1
             for n, p, d, k, s in zip(x_shape[2:], padding, dilation, w_shape[2:], stride)]
    return x_shape[0], w_shape[0], *sizes


@functools.cache
def _forward_plans(x_shape, x_strides, w_shape, w_strides, stride, padding, dilation, groups,
                   window, workers):
    """(plan of the convolution, windows, pooled shape); no windows where they do not fit in."""
    (top, _), (left, _) = padding
    kh, kw = w_shape[2:]
    n, f, oh, ow = _map_shape(x_shape, w_shape, stride, padding, dilation)
    ph, pw = oh // window[0], ow // window[1]
    f_stride, c_stride, h_stride, w_stride = w_strides
    p = conv.make_plan(x_shape, x_strides, (n, f, oh, ow), (0, 4, ow * f * 4, f * 4),
                       (f // groups * f_stride, f_stride, c_stride, h_stride, w_stride),
                       (kh, kw), stride, dilation, (top, left), groups, workers, conv.RELU,
                       by_filters=False)
    size = n, f, ph, pw
    if not ph * pw or p.tile_rows > window[0] or conv.kernel_for(p) is not conv.correlate:
        return p, None, size
    rows = min(ROWS // (window[0] * ow * f * 4), oh // p.bands // window[0])
    bands = -(-ph // max(rows, 1))
    if n < 4 * p.threads and n * bands % p.threads:
        bands = min(-(-bands // p.threads) * p.threads, ph)
    rows = -(-ph // bands) * window[0]
    staged = ((rows - 1) * stride[0] + (kh - 1) * dilation[0] + 1) * p.width * x_shape[1] * 4
    p = p._replace(scratch=_round(staged + BYTES) if p.staged else 0)
    return p, Windows(f, oh, ow, *window, ph, pw, ph * pw * f * 4, pw * f * 4, f * 4, bands,
                      _round(rows * ow * f * 4)), size


def _round(size):
    return -(-size // 64) * 64


def conv2d_relu_pool_input_gradient(dy, code, w, map_size, size, window, stride, padding, dilation,
                                    groups):
    """dx."""
    direct = stride == (1, 1) and w.shape[1] > conv.MOST and suits(dy, w)
    before = _before(w.shape[2:], padding, dilation)
    direct = direct and not tile_size(w.shape[2:], stride, dilation, groups, before,
                                      (*dy.shape[:2], *map_size), (len(dy), w.shape[1], *size))
    if not direct or not conv.is_finite(w):
        dmap = unpool2d(dy, code, map_size, window)
        if dmap is NotImplemented:
            return dmap
        return conv.conv2d_input_gradient(dmap, w, size, stride, padding, dilation, groups)
    dy, code = channels_last_dense(dy), codes(code)
    (_, c, kh, kw), n = w.shape, len(dy)
    dx = empty_channels_last((n, c * groups, *size), np.float32)
    p = _backward_plan(dy.shape, dx.shape, dx.strides, w.shape, w.strides, map_size, padding,
                       dilation, groups, threads())
    q = windows_of(dy, map_size, window)
    start = address(w) + (kh - 1) * w.strides[2] + (kw - 1) * w.strides[3]
    packed, memory, room = _places(w, None, p.packed, p.threads * p.scratch)
    run = on(p.threads, _correlate_unpooled)
    run(address(dy), address(code), address(w), start, address(dx), packed, memory, room,
        p.address, q.address)
    return dx


def _before(kernel, padding, dilation):
    """Zeros before dy (rows, columns), where dx is a convolution of dy."""
    return tuple([d * (k - 1) - p[0] for d, k, p in zip(dilation, kernel, padding)])


@functools.cache
def _backward_plan(dy_shape, dx_shape, dx_strides, w_shape, w_strides, map_size, padding, dilation,
                   groups, workers):
    """The plan of the convolution that makes dx, always from staged rows."""
    n, f = dy_shape[:2]
    kh, kw = w_shape[2:]
    f_stride, c_stride, h_stride, w_stride = w_strides
    before = _before((kh, kw), padding, dilation)
    apart = 4 * f   # channels are never side by side with a gap: the plan takes staging for granted
    return conv.make_plan(
        (n, f, *map_size), (0, 0, apart, apart), dx_shape, dx_strides,
        (f // groups * f_stride, c_stride, f_stride, -h_stride, -w_stride), (kh, kw), (1, 1),
        dilation, before, groups, workers, by_filters=False)


def conv2d_relu_pool_weight_gradient(x, dy, code, map_size, window, kernel, stride, padding,
                                     dilation, groups):
    """dw."""
    if not suits(x, dy):
        return NotImplemented
    if groups == x.shape[1] == dy.shape[1] > 1 or tile_size(
            kernel, stride, dilation, groups, (padding[0][0], padding[1][0]), x.shape,
            (*dy.shape[:2], *map_size)):
        dmap = unpool2d(dy, code, map_size, window)
        return conv.conv2d_weight_gradient(x, dmap, kernel, stride, padding, dilation, groups)
    dy, code = channels_last_dense(dy), codes(code)
    n, f = dy.shape[:2]
    p = conv_weight.make_plan(x.shape, x.strides, (n, f, *map_size), (0, 0, 0, 0), kernel, stride,
                              padding, dilation, groups, threads(), 2 * ROWS)
    dw = empty((f, p.C // groups, *kernel), np.float32)
    room = scratch(p.threads * (p.part + p.scratch))
    run = on(p.threads, _accumulate_unpooled)
    run(address(x), address(dy), address(code), address(dw), room, p.address,
        windows_of(dy, map_size, window).address)
    return dw
