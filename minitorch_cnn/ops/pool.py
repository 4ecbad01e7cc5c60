"""Pooling: maximum or mean over windows, or over bins of an image (adaptive).

N batch, C channels, H x W input size; OH x OW output size. x input, y result, dy and dx gradients.
"""
import math

from .. import kernels
from ..autograd import Function, Tensor
from ..device import array_module
from ..dtypes import float64, int64
from .activation import relu
from .checks import as_tensor, check_float
from .elementwise import absolute, mul, sign
from .elementwise import pow as power
from .geometry import (
    adaptive_size,
    as_images,
    check_layout,
    ints,
    like_input,
    pool_options,
    pool_output,
    pool_windows,
    text,
    two,
    unpooled_size,
)

__all__ = ["adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool1d",
           "adaptive_max_pool2d", "avg_pool1d", "avg_pool2d", "lp_pool1d", "lp_pool2d",
           "max_pool1d", "max_pool2d", "max_unpool1d", "max_unpool2d"]

NO_PADDING = ((0, 0), (0, 0))


class MaxPool2d(Function):
    """y = the maximum of each window; dy goes to the first pixel that has it.

    Padding is minus infinity. ``index`` keeps where the maxima are: h*W + w.
    """

    silent = True

    def __init__(self, kernel, stride, padding=NO_PADDING, dilation=(1, 1), ceil_mode=False):
        self.windows = kernel, stride, padding, dilation
        self.ceil_mode = ceil_mode

    def forward(self, x):
        self.size = x.shape[2:]
        output_size = pool_output("max_pool2d", self.size, *self.windows, self.ceil_mode)
        # (N, C, OH, OW) both
        y, self.index = kernels.max_pool2d_forward(x, *self.windows, output_size)
        return y

    def backward(self, dy):
        return kernels.max_pool2d_backward(dy, self.index, self.size, self.windows)


class AvgPool2d(Function):
    """y = sum of each window / count;  dx = sum over the windows above a pixel of dy / count.

    count is the number of pixels of the window, with or without those of the padding, or
    ``divisor_override``.
    """

    def __init__(self, kernel, stride, padding=NO_PADDING, ceil_mode=False, count_include_pad=True,
                 divisor_override=None):
        self.windows, self.ceil_mode = (kernel, stride, padding), ceil_mode
        self.count = count_include_pad, divisor_override

    def forward(self, x):
        self.size = x.shape[2:]
        output_size = pool_output("avg_pool2d", self.size, *self.windows, (1, 1), self.ceil_mode)
        if x.dtype.kind != "f":  # integers are divided towards zero, as in PyTorch
            return array_module(x).trunc(self.forward(x.astype(float64))).astype(x.dtype)
        return kernels.avg_pool2d_forward(x, *self.windows, output_size, *self.count)

    def backward(self, dy):
        return kernels.avg_pool2d_backward(dy, self.size, *self.windows, *self.count)


class AdaptiveAvgPool2d(Function):
    """y = the mean of each bin;  dx = the sum over the bins of a pixel of dy / pixels in the bin.

    Bin i of o over n pixels reaches from floor(i*n/o) to ceil((i + 1)*n/o).
    """

    def __init__(self, output_size):
        self.output_size = output_size

    def forward(self, x):
        self.size = x.shape[2:]
        return kernels.adaptive_avg_pool2d_forward(x, self.output_size)

    def backward(self, dy):
        return kernels.adaptive_avg_pool2d_backward(dy, self.size)


class AdaptiveMaxPool2d(Function):
    """y = the maximum of each bin; dy goes to the first pixel that has it, kept in ``index``."""

    def __init__(self, output_size):
        self.output_size = output_size

    def forward(self, x):
        self.size = x.shape[2:]
        y, self.index = kernels.adaptive_max_pool2d_forward(x, self.output_size)
        return y

    def backward(self, dy):
        return kernels.max_pool2d_backward(dy, self.index, self.size)


