"""Copy a piece of an image next to the processor: channels side by side, zeros around."""
from numba import prange

from .jit import on, parallel, serial, threads
from .memory import address, empty_channels_last, is_channels_last
from .objects import PIXELS, layout
from .simd import clear, copy, read, write

MANY = 1 << 14  # floats below which one thread is as fast


@serial
def stage(x, xc, xh, xw, channels, height, width, top, left, rows, columns, target):
    """A piece of an image as (rows, columns, channels): from row ``top``, column ``left`` on.

    ``x``, ``target`` are addresses, xc, xh, xw strides in bytes. What lies outside the image is 0.
    """
    line = columns * channels * 4
    begin, end = min(max(-left, 0), columns), max(min(columns, width - left), 0)
    for i in range(rows):
        here = target + i * line
        if top + i < 0 or top + i >= height or begin >= end:
            clear(here, line)
            continue
        clear(here, begin * channels * 4)
        clear(here + end * channels * 4, (columns - end) * channels * 4)
        source = x + (top + i) * xh + (left + begin) * xw
        here += begin * channels * 4
        if (xc == 4 or channels == 1) and xw == 4 * channels:
            copy(here, source, (end - begin) * channels * 4)
        elif xc == 4:
            for j in range(end - begin):
                copy(here + j * channels * 4, source + j * xw, channels * 4)
        else:
            for c in range(channels):
                for j in range(end - begin):
                    write(here + (j * channels + c) * 4, read(source + c * xc + j * xw))


@parallel
def _rearrange(x, xn, xc, xh, xw, n, channels, height, width, target):
    for i in prange(n):
        stage(x + i * xn, xc, xh, xw, channels, height, width, 0, 0, height, width,
              target + i * height * width * channels * 4)


def rearranged(x):
    """A copy of x (N, C, H, W), float32, whose memory runs N, H, W, C without gaps."""
    y = empty_channels_last(x.shape, x.dtype)
    n, c, h, w = x.shape
    run = on(threads() if n > 1 and x.size >= MANY else 1, _rearrange)
    run(address(x), *x.strides, n, c, h, w, address(y))
    return y


def channels_last(x):
    """x with the channels of a pixel side by side: itself, or a copy."""
    return x if layout(x) == PIXELS or is_channels_last(x) else rearranged(x)


def long_rows(x_shape, x_strides, y_shape, y_strides):
    """To a 1x1 kernel, all pixels of all images are alike: one image with longer rows.

    Where the pixels of x and of y follow each other without gaps: rows of at least 56 of them, as
    many as fit tiles of 14 best. The same comes back where they do not.
    """
    (n, c, _, w), f, many = x_shape, y_shape[1], x_shape[0] * x_shape[2] * x_shape[3]
    if x_shape[2:] != y_shape[2:] or n == 1 or not (_gapless(x_shape, x_strides) and
                                                    _gapless(y_shape, y_strides)):
        return x_shape, x_strides, y_shape, y_strides
    lengths = [k for k in range(56, min(many, 512) + 1) if many % k == 0] or [w]
    width = min(lengths, key=lambda k: (-(-k // 14) * 14 / k, k))
    return ((1, c, many // width, width), (many * c * 4, 4, width * c * 4, c * 4),
            (1, f, many // width, width), (many * f * 4, 4, width * f * 4, f * 4))


def _gapless(shape, strides):
    n, c, h, w = shape
    return strides == (h * w * c * 4, 4, w * c * 4, c * 4)
