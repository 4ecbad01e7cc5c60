"""Random problems for the primitives that do the work of a chain of ops.

As in ``kernel_problems.py``. What the way back of a batch norm takes from its forward is every
language's own affair. So there a problem names a ``Chain``: primitives one after another, called
and judged as one.

Where a rounding decides (is this number above 0? which of these is the largest?), float32 and
float64 may decide differently. So numbers are either so round that nothing is rounded, ties and
all, or what hangs on such a decision is left out: of a maximum's place the number found there is
compared, and the gradient that comes is 0 where its way is uncertain (``certain``).
"""
import functools
import importlib

import kernel_problems
import numpy as np
from kernel_problems import COMMON, LAYOUTS, MOST_WORK, _images, geometry, lay, numbers

from minitorch_cnn import kernels

DEAD = 255
reference = importlib.import_module("minitorch_cnn.kernels.reference.relu_pool")


class Chain:
    """Primitives one after another, in place of one."""

    file = "chain"

    def __init__(self, function, limits):
        self.function, self.limits = function, limits

    def __call__(self, *arguments):
        return self.function(*arguments)

    def version(self, language):
        return functools.partial(self._run, language)

    def _run(self, language, *arguments):
        """NotImplemented if the language declines all of them."""
        declines = []

        def listen(primitive, language, declined, array, args):
            declines.append(declined)
        kernels.listeners.append(listen)
        try:
            with kernels.use(language):
                result = self.function(*arguments)
        finally:
            kernels.listeners.remove(listen)
        return NotImplemented if all(declines) else result


def exact(name):
    """The reference, whatever it is called with in float64."""
    return kernels.PRIMITIVES[name].version("reference")


def double(*arrays):
    return [None if a is None else np.asarray(a, np.float64) for a in arrays]


def windows_of(x, window):
    return reference._windows(x, window)


def found(z, code, window, dtype):
    """What lies in the map z where the code says; 0 where the ReLU cut it off."""
    windows = windows_of(z, window)
    assert code.dtype == np.uint8 and ((code == DEAD) | (code < windows.shape[-1])).all()
    index = np.where(code == DEAD, 0, code).astype(np.intp)[..., None]
    chosen = np.take_along_axis(windows, index, -1)[..., 0]
    return np.where(code == DEAD, 0, chosen).astype(dtype)


# convolution, ReLU, pooling ----------------------------------------------------------------------


def conv_relu_pool(x, w, b, *options):
    """(y, the convolution's result where the code says)."""
    *options, window = options
    y, code = kernels.conv2d_relu_pool_forward(x, w, b, *options, window)
    z = exact("conv2d_forward")(*double(x, w, b), *options)
    return y, found(z, code, window, x.dtype)


def conv_relu_pool_limits(x, w, b, *options):
    *options, window = options
    limit = exact("conv2d_forward")(*[None if a is None else np.abs(a) for a in (x, w, b)],
                                    *options)
    limit = 1e-5 * windows_of(limit, window).max(-1)
    return limit, limit


def order(pick, a):
    """``a`` in a layout that keeps its values."""
    return LAYOUTS[pick.of(COMMON * 3 + tuple([name for name in LAYOUTS if name not in
                                               ("broadcast", "one_number")]))](a)


def small_numbers(pick, shape, high=3):
    """Integers, whose sums of products are exact."""
    rng = np.random.default_rng(pick.number(0, 2 ** 31))
    return rng.integers(-high, high + 1, shape).astype(np.float32)


def codes(pick, shape, window):
    """Any codes, some of them DEAD, in either order of memory."""
    rng = np.random.default_rng(pick.number(0, 2 ** 31))
    code = rng.integers(0, window[0] * window[1], shape).astype(np.uint8)
    code[rng.random(shape) < 0.3] = DEAD
    return LAYOUTS[pick.of(("channels_last",) * 3 + ("ascontiguousarray", "every_second"))](code)


def a_window(pick, size):
    window = pick.of(((2, 2),) * 5 + ((1, 1), (2, 1), (1, 3), (3, 3), (3, 2), (5, 4)))
    return tuple([min(k, n) for k, n in zip(window, size)])


def _geometry(pick):
    while True:
        (x, w, *options), size = geometry(pick)
        if min(size) > 0 and x[0] * size[0] * size[1] > 1 and np.prod((*w, *size)) <= MOST_WORK:
            return x, w, options, size


