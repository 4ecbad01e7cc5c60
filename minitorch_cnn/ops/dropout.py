"""Dropout: elements, or whole channels, set to a constant at random, the rest scaled.

x argument, y result, dy and dx gradients, all of one shape; mask of a shape that broadcasts to it.
Masks come from the stream "dropout" of ``manual_seed``, through a counter-based generator: the CPU
and the GPU drop the same elements. ``inplace`` is ignored: no op here changes its input.

Srivastava et al., "Dropout", JMLR 15 (2014) 1929.
"""
import math

from .. import kernels
from ..autograd import Function
from ..random import initial_seed, next_call, stream_id
from .checks import as_tensor, check_float

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d",
           "feature_alpha_dropout"]


def _check(op, input, p, training):
    input = as_tensor(input)
    if training:  # else it is returned as it is, integers too
        check_float(op, input=input)
    if not 0 <= p <= 1:
        raise ValueError(f"{op}: p is the probability to drop, between 0 and 1, got {p}")
    return input


def _drawn(x, shape):
    """Array of ``shape``; an element is kept if its number is at least p: probability 1 - p."""
    return kernels.philox_uniform(x, shape, initial_seed(), stream_id("dropout"),
                                  next_call("dropout"))


def _channels(input, first):
    """The shape of one number per (sample and) channel, to broadcast against ``input``."""
    return input.shape[:first] + (1,) * (input.ndim - first)


class Dropout(Function):
    """y = x mask;  dx = dy mask.  The mask is 0, or 1 / (1 - p) with probability 1 - p.

    It has the given shape, which broadcasts to x's.
    """

    mask = None
    drawn = ("mask",)   # what forward draws, if it is not given

    def __init__(self, p, shape):
        self.p, self.mask_shape = p, shape

    def forward(self, x):
        if self.mask is None:
            self.mask = kernels.dropout_mask(_drawn(x, self.mask_shape), self.p, x.dtype)
        return x * self.mask

    def backward(self, dy):
        return dy * self.mask


def _drop(input, p, training, shape):
    return Dropout(p, shape)(input) if training else input


def dropout(input, p=0.5, training=True, inplace=False):
    """Set each element to 0 with probability ``p``; multiply the others by 1 / (1 - p).

    Parameters
    ----------
    input : Tensor
        Floats, any shape.
    p : float
        Probability to drop, in [0, 1].
    training : bool
        If False, the input itself is returned.
    inplace : bool
        Ignored.

    Raises
    ------
    TypeError
        If the input does not hold floats, in training.
    ValueError
        If p is not in [0, 1].
    """
    input = _check("dropout", input, p, training)
    return _drop(input, p, training, input.shape)


def dropout1d(input, p=0.5, training=True, inplace=False):
    """Drop whole channels of (N, C, L) or (C, L).

    Parameters
    ----------
    input : Tensor, (N, C, L) or (C, L)
        Floats.
    p : float
        Probability to drop a channel, in [0, 1].
    training : bool
        If False, the input itself is returned.
    inplace : bool
        Ignored.

    Raises
    ------
    TypeError
        If the input does not hold floats, in training.
    ValueError
        If p is not in [0, 1] or the input has another number of dimensions.
    """
    input = _check("dropout1d", input, p, training)
    if input.ndim not in (2, 3):
        raise ValueError(f"dropout1d: input must be (N, C, L) or (C, L), got shape {input.shape}; "
                         "use dropout, dropout2d or dropout3d")
    return _drop(input, p, training, _channels(input, input.ndim - 1))


def dropout2d(input, p=0.5, training=True, inplace=False):
    """Drop whole channels of (N, C, H, W), as (N, C) decides.  Tompson et al., arXiv 1411.4280.

    Parameters
    ----------
    input : Tensor, (N, C, ...)
        Floats. As in PyTorch, a 3-d input is read as (N, C, L).
    p : float
        Probability to drop a channel, in [0, 1].
    training : bool
        If False, the input itself is returned.
    inplace : bool
        Ignored.

    Raises
    ------
    TypeError
        If the input does not hold floats, in training.
    ValueError
        If p is not in [0, 1] or the input has fewer than two dimensions.
    """
    input = _check("dropout2d", input, p, training)
    _need_channels("dropout2d", input)
    return _drop(input, p, training, _channels(input, 2))


def dropout3d(input, p=0.5, training=True, inplace=False):
    """Drop whole channels of (N, C, D, H, W) or (C, D, H, W). Everything else as ``dropout2d``.

    As in PyTorch, an input of other than five dimensions is read as (C, ...).
    """
    input = _check("dropout3d", input, p, training)
    return _drop(input, p, training, _channels(input, 2 if input.ndim == 5 else 1))


def _need_channels(op, input):
    if input.ndim < 2:
        raise ValueError(f"{op}: input needs a dimension of channels, (N, C, ...), got shape "
                         f"{input.shape}; use dropout")


class AlphaDropout(Function):
    """y = a (x kept + alpha' (1 - kept)) + b;  dx = dy a kept.

    alpha' = -1.7581 is SELU's limit for x -> -inf; a and b restore mean 0 and variance 1.
    """

    SATURATED = -1.7580993408473766
    kept = None
    drawn = ("kept",)

    def __init__(self, p, shape):
        self.p, self.mask_shape = p, shape
        self.a = 1 / math.sqrt((1 - p) * (1 + p * self.SATURATED ** 2)) if p < 1 else 0.0
        self.b = -self.a * p * self.SATURATED

    def forward(self, x):
        if self.kept is None:
            self.kept = (_drawn(x, self.mask_shape) >= self.p).astype(x.dtype)
        return self.a * (x * self.kept + self.SATURATED * (1 - self.kept)) + self.b

    def backward(self, dy):
        return dy * (self.a * self.kept)


def alpha_dropout(input, p=0.5, training=False, inplace=False):
    """Dropout for SELU networks: drops to SELU's negative limit, keeps mean and variance.

    Klambauer et al., "Self-Normalizing Neural Networks", arXiv 1706.02515.

    Parameters
    ----------
    input : Tensor
        Floats, any shape.
    p : float
        Probability to drop, in [0, 1].
    training : bool
        If False (the default here, as in PyTorch), the input itself is returned.
    inplace : bool
        Ignored.

    Raises
    ------
    TypeError
        If the input does not hold floats, in training.
    ValueError
        If p is not in [0, 1].
    """
    input = _check("alpha_dropout", input, p, training)
    return AlphaDropout(p, input.shape)(input) if training else input


def feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    """``alpha_dropout`` of whole channels of (N, C, ...). Parameters and errors as there.

    Raises
    ------
    ValueError
        Also, in training, if the input has fewer than two dimensions.
    """
    input = _check("feature_alpha_dropout", input, p, training)
    if not training:
        return input
    _need_channels("feature_alpha_dropout", input)
    return AlphaDropout(p, _channels(input, 2))(input)
