"""Hold the CPU kernels to the reference: on random problems, at the edge of memory.

``check`` runs a problem in the CPU kernel on float32 and in the reference on float64 and compares
everything: values within a few roundings of the numbers summed, NaN and infinity in the same
places, inputs untouched, results in memory of their own.

``python check_kernels.py`` runs many of them in a process of its own (see ``main``): with other
vector widths, or with every buffer at the edge of memory that must not be touched.
"""
import argparse
import ctypes
import importlib
import mmap
import sys
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from fused_problems import LIMITS, PRIMITIVES, PROBLEMS
from kernel_problems import Seeded

from minitorch_cnn import kernels


def check(name, arguments, spread=False):
    """Run one problem in the CPU kernel (the reference, should it decline) and judge the result.

    ``spread``: every result may be as far off as the one with the largest numbers in it.
    Returns whether the CPU kernel did it.
    """
    before = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
    primitive = PRIMITIVES[name]
    with np.errstate(all="ignore"):
        result = primitive.version("cpu")(*arguments)
        done = result is not NotImplemented
        if not done:
            result = primitive.version("reference")(*arguments)
        expected = primitive.version("reference")(*_doubled(before))
        limits = _limits(name, _doubled(before))
        if spread:
            limits = [np.nanmax(limit, initial=0, where=limit != np.inf) for limit in limits]
    results, expected = _tuple(result), _tuple(expected)
    for ours, right, limit in zip(results, expected, limits):
        _compare(ours, right, limit, arguments)
    for array, kept in zip(arguments, before):
        if isinstance(array, np.ndarray):
            np.testing.assert_array_equal(array, kept, err_msg="an input was modified")
    return done


def _tuple(result):
    return result if isinstance(result, tuple) else (result,)


def _doubled(arguments):
    return [a.astype(np.float64) if isinstance(a, np.ndarray) and a.dtype == np.float32 else a
            for a in arguments]


def _compare(ours, right, limit, arguments):
    if right is None:
        assert ours is None, "a result that nobody needs"
        return
    assert ours.shape == right.shape, f"shape {ours.shape}, not {right.shape}"
    assert ours.dtype == np.float32 or right.dtype.kind == ours.dtype.kind in ("i", "u")
    assert ours.flags.writeable, "a result that cannot be written to"
    assert not any(np.may_share_memory(ours, a) for a in arguments if isinstance(a, np.ndarray))
    same = (ours == right) | (np.isnan(ours) & np.isnan(right))
    with np.errstate(invalid="ignore"):  # inf - inf
        error = np.abs(np.where(same, 0, ours.astype(np.float64) - right))
    wrong = ~(same | (error <= limit))
    if wrong.any():
        where = np.unravel_index(np.argmax(np.where(wrong, np.nan_to_num(error, nan=np.inf), -1)),
                                 wrong.shape)
        limit = np.broadcast_to(limit, wrong.shape)
        raise AssertionError(f"{wrong.sum()} of {wrong.size} results are wrong; at {where} "
                             f"{ours[where]}, not {right[where]} (within {limit[where]:.3g})")


def _limits(name, arguments):
    """How far each result may be off: in proportion to the numbers summed, not to the sum."""
    if name in LIMITS:
        return LIMITS[name](*arguments)
    reference = kernels.PRIMITIVES[name].version("reference")
    sizes = [np.abs(a) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a
             for a in arguments]
    if name == "max_pool2d_forward" or name.startswith("relu"):
        return 0, 0
    if name == "resample2d":
        axes = [(*places, np.abs(weights)) for *places, weights in arguments[1:]]
        return [1e-6 * reference(np.abs(arguments[0]), *axes)]
    if name == "prelu_backward":
        dy, x, w = arguments
        axes = tuple([i for i in range(x.ndim) if i != 1 or w.size == 1])
        return [4e-7 * np.abs(reference(*arguments)[0]),
                1e-5 * np.where(x > 0, 0, np.abs(dy * x)).sum(axes).reshape(w.shape)]
    if kernels.PRIMITIVES[name].file in ("elementwise", "smooth"):
        return [4e-7 * np.abs(reference(*arguments)) + 2e-7 * sizes[0]]
    if kernels.PRIMITIVES[name].file in ("softmax", "cross_entropy"):
        return _limits_of_scores(name, reference(*arguments), *sizes)
    if name == "batch_norm_statistics":
        return _limits_of_statistics(arguments[0])
    if name == "batch_norm_forward":
        x, mean, *others = sizes
        return [3e-7 * reference(x, -mean, *others)]
    if name == "conv2d_norm_forward":
        *others, mean, var, z, eps, _, stride, padding, dilation, groups = sizes
        return [1e-5 * reference(*others, -mean, var, z, eps, (None, None), stride, padding,
                                 dilation, groups)]
    if name == "batch_norm_backward":
        return _limits_of_norm_backward(*sizes)
    if name in ("group_norm_forward", "layer_norm_forward"):
        return _limits_of_group_norm(name, arguments)
    if name in ("group_norm_backward", "layer_norm_backward"):
        return _limits_of_group_norm_backward(name, *sizes)
    if name.startswith("avg_pool2d") and sizes[-1] is not None:
        sizes[-1] = abs(sizes[-1])
    return [1e-5 * reference(*sizes)]