def fused_convolution(pick):
    x, w, options, size = _geometry(pick)
    window = a_window(pick, size)
    pooled = x[0], w[0], size[0] // window[0], size[1] // window[1]
    name = pick.of(("conv2d_relu_forward", "conv2d_relu_pool_forward", "conv_relu_pool",
                    "conv2d_relu_pool_input_gradient", "conv2d_relu_pool_weight_gradient"))
    x_array, w_array = [lay(pick, numbers(pick, shape, strange=True)) for shape in (x, w)]
    b = lay(pick, numbers(pick, w[:1])) if pick.number(0, 2) else None
    if name == "conv2d_relu_forward":
        return name, (x_array, w_array, b, *options)
    if name == "conv_relu_pool" or name == "conv2d_relu_pool_forward" and w[2:] == (3, 3):
        return "conv_relu_pool", (x_array, w_array, b, *options, window)
    if name == "conv2d_relu_pool_forward":  # many ties; Winograd's 3x3 would round them
        x_array, w_array, b = [lay(pick, small_numbers(pick, shape)) for shape in (x, w, w[:1])]
        return name, (x_array, w_array, b, *options, window)
    dy = lay(pick, numbers(pick, pooled, strange=True))
    code = codes(pick, pooled, window)
    if name == "conv2d_relu_pool_input_gradient":
        return name, (dy, code, w_array, size, x[2:], window, *options)
    return name, (x_array, dy, code, size, window, w[2:], *options)


def relu_pooling(pick):
    shape = _images(pick)
    window = a_window(pick, shape[2:])
    pooled = *shape[:2], shape[2] // window[0], shape[3] // window[1]
    name = pick.of(("relu_max_pool2d_forward", "unpool2d", "unpooled_channel_sum"))
    if name == "relu_max_pool2d_forward":
        x = small_numbers(pick, shape, 2)
        if not pick.number(0, 2):
            rng = np.random.default_rng(pick.number(0, 2 ** 31))
            x[rng.random(shape) < pick.of((0.01, 0.3))] = pick.of((np.nan, np.inf, -np.inf, -0.0))
        return name, (lay(pick, x), window)
    dy, code = lay(pick, numbers(pick, pooled, strange=True)), codes(pick, pooled, window)
    return name, ((dy, code, shape[2:], window) if name == "unpool2d" else (dy, code))


# batch norm, ReLU, pooling -----------------------------------------------------------------------


def _copy(a):
    """A copy in memory from where the kernels take theirs."""
    if a is None:
        return None
    copy = kernels.zeros_like(a)
    copy[...] = a
    return copy


def norm_relu(x, w, b, mean, var, dy, *options):
    """(y, the norm's result where the code says, running statistics, dx, dw, db)."""
    eps, momentum, training, window, bounds = options
    mean, var = _copy(mean), _copy(var)
    y, code, kept = kernels.batch_norm_relu_forward(x, w, b, mean, var, eps, momentum, training,
                                                    window, bounds)
    place = None
    if window is not None:
        z, _ = _normalized(*double(x, w, b, mean, var), eps, training)
        place = found(z, code, window, x.dtype)
    factors, dw, db = kernels.batch_norm_relu_factors(dy, code, kept, w, training, window)
    dx = kernels.batch_norm_relu_input_gradient(dy, code, kept, factors, window)
    return y, place, mean, var, dx, dw, db


def _normalized(x, w, b, mean, var, eps, training):
    """(the norm's result, (size of the numbers behind the mean, inv_std)); float64."""
    size = None if mean is None else np.abs(mean)
    if training:
        mean, var = exact("batch_norm_statistics")(x)
        size, _ = exact("batch_norm_statistics")(np.abs(x))
    inv_std = 1 / np.sqrt(var + eps)
    return exact("batch_norm_forward")(x, mean, inv_std, w, b), (size, inv_std)


def _rounding(x, w, b, size, inv_std):
    """1e-5 of the numbers that the norm's result is the sum of."""
    x, w, b = [None if a is None else np.abs(a) for a in (x, w, b)]
    return 1e-5 * exact("batch_norm_forward")(x, -size, inv_std, w, b)


def norm_relu_limits(x, w, b, mean, var, dy, *options):
    eps, momentum, training, window, bounds = options
    _, (size, inv_std) = _normalized(x, w, b, mean, var, eps, training)
    y = _rounding(x, w, b, size, inv_std)
    moved = [None if a is None else 1e-5 * (np.abs(a) + np.abs(new)) for a, new in
             ((mean, size), (var, 1 / inv_std ** 2))]
    _, code, kept = exact("batch_norm_relu_forward")(x, w, b, *[None if a is None else a.copy()
                                                               for a in (mean, var)], *options)
    behind = importlib.import_module("minitorch_cnn.kernels.reference.norm_relu")._behind
    gradients = _limits_of_gradients(behind(np.abs(dy), code, kept, window), x, size, inv_std, w,
                                     training)
    if window is not None:
        y = windows_of(y, window).max(-1)
    return y, y, *moved, *gradients


