"""Pooling on the CPU: vectors over the channels of a pixel, threads over the rows.

Backward gathers: every pixel of dx asks the windows that cover it. So nothing is written twice, no
order matters, and dx needs no zeros first.

    N C H W input;  OH OW output;  KH KW window;  SH SW stride;  DH DW dilation
"""
import functools
from collections import namedtuple

import numpy as np
from numba import prange

from . import vectors as v
from .jit import on, parallel, serial, threads
from .memory import FLOAT, address, empty_channels_last, suits
from .objects import PIXELS, Packed, layout, reader
from .simd import WIDTH, clear, read
from .stage import channels_last, rearranged


class Windows(Packed, namedtuple("Windows", (
        "N C H W OH OW KH KW SH SW DH DW TOP BOTTOM LEFT RIGHT "
        "XN XH XW YN YH YW"))):     # strides in bytes of the large and of the pooled image
    """Sizes, and how memory runs."""


_read = reader(Windows)
INT = np.dtype(np.int32)
FEW = 1 << 15   # floats of the large images that one thread walks over sooner than two
NO_PADDING = ((0, 0), (0, 0))


@functools.cache
def _windows(x_shape, x_strides, y_size, y_strides, kernel, stride, padding, dilation):
    return Windows(*x_shape, *y_size, *kernel, *stride, *dilation, *padding[0], *padding[1],
                   x_strides[0], *x_strides[2:], y_strides[0], *y_strides[2:])


def _plan(x, y, kernel=(0, 0), stride=(1, 1), padding=NO_PADDING, dilation=(1, 1)):
    """The plan for large images like x and pooled ones like y."""
    return _windows(x.shape, x.strides, y.shape[2:], y.strides, kernel, stride, padding, dilation)


def _threads(x, kernel):
    """The kernel on as many threads as large images like x are worth."""
    return on(threads() if x.size >= FEW else 1, kernel)