def _limits_of_scores(name, right, x, y, axis=None, *_):
    """x: scores, or dy; differences of scores keep their last bits, sums of dy those of terms."""
    if name == "softmax_backward":
        return [1e-6 * y * (x + (x * y).sum(axis, keepdims=True)) + 1e-37]
    if name == "log_softmax_backward":
        return [1e-6 * (x + np.exp(-y) * x.sum(axis, keepdims=True)) + 1e-37]
    if name in ("cross_entropy_backward", "nll_backward"):
        return [4e-7 * np.abs(right)]
    far = 1 + np.max(x, initial=0, where=np.isfinite(x))
    if name == "softmax_forward":
        return [3e-7 * far * right + 1e-37]
    if name == "log_softmax_forward":
        return [3e-7 * far + 3e-7 * np.abs(right)]
    limits = [1e-6 * far * (1 if axis is None else y.size), 1e-6 * far, 0]
    return limits if name == "cross_entropy_forward" else limits[::2]


def _limits_of_statistics(x):
    axes = (0, *range(2, x.ndim))
    return (1e-6 * np.abs(x).mean(axes), 2e-6 * x.var(axes) + 1e-14 * np.abs(x).max(axes) ** 2)


def _limits_of_norm_backward(dy, x, mean, inv_std, weight, training, needs):
    axes, wide = (0, *range(2, x.ndim)), (1, -1) + (1,) * (x.ndim - 2)
    xhat = (np.abs(x) + mean.reshape(wide)) * inv_std.reshape(wide)
    dw, db, m = (dy * xhat).sum(axes), dy.sum(axes), x.size / x.shape[1]
    dx = dy
    if training:
        dx = dy + (db.reshape(wide) + xhat * dw.reshape(wide)) / m
    scale = inv_std if weight is None else inv_std * weight
    return 1e-5 * dx * scale.reshape(wide), 1e-5 * dw, 1e-5 * db


def _limits_of_group_norm(name, arguments):
    x, *groups, w, b, eps = arguments
    y, mean, var, inv_std = kernels.PRIMITIVES[name].version("reference")(*arguments)
    rows = x.reshape(mean.size, -1)
    far = np.abs(rows).max(1, initial=0).reshape(mean.shape)
    off_var = 2e-6 * var + 1e-13 * far ** 2
    off_mean = 1e-6 * far
    off = inv_std * off_mean + np.abs(inv_std) ** 2 * off_var
    # xhat may be off by the rounding of the mean, and in proportion by that of inv_std
    wide = np.repeat(off.reshape(-1), rows.shape[1]).reshape(x.shape)
    xhat = (rows - mean.reshape(-1, 1)) * inv_std.reshape(-1, 1)
    axis = -1 if name[:5] == "layer" else 1
    w, b = [np.zeros(1) + fill if p is None else np.abs(p).reshape(
        [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]) for p, fill in ((w, 1), (b, 0))]
    limit = w * (1e-6 * (1 + np.abs(xhat.reshape(x.shape))) + wide * (
        1 + np.abs(xhat.reshape(x.shape)))) + 1e-6 * b
    return limit, off_mean, off_var, inv_std * (1e-6 + np.abs(inv_std) ** 2 * off_var)


def _limits_of_group_norm_backward(name, dy, x, w, mean, inv_std, needs):
    """The reference with every difference a sum."""
    axis = x.ndim - 1 if name[:5] == "layer" else 1
    wide = [-1 if i == axis else 1 for i in range(x.ndim)]
    rows = x.reshape(mean.size, -1)
    xhat = ((rows + mean.reshape(-1, 1)) * inv_std.reshape(-1, 1)).reshape(x.shape)
    dxhat = dy if w is None else dy * w.reshape(wide)
    g, h = [a.reshape(rows.shape) for a in (dxhat, dxhat * xhat)]
    dx = (g + g.mean(1, keepdims=True) + xhat.reshape(rows.shape) * h.mean(1, keepdims=True)
          ) * inv_std.reshape(-1, 1)
    others = tuple([i for i in range(x.ndim) if i != axis])
    return 1e-5 * dx.reshape(x.shape), 1e-5 * (dy * xhat).sum(others), 1e-5 * dy.sum(others)


# memory at the edge ------------------------------------------------------------------------------


