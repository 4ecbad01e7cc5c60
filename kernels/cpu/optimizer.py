"""One step of an optimizer on the CPU: every array is read and written once."""
import numpy as np
from numba import prange

from . import vectors as v
from .jit import parallel, threads
from .memory import address, suits
from .simd import WIDTH

MANY = 1 << 14  # weights below which one thread is as fast


def _flat(*arrays):
    """Whether the arrays may be taken as rows of equal length, a weight beside its gradient."""
    return suits(*arrays) and all(a.flags.c_contiguous for a in arrays)


def _workers(w):
    return threads() if w.size >= MANY else 1


@parallel
def _sgd(w, g, count, lr, workers):
    rate = v.fill(-lr)
    steps = (count + WIDTH - 1) // WIDTH
    for thread in prange(workers):
        for i in range(thread * steps // workers * WIDTH, (thread + 1) * steps // workers * WIDTH,
                       WIDTH):
            left = count - i
            value = v.fma(v.load_some(g + 4 * i, left), rate, v.load_some(w + 4 * i, left))
            v.store_some(w + 4 * i, value, left)


def sgd_update(w, g, lr):
    """w -= lr g."""
    if not _flat(w, g):
        return NotImplemented
    _sgd(address(w), address(g), w.size, np.float32(lr), _workers(w))
    return None


@parallel
def _momentum(w, g, b, count, lr, momentum, workers):
    rate, keep = v.fill(-lr), v.fill(momentum)
    steps = (count + WIDTH - 1) // WIDTH
    for thread in prange(workers):
        for i in range(thread * steps // workers * WIDTH, (thread + 1) * steps // workers * WIDTH,
                       WIDTH):
            left = count - i
            speed = v.add(v.mul(v.load_some(b + 4 * i, left), keep), v.load_some(g + 4 * i, left))
            v.store_some(b + 4 * i, speed, left)
            v.store_some(w + 4 * i, v.fma(speed, rate, v.load_some(w + 4 * i, left)), left)


def momentum_update(w, g, b, lr, momentum):
    """b = momentum b + g;  w -= lr b."""
    if not _flat(w, g, b):
        return NotImplemented
    _momentum(address(w), address(g), address(b), w.size, np.float32(lr), np.float32(momentum),
              _workers(w))
    return None


@parallel
def _rmsprop(w, g, s, count, lr, alpha, rest, eps, workers):
    rate, keep, share, small = v.fill(-lr), v.fill(alpha), v.fill(rest), v.fill(eps)
    steps = (count + WIDTH - 1) // WIDTH
    for thread in prange(workers):
        for i in range(thread * steps // workers * WIDTH, (thread + 1) * steps // workers * WIDTH,
                       WIDTH):
            left = count - i
            slope = v.load_some(g + 4 * i, left)
            square = v.fma(v.mul(slope, slope), share, v.mul(v.load_some(s + 4 * i, left), keep))
            v.store_some(s + 4 * i, square, left)
            step = v.div(slope, v.add(v.sqrt(square), small))
            v.store_some(w + 4 * i, v.fma(step, rate, v.load_some(w + 4 * i, left)), left)


def rmsprop_update(w, g, s, lr, alpha, eps):
    """s = alpha s + (1 - alpha) g^2;  w -= lr g / (sqrt(s) + eps)."""
    if not _flat(w, g, s):
        return NotImplemented
    _rmsprop(address(w), address(g), address(s), w.size, np.float32(lr), np.float32(alpha),
             np.float32(1 - alpha), np.float32(eps), _workers(w))
    return None


@parallel
def _adam(w, g, m, s, count, rate, rest1, keep2, rest2, scale, eps, workers):
    rate, rest1, scale, eps = v.fill(-rate), v.fill(rest1), v.fill(scale), v.fill(eps)
    keep2, rest2 = v.fill(keep2), v.fill(rest2)
    steps = (count + WIDTH - 1) // WIDTH
    for thread in prange(workers):
        for i in range(thread * steps // workers * WIDTH, (thread + 1) * steps // workers * WIDTH,
                       WIDTH):
            left = count - i
            slope, mean = v.load_some(g + 4 * i, left), v.load_some(m + 4 * i, left)
            mean = v.fma(v.sub(slope, mean), rest1, mean)
            v.store_some(m + 4 * i, mean, left)
            square = v.fma(v.mul(slope, slope), rest2, v.mul(v.load_some(s + 4 * i, left), keep2))
            v.store_some(s + 4 * i, square, left)
            step = v.div(mean, v.add(v.mul(v.sqrt(square), scale), eps))
            v.store_some(w + 4 * i, v.fma(step, rate, v.load_some(w + 4 * i, left)), left)


def adam_update(w, g, m, v, rate, beta1, beta2, correction, eps):
    """Moves m and v on, then w: see the reference."""
    if not _flat(w, g, m, v):
        return NotImplemented
    _adam(address(w), address(g), address(m), address(v), w.size, np.float32(rate),
          np.float32(1 - beta1), np.float32(beta2), np.float32(1 - beta2),
          np.float32(1 / correction), np.float32(eps), _workers(w))
    return None


@parallel
def _adadelta(w, g, s, u, count, lr, rho, rest, eps, workers):
    rate, keep, share, small = v.fill(-lr), v.fill(rho), v.fill(rest), v.fill(eps)
    steps = (count + WIDTH - 1) // WIDTH
    for thread in prange(workers):
        for i in range(thread * steps // workers * WIDTH, (thread + 1) * steps // workers * WIDTH,
                       WIDTH):
            left = count - i
            slope, moved = v.load_some(g + 4 * i, left), v.load_some(u + 4 * i, left)
            square = v.fma(v.mul(slope, slope), share, v.mul(v.load_some(s + 4 * i, left), keep))
            v.store_some(s + 4 * i, square, left)
            step = v.div(v.sqrt(v.add(moved, small)), v.sqrt(v.add(square, small)))
            step = v.mul(step, slope)
            v.store_some(u + 4 * i, v.fma(v.mul(step, step), share, v.mul(moved, keep)), left)
            v.store_some(w + 4 * i, v.fma(step, rate, v.load_some(w + 4 * i, left)), left)


def adadelta_update(w, g, s, u, lr, rho, eps):
    """Moves s and u on, then w: see the reference."""
    if not _flat(w, g, s, u):
        return NotImplemented
    _adadelta(address(w), address(g), address(s), address(u), w.size, np.float32(lr),
              np.float32(rho), np.float32(1 - rho), np.float32(eps), _workers(w))
    return None
