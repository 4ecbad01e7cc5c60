"""ReLU + max-pool as one primitive: windows side by side, without padding.

Beside each maximum stands a byte, its code: which pixel of the window it came from (row by row), or
DEAD where the ReLU made it 0. That is all the way back needs.
"""
import numpy as np

from minitorch_cnn.device import array_module

from .pool import place_of_maximum

DEAD = 255


def _windows(x, window):
    """x (N, C, H, W) as (N, C, PH, PW, KH*KW); rows and columns left over are left out."""
    n, c, h, w = x.shape
    kh, kw = window
    ph, pw = h // kh, w // kw
    cut = x[:, :, :ph * kh, :pw * kw].reshape(n, c, ph, kh, pw, kw)
    return cut.transpose(0, 1, 2, 4, 3, 5).reshape(n, c, ph, pw, kh * kw)


def relu_max_pool2d_forward(x, window):
    """(y, code) of a map x (N, C, H, W)."""
    xp = array_module(x)
    windows = _windows(x, window)
    code = place_of_maximum(windows)
    best = xp.take_along_axis(windows, code[..., None], -1)[..., 0]
    dead = best <= 0
    return xp.where(dead, 0, best).astype(x.dtype), xp.where(dead, DEAD, code).astype(np.uint8)


def unpool2d(dy, code, size, window):
    """The gradient before pooling and ReLU, (N, C, *size)."""
    xp = array_module(dy)
    n, c, ph, pw = dy.shape
    kh, kw = window
    dx = xp.zeros((n, c, *size), dy.dtype)
    chosen = code[..., None] == xp.arange(kh * kw)                  # (N, C, PH, PW, KH*KW)
    spread = xp.where(chosen, dy[..., None], 0).reshape(n, c, ph, pw, kh, kw)
    dx[:, :, :ph * kh, :pw * kw] = spread.transpose(0, 1, 2, 4, 3, 5).reshape(n, c, ph * kh,
                                                                              pw * kw)
    return dx


def unpooled_channel_sum(dy, code):
    """(C,): the sum of dy where the ReLU let it pass, a bias's gradient."""
    return array_module(dy).where(code == DEAD, 0, dy).sum(axis=(0, 2, 3))