def _limits_of_gradients(dy, x, size, inv_std, w, training):
    axes, wide = (0, *range(2, x.ndim)), (1, -1) + (1,) * (x.ndim - 2)
    away = np.abs(x) + size.reshape(wide)
    xhat, rows = away * inv_std.reshape(wide), x.size // x.shape[1]
    dw, db = (dy * xhat).sum(axes), dy.sum(axes)
    dx = dy + (db.reshape(wide) + xhat * dw.reshape(wide)) / rows if training else dy
    scale = inv_std if w is None else inv_std * np.abs(w)
    return 1e-5 * dx * scale.reshape(wide), 1e-5 * dw, 1e-5 * db


def certain(x, w, b, mean, var, dy, *options):
    """dy, but 0 where a rounding decides what it passes."""
    eps, _, training, window, bounds = options
    x, w, b, mean, var = double(x, w, b, mean, var)
    with np.errstate(all="ignore"):
        z, (size, inv_std) = _normalized(x, w, b, mean, var, eps, training)
        error = _rounding(x, w, b, size, inv_std)
        if window is None:
            unsure = np.any([np.abs(z - bound) <= error for bound in bounds if bound is not None] or
                            [np.zeros(z.shape, bool)], axis=0)
        else:
            best, error = np.sort(windows_of(z, window), -1), windows_of(error, window).max(-1)
            unsure = best[..., -1] <= error
            if best.shape[-1] > 1:
                unsure |= best[..., -1] - best[..., -2] <= 2 * error
    return np.where(unsure, 0, dy).astype(np.float32)


def conv_norm(x, maps, w, b, dy, eps, window, kernel, *options):
    """The weight gradient of a convolution whose result is ``maps``."""
    y, code, kept = kernels.batch_norm_relu_forward(maps, w, b, None, None, eps, 0.1, True, window)
    dy = kernels.channels_last(dy)
    factors, _, _ = kernels.batch_norm_relu_factors(dy, code, kept, w, True, window)
    return kernels.conv2d_norm_relu_pool_weight_gradient(x, dy, code, kept, factors, window, kernel,
                                                         *options)


def conv_norm_limits(x, maps, w, b, dy, eps, window, kernel, *options):
    limits = norm_relu_limits(maps, w, b, None, None, dy, eps, 0.1, True, window, (0, None))
    return [exact("conv2d_weight_gradient")(np.abs(x), limits[4], kernel, *options)]


def by_moments(x, w, b, weight, bias, da, ds, eps, *geometry):
    """(constants, folded w, folded b), and the gradients that da and ds stand for."""
    moments = kernels.patch_moments(x, w.shape[2:], *geometry)
    constants, folded, start = kernels.norm_by_moments(moments, x, w, b, weight, bias, None, None,
                                                       eps, 0.1, *geometry)
    dw, dweight, _ = kernels.norm_by_moments_backward(da, ds, moments, w, constants, weight)
    return constants, folded, start, dw, dweight


def by_moments_limits(x, w, b, weight, bias, da, ds, eps, *geometry):
    """A variance is as far off as the squares it is the difference of are rounded.

    These may be squares of distances from ``center``, where the image is padded, too.
    """
    sums = exact("patch_moments")(np.abs(x), w.shape[2:], *geometry)
    center = np.abs(x)[np.isfinite(x)].sum() / x.size
    c = np.append(np.full(len(sums) - 1, center), 0)
    sums += np.outer(c, sums[-1]) + np.outer(sums[-1], c) + sums[-1, -1] * np.outer(c, c)
    n, rows, da = sums[-1, -1], np.abs(w).reshape(len(w), -1), np.abs(da).reshape(len(w), -1)
    b, bias = [np.zeros(len(w)) if a is None else np.abs(a) for a in (b, bias)]
    weight = np.ones(len(w)) if weight is None else np.abs(weight)
    patch, pairs = sums[-1, :-1] / n, rows @ sums[:-1, :-1] / n
    mean = rows @ patch
    constants, *_ = by_moments(x, w, None, None, None, da.reshape(w.shape), ds, eps, *geometry)
    inv_std = np.asarray(constants[1], np.float64)
    rounding = 1e-5 + 1e-5 * ((rows * pairs).sum(1) + b ** 2) * inv_std ** 2
    scale = weight * inv_std
    shift = bias + (mean + b) * scale
    q = (rows * da).sum(1) + mean * np.abs(ds)
    dw = da + np.abs(ds)[:, None] * patch + (inv_std ** 2 * q)[:, None] * (
        pairs + mean[:, None] * patch)
    one = rounding[:, None]
    return (rounding * np.stack([mean + b, inv_std, scale, shift]),
            (one * scale[:, None] * rows).reshape(w.shape), rounding * (shift + b * scale),
            (one * scale[:, None] * dw).reshape(w.shape), rounding * q * inv_std)