class MaxUnpool2d(Function):
    """y[index] = x and 0 elsewhere;  dx = dy[index]."""

    def __init__(self, index, size):
        self.index, self.size = index, size

    def forward(self, x):
        xp = array_module(x)
        N, C, OH, OW = x.shape
        H, W = self.size
        y = xp.zeros((N, C, H * W), x.dtype)
        xp.put_along_axis(y, self.index.reshape(N, C, OH * OW), x.reshape(N, C, OH * OW), 2)
        return y.reshape(N, C, H, W)

    def backward(self, dy):
        N, C, OH, OW = self.index.shape
        dy = dy.reshape(N, C, math.prod(self.size))
        dx = array_module(dy).take_along_axis(dy, self.index.reshape(N, C, OH * OW), 2)
        return dx.reshape(N, C, OH, OW)


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
               return_indices=False):
    """Maximum of each window.

    Parameters
    ----------
    input : Tensor, (N, C, H, W) or (C, H, W)
        Floats or integers.
    kernel_size, stride, dilation : int or (int, int)
        Size of the windows, steps between them (default: their size) and between their pixels.
    padding : int or (int, int)
        Minus infinity around the image; at most half of ``kernel_size``.
    ceil_mode : bool
        Keep a last window that reaches beyond the end, unless it starts in the padding there.
    return_indices : bool
        Also return where the maxima are: h*W + w, int64.

    Returns
    -------
    Tensor, (N, C, OH, OW) or (C, OH, OW)
        Or a tuple of it and the indices. Of equal maxima the first one gets the gradient. NaN is
        larger than everything.

    Raises
    ------
    TypeError, ValueError
        For options that are no ints or out of range, and windows that do not fit.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
    """
    return _max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode,
                     return_indices)


def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
               return_indices=False):
    """``max_pool2d`` over signals (N, C, L) or (C, L)."""
    return _max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode,
                     return_indices)


def _max_pool(op, dims, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices):
    input = as_tensor(input)
    _refuse_bool(op, input)
    windows = pool_windows(op, input.data.shape, dims, kernel_size, stride, padding, dilation,
                           ceil_mode)
    return _with_index(MaxPool2d(*windows, ceil_mode), input, dims, return_indices)


def _with_index(pool, input, dims, return_indices):
    if dims == 2 and input.data.ndim == 4 and not return_indices:
        return pool(input)
    y = like_input(pool(as_images(input, dims)), input, dims)
    if not return_indices:
        return y
    return y, Tensor(pool.index.reshape(y.shape).astype(int64))


def _refuse_bool(op, input):
    if input.dtype.kind == "b":
        raise TypeError(f"{op}: input must hold numbers, got bool; convert it with .float()")


def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
               divisor_override=None):
    """Mean of each window.

    Parameters
    ----------
    input : Tensor, (N, C, H, W) or (C, H, W)
        Floats; integers are divided towards zero.
    kernel_size, stride : int or (int, int)
        Size of the windows, and steps between them (default: their size).
    padding : int or (int, int)
        Zeros around the image; at most half of ``kernel_size``.
    ceil_mode : bool
        Keep a last window that reaches beyond the end, unless it starts in the padding there.
    count_include_pad : bool
        Count the padding in the mean (not what ``ceil_mode`` reaches beyond it).
    divisor_override : int, optional
        Divide the sums by this, whatever the windows hold.

    Returns
    -------
    Tensor, (N, C, OH, OW) or (C, OH, OW)

    Raises
    ------
    TypeError, ValueError
        For options that are no ints or out of range, and windows that do not fit.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
    """
    divisor = divisor_override
    if divisor is not None:
        divisor = ints("avg_pool2d", "divisor_override", divisor, 1, -math.inf)[0]
    if divisor == 0:
        raise ValueError("avg_pool2d: divisor_override must not be 0; leave it out for the mean")
    return _avg_pool("avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode,
                     count_include_pad, divisor)


def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """``avg_pool2d`` over signals (N, C, L) or (C, L)."""
    return _avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode,
                     count_include_pad, None)


def _avg_pool(op, dims, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor):
    input = as_tensor(input)
    _refuse_bool(op, input)
    windows = pool_windows(op, input.shape, dims, kernel_size, stride, padding, 1, ceil_mode)
    pool = AvgPool2d(*windows[:3], ceil_mode, bool(count_include_pad), divisor)
    return like_input(pool(as_images(input, dims)), input, dims)