@serial
def _inside(start, count, step, size):
    """The first and one past the last of ``count`` taps from ``start`` on that lie in 0 .. size."""
    if start >= 0 and start + (count - 1) * step < size:
        return 0, count     # the usual case, without a division
    first = max(0, -(start // step)) if start < 0 else 0
    last = min(count, (size - start + step - 1) // step)
    return first, max(first, last)


@parallel
def _max_forward(x, y, index, plan):
    for job in prange(_read(plan).N * _read(plan).OH):
        p = _read(plan)
        n, oh = job // p.OH, job % p.OH
        top = oh * p.SH - p.TOP
        kh0, kh1 = _inside(top, p.KH, p.DH, p.H)
        for ow in range(p.OW):
            left = ow * p.SW - p.LEFT
            kw0, kw1 = _inside(left, p.KW, p.DW, p.W)
            place = n * p.YN + oh * p.YH + ow * p.YW
            for c in range(0, p.C, WIDTH):
                best = v.fill(np.float32(-np.inf))
                where = v.fill_int(np.int32((top + kh0 * p.DH) * p.W + left + kw0 * p.DW))
                for kh in range(kh0, kh1):
                    h = top + kh * p.DH
                    for kw in range(kw0, kw1):
                        w = left + kw * p.DW
                        value = v.load_some(x + n * p.XN + h * p.XH + w * p.XW + c * 4, p.C - c)
                        here = v.fill_int(np.int32(h * p.W + w))
                        where = v.better_index(value, best, here, where)
                        best = v.better(value, best)
                v.store_some(y + place + c * 4, best, p.C - c)
                v.store_ints(index + place + c * 4, where, p.C - c)


def max_pool2d_forward(x, kernel, stride, padding, dilation, output_size):
    """(y, index): index is int32 here."""
    if not suits(x) or 0 in output_size:
        return NotImplemented
    x = channels_last(x)
    shape = (*x.shape[:2], *output_size)
    y, index = empty_channels_last(shape, FLOAT), empty_channels_last(shape, INT)
    plan = _plan(x, y, kernel, stride, padding, dilation)
    _threads(x, _max_forward)(address(x), address(y), address(index), plan.address)
    return y, index


@parallel
def _max_backward(dy, index, dx, plan):
    for job in prange(_read(plan).N * _read(plan).H):
        p = _read(plan)
        n, h = job // p.H, job % p.H
        oh0 = max(-((p.DH * (p.KH - 1) - h - p.TOP) // p.SH), 0)
        oh1 = min((h + p.TOP) // p.SH + 1, p.OH)
        for w in range(p.W):
            ow0 = max(-((p.DW * (p.KW - 1) - w - p.LEFT) // p.SW), 0)
            ow1 = min((w + p.LEFT) // p.SW + 1, p.OW)
            here = v.fill_int(np.int32(h * p.W + w))
            for c in range(0, p.C, WIDTH):
                total = v.fill(np.float32(0))
                for oh in range(oh0, oh1):
                    for ow in range(ow0, ow1):
                        place = n * p.YN + oh * p.YH + ow * p.YW + c * 4
                        chosen = v.load_ints(index + place, p.C - c)
                        value = v.load_some(dy + place, p.C - c)
                        total = v.add(total, v.where_equal(chosen, here, value))
                v.store_some(dx + n * p.XN + h * p.XH + w * p.XW + c * 4, total, p.C - c)


@parallel
def _max_backward_tiled(dy, index, dx, plan):
    """Windows that lie side by side: each hands its gradient to its own pixels."""
    for job in prange(_read(plan).N * _read(plan).OH):
        p = _read(plan)
        n, oh = job // p.OH, job % p.OH
        top = oh * p.SH - p.TOP
        kh0, kh1 = _inside(top, p.KH, 1, p.H)
        if oh == p.OH - 1:
            for h in range(top + kh1, p.H):     # rows that no window reaches
                clear(dx + n * p.XN + h * p.XH, p.W * p.XW)
        for ow in range(p.OW):
            left = ow * p.SW - p.LEFT
            kw0, kw1 = _inside(left, p.KW, 1, p.W)
            place = n * p.YN + oh * p.YH + ow * p.YW
            for c in range(0, p.C, WIDTH):
                chosen = v.load_ints(index + place + c * 4, p.C - c)
                value = v.load_some(dy + place + c * 4, p.C - c)
                for h in range(top + kh0, top + kh1):
                    for w in range(left + kw0, left + kw1):
                        here = v.fill_int(np.int32(h * p.W + w))
                        v.store_some(dx + n * p.XN + h * p.XH + w * p.XW + c * 4,
                                     v.where_equal(chosen, here, value), p.C - c)
        end = max(p.OW * p.SW - p.LEFT, 0)
        if end < p.W:
            for h in range(top + kh0, top + kh1):
                clear(dx + n * p.XN + h * p.XH + end * p.XW, (p.W - end) * p.XW)


def max_pool2d_backward(dy, index, size, window=None):
    """dx; ``window`` is forward's (kernel, stride, padding, dilation): who covers a pixel?"""
    if not suits(dy) or window is None or index.dtype != INT or index.strides[1] != 4:
        return NotImplemented
    kernel, stride, padding, dilation = window
    if layout(dy) != PIXELS and dy.strides != index.strides:
        dy = rearranged(dy)
    dx = empty_channels_last((*dy.shape[:2], *size), FLOAT)
    kind = _max_backward_tiled if kernel == stride and dilation == (1, 1) else _max_backward
    plan = _plan(dx, dy, kernel, stride, padding, dilation)
    _threads(dx, kind)(address(dy), address(index), address(dx), plan.address)
    return dx


@functools.cache
def _scales(p, include_pad, divisor):
    """(OH, OW): what the sum of each window is multiplied by."""
    if divisor:
        return np.full((p.OH, p.OW), 1 / divisor, np.float32)
    rows = _extents(p.OH, p.SH, p.KH, p.TOP, p.H, p.BOTTOM, include_pad)
    columns = _extents(p.OW, p.SW, p.KW, p.LEFT, p.W, p.RIGHT, include_pad)
    with np.errstate(divide="ignore"):      # a window in the padding has no pixels
        return (1 / np.multiply.outer(rows, columns)).astype(np.float32)


def _extents(count, step, kernel, before, size, after, include_pad):
    """How many pixels each window has along one side."""
    first = np.arange(count) * step - before
    if include_pad:
        return np.minimum(first + kernel, size + after) - first
    return np.minimum(first + kernel, size) - np.maximum(first, 0)


@parallel
def _avg_forward(x, y, plan, scales):
    for job in prange(_read(plan).N * _read(plan).OH):
        p = _read(plan)
        n, oh = job // p.OH, job % p.OH
        top = oh * p.SH - p.TOP
        for ow in range(p.OW):
            left = ow * p.SW - p.LEFT
            scale = v.fill(read(scales + (oh * p.OW + ow) * 4))
            for c in range(0, p.C, WIDTH):
                total = v.fill(np.float32(0))
                for h in range(max(top, 0), min(top + p.KH, p.H)):
                    row = v.fill(np.float32(0))     # sums of sums: fewer roundings
                    for w in range(max(left, 0), min(left + p.KW, p.W)):
                        place = x + n * p.XN + h * p.XH + w * p.XW + c * 4
                        row = v.add(row, v.load_some(place, p.C - c))
                    total = v.add(total, row)
                v.store_some(y + n * p.YN + oh * p.YH + ow * p.YW + c * 4, v.mul(total, scale),
                             p.C - c)


def avg_pool2d_forward(x, kernel, stride, padding, output_size, count_include_pad,
                       divisor_override):
    """Mean of each window."""
    if not suits(x) or 0 in output_size:
        return NotImplemented
    x = channels_last(x)
    y = empty_channels_last((*x.shape[:2], *output_size), FLOAT)
    plan = _plan(x, y, kernel, stride, padding)
    scales = _scales(plan, count_include_pad, divisor_override)
    _threads(x, _avg_forward)(address(x), address(y), plan.address, address(scales))
    return y


@parallel
def _avg_backward(dy, dx, plan, scales):
    for job in prange(_read(plan).N * _read(plan).H):
        p = _read(plan)
        n, h = job // p.H, job % p.H
        oh0 = max(-((p.KH - 1 - h - p.TOP) // p.SH), 0)
        oh1 = min((h + p.TOP) // p.SH + 1, p.OH)
        for w in range(p.W):
            ow0 = max(-((p.KW - 1 - w - p.LEFT) // p.SW), 0)
            ow1 = min((w + p.LEFT) // p.SW + 1, p.OW)
            for c in range(0, p.C, WIDTH):
                total = v.fill(np.float32(0))
                for oh in range(oh0, oh1):
                    for ow in range(ow0, ow1):
                        scale = v.fill(read(scales + (oh * p.OW + ow) * 4))
                        place = dy + n * p.YN + oh * p.YH + ow * p.YW + c * 4
                        total = v.fma(v.load_some(place, p.C - c), scale, total)
                v.store_some(dx + n * p.XN + h * p.XH + w * p.XW + c * 4, total, p.C - c)


@parallel
def _avg_backward_tiled(dy, dx, plan, scales):
    """Windows that lie side by side: each hands the same to all of its pixels."""
    for job in prange(_read(plan).N * _read(plan).OH):
        p = _read(plan)
        n, oh = job // p.OH, job % p.OH
        top = oh * p.SH - p.TOP
        h0, h1 = max(top, 0), min(top + p.KH, p.H)
        if oh == p.OH - 1:
            for h in range(max(h1, 0), p.H):    # rows that no window reaches
                clear(dx + n * p.XN + h * p.XH, p.W * p.XW)
        for ow in range(p.OW):
            left = ow * p.SW - p.LEFT
            w0, w1 = max(left, 0), min(left + p.KW, p.W)
            scale = v.fill(read(scales + (oh * p.OW + ow) * 4))
            place = dy + n * p.YN + oh * p.YH + ow * p.YW
            for c in range(0, p.C, WIDTH):
                value = v.mul(v.load_some(place + c * 4, p.C - c), scale)
                for h in range(h0, h1):
                    for w in range(w0, w1):
                        v.store_some(dx + n * p.XN + h * p.XH + w * p.XW + c * 4, value, p.C - c)
        end = max(p.OW * p.SW - p.LEFT, 0)
        if end < p.W:
            for h in range(h0, h1):
                clear(dx + n * p.XN + h * p.XH + end * p.XW, (p.W - end) * p.XW)


def avg_pool2d_backward(dy, size, kernel, stride, padding, count_include_pad, divisor_override):
    """Every pixel gets its share of the windows that cover it."""
    if not suits(dy) or 0 in size:
        return NotImplemented
    dy = channels_last(dy)
    dx = empty_channels_last((*dy.shape[:2], *size), FLOAT)
    plan = _plan(dx, dy, kernel, stride, padding)
    scales = _scales(plan, count_include_pad, divisor_override)
    kind = _avg_backward_tiled if kernel == stride else _avg_backward
    _threads(dx, kind)(address(dy), address(dx), plan.address, address(scales))
    return dx


@serial
def _bin(i, size, bins):
    """Adaptive pooling's i-th bin: floor(i * size / bins) .. ceil((i + 1) * size / bins)."""
    return i * size // bins, ((i + 1) * size + bins - 1) // bins


@parallel
def _adaptive_forward(x, y, plan):
    for job in prange(_read(plan).N * _read(plan).OH * _read(plan).OW):
        p = _read(plan)
        n, oh, ow = job // (p.OH * p.OW), job // p.OW % p.OH, job % p.OW
        h0, h1 = _bin(oh, p.H, p.OH)
        w0, w1 = _bin(ow, p.W, p.OW)
        scale = v.fill(np.float32(1 / ((h1 - h0) * (w1 - w0))))
        for c in range(0, p.C, WIDTH):
            total = v.fill(np.float32(0))
            for h in range(h0, h1):
                row = v.fill(np.float32(0))     # sums of sums: fewer roundings
                for w in range(w0, w1):
                    place = x + n * p.XN + h * p.XH + w * p.XW + c * 4
                    row = v.add(row, v.load_some(place, p.C - c))
                total = v.add(total, row)
            v.store_some(y + n * p.YN + oh * p.YH + ow * p.YW + c * 4, v.mul(total, scale), p.C - c)


def adaptive_avg_pool2d_forward(x, output_size):
    """Mean of each bin."""
    if not suits(x) or 0 in output_size:
        return NotImplemented
    x = channels_last(x)
    y = empty_channels_last((*x.shape[:2], *output_size), FLOAT)
    plan = _plan(x, y)
    _threads(x, _adaptive_forward)(address(x), address(y), plan.address)
    return y


@parallel
def _adaptive_backward(dy, dx, plan):
    for job in prange(_read(plan).N * _read(plan).H):
        p = _read(plan)
        n, h = job // p.H, job % p.H
        for w in range(p.W):
            for c in range(0, p.C, WIDTH):
                total = v.fill(np.float32(0))
                for oh in range(h * p.OH // p.H, ((h + 1) * p.OH + p.H - 1) // p.H):
                    h0, h1 = _bin(oh, p.H, p.OH)
                    for ow in range(w * p.OW // p.W, ((w + 1) * p.OW + p.W - 1) // p.W):
                        w0, w1 = _bin(ow, p.W, p.OW)
                        scale = v.fill(np.float32(1 / ((h1 - h0) * (w1 - w0))))
                        place = dy + n * p.YN + oh * p.YH + ow * p.YW + c * 4
                        total = v.fma(v.load_some(place, p.C - c), scale, total)
                v.store_some(dx + n * p.XN + h * p.XH + w * p.XW + c * 4, total, p.C - c)


def adaptive_avg_pool2d_backward(dy, size):
    """Every pixel gets its share of the bins it lies in."""
    if not suits(dy) or 0 in size:
        return NotImplemented
    dy = channels_last(dy)
    dx = empty_channels_last((*dy.shape[:2], *size), FLOAT)
    plan = _plan(dx, dy)
    _threads(dx, _adaptive_backward)(address(dy), address(dx), plan.address)
    return dx
