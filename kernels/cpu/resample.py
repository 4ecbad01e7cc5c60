"""Images of another size on the CPU: vectors along the channels, a job for every output row."""
import numpy as np
from numba import prange

from . import vectors as v
from .jit import on, parallel, threads
from .layout import channels_last
from .memory import address, empty_channels_last, suits
from .simd import WIDTH

MANY = 1 << 14  # numbers below which one thread is as fast


@parallel
def _resample(x, rows, columns, y, n, height, width, channels):
    (row_starts, row_places, row_weights), (starts, places, weights) = rows, columns
    out_height, out_width = len(row_starts) - 1, len(starts) - 1
    for job in prange(n * out_height):
        image, oh = job // out_height, job % out_height
        target = y + job * out_width * channels * 4
        for ow in range(out_width):
            for c in range(0, channels, WIDTH):
                left, total, first = channels - c, v.fill(np.float32(0)), True
                for i in range(row_starts[oh], row_starts[oh + 1]):
                    row = x + ((image * height + row_places[i]) * width * channels + c) * 4
                    for j in range(starts[ow], starts[ow + 1]):
                        value = v.load_some(row + places[j] * channels * 4, left)
                        weight = v.fill(row_weights[i] * weights[j])
                        # the first one is not added to 0, which would make 0 of -0
                        total = v.mul(value, weight) if first else v.fma(value, weight, total)
                        first = False
                v.store_some(target + (ow * channels + c) * 4, total, left)


def resample2d(x, rows, columns):
    """y: see ``kernels/reference/resample.py``; for float32."""
    if not suits(x) or x.ndim != 4:
        return NotImplemented
    x = channels_last(x)
    n, c, h, w = x.shape
    y = empty_channels_last((n, c, len(rows[0]) - 1, len(columns[0]) - 1), np.float32)
    run = on(threads() if y.size >= MANY else 1, _resample)
    run(address(x), rows, columns, address(y), n, h, w, c)
    return y
