"""Random problems for the kernels' primitives, laid out in memory in many ways.

A problem is (primitive's name, arguments); a kind of problem is a function of a chooser
(``Seeded``, or one that asks hypothesis) that makes one. ``check_kernels.py`` judges what a kernel
does with it.
"""
import numpy as np

from minitorch_cnn import kernels

CHANNELS = (1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 70)
KERNELS = (1, 1, 2, 3, 3, 3, 4, 5, 7, 11)
MOST_WORK = 1 << 21     # multiplications of one convolution
MOST_NUMBERS = 1 << 15  # of one pooled or normalized array


class Seeded:
    """Chooses by a generator."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.seed = seed

    def number(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def of(self, options):
        return options[self.number(0, len(options) - 1)]


# layouts -----------------------------------------------------------------------------------------


def channels_last(a):
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(a, 1, -1)), -1, 1) if a.ndim > 1 else a


def _holes(shape, dtype):
    return np.full(shape, np.nan if dtype.kind == "f" else 1, dtype)


def channel_slice(a):
    """Some channels of an array with more, channels last."""
    if a.ndim < 2:
        return a
    wide = _holes((a.shape[0], *a.shape[2:], a.shape[1] + 5), a.dtype)
    part = np.moveaxis(wide, -1, 1)[:, 2:-3]
    part[...] = a
    return part


def every_second(a):
    """With holes along every axis."""
    wide = _holes([2 * n for n in a.shape], a.dtype)
    part = wide[(slice(None, None, 2),) * a.ndim]
    part[...] = a
    return part


def strided_rows(a):
    """The last axis without holes, the others with."""
    wide = _holes([n + 1 for n in a.shape], a.dtype)
    part = wide[tuple([slice(n) for n in a.shape])]
    part[...] = a
    return part


def turned(a):
    """Every axis runs backwards."""
    back = (slice(None, None, -1),) * a.ndim
    return np.ascontiguousarray(a[back])[back]


def transposed(a):
    """The axes in opposite order."""
    return np.ascontiguousarray(a.T).T


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


def broadcast(a):
    """Stride 0 along all axes but the channels' (the values become those of the first pixel)."""
    return np.broadcast_to(a[(slice(1),) + (slice(None),) * (a.ndim > 1) + (slice(1),)
                             * (a.ndim - 2)], a.shape)


def one_number(a):
    """Stride 0 everywhere."""
    return np.broadcast_to(a[(slice(1),) * a.ndim], a.shape)


def misaligned(a):
    """Two bytes off."""
    raw = np.zeros(a.nbytes + 2, np.uint8)
    part = np.ndarray(a.shape, a.dtype, raw, 2)
    part[...] = a
    return part


LAYOUTS = {f.__name__: f for f in (np.ascontiguousarray, channels_last, channel_slice, every_second,
                                   strided_rows, turned, transposed, read_only, broadcast,
                                   one_number, misaligned)}
COMMON = ("ascontiguousarray", "channels_last")


def lay(pick, a):
    """``a`` in a layout that ``pick`` chooses, the common ones more often."""
    return LAYOUTS[pick.of(COMMON * 3 + tuple(LAYOUTS))](a)


def numbers(pick, shape, offset=None, strange=False):
    """Random float32: normal, or around another mean, where sums grow and roundings add up.

    ``strange``: sometimes with a few NaN and infinities.
    """
    rng = np.random.default_rng(pick.number(0, 2 ** 31))
    offset = pick.of((0, 0, 1, -3)) if offset is None else offset
    x = (rng.standard_normal(shape) + offset).astype(np.float32)
    if strange and not pick.number(0, 5):
        x.reshape(-1)[rng.integers(0, x.size, 2)] = pick.of((np.nan, np.inf, -np.inf))
        x.reshape(-1)[rng.integers(0, x.size)] = pick.of((np.nan, np.inf, -np.inf))
    return x


# problems ----------------------------------------------------------------------------------------


