"""Group norm on the CPU: batch norm's passes, with numbers per channel that each image has its own.

x (N, C, ...) as a table: R rows (the pixels of one image) times N, C columns. Of a group: K = R C/G
numbers, mean, inv_std. With g = dy w, and s, q the sums over an image of dy and dy (x - mean):

    dx = inv_std (g - sum of g / K - (x - mean) inv_std**2 (sum of g (x - mean)) / K)
       = a dy + b + c (x - mean),  a = inv_std w per channel, b and c per group
"""
import numpy as np

from .jit import entry, on, threads
from .memory import address, contiguous, empty
from .norm import MANY, affine, backward_sums, channel_sums, combine
from .rows import empty_table, fits, table

NONE = np.empty(0, np.float32)


@entry
def _statistics(sums, parts, rows, eps, w, b, mean, var, inv_std, constants):
    """Per image and group mean, var, inv_std; per image and channel mean, scale and shift."""
    images, groups = mean.shape
    size = constants.shape[2] // groups
    for n in range(images):
        for g in range(groups):
            total = square = 0.0
            for c in range(g * size, (g + 1) * size):
                for part in range(n * parts, (n + 1) * parts):
                    total += sums[part, 0, c]
                    square += sums[part, 1, c]
            exact = total / (rows * size)
            spread = max(square / (rows * size) - exact * exact, 0.0)
            mean[n, g], var[n, g] = exact, spread
            inv_std[n, g] = np.float32(1) / np.sqrt(var[n, g] + np.float32(eps))
            for c in range(g * size, (g + 1) * size):
                scale = inv_std[n, g] * w[c] if w.size else inv_std[n, g]
                constants[0, n, c], constants[1, n, c] = mean[n, g], scale
                constants[2, n, c] = (b[c] if b.size else np.float32(0)) - mean[n, g] * scale


@entry
def _factors(sums, parts, rows, w, mean, inv_std, factors, dw, db):
    """Per image and channel a, b and c; per channel dw and db."""
    images, groups = mean.shape
    size = dw.size // groups
    scaled, plain = np.zeros(dw.size), np.zeros(dw.size)
    for n in range(images):
        for g in range(groups):
            r, s_group, q_group = np.float64(inv_std[n, g]), 0.0, 0.0
            for c in range(g * size, (g + 1) * size):
                s = q = 0.0
                for part in range(n * parts, (n + 1) * parts):
                    s += sums[part, 0, c]
                    q += sums[part, 1, c]
                weight = np.float64(w[c]) if w.size else 1.0
                scaled[c] += q * r
                plain[c] += s
                s_group += weight * s
                q_group += weight * q
                factors[1, n, c] = r * weight
            for c in range(g * size, (g + 1) * size):
                factors[2, n, c] = -r * s_group / (rows * size)
                factors[3, n, c] = -r * r * r * q_group / (rows * size)
    for c in range(dw.size):
        dw[c], db[c] = scaled[c], plain[c]


@entry
def _spread(mean, per_channel):
    """(images, groups) -> (images, channels)."""
    size = per_channel.shape[1] // mean.shape[1]
    for n in range(len(mean)):
        for c in range(per_channel.shape[1]):
            per_channel[n, c] = mean[n, c // size]


def _jobs(images, t):
    """(jobs, jobs of an image): one for an image, more if there are fewer images than threads."""
    workers = threads() if t.rows * t.columns >= MANY else 1
    parts = -(-workers // images)
    return images * parts, parts


def _given(array):
    return NONE if array is None else contiguous(array)


def group_norm_forward(x, groups, w, b, eps):
    """(y, mean, var, inv_std): see ``kernels/reference/group_norm.py``."""
    if not fits(x):
        return NotImplemented
    t, images = table(x), len(x)
    (jobs, parts), line = _jobs(images, t), 4 * t.columns
    sums = empty((jobs, 2, t.columns), np.float64)
    constants = empty((3, images, t.columns), np.float32)
    mean, var, inv_std = [empty((images, groups), np.float32) for _ in range(3)]
    on(jobs, channel_sums)(t.start, t.rows, t.columns, sums, jobs)
    _statistics(sums, parts, t.rows // images, eps, _given(w), _given(b), mean, var, inv_std,
                constants)
    y = empty_table(x.shape)
    on(jobs, affine)(t.start, address(constants[1]), address(constants[2]), address(y), t.rows,
                     t.columns, jobs, parts, line)
    return y, mean, var, inv_std


def group_norm_backward(dy, x, w, mean, inv_std, needs):
    """(dx, dw, db): see ``kernels/reference/group_norm.py``."""
    if not fits(dy, x):
        return NotImplemented
    t, g, images = table(x), table(dy), len(x)
    (jobs, parts), line = _jobs(images, t), 4 * t.columns
    sums = empty((jobs, 2, t.columns), np.float64)
    factors = empty((4, images, t.columns), np.float32)
    dw, db = [empty((t.columns,), np.float32) for _ in range(2)]
    _spread(mean, factors[0])
    on(jobs, backward_sums)(g.start, t.start, address(factors), t.rows, t.columns, sums, jobs,
                            parts, line)
    _factors(sums, parts, t.rows // images, _given(w), mean, inv_std, factors, dw, db)
    dx = None
    if needs[0]:
        dx = empty_table(dy.shape)
        on(jobs, combine)(g.start, t.start, *[address(f) for f in factors], address(dx), t.rows,
                          t.columns, jobs, parts, line)
    return dx, dw if needs[1] else None, db if needs[2] else None
