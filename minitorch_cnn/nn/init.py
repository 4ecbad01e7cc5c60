"""Initial values: each function fills a tensor, or an array, in place and returns it.

Numbers come from the stream "init" of ``manual_seed`` unless a generator is passed, and are drawn
on the CPU, so that a net starts the same everywhere. fan_in and fan_out are the numbers of inputs
and outputs that one weight tensor connects: for (F, C, KH, KW), fan_in = C*KH*KW and fan_out =
F*KH*KW.
"""
import contextlib
import math
import threading
import warnings

import numpy as np

from ..autograd import Tensor
from ..autograd.clock import note_change
from ..device import device_of, move
from ..ops.checks import check_float
from ..random import numpy_generator

__all__ = ["calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_",
           "normal_", "ones_", "orthogonal_", "sparse_", "trunc_normal_", "uniform_",
           "xavier_normal_", "xavier_uniform_", "zeros_"]

_LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
           "conv_transpose3d")
_GAINS = {**dict.fromkeys(_LINEAR, 1), "sigmoid": 1, "tanh": 5 / 3, "relu": math.sqrt(2),
          "selu": 3 / 4}


_local = threading.local()


@contextlib.contextmanager
def skipped():
    """Draw nothing in this thread inside ``with``: tensors that are to be filled stay as they are.

    For layers whose values come from elsewhere right after; see ``nn.utils.skip_init``.
    """
    before, _local.skips = _skips(), True
    try:
        yield
    finally:
        _local.skips = before


def _skips():
    return getattr(_local, "skips", False)


def calculate_gain(nonlinearity, param=None):
    """The factor by which weights before a nonlinearity are enlarged to keep the variance.

    Parameters
    ----------
    nonlinearity : str
        "linear", "conv2d" (and the other convolutions), "sigmoid", "tanh", "relu", "leaky_relu",
        "selu".
    param : float, optional
        Slope of leaky_relu, 0.01 if not given.

    Raises
    ------
    ValueError
        For another nonlinearity, or a slope that is no number.
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError("calculate_gain: the slope of leaky_relu must be a number, got "
                             f"{slope!r}")
        return math.sqrt(2 / (1 + slope ** 2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"calculate_gain: unknown nonlinearity {nonlinearity!r}; choose one of "
                         f"{', '.join([*_GAINS, 'leaky_relu'])}")
    return _GAINS[nonlinearity]


def _memory(tensor):
    """The array to fill: of a Tensor, or the one that was passed (``layer.weight.data``)."""
    return tensor.data if isinstance(tensor, Tensor) else tensor


def _fill(tensor, values):
    """Write an array from the CPU into the tensor's memory; nothing is recorded."""
    return constant_(tensor, move(np.asarray(values, tensor.dtype), device_of(_memory(tensor))))


def _drawn_dtype(name, tensor):
    check_float(name, tensor=tensor)
    return np.float64 if tensor.dtype == np.float64 else np.float32


def _check_range(name, a, b):
    if a > b:
        raise ValueError(f"{name}: the lower bound must not exceed the upper one, got a={a}, b={b}")


def _check_std(name, std):
    if std < 0:
        raise ValueError(f"{name}: std must not be negative, got {std}")


def uniform_(tensor, a=0.0, b=1.0, generator=None):
    """Fill with U(a, b)."""
    _check_range("uniform_", a, b)
    if _skips():
        return tensor
    draw = numpy_generator(generator, "init").random(tensor.shape, _drawn_dtype("uniform_", tensor))
    return _fill(tensor, a + (b - a) * draw)


def normal_(tensor, mean=0.0, std=1.0, generator=None):
    """Fill with N(mean, std^2)."""
    _check_std("normal_", std)
    dtype = _drawn_dtype("normal_", tensor)
    if _skips():
        return tensor
    draw = numpy_generator(generator, "init").standard_normal(tensor.shape, dtype)
    return _fill(tensor, mean + std * draw)


def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None):
    """Fill with N(mean, std^2) restricted to [a, b], which are values, not multiples of std.

    Where few normal draws would fall into [a, b], uniform ones are accepted in proportion to the
    density.
    """
    check_float("trunc_normal_", tensor=tensor)
    _check_range("trunc_normal_", a, b)
    _check_std("trunc_normal_", std)
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn("trunc_normal_: mean is more than 2 std from [a, b]; few draws fall there "
                      "and the bounds may be meant otherwise", stacklevel=2)
    if _skips():
        return tensor
    source = numpy_generator(generator, "init")
    values, pending = np.empty(tensor.shape), np.ones(tensor.shape, bool)
    while pending.any():
        draw, accepted = _truncated_draws(source, mean, std, a, b, int(pending.sum()))
        values[pending] = draw
        pending[pending] = ~accepted
    return _fill(tensor, values)


def _truncated_draws(source, mean, std, a, b, count):
    """``count`` draws, and which of them follow the truncated distribution."""
    root = max(std, 1e-300) * math.sqrt(2)
    if (math.erf((b - mean) / root) - math.erf((a - mean) / root)) / 2 > 0.3:
        draw = source.normal(mean, std, count)
        return draw, (a <= draw) & (draw <= b)
    draw = source.uniform(a, b, count)
    mode = min(max(mean, a), b)
    log_density = (((mode - mean) / root) ** 2 - ((draw - mean) / root) ** 2)
    return draw, np.log1p(-source.random(count)) < log_density