class Fence:
    """Hands out memory that starts or ends where a page begins that nobody may touch.

    A kernel that reads or writes one byte beyond that edge ends the process. What lies between the
    memory and the other edge is filled with NaN: read and used, it shows in the results, and
    ``check`` finds what was written.
    """

    def __init__(self, at_end):
        self.at_end, self.blocks = at_end, []
        self.protect = ctypes.CDLL(None, use_errno=True).mprotect
        self.protect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int

    def bytes(self, size):
        """An array of ``size`` bytes, all 0xFF (floats: NaN)."""
        inner = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
        whole = np.frombuffer(mmap.mmap(-1, inner + 2 * mmap.PAGESIZE), np.uint8)
        for page in (0, mmap.PAGESIZE + inner):
            if self.protect(whole.ctypes.data + page, mmap.PAGESIZE, 0):
                raise OSError(ctypes.get_errno(), "mprotect")
        inside = whole[mmap.PAGESIZE:mmap.PAGESIZE + inner]
        inside[...] = 0xFF
        rest = inner - size
        self.blocks.append((inside[:rest] if self.at_end else inside[size:], inside))
        return inside[rest:] if self.at_end else inside[:size]

    def copy(self, a):
        """``a`` with its strides and holes, the holes full of NaN."""
        low, high = np.lib.array_utils.byte_bounds(a)
        memory = self.bytes(high - low)
        start = a.__array_interface__["data"][0] - low
        same = np.ndarray(a.shape, a.dtype, memory, start, a.strides)
        if 0 in a.strides:
            same[tuple([slice(1) if s == 0 else slice(None) for s in a.strides])] = \
                a[tuple([slice(1) if s == 0 else slice(None) for s in a.strides])]
        else:
            same[...] = a
        same.flags.writeable = a.flags.writeable
        return same

    def empty(self, shape, dtype):
        return np.ndarray(shape, dtype, self.bytes(np.dtype(dtype).itemsize * int(np.prod(shape))))

    def empty_channels_last(self, shape, dtype):
        n, c, h, w = shape
        return self.empty((n, h, w, c), dtype).transpose(0, 3, 1, 2)

    def scratch(self, size):
        return self.bytes(size).ctypes.data

    def use_in_kernels(self):
        """From now on the CPU kernels take their memory here."""
        package = Path(importlib.import_module("minitorch_cnn.kernels.cpu").__file__).parent
        for file in package.glob("*.py"):
            module = importlib.import_module(f"minitorch_cnn.kernels.cpu.{file.stem}")
            for name in ("empty", "empty_channels_last", "scratch"):
                if hasattr(module, name):
                    setattr(module, name, getattr(self, name))

    def check(self):
        for rest, _ in self.blocks:
            assert (rest == 0xFF).all(), "a kernel wrote outside its arrays"
        self.blocks.clear()


def run(kind, seed, fenced=False):
    """One problem; with ``fenced`` all of its memory lies at an edge."""
    name, arguments = PROBLEMS[kind](Seeded(seed))
    spread = kind == "three_by_three"
    if not fenced:
        return check(name, arguments, spread)
    fence = Fence(at_end=seed % 2 == 0)
    fence.use_in_kernels()
    done = check(name, [fence.copy(a) if isinstance(a, np.ndarray) else a for a in arguments],
                 spread)
    fence.check()
    return done


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=int, help="the first seed")
    parser.add_argument("count", type=int, help="seeds for each kind of problem")
    parser.add_argument("kinds", nargs="*", default=list(PROBLEMS))
    parser.add_argument("--fenced", action="store_true", help="all memory lies at an edge")
    parser.add_argument("--small", action="store_true", help="cut the work into many small pieces")
    parser.add_argument("--winograd", action="store_true", help="force it, each size of tiles")
    options = parser.parse_args()
    if options.small:
        cut_small()
    for m in (2, 4) if options.winograd else (0,):
        if m:
            force_winograd(m)
        for kind in options.kinds:
            for seed in range(options.first, options.first + options.count):
                print(m, kind, seed, file=sys.stderr, flush=True)   # should the process die
                run(kind, seed, options.fenced)
    print("all right")


def cut_small(set_name=setattr):
    """Make every kernel cut small problems as it cuts large ones: many bands, all threads."""
    from minitorch_cnn.kernels.cpu import conv, conv_weight, norm, winograd_forward, winograd_weight
    for module, name, value in ((conv, "BAND", 1 << 13), (conv, "FEW", 0),
                                (conv, "CHUNK", 1 << 12),
                                (conv_weight, "BAND", 1 << 12), (conv_weight, "SWEEP", 1),
                                (norm, "MANY", 0),
                                (winograd_forward, "V_BYTES", 0), (winograd_forward, "FEW", 0),
                                (winograd_forward, "U_BYTES", 1 << 17),
                                (winograd_weight, "CHUNK", 0), (winograd_weight, "FEW", 0),
                                (winograd_weight, "LARGE", 1 << 18)):
        set_name(module, name, value)
    for module in (conv, conv_weight, winograd_forward, winograd_weight):
        module.make_plan.cache_clear()


def force_winograd(m, set_name=setattr):
    """Do every convolution that F(m x m, 3x3) can do by it, whether it pays or not."""
    from minitorch_cnn.kernels.cpu import winograd
    set_name(winograd, "GAIN", np.inf)
    set_name(winograd, "TILES", (m,))
    winograd.best.cache_clear()


if __name__ == "__main__":
    main()
