"""The weight gradient of a convolution before batch norm + ReLU + max-pool, without its dy.

The gradient of the convolution's result, as large as the result, is computed band by band into the
scratch memory where the products take it from (see ``conv_weight.py``), and never stored.
"""
import numpy as np
from numba import prange

from . import conv, conv_weight
from .jit import on, parallel, threads
from .memory import address, aligned, empty, scratch
from .norm_relu import Kept, batch_norm_relu_input_gradient, combine_rows
from .relu_pool import ROWS, channels_last_dense, codes, read_windows, windows_of
from .simd import clear


@parallel
def _accumulate_normed(x, dy, code, maps, constants, factors, dw, scratch, plan, windows):
    for thread in prange(conv_weight.read_plan(plan).threads):
        p, q = conv_weight.read_plan(plan), read_windows(windows)
        jobs, size = p.N * p.bands, p.OH * p.OW * p.F * 4
        part = scratch + thread * (p.part + p.scratch)
        grad = part + p.part + p.before_y
        clear(part, p.part)
        for job in range(thread * jobs // p.threads, (thread + 1) * jobs // p.threads):
            n, band = job // p.bands, job % p.bands
            first, last = band * p.OH // p.bands, (band + 1) * p.OH // p.bands
            combine_rows(dy + n * q.PN, code + n * q.PN // 4, maps + n * size, constants, factors,
                         grad, first, last, q)
            conv_weight.add_band(x + n * p.XN, grad, p.OW * p.F * 4, p.F * 4, part, part + p.part,
                                 first, last, p)
    for job in prange(conv_weight.jobs_of(conv_weight.read_plan(plan))):
        conv_weight.collect(scratch, dw, job, conv_weight.read_plan(plan))


def conv2d_norm_relu_pool_weight_gradient(x, dy, code, kept, factors, window, kernel, stride,
                                          padding, dilation, groups):
    """dw: see ``kernels/reference/conv_norm.py``."""
    if not isinstance(kept, Kept):
        return NotImplemented
    maps, constants, *_ = kept
    x = aligned(x)
    if groups == x.shape[1] == dy.shape[1] > 1:
        dmap = batch_norm_relu_input_gradient(dy, code, kept, factors, window)
        return conv.conv2d_weight_gradient(x, dmap, kernel, stride, padding, dilation, groups)
    dy, code = channels_last_dense(aligned(dy)), codes(code)
    p = conv_weight.make_plan(x.shape, x.strides, maps.shape, (0, 0, 0, 0), kernel, stride, padding,
                              dilation, groups, threads(), 2 * ROWS)
    dw = empty((p.F, p.C // groups, *kernel), np.float32)
    room = scratch(p.threads * (p.part + p.scratch))
    run = on(p.threads, _accumulate_normed)
    run(address(x), address(dy), address(code), address(maps), address(constants), address(factors),
        address(dw), room, p.address, windows_of(dy, maps.shape[2:], window).address)
    return dw
