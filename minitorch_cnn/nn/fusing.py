"""Neighbors in a ``Sequential`` that run as one op, as long as nobody looks between them.

A convolution, its ReLU and its max-pool are three ops to read, but one pass over memory does all
(``ops/fused.py``): results and gradients are the same, and the arrays between them are never
stored. That is done for float32, on a GPU and by the compiled kernels of the CPU, for layers just
of these classes and without hooks, and neither inside ``no_fusing()`` nor while a NaN is looked
for.
"""
import contextlib
import threading
from operator import is_

import numpy as np

from .. import kernels
from ..autograd import Tensor, modes
from ..device import is_gpu_array
from ..ops import fused
from ..ops.geometry import conv_options, conv_output, pool_output, pool_windows
from .activation import ReLU, ReLU6
from .conv import Conv2d
from .linear import Linear
from .norm import BatchNorm1d, BatchNorm2d
from .pool import MaxPool2d

FLOAT = np.dtype(np.float32)
BYTE = 255  # as many pixels a window may not have: which of them it was is kept in a byte


class _Switch(threading.local):
    off = 0


_switch = _Switch()


@contextlib.contextmanager
def no_fusing():
    """Every layer runs by itself inside ``with no_fusing():``, as an op of its own on the tape.

    Also a decorator. To see each op in a picture of the graph, or to step through them.
    """
    _switch.off += 1
    try:
        yield
    finally:
        _switch.off -= 1


def plan(layers):
    """For each layer, what it and those behind it may be run as: a list of (count, function)."""
    kinds = [type(layer) for layer in layers]
    return [[(len(chain), run) for chain, run in CHAINS if tuple(kinds[i:i + len(chain)]) == chain]
            for i in range(len(layers))]


def run(layers, chains, x):
    """``x`` through the layers; ``chains`` is their ``plan``."""
    i = 0
    while i < len(layers):
        count, y = 1, None
        if chains[i] and _may_fuse(x):
            for length, together in chains[i]:
                group = layers[i:i + length]
                y = None if _are_watched(group) else together(x, *group)
                if y is not None:
                    count = length
                    break
        x = layers[i](x) if y is None else y
        i += count
    return x


def same(layers, others):
    """Whether two lists hold the same objects."""
    return len(layers) == len(others) and all(map(is_, layers, others))


def _may_fuse(x):
    if _switch.off or modes.state.observer is not None or modes.state.anomaly:
        return False
    return type(x) is Tensor and _is_plain(x._data) and x._data.size > 0 \
        and kernels.language_of(x._data) != "reference"


def _is_plain(array):
    return (type(array) is np.ndarray or is_gpu_array(array)) and array.dtype == FLOAT


def _are_watched(layers):
    """Whether somebody looks at what goes into a layer and comes out of it, or changed it."""
    for layer in layers:
        d = layer.__dict__
        if (d["_forward_hooks"] or d["_forward_pre_hooks"] or d["_backward_hooks"]
                or d["_backward_pre_hooks"] or "forward" in d):
            return True
    return False


def _are_plain(*parameters):
    return all(p is None or _is_plain(p._data) for p in parameters)


# what is needed of each layer; None where it is not for a fused op --------------------------------


def _conv(x, conv):
    """(options for the kernels, shape of the result)."""
    w, b = conv.weight, conv.bias
    if conv.padding_mode != "zeros" or x._data.ndim != 4 or not _are_plain(w, b):
        return None
    shapes = x._data.shape, w._data.shape, None if b is None else b._data.shape
    options = conv_options("conv2d", shapes, 2, conv.stride, conv.padding, conv.dilation,
                           conv.groups)
    size = conv_output("conv2d", shapes[0][2:], shapes[1][2:], *_three(options))
    return options, (shapes[0][0], shapes[1][0], *size)


def _three(options):
    stride, padding, dilation, _ = options
    return stride, padding, dilation


