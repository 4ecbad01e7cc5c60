"""Batch norm + ReLU (+ max-pool) on the GPU."""
import numpy as np

from .launch import contiguous, empty, suits, sweep
from .norm import batch_norm_statistics, partial_sums, sizes


def batch_norm_relu_forward(x, w, b, running_mean, running_var, eps, momentum, training, window,
                            bounds=(0, None)):
    """(y, code, kept)."""
    given, running = [[v for v in pair if v is not None]
                      for pair in ((w, b), (running_mean, running_var))]
    if not suits(x, *given, *running) or x.size == 0 or not all(
            r.flags.c_contiguous for r in running):
        return NotImplemented
    x = contiguous(x)
    mean, var = batch_norm_statistics(x) if training else (running_mean.copy(), running_var)
    inv_std = _deviations(x, mean, var, running_mean, running_var, eps, momentum, training)
    kept = x, mean, inv_std, x.shape[2:]
    if window is None:
        y, passed = _clipped(x, mean, inv_std, w, b, *bounds)
        return y, None, (*kept, passed)
    return (*_pooled(x, mean, inv_std, w, b, window), (*kept, None))


def _deviations(x, mean, var, running_mean, running_var, eps, momentum, training):
    """1 / standard deviation; in training the running statistics move on."""
    tracked, rows = training and running_mean is not None, x.size // x.shape[1]
    running = (running_mean, running_var) if tracked else (mean, mean)
    inv_std = empty(mean.shape, x.dtype)
    sweep("norm_relu", "deviations", x.dtype, mean.size, mean, contiguous(var), inv_std, *running,
          tracked, 1.0 - momentum, float(momentum), rows / (rows - 1) if tracked else 1.0,
          float(eps), mean.size)
    return inv_std


def _clipped(x, mean, inv_std, w, b, low, high):
    """(y, where the gradient passes)."""
    _, C, S = sizes(x)
    y, passed = empty(x.shape, x.dtype), empty(x.shape, bool)
    channels = [mean if v is None else contiguous(v) for v in (w, b)]
    sweep("norm_relu", "batch_norm_clip", x.dtype, x.size, x, mean, inv_std, *channels,
          w is not None, b is not None, low is not None, float(low or 0), high is not None,
          float(high or 0), y, passed.view(np.uint8), x.size, C, S)
    return y, passed


def _pooled(x, mean, inv_std, w, b, window):
    shape = (*x.shape[:2], *[n // k for n, k in zip(x.shape[2:], window)])
    y, code = empty(shape, x.dtype), empty(shape, np.uint8)
    channels = [mean if v is None else contiguous(v) for v in (w, b)]
    sweep("norm_relu", "batch_norm_relu_pool", x.dtype, y.size, x, mean, inv_std, *channels,
          w is not None, b is not None, y, code, y.size, x.shape[1], *x.shape[2:], *shape[2:],
          *window)
    return y, code


def batch_norm_relu_factors(dy, code, kept, w, training, window):
    """(factors (3, C), dw, db)."""
    x, mean, inv_std = kept[:3]
    if not suits(dy, x, *([] if w is None else [w])) or dy.size == 0:
        return NotImplemented
    C = x.shape[1]
    arrays, geometry = _behind(dy, code, kept, window)
    partial = partial_sums("norm_relu", "behind", *sizes(arrays[0]), *arrays, mean, *geometry)
    factors, dw, db = [empty(shape, x.dtype) for shape in ((3, C), (C,), (C,))]
    sweep("norm_relu", "factors_finish", x.dtype, C, partial, inv_std,
          mean if w is None else contiguous(w), w is not None,
          float(x.size // C if training else 0), factors, dw, db, C, partial.shape[1])
    return factors, dw, db


def batch_norm_relu_input_gradient(dy, code, kept, factors, window):
    """dx."""
    x, mean = kept[:2]
    if not suits(dy, x):
        return NotImplemented
    _, C, S = sizes(x)
    arrays, geometry = _behind(dy, code, kept, window)
    dx = empty(x.shape, x.dtype)
    sweep("norm_relu", "behind_dx", x.dtype, x.size, *arrays, mean, contiguous(factors), *geometry,
          dx, x.size, C, S)
    return dx


def _behind(dy, code, kept, window):
    """(dy, x, code), and whether there are windows and which, as the kernels take them."""
    x, dy = contiguous(kept[0]), contiguous(dy)
    if window is None:
        return (dy, x, contiguous(kept[4]).view(np.uint8)), (False, 1, 1, 1, 1, 1, 1)
    return (dy, x, contiguous(code)), (True, *x.shape[2:], *dy.shape[2:], *window)