def moments(pick):
    """A convolution with few inputs, its images' brightness sometimes hardly varying."""
    while True:
        x, w, (stride, padding, dilation, groups), _ = _geometry(pick)
        if dilation == (1, 1) and groups == 1 and np.prod(w[1:]) <= 31:
            break
    images = numbers(pick, x) * np.float32(pick.of((1, 1, 0.2, 1e-3))) + np.float32(
        pick.of((0, 0, 1)))
    if not pick.number(0, 7):
        images.reshape(-1)[::101] = np.nan
    b, weight, bias = [numbers(pick, w[:1]) if pick.number(0, 2) else None for _ in range(3)]
    return "by_moments", (lay(pick, images), numbers(pick, w), b, weight, bias, numbers(pick, w),
                          numbers(pick, w[:1]), 1e-5, stride, padding)


def fused_norm(pick):
    shape = _images(pick)
    if not pick.number(0, 3):
        shape = pick.of((1, 2, 5, 64, 300)), shape[1]
    window, bounds, training = None, pick.of(((0, None), (0, 6), (None, None))), pick.number(0, 1)
    if len(shape) == 4 and pick.number(0, 1):
        window, bounds = a_window(pick, shape[2:]), (0, None)
    training = bool(training and shape[0] * np.prod(shape[2:]) > 1)
    size = shape[2:] if window is None else [n // k for n, k in zip(shape[2:], window)]
    make = _round_numbers if not (training or pick.number(0, 2)) else _any_numbers
    x, w, b, mean, var, eps = make(pick, shape, training)
    if not pick.number(0, 5) and window is None:
        x.reshape(-1)[::101] = pick.of((np.nan, np.inf, -np.inf))
    elif not pick.number(0, 5) and window is not None:
        # maxima; any other NaN counts for dw as 0 * NaN, or not at all
        x[0, ::3, :window[0], 0] = np.nan
    x, dy = lay(pick, x), numbers(pick, (*shape[:2], *size), 0)
    if not pick.number(0, 5):
        dy.reshape(-1)[::97] = np.nan if training else pick.of((np.nan, np.inf, -np.inf))
    options = eps, pick.of((0.1, 1.0, 0.3)), training, window, bounds
    if make is _any_numbers:
        dy = certain(x, w, b, mean, var, dy, *options)
    return "norm_relu", (x, *[_per_channel(pick, a) for a in (w, b, mean, var)],
                         order(pick, dy), *options)


def _per_channel(pick, a):
    if a is None or pick.number(0, 9):
        return a
    return LAYOUTS[pick.of(("every_second", "misaligned"))](a)


def _any_numbers(pick, shape, training):
    x = numbers(pick, shape)
    if not pick.number(0, 5):
        x[:, 0] = 1     # a channel without variance
    w, b, mean, var = [numbers(pick, shape[1:2]) for _ in range(4)]
    w, b = [a if pick.number(0, 3) else None for a in (w, b)]
    if training and not pick.number(0, 2):
        return x, w, b, None, None, 1e-5
    return x, w, b, mean, np.abs(var) + np.float32(0.1), 1e-5


def _round_numbers(pick, shape, training):
    """In evaluation: then nothing is rounded, and there are ties, and many on the bounds."""
    channels = shape[1:2]
    x, mean = small_numbers(pick, shape), small_numbers(pick, channels, 2)
    w, b = [small_numbers(pick, channels, 6) / 2 if pick.number(0, 3) else None for _ in range(2)]
    var = np.full(channels, pick.of((0.75, 3.75, 15.75)), np.float32)
    return x, w, b, mean, var, 0.25


def fused_conv_norm(pick):
    x, w, options, size = _geometry(pick)
    window = a_window(pick, size)
    shape = x[0], w[0], *size
    maps, scale, shift, _, _, eps = _any_numbers(pick, shape, True)
    maps = lay(pick, maps)
    dy = numbers(pick, (*shape[:2], size[0] // window[0], size[1] // window[1]), 0)
    dy = certain(maps, scale, shift, None, None, dy, eps, 0.1, True, window, (0, None))
    return "conv_norm", (lay(pick, numbers(pick, x, strange=True)), maps,
                         *[_per_channel(pick, a) for a in (scale, shift)], order(pick, dy), eps,
                         window, w[2:], *options)


# linear, cross-entropy, copies -------------------------------------------------------------------


def scores(pick):
    n, k = pick.of((1, 2, 3, 5, 14, 29, 300)), pick.of((1, 2, 3, 10, 17, 64, 100))
    name = pick.of(("linear_relu_forward", "cross_entropy_forward", "cross_entropy_backward"))
    if name == "linear_relu_forward":
        inner = pick.number(1, 100)
        x, w = [lay(pick, numbers(pick, s, strange=True)) for s in ((n, inner), (k, inner))]
        return name, (x, w, lay(pick, numbers(pick, (k,))) if pick.number(0, 2) else None)
    rng = np.random.default_rng(pick.number(0, 2 ** 31))
    how = LAYOUTS[pick.of(("ascontiguousarray",) * 5 + ("every_second", "transposed",
                                                        "misaligned"))]
    x = numbers(pick, (n, k), strange=True) * np.float32(pick.of((1, 1, 20)))
    mean = pick.number(0, 1)
    if name == "cross_entropy_backward":
        counts = np.array([pick.of((0, 1, n)), 0])
        dy = np.array(pick.of((1, 0.7, -2, 0, np.nan, np.inf)), np.float32)
        return name, (dy, how(x), counts, bool(mean))
    ignored = pick.of((-100, -100, 0, k - 1))
    labels = rng.integers(0, k, n)
    labels[rng.random(n) < pick.of((0, 0.2, 1))] = ignored
    if not pick.number(0, 4):
        labels[rng.integers(0, n)] = pick.of((-1, k, 10 ** 9))
    labels = labels if pick.number(0, 7) else LAYOUTS["every_second"](labels.astype(float)).astype(
        np.int64)
    return name, (how(x), labels, ignored, bool(mean))


def cross_entropy_limits(x, labels, ignored, mean):
    _, unit, (kept, _) = exact("cross_entropy_forward")(x, labels, ignored, mean)
    largest = np.abs(np.where(np.isfinite(x), x, 0)).max(1)
    rows = 1e-6 * (1 + largest + np.log(x.shape[1]))
    rows = rows[labels != ignored].sum() / (kept if mean else 1)
    return rows, 1e-6 * (1 + largest[:, None]) * (np.abs(unit) + 0.1), 0


def copies(pick):
    shape = _images(pick) if pick.number(0, 3) else (5, 7)
    return "copied", (lay(pick, numbers(pick, shape, strange=True)),)


def copied(x):
    """x in the orders of memory that there are, as numbers in a row; zeros."""
    rows, zeros = kernels.row_major(x), kernels.zeros_like(x)
    assert rows.shape == zeros.shape == x.shape and rows.dtype == zeros.dtype == x.dtype
    assert rows.flags.c_contiguous
    if x.ndim != 4:
        return rows.ravel().copy(), None, zeros
    pixels = kernels.channels_last(x).transpose(0, 2, 3, 1)
    assert pixels.flags.c_contiguous and pixels.dtype == x.dtype
    return rows.ravel().copy(), pixels.ravel().copy(), zeros


# -------------------------------------------------------------------------------------------------

CHAINS = {
    "conv_relu_pool": Chain(conv_relu_pool, conv_relu_pool_limits),
    "norm_relu": Chain(norm_relu, norm_relu_limits),
    "conv_norm": Chain(conv_norm, conv_norm_limits),
    "by_moments": Chain(by_moments, by_moments_limits),
    "copied": Chain(copied, lambda x: (0, 0, 0)),
}
LIMITS = {
    "conv2d_relu_pool_forward": lambda *_: (0, 0),
    "relu_max_pool2d_forward": lambda *_: (0, 0),
    "unpool2d": lambda *_: (0,),
    "cross_entropy_forward": cross_entropy_limits,
    **{name: chain.limits for name, chain in CHAINS.items()},
}
PRIMITIVES = {**kernels.PRIMITIVES, **CHAINS}
PROBLEMS = {**kernel_problems.PROBLEMS,
            **{f.__name__: f for f in (fused_convolution, relu_pooling, fused_norm,
                                       fused_conv_norm, moments, scores, copies)}}