def _window(shape, pool):
    """The window, if windows lie side by side without padding."""
    if len(shape) != 4 or pool.return_indices:
        return None
    kernel, stride, padding, dilation = pool_windows(
        "max_pool2d", shape, 2, pool.kernel_size, pool.stride, pool.padding, pool.dilation,
        pool.ceil_mode)
    floor = tuple([n // k for n, k in zip(shape[2:], kernel)])
    fits = (kernel == stride and dilation == (1, 1) and padding == ((0, 0), (0, 0))
            and kernel[0] * kernel[1] < BYTE
            and pool_output("max_pool2d", shape[2:], kernel, stride, padding, dilation,
                            pool.ceil_mode) == floor)
    return kernel if fits else None


def _norm_fits(shape, norm):
    """Whether batch norm would take an input of this shape, and is float32 throughout."""
    return (len(shape) in norm._dims and shape[1] == norm.num_features and norm.eps > 0
            and _are_plain(norm.weight, norm.bias, norm.running_mean, norm.running_var)
            and (not norm.uses_batch() or shape[0] * int(np.prod(shape[2:])) > 1))


# the chains ---------------------------------------------------------------------------------------


def _conv_relu(x, conv, _):
    found = _conv(x, conv)
    return found and fused.ConvReLU(*found[0])(x, conv.weight, conv.bias)


def _conv_relu_pool(x, conv, one, other):
    found = _conv(x, conv)
    window = found and _window(found[1], other if type(one) is ReLU else one)
    if not window:
        return None
    options, shape = found
    return fused.ConvReLUPool(options, window, shape[2:])(x, conv.weight, conv.bias)


def _conv_norm_relu_pool(x, conv, norm, _, pool):
    """In training, for images that need no gradient while all parameters do; or not trained."""
    parameters = [p for p in (conv.weight, conv.bias, norm.weight, norm.bias) if p is not None]
    trained = {modes.state.recording and p.requires_grad for p in parameters}
    training = norm.uses_batch()
    if trained != {training} or (training and x.requires_grad):
        return None
    found = _conv(x, conv)
    window = found and _norm_fits(found[1], norm) and _window(found[1], pool)
    if not window:
        return None
    options, shape = found
    mean, var, scale, shift, _, momentum, eps = norm.settings()
    if not training:
        op = fused.NormedConvReLUPool(options, window, shape[2:], eps)
        return op(x, conv.weight, conv.bias, scale, shift, mean, var)
    if fused.FewTapsBatchNormReLUPool.pays(conv.weight.shape, options):
        op = fused.FewTapsBatchNormReLUPool(options, eps, momentum, window, shape[2:])
    else:
        op = fused.ConvBatchNormReLUPool(options, eps, momentum, window)
    return op(x, conv.weight, conv.bias, scale, shift, mean, var)


def _norm_relu(x, norm, relu, pool=None):
    shape = x._data.shape
    if not _norm_fits(shape, norm):
        return None
    window = pool and _window(shape, pool)
    if pool and not window:
        return None
    mean, var, scale, shift, training, momentum, eps = norm.settings()
    bounds = (0, 6) if type(relu) is ReLU6 else (0, None)
    return fused.BatchNormReLU(eps, training, momentum, window, bounds)(x, scale, shift, mean, var)


def _relu_pool(x, one, other):
    window = _window(x._data.shape, other if type(one) is ReLU else one)
    return window and fused.ReLUPool(window)(x)


def _linear_relu(x, linear, _):
    w, b = linear.weight, linear.bias
    if x._data.ndim != 2 or x._data.shape[1:] != w._data.shape[1:] or not _are_plain(w, b):
        return None
    return fused.LinearReLU()(x, w, b)


# The first that fits is taken.
CHAINS = (
    ((Conv2d, BatchNorm2d, ReLU, MaxPool2d), _conv_norm_relu_pool),
    ((Conv2d, ReLU, MaxPool2d), _conv_relu_pool),
    ((Conv2d, MaxPool2d, ReLU), _conv_relu_pool),
    ((Conv2d, ReLU), _conv_relu),
    ((BatchNorm2d, ReLU, MaxPool2d), _norm_relu),
    *[((norm, relu), _norm_relu) for norm in (BatchNorm1d, BatchNorm2d) for relu in (ReLU, ReLU6)],
    ((ReLU, MaxPool2d), _relu_pool),
    ((MaxPool2d, ReLU), _relu_pool),
    ((Linear, ReLU), _linear_relu),
)