def constant_(tensor, val):
    """Fill with ``val``."""
    array = _memory(tensor)
    array[...] = val
    note_change(array)
    return tensor


def ones_(tensor):
    """Fill with 1."""
    return constant_(tensor, 1)


def zeros_(tensor):
    """Fill with 0."""
    return constant_(tensor, 0)


def eye_(tensor):
    """Fill a matrix with the identity, as far as it goes."""
    if tensor.ndim != 2:
        raise ValueError(f"eye_: needs a tensor of 2 dimensions, got shape {tensor.shape}")
    return _fill(tensor, np.eye(*tensor.shape))


def dirac_(tensor, groups=1):
    """Fill a convolution's weight so that each output channel repeats an input channel.

    Parameters
    ----------
    tensor : Tensor
        (F, C, ...) with one to three kernel dimensions.
    groups : int
        F must be divisible by it.
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("dirac_: needs a tensor of 3, 4 or 5 dimensions, got shape "
                         f"{tensor.shape}")
    if tensor.shape[0] % groups:
        raise ValueError(f"dirac_: the first dimension ({tensor.shape[0]}) must be divisible by "
                         f"groups={groups}")
    values = np.zeros(tensor.shape)
    per_group = tensor.shape[0] // groups
    center = tuple([size // 2 for size in tensor.shape[2:]])
    for group in range(groups):
        for channel in range(min(per_group, tensor.shape[1])):
            values[(group * per_group + channel, channel, *center)] = 1
    return _fill(tensor, values)


def _calculate_fan_in_and_fan_out(tensor):
    if tensor.ndim < 2:
        raise ValueError("fan in and fan out: needs a tensor of 2 or more dimensions, got shape "
                         f"{tensor.shape}; use uniform_ or zeros_ for a bias")
    area = math.prod(tensor.shape[2:])
    return tensor.shape[1] * area, tensor.shape[0] * area


def _fan(tensor, mode):
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f'kaiming init: mode must be "fan_in" or "fan_out", got {mode!r}')
    return _calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"]


def xavier_uniform_(tensor, gain=1.0, generator=None):
    """Fill with U(-b, b), b = gain * sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010)."""
    bound = math.sqrt(3) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor, gain=1.0, generator=None):
    """Fill with N(0, s^2), s = gain * sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio, 2010)."""
    return normal_(tensor, 0, _xavier_std(tensor, gain), generator)


def _xavier_std(tensor, gain):
    return gain * math.sqrt(2 / max(sum(_calculate_fan_in_and_fan_out(tensor)), 1))


def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """Fill with U(-b, b), b = gain * sqrt(3 / fan) (He et al., arXiv:1502.01852).

    Parameters
    ----------
    tensor : Tensor
        Of 2 or more dimensions.
    a : float
        Slope of the leaky_relu that follows; layers use sqrt(5), which gives b = 1/sqrt(fan_in).
    mode : str
        "fan_in" keeps the variance of the values on the way forth, "fan_out" of the gradients back.
    nonlinearity : str
        See ``calculate_gain``.
    generator : Generator, optional
        Instead of the stream "init".
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """Fill with N(0, s^2), s = gain / sqrt(fan); arguments as for ``kaiming_uniform_``."""
    return normal_(tensor, 0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor, a, mode, nonlinearity):
    return calculate_gain(nonlinearity, a) / math.sqrt(max(_fan(tensor, mode), 1))


def orthogonal_(tensor, gain=1, generator=None):
    """Fill with a matrix whose rows, or columns if fewer, are orthonormal (arXiv:1312.6120).

    Dimensions after the first are taken as one. The signs of R make the result uniformly
    distributed.
    """
    if tensor.ndim < 2:
        raise ValueError("orthogonal_: needs a tensor of 2 or more dimensions, got shape "
                         f"{tensor.shape}")
    if 0 in tensor.shape:
        return tensor
    rows = tensor.shape[0]
    a = numpy_generator(generator, "init").standard_normal((rows, math.prod(tensor.shape[1:])))
    tall = a if a.shape[0] >= a.shape[1] else a.T
    q, r = np.linalg.qr(tall)
    q = q * np.sign(np.diag(r))
    return _fill(tensor, gain * (q if tall is a else q.T).reshape(tensor.shape))


def sparse_(tensor, sparsity, std=0.01, generator=None):
    """Fill a matrix with N(0, std^2), then set the fraction ``sparsity`` of each column to 0."""
    if tensor.ndim != 2:
        raise ValueError(f"sparse_: needs a tensor of 2 dimensions, got shape {tensor.shape}")
    source = numpy_generator(generator, "init")
    values = source.normal(0, std, tensor.shape)
    rows, cols = tensor.shape
    for col in range(cols):
        values[source.permutation(rows)[:math.ceil(sparsity * rows)], col] = 0
    return _fill(tensor, values)