def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """p-norm of each window: (sum of x**p) ** (1/p); for p = inf the maximum of abs(x).

    A window whose sum is zero gets no gradient. x**p of a negative x is negative for odd p, and
    NaN for fractions, as in PyTorch.

    Parameters
    ----------
    input : Tensor, (N, C, H, W) or (C, H, W)
        Numbers.
    norm_type : float
        p.
    kernel_size, stride, ceil_mode
        As in ``avg_pool2d``.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html
    """
    return _lp_pool("lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """``lp_pool2d`` over signals (N, C, L) or (C, L)."""
    return _lp_pool("lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


def _lp_pool(op, dims, input, p, kernel_size, stride, ceil_mode):
    input = as_tensor(input)
    if p in (math.inf, -math.inf):
        up = 1 if p > 0 else -1
        x = mul(absolute(input), up)
        return mul(_max_pool(op, dims, x, kernel_size, stride, 0, 1, ceil_mode, False), up)
    mean = _avg_pool(op, dims, power(input, p), kernel_size, stride, 0, ceil_mode, True, None)
    mean = mul(sign(mean), relu(absolute(mean)))  # relu stops a root's infinite gradient at zero
    return power(mul(mean, math.prod(ints(op, "kernel_size", kernel_size, dims))), 1 / p)


def adaptive_avg_pool2d(input, output_size):
    """Mean over OH x OW bins that cover the image, whatever its size; 1 is global pooling.

    Parameters
    ----------
    input : Tensor, (N, C, H, W) or (C, H, W)
        Floats.
    output_size : int or (int, int)
        (OH, OW); None in a place keeps the input's size there.

    Returns
    -------
    Tensor, (N, C, OH, OW) or (C, OH, OW)
        Bin i of o over n pixels reaches from floor(i*n/o) to ceil((i + 1)*n/o).

    Raises
    ------
    TypeError
        For integers.
    ValueError
        For another shape or a negative size.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html
    """
    return _adaptive("adaptive_avg_pool2d", 2, AdaptiveAvgPool2d, input, output_size, 0)


def adaptive_avg_pool1d(input, output_size):
    """``adaptive_avg_pool2d`` over signals (N, C, L) or (C, L)."""
    return _adaptive("adaptive_avg_pool1d", 1, AdaptiveAvgPool2d, input, output_size, 0)


def adaptive_max_pool2d(input, output_size, return_indices=False):
    """Maximum over OH x OW bins that cover the image; parameters as in ``adaptive_avg_pool2d``.

    With ``return_indices`` also where the maxima are: h*W + w, int64. Of equal maxima the first one
    gets the gradient.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html
    """
    return _adaptive("adaptive_max_pool2d", 2, AdaptiveMaxPool2d, input, output_size, 1,
                     return_indices)


def adaptive_max_pool1d(input, output_size, return_indices=False):
    """``adaptive_max_pool2d`` over signals (N, C, L) or (C, L)."""
    return _adaptive("adaptive_max_pool1d", 1, AdaptiveMaxPool2d, input, output_size, 1,
                     return_indices)


def _adaptive(op, dims, kind, input, output_size, channels, return_indices=False):
    input = as_tensor(input)
    check_float(op, input=input)
    check_layout(op, input.shape, dims, channels)
    size = adaptive_size(op, output_size, input.shape[-dims:])
    return _with_index(kind(two(size, 1)), input, dims, return_indices)


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Put maxima back where ``max_pool2d(..., return_indices=True)`` found them; the rest is zero.

    Parameters
    ----------
    input : Tensor, (N, C, OH, OW) or (C, OH, OW)
        Floats.
    indices : int Tensor of the same shape
        h*W + w in an image of ``output_size``.
    kernel_size, stride, padding : int or (int, int)
        Those of the pool.
    output_size : sequence of int, optional
        (H, W), or a whole shape that ends in it; default (OH - 1)*stride - 2*padding + kernel_size.

    Returns
    -------
    Tensor, (N, C, H, W) or (C, H, W)

    Raises
    ------
    ValueError
        For indices of another shape or outside the image, and an ``output_size`` that this pool
        does not turn into the input's.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool2d.html
    """
    return _max_unpool("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """``max_unpool2d`` over signals (N, C, L) or (C, L)."""
    return _max_unpool("max_unpool1d", 1, input, indices, kernel_size, stride, padding,
                       output_size)


def _max_unpool(op, dims, input, indices, kernel_size, stride, padding, output_size):
    input, indices = as_tensor(input), as_tensor(indices)
    check_layout(op, input.shape, dims)
    windows = pool_options(op, kernel_size, stride, padding, dims)
    size = unpooled_size(op, input.shape[-dims:], *windows[:3], output_size)
    _check_indices(op, input, indices, size)
    pool = MaxUnpool2d(as_images(indices, dims).data, two(size, 1))
    return like_input(pool(as_images(input, dims)), input, dims)


def _check_indices(op, input, indices, size):
    if indices.shape != input.shape or indices.dtype.kind not in "iu":
        raise ValueError(f"{op}: indices must be integers of the input's shape {input.shape}, got "
                         f"{indices.dtype} of shape {indices.shape}")
    where = indices.data
    if where.size and not 0 <= int(where.min()) <= int(where.max()) < math.prod(size):
        raise ValueError(f"{op}: indices reach from {where.min()} to {where.max()}, but an image "
                         f"of {text(size)} has positions 0 to {math.prod(size) - 1}")