def _side(pick, kernel, dilation, stride, before, after):
    """A side of an image with at least one window, now and then a single or many of them."""
    windows = pick.of((1, 2, 3, 5, 7, 8, 14, 15, 29))
    spare = pick.number(0, stride - 1)
    return max((windows - 1) * stride + (kernel - 1) * dilation + 1 - before - after + spare, 1)


def _padding(pick, kernel):
    return pick.of((0, 0, 0, kernel // 2, kernel // 2, pick.number(0, 3), kernel + 2))


def geometry(pick):
    """(N, C, H, W), (F, C/G, KH, KW), stride, padding, dilation, groups; work within bounds."""
    kind = pick.of(("dense",) * 4 + ("first", "last", "pointwise", "line") +
                   ("depthwise", "grouped") * 2)
    C, F = pick.of(CHANNELS), pick.of(CHANNELS)
    KH = pick.of(KERNELS)
    KW = KH if pick.number(0, 2) else pick.of(KERNELS)
    stride = [pick.of((1, 1, 1, 2, 2, 3, 4)) for _ in range(2)]
    dilation = [pick.of((1, 1, 1, 1, 2, 3)) for _ in range(2)]
    groups = 1
    if kind == "first":
        C = pick.of((1, 3))
    elif kind == "last":
        F = pick.of((1, 2, 3))
    elif kind == "pointwise":
        KH = KW = 1
    elif kind == "depthwise":
        F = groups = C
        if not pick.number(0, 3):
            F = 2 * C
    elif kind == "grouped":
        groups = pick.of((2, 3, 5))
        C, F = groups * pick.of((1, 2, 3, 8, 16, 17)), groups * pick.of((1, 2, 3, 8, 16, 17))
    padding = [(_padding(pick, k), _padding(pick, k)) for k in (KH, KW)]
    if pick.number(0, 1):
        padding = [(a, a) for a, _ in padding]
    if not pick.number(0, 3):
        padding = [(0, 0), (0, 0)]
    H, W = [_side(pick, *args, *pad) for *args, pad in
            zip((KH, KW), dilation, stride, padding)]
    if kind == "line":
        KH, padding[0], H = 1, (0, 0), 1
        if pick.number(0, 1):
            KH, KW, H, W, padding = KW, KH, W, H, padding[::-1]
    OH, OW = [(n + sum(p) - d * (k - 1) - 1) // s + 1 for n, p, d, k, s in
              zip((H, W), padding, dilation, (KH, KW), stride)]
    work = F * C // groups * KH * KW * OH * OW
    N = min(pick.of((1, 1, 2, 3, 5, 17)), max(MOST_WORK // max(work, 1), 1))
    return ((N, C, H, W), (F, C // groups, KH, KW), tuple(stride), tuple(padding),
            tuple(dilation), groups), (OH, OW)


def convolution(pick):
    while True:
        (x, w, *options), size = geometry(pick)
        if w[0] * w[1] * w[2] * w[3] * size[0] * size[1] <= 2 * MOST_WORK and min(size) > 0:
            break
    return _of_a_convolution(pick, x, w, options, size)


def folded(pick):
    """A convolution with batch norm, perhaps a summand and limits."""
    while True:
        name, arguments = pick.of((convolution, three_by_three))(pick)
        if name == "conv2d_forward":
            break
    x, w, b, *options = arguments
    with np.errstate(all="ignore"):
        y = kernels.conv2d_forward.version("reference")(*arguments)
    mean, var = numbers(pick, w.shape[:1]), np.abs(numbers(pick, w.shape[:1], 0))
    weight, bias = [lay(pick, numbers(pick, w.shape[:1])) if pick.number(0, 2) else None
                    for _ in range(2)]
    z = lay(pick, numbers(pick, y.shape, strange=True)) if pick.number(0, 1) else None
    limits = pick.of(((None, None), (0, None), (0, 6), (None, 1.5), (-1, 1)))
    return "conv2d_norm_forward", (x, w, b, weight, bias, lay(pick, mean), lay(pick, var), z,
                                   pick.of((1e-5, 1e-3)), limits, *options)


def three_by_three(pick):
    """3x3, stride 1, padding up to 2: what Winograd's convolution can do."""
    C, F = pick.of(CHANNELS), pick.of(CHANNELS)
    padding = tuple([(pick.number(0, 2), pick.number(0, 2)) for _ in range(2)])
    size = [pick.of((1, 2, 3, 4, 5, 7, 8, 9, 14)) for _ in range(2)]
    H, W = [max(n + 2 - sum(p), 1) for n, p in zip(size, padding)]
    size = [n + sum(p) - 2 for n, p in zip((H, W), padding)]
    N = pick.of((1, 1, 2, 3, 9))
    options = (1, 1), padding, (1, 1), 1
    return _of_a_convolution(pick, (N, C, H, W), (F, C, 3, 3), options, size)


def _of_a_convolution(pick, x, w, options, size):
    """One of the three primitives; ``size`` (OH, OW) of the result."""
    x_array, w_array = numbers(pick, x, strange=True), numbers(pick, w, 0, strange=True)
    name = pick.of(("conv2d_forward", "conv2d_input_gradient", "conv2d_weight_gradient",
                    "conv_transpose2d_forward"))
    if name == "conv2d_forward":
        b = lay(pick, numbers(pick, w[:1])) if pick.number(0, 2) else None
        return name, (lay(pick, x_array), lay(pick, w_array), b, *options)
    part = [max(n - pick.of((0, 0, 0, 0, 1, 2)), 1) for n in size]  # of a transposed convolution
    dy = lay(pick, numbers(pick, (x[0], w[0], *part), strange=True))
    if name == "conv_transpose2d_forward":
        b = lay(pick, numbers(pick, (x[1],))) if pick.number(0, 2) else None
        return name, (dy, lay(pick, w_array), b, x[2:], *options)
    if name == "conv2d_input_gradient":
        return name, (dy, lay(pick, w_array), x[2:], *options)
    return name, (lay(pick, x_array), dy, w[2:], *options)


def _images(pick, most=MOST_NUMBERS):
    while True:
        shape = (pick.of((1, 1, 2, 3, 9)), pick.of(CHANNELS), pick.of((1, 2, 3, 7, 8, 13, 28)),
                 pick.of((1, 2, 3, 7, 8, 13, 28)))
        if np.prod(shape) <= most:
            return shape


def _windows(pick, shape, dilated):
    """(kernel, stride, padding, dilation), output size: torch's rules, ceil_mode too."""
    sides = []
    for n in shape[2:]:
        k = pick.of((1, 2, 2, 3, 3, 4, n))
        d = pick.of((1, 1, 2, 3)) if dilated else 1
        p = pick.number(0, k // 2)
        while n + 2 * p < (k - 1) * d + 1 or d > n:     # d > n: a window may jump over the image
            k, d, p = max(k - 1, 1), 1, 0
        s = pick.of((k, k, 1, 2, 3))
        free = n + 2 * p - (k - 1) * d - 1
        windows = free // s + 1
        if pick.number(0, 1):
            windows = -(-free // s) + 1
            windows -= (windows - 1) * s >= n + p
        sides.append((k, s, (p, p), d, windows))
    *options, size = [tuple(side) for side in zip(*sides)]
    return options, size


def max_pooling(pick):
    shape = _images(pick)
    options, size = _windows(pick, shape, True)
    rng = np.random.default_rng(pick.number(0, 2 ** 31))
    x = rng.integers(-2, 3, shape).astype(np.float32)  # many ties
    if not pick.number(0, 2):
        x[rng.random(shape) < 0.2] = pick.of((np.nan, np.inf, -np.inf))
    if not pick.number(0, 5):
        x[...] = -np.inf
    if pick.number(0, 1):
        return "max_pool2d_forward", (lay(pick, x), *options, size)
    _, index = kernels.max_pool2d_forward.version("cpu")(x, *options, size)
    dy = lay(pick, numbers(pick, index.shape, strange=True))
    return "max_pool2d_backward", (dy, index, shape[2:], tuple(options))


def avg_pooling(pick):
    shape = _images(pick)
    (kernel, stride, padding, _), size = _windows(pick, shape, False)
    last = bool(pick.number(0, 1)), pick.of((None, None, 3, -7))
    if pick.number(0, 1):
        x = lay(pick, numbers(pick, shape, strange=True))
        return "avg_pool2d_forward", (x, kernel, stride, padding, size, *last)
    dy = lay(pick, numbers(pick, (*shape[:2], *size), strange=True))
    return "avg_pool2d_backward", (dy, shape[2:], kernel, stride, padding, *last)


def adaptive_pooling(pick):
    shape = _images(pick)
    size = pick.of((1, 2, 3, 7, 9)), pick.of((1, 2, 3, 7, 9))
    if pick.number(0, 1):
        return "adaptive_avg_pool2d_forward", (lay(pick, numbers(pick, shape, strange=True)), size)
    dy = lay(pick, numbers(pick, (*shape[:2], *size), strange=True))
    return "adaptive_avg_pool2d_backward", (dy, shape[2:])


def normalization(pick):
    shape = _images(pick, 4 * MOST_NUMBERS)
    if not pick.number(0, 2):
        shape = pick.of((1, 2, 5, 64, 300)), shape[1]
    far = pick.of((0, 0, 1, -100, 5000))
    x = numbers(pick, shape, far, strange=True)
    if not pick.number(0, 3):
        x.reshape(-1)[0] = 0  # far from all the others
    x = lay(pick, x)
    name = pick.of(("batch_norm_statistics", "batch_norm_forward", "batch_norm_backward",
                    "channel_sum"))
    if name in ("batch_norm_statistics", "channel_sum"):
        return name, (x,)
    mean = lay(pick, numbers(pick, shape[1:2], far))
    inv_std = lay(pick, np.abs(numbers(pick, shape[1:2])) + np.float32(0.1))
    weight, bias = [lay(pick, numbers(pick, shape[1:2])) if pick.number(0, 2) else None
                    for _ in range(2)]
    if name == "batch_norm_forward":
        return name, (x, mean, inv_std, weight, bias)
    needs = tuple([bool(pick.number(0, 2)) for _ in range(3)])
    dy = lay(pick, numbers(pick, shape, strange=True))
    return name, (dy, x, mean, inv_std, weight, bool(pick.number(0, 1)), needs)


def group_normalization(pick):
    shape = _images(pick)
    if not pick.number(0, 3):
        shape = (*shape[:2], *pick.of(((7,), (), (2, 3, 5))))
    groups = pick.of([g for g in (1, 2, 3, 4, 5, 8, shape[1]) if shape[1] % g == 0])
    x, w, b, dy = _normed(pick, shape, shape[1:2])
    if pick.number(0, 1):
        return "group_norm_forward", (x, groups, w, b, 1e-5)
    mean = numbers(pick, (shape[0], groups))
    inv_std = np.abs(numbers(pick, (shape[0], groups))) + np.float32(0.1)
    return "group_norm_backward", (dy, x, w, mean, inv_std, _needs(pick))


def layer_normalization(pick):
    shape = pick.of((1, 2, 3, 17, 300)), pick.of((1, 2, 5, 16, 31, 33, 64, 100, 257, 4097, 9000))
    x, w, b, dy = _normed(pick, shape, shape[1:])
    if pick.number(0, 1):
        return "layer_norm_forward", (x, w, b, 1e-5)
    mean = numbers(pick, shape[:1])
    inv_std = np.abs(numbers(pick, shape[:1])) + np.float32(0.1)
    return "layer_norm_backward", (dy, x, w, mean, inv_std, _needs(pick))


def _normed(pick, shape, parameters):
    """x, weight, bias, dy."""
    far = pick.of((0, 0, 1, -100))
    w, b = [lay(pick, numbers(pick, parameters)) if pick.number(0, 2) else None for _ in range(2)]
    return (lay(pick, numbers(pick, shape, far, strange=True)), w, b,
            lay(pick, numbers(pick, shape, strange=True)))


def _needs(pick):
    return tuple([bool(pick.number(0, 2)) for _ in range(3)])


def matrix_product(pick):
    R = pick.of((*range(1, 6), 13, 14, 15, 27, 28, 29, 40))
    inner, outer = [pick.number(1, 100) if pick.number(0, 3) else pick.of((128, 256, 257))
                    for _ in range(2)]
    name = pick.of(("linear_forward", "linear_input_gradient", "linear_weight_gradient"))
    x, w, dy = [lay(pick, numbers(pick, s, strange=True))
                for s in ((R, inner), (outer, inner), (R, outer))]
    if name == "linear_forward":
        return name, (x, w, lay(pick, numbers(pick, (outer,))) if pick.number(0, 2) else None)
    if name == "linear_weight_gradient":
        return name, (x, dy)
    if pick.number(0, 1):
        return name, (dy, w)
    with np.errstate(all="ignore"):
        y = x @ w.T     # tells of inf and NaN in w, so that zeros in dy may spare reading w
    return name, (np.where(np.arange(outer) % 3, 0, dy).astype(np.float32), w, y)


def rectification(pick):
    shape = pick.of((_images(pick, 4 * MOST_NUMBERS), (5, 3500), (16384,), (16411,), (2, 3, 2731),
                     (16, 16, 8, 8), (7, 48, 8, 7)))
    x = numbers(pick, shape, 0)
    x.reshape(-1)[::7] = 0
    x.reshape(-1)[5::11] = pick.of((1, np.nan, np.inf, -np.inf))
    if pick.number(0, 1):
        return "relu_forward", (lay(pick, x),)
    dy = numbers(pick, shape)
    return "relu_backward", (lay(pick, dy), lay(pick, x))


# a kernel, how many arrays it takes, and the numbers after them
STRAIGHT = (("add", 2, ()), ("add_relu", 2, ()), ("sub", 2, ()), ("rsub", 2, ()), ("mul", 2, ()),
            ("add", 1, (2.5,)), ("sub", 1, (3,)), ("rsub", 1, (1,)), ("mul", 1, (-0.75,)),
            ("clamp_forward", 1, (0, 6)), ("clamp_forward", 1, (-0.5, 0.25)),
            ("clamp_forward", 1, (1, -2.0)), ("clamp_backward", 2, (-1.0, 1.5)),
            ("hardtanh_backward", 2, (0, 6)), ("leaky_relu_forward", 1, (0.125,)),
            ("leaky_relu_backward", 2, (-2.0,)), ("hardsigmoid_forward", 1, ()),
            ("hardsigmoid_backward", 2, ()), ("hardswish_forward", 1, ()),
            ("hardswish_backward", 2, ()))

SMOOTH = (("sigmoid_forward", 1, ()), ("sigmoid_backward", 2, ()), ("tanh_forward", 1, ()),
          ("tanh_backward", 2, ()), ("silu_forward", 1, ()), ("silu_backward", 2, ()),
          ("elu_forward", 1, (1.5, 1.0, 1.0)), ("elu_backward", 2, (1.5, 2.0, 0.5)),
          ("gelu_forward", 1, ()), ("gelu_backward", 2, ()),
          ("gelu_tanh_forward", 1, (0.8, 0.045)), ("gelu_tanh_backward", 2, (0.8, 0.045)),
          ("softplus_forward", 1, (2.0, 20.0)), ("softplus_backward", 2, (0.5, 3.0)),
          ("logsigmoid_forward", 1, ()), ("logsigmoid_backward", 2, ()),
          ("mish_forward", 1, ()), ("mish_backward", 2, ()))


def smooth(pick):
    return _elementwise(pick, SMOOTH)


def resampling(pick):
    shape, axes = _images(pick, MOST_NUMBERS // 4), []
    for n in shape[2:]:
        starts = np.cumsum([0, *[pick.number(0, 3) for _ in range(pick.number(1, 20))]])
        axes.append((starts, np.array([pick.number(0, n - 1) for _ in range(starts[-1])], np.int64),
                     numbers(pick, (starts[-1],), 0)))
    return "resample2d", (lay(pick, numbers(pick, shape, strange=True)), *axes)


def learned_slopes(pick):
    shape = pick.of((_images(pick), (5, 350), (2, 3, 7), (2, 3, 2, 2, 5)))
    x, dy = [lay(pick, numbers(pick, shape, 0, strange=True)) for _ in range(2)]
    w = lay(pick, numbers(pick, (pick.of((1, shape[1])),)))
    return ("prelu_forward", (x, w)) if pick.number(0, 1) else ("prelu_backward", (dy, x, w))


def straight(pick):
    return _elementwise(pick, STRAIGHT)


def _elementwise(pick, kinds):
    shape = pick.of((_images(pick, 4 * MOST_NUMBERS), _images(pick), (5, 3500), (32768,), (32785,),
                     (2, 3, 2731), (16, 16, 8, 16), (7, 48, 8, 7), (1,), (3, 1, 2, 1, 5)))
    name, arrays, more = pick.of(kinds)
    filled = []
    for _ in range(arrays):
        x = numbers(pick, shape, 0) * np.float32(pick.of((1, 4)))
        x = np.clip(x, -9, 9)   # beyond, a slope of 1e-40 may be 0, and times infinity NaN
        x.reshape(-1)[::3] = np.round(2 * x.reshape(-1)[::3]) / 2     # where the pieces meet
        x.reshape(-1)[5::11] = pick.of((1, np.nan, np.inf, -np.inf))
        filled.append(lay(pick, x))
    return name, (*filled, *more)


def scores(pick):
    """Softmax and its relatives, over few and many classes."""
    shape = pick.of(((5, 10), (3, 16), (40, 17), (3, 1000), (1, 4100), (2, 21, 7, 9), (2, 5, 33),
                     (3, 70, 2, 8), (64,), (1, 1), (300, 13), (2, 3, 16, 16)))
    name = pick.of(("softmax", "log_softmax", "cross_entropy", "nll"))
    x = lay(pick, numbers(pick, shape, strange=True) * np.float32(pick.of((1, 4))))
    if name in ("softmax", "log_softmax"):
        axis = pick.number(-len(shape), len(shape) - 1)
        if pick.number(0, 1):
            return f"{name}_forward", (x, axis)
        y = kernels.PRIMITIVES[f"{name}_forward"].version("reference")(numbers(pick, shape), axis)
        return f"{name}_backward", (x, lay(pick, y), axis)
    rng = np.random.default_rng(pick.number(0, 2 ** 31))
    classes = shape[1] if len(shape) > 1 else shape[0]
    labels = rng.integers(0, classes, shape[:1] + shape[2:] if len(shape) > 1 else ())
    if labels.ndim and not pick.number(0, 2):
        labels.reshape(-1)[::3] = pick.of((-100, -100, classes, -1))
    mean = bool(pick.number(0, 1))
    if pick.number(0, 1):
        return f"{name}_forward", (x, labels, -100, mean)
    dy, counts = np.array(numbers(pick, ())), np.array([max((labels != -100).sum(), 1), 0])
    if name == "nll":
        return "nll_backward", (dy, x, labels, -100, counts, mean)
    return "cross_entropy_backward", (dy, x, counts, mean)


PROBLEMS = {f.__name__: f for f in (convolution, folded, three_by_three, max_pooling,
                                    avg_pooling, adaptive_pooling, normalization,
                                    group_normalization, layer_normalization, matrix_product,
                                    rectification, resampling, learned_slopes, straight, smooth,
                                    scores)}
