"""A small problem or two for every kernel, odd in every size: for what is slow or repeated."""
import numpy as np
from kernel_problems import SMOOTH, STRAIGHT

from minitorch_cnn import kernels

NONE = ((0, 0), (0, 0))
ODD = (2, 1), ((1, 0), (2, 1)), (1, 2)     # stride, padding, dilation


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def _convolutions():
    for C, F, G in ((3, 5, 1), (4, 6, 2), (3, 6, 3), (2, 40, 1)):
        x, w, b = numbers(2, C, 7, 6), numbers(F, C // G, 3, 2, seed=1), numbers(F, seed=2)
        y = kernels.conv2d_forward.version("reference")(x, w, b, *ODD, G)
        yield "conv2d_forward", (x, w, b if G > 1 else None, *ODD, G)
        yield "conv2d_input_gradient", (y, w, (7, 6), *ODD, G)
        yield "conv_transpose2d_forward", (y, w, numbers(C, seed=3), (7, 6), *ODD, G)
        yield "conv2d_weight_gradient", (x, y, (3, 2), *ODD, G)
    x, dy = numbers(3, 2, 20, 19), numbers(3, 3, 20, 19, seed=1)    # in several parts
    yield "conv2d_weight_gradient", (x, dy, (3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1)
    col = kernels.im2col.version("reference")(x, (3, 2), *ODD)
    yield "im2col", (x, (3, 2), *ODD)
    yield "col2im_gather", (np.ascontiguousarray(col), (20, 19), *ODD)
    yield "col2im", (np.ascontiguousarray(col), (20, 19), *ODD)


def _pools():
    x = numbers(2, 3, 7, 5)
    window = (3, 2), (2, 1), ((1, 1), (0, 1)), (1, 2)
    y, index = kernels.max_pool2d_forward.version("reference")(x, *window, (4, 4))
    dy = numbers(*y.shape, seed=1)
    yield "max_pool2d_forward", (x, *window, (4, 4))
    yield "max_pool2d_backward", (dy, index, (7, 5), window)
    yield "max_pool2d_backward", (dy, index, (7, 5))
    yield "avg_pool2d_forward", (x, *window[:3], (4, 5), True, None)
    yield "avg_pool2d_backward", (numbers(2, 3, 4, 5), (7, 5), *window[:3], False, None)
    yield "adaptive_avg_pool2d_forward", (x, (3, 4))
    yield "adaptive_avg_pool2d_forward", (x, (1, 1))
    yield "adaptive_avg_pool2d_backward", (numbers(2, 3, 3, 4), (7, 5))
    yield "adaptive_avg_pool2d_backward", (numbers(2, 3, 1, 1), (7, 5))
    yield "adaptive_max_pool2d_forward", (x, (3, 4))


def _norms():
    for shape in ((5, 3, 7), (11, 5)):
        x, dy = numbers(*shape), numbers(*shape, seed=1)
        mean, inv_std, weight, bias = (np.abs(numbers(shape[1], seed=s)) for s in range(4))
        yield "batch_norm_statistics", (x,)
        yield "batch_norm_forward", (x, mean, inv_std, weight, bias)
        yield "batch_norm_backward", (dy, x, mean, inv_std, weight, True, (True, True, True))
        yield "channel_sum", (x,)


def _grouped():
    for shape, groups in (((3, 4, 5), 2), ((7, 3), 1), ((2, 2, 33), 2), ((1, 2, 515), 1)):
        x, dy, w, b = numbers(*shape), numbers(*shape, seed=1), *[numbers(shape[1], seed=s)
                                                                  for s in (2, 3)]
        mean, inv_std = numbers(shape[0], groups), np.abs(numbers(shape[0], groups, seed=1))
        needs = True, True, True
        yield "group_norm_forward", (x, groups, w, b, 1e-2)
        yield "group_norm_backward", (dy, x, w, mean, inv_std, needs)
        x, dy, w = x.reshape(shape[0], -1), dy.reshape(shape[0], -1), dy.reshape(shape[0], -1)[0]
        yield "layer_norm_forward", (x, w, x[0], 1e-2)
        yield "layer_norm_backward", (dy, x, w, mean[:, 0], inv_std[:, 0], needs)


def _rows():
    for shape, axis in (((3, 37), 1), ((2, 1100), 1), ((3, 5, 2), 1)):
        x = numbers(*shape)
        for name in ("softmax", "log_softmax"):
            y = kernels.PRIMITIVES[f"{name}_forward"].version("reference")(x, axis)
            yield f"{name}_forward", (x, axis)
            yield f"{name}_backward", (numbers(*shape, seed=1), y, axis)
    x, w, b = numbers(5, 7), numbers(3, 7, seed=1), numbers(3, seed=2)
    yield "linear_forward", (x, w, b)
    yield "linear_input_gradient", (numbers(5, 3), w)
    yield "linear_weight_gradient", (x, numbers(5, 3))


def _images():
    x = numbers(2, 3, 5, 4)
    low = np.array([0, 0, 1, 2, 3, 3])
    axis = low, np.minimum(low + 1, 4), np.linspace(0, 0.9, 6).astype(np.float32)
    other = low[:5], np.minimum(low[:5] + 1, 3), axis[2][:5]
    yield "upsample_bilinear2d_forward", (x, axis, other)
    yield "upsample_bilinear2d_backward", (numbers(2, 3, 6, 5), axis, other, (5, 4))
    taps = np.array([0, 2, 2, 3, 6]), np.array([1, 0, 3, 2, 2, 1]), numbers(6, seed=2)
    other = np.array([0, 1, 4]), np.array([4, 0, 3, 2]), numbers(4, seed=3)
    yield "resample2d", (x, other, taps)
    matrix = np.eye(3) + 0.2 * np.random.default_rng(1).standard_normal((2, 3, 3))
    yield "warp_forward", (x, matrix, (6, 7), True, [0.1, 0.2, 0.3])
    yield "warp_backward", (numbers(2, 3, 6, 7), matrix, (5, 4), True, True)
    px, py = (np.random.default_rng(s).uniform(-2, 7, (2, 6, 7)) for s in range(2))
    yield "sample_forward", (x, px, py, False, None)
    yield "sample_backward", (numbers(2, 3, 6, 7), px, py, (5, 4), False, False)


def _fused():
    """What compiled steps do in one pass."""
    x, w, b = numbers(2, 4, 7, 6), numbers(6, 2, 3, 2, seed=1), numbers(6, seed=2)
    geometry, labels = (*ODD, 2), np.array([2, -100, 0, 5, 7])
    yield "conv2d_relu_forward", (x, w, b, *geometry)
    y = kernels.conv2d_forward.version("reference")(x, w, b, *geometry)
    mean, var, z = numbers(6, seed=3), np.abs(numbers(6, seed=4)), numbers(*y.shape, seed=5)
    yield "conv2d_norm_forward", (x, w, b, b, mean, mean, var, z, 1e-2, (-1, 1), *geometry)
    yield "conv2d_norm_input_gradient", (y, w, b, var, 1e-2, (7, 6), *geometry)
    for window in ((2, 2), (1, 3)):
        pooled = kernels.conv2d_relu_pool_forward.version("reference")
        y, code = pooled(x, w, b, *geometry, window)
        dy, size = numbers(*y.shape, seed=3), (3, 7)
        yield "conv2d_relu_pool_forward", (x, w, b, *geometry, window)
        yield "conv2d_relu_pool_input_gradient", (dy, code, w, size, (7, 6), window, *geometry)
        yield "conv2d_relu_pool_weight_gradient", (x, dy, code, size, window, (3, 2), *geometry)
        yield "unpooled_channel_sum", (dy, code)
        yield "relu_max_pool2d_forward", (x, window)
        y, code = kernels.relu_max_pool2d_forward.version("reference")(x, window)
        yield "unpool2d", (numbers(*y.shape, seed=3), code, (7, 6), window)
    yield "linear_relu_forward", (numbers(5, 7), numbers(3, 7, seed=1), numbers(3, seed=2))
    yield "cross_entropy_forward", (numbers(5, 7), labels, -100, True)
    yield "cross_entropy_forward", (numbers(300, 3), np.arange(300) % 3, 1, False)
    pixels = np.arange(-1, 11).reshape(2, 6) % 6
    yield "cross_entropy_forward", (numbers(2, 5, 6), pixels, -100, True)
    for logp, y in ((numbers(5, 7), labels), (numbers(2, 5, 6), pixels), (numbers(3), np.array(1))):
        yield "nll_forward", (logp, y, -100, False)
        yield "nll_backward", (numbers(seed=1), logp, y, -100, np.array([3, 0]), True)
    for counted in (4, 0):  # no label counts: the units are 0, and so is the gradient
        unit = numbers(5, 7) * np.float32(counted > 0)
        yield "cross_entropy_backward", (numbers(seed=1), unit, np.array([counted, 0]), True)
    for name in ("row_major", "channels_last", "zeros_like"):
        yield name, (x,)
    yield from _normed(None, 9, 5)
    yield from _normed(None, 3, 5, 4, 3)
    yield from _normed((2, 2), 3, 5, 5, 4)
    yield from _normed((3, 1), 2, 3, 7, 2)


def _normed(window, *shape):
    """Batch norm + ReLU (+ pooling), and the convolution before it."""
    x, (w, b, mean, var) = numbers(*shape), [np.abs(numbers(shape[1], seed=s)) for s in range(4)]
    forward = kernels.batch_norm_relu_forward.version("reference")
    for training in (True, False):
        options = 1e-5, 0.1, training, window
        y, code, kept = forward(x, w, b, mean.copy(), var.copy(), *options)
        dy = numbers(*y.shape, seed=5)
        factors, _, _ = kernels.batch_norm_relu_factors.version("reference")(
            dy, code, kept, w, training, window)
        yield "batch_norm_relu_forward", (x, w, b, mean, var, *options)
        if window is None:
            for bounds in ((None, None), (-0.5, 0.75)):
                yield "batch_norm_relu_forward", (x, w, b, mean, var, *options, bounds)
        yield "batch_norm_relu_factors", (dy, code, kept, w, training, window)
        yield "batch_norm_relu_input_gradient", (dy, code, kept, factors, window)
    if window is not None:
        images, flat = numbers(shape[0], 2, shape[2] + 1, shape[3]), ((1, 1), NONE, (1, 1), 1)
        yield "conv2d_norm_relu_pool_weight_gradient", (images, dy, code, kept, factors, window,
                                                        (2, 1), *flat)


def _flat():
    yield "relu_forward", (numbers(3, 7),)
    yield "relu_backward", (numbers(3, 7), numbers(3, 7, seed=1))
    for shape, slopes in (((3, 5, 4), 5), ((7, 35), 35), ((2, 3, 5), 1)):
        x, dy, w = numbers(*shape), numbers(*shape, seed=1), numbers(slopes, seed=2)
        yield "prelu_forward", (x, w)
        yield "prelu_backward", (dy, x, w)
    for name, arrays, more in STRAIGHT + SMOOTH:
        yield name, (*[numbers(3, 7, seed=s) for s in range(arrays)], *more)
    yield "erf", (numbers(4, 5),)
    yield "dropout_mask", (np.abs(numbers(3, 7)), 0.4, "float32")
    yield "philox_uniform", (numbers(1), (3, 7), 12345, 6, 7)
    images = np.random.default_rng(0).integers(0, 256, (9, 3, 5, 2), np.uint8)
    yield "gather_batch", (images, np.array([8, 0, 3, 3]), numbers(3), numbers(3, seed=1))


def problems():
    """(name, arguments) pairs; the arguments are NumPy arrays."""
    for part in (_flat, _rows, _norms, _grouped, _pools, _images, _convolutions, _fused):
        yield from part()


UPDATES = {"sgd_update": (2, (0.1,)), "momentum_update": (3, (0.1, 0.9)),
           "rmsprop_update": (3, (0.01, 0.99, 1e-8)),
           "adam_update": (4, (0.001, 0.9, 0.999, 0.5, 1e-8)),
           "penalized": (3, (0.1,)), "shrink": (1, (0.9,)),
           "adadelta_update": (4, (1.0, 0.9, 1e-6))}     # how many arrays, and the numbers
