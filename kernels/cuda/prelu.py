"""Leaky ReLU with learned slopes on the GPU."""
from .launch import contiguous, empty, launch, pack, suits, sweep
from .norm import THREADS, partial_sums, sizes


def prelu_forward(x, w):
    if not suits(x, w) or x.size == 0:
        return NotImplemented
    (_, C, S), y = _sizes(x), empty(x.shape, x.dtype)
    sweep("prelu", "prelu_forward", x.dtype, x.size, contiguous(x), contiguous(w), w.size == 1, y,
          x.size, C, S, each=pack(x.dtype))
    return y


def prelu_backward(dy, x, w):
    """(dx, dw)."""
    if not suits(dy, x, w) or x.size == 0:
        return NotImplemented
    (N, C, S), single = _sizes(x), w.size == 1
    dx, dw = empty(x.shape, x.dtype), empty(w.shape, x.dtype)
    partial = partial_sums("prelu", "prelu", N, C, S, contiguous(dy), contiguous(x), contiguous(w),
                           single, dx)
    launch("prelu", "prelu_finish", x.dtype, w.size, THREADS if single else 32, partial, single,
           dw, C, partial.shape[1])
    return dx, dw


def _sizes(x):
    """(N, C, S); without channels, a single one."""
    return sizes(x) if x.ndim > 1 else (1, 1, x.size)
