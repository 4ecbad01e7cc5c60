"""Pooling layers: the maximum or the mean of windows."""
from . import functional as F
from .module import Module

__all__ = ["AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
           "AvgPool1d", "AvgPool2d", "LPPool1d", "LPPool2d", "MaxPool1d", "MaxPool2d",
           "MaxUnpool1d", "MaxUnpool2d"]


def _repeated(value, times):
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * times


class _MaxPool(Module):

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, return_indices=False,
                 ceil_mode=False):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def extra_repr(self):
        return (f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
                f"dilation={self.dilation}, ceil_mode={self.ceil_mode}")


class MaxPool1d(_MaxPool):
    """Maximum of windows of (N, C, L) or (C, L); arguments as for ``MaxPool2d``."""

    def forward(self, input):
        return F.max_pool1d(input, self.kernel_size, self.stride, self.padding, self.dilation,
                            ceil_mode=self.ceil_mode, return_indices=self.return_indices)


class MaxPool2d(_MaxPool):
    """Maximum of windows of (N, C, H, W) or (C, H, W); the padding counts as minus infinity.

    Parameters
    ----------
    kernel_size, stride, padding, dilation : int or pair
        stride is the kernel size if not given.
    return_indices : bool
        Return (result, positions of the maxima in the flattened H x W) as well.
    ceil_mode : bool
        Keep a last window that sticks out, unless it starts in the padding.
    """

    def forward(self, input):
        return F.max_pool2d(input, self.kernel_size, self.stride, self.padding, self.dilation,
                            ceil_mode=self.ceil_mode, return_indices=self.return_indices)


class _AvgPool(Module):

    def extra_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """Mean of windows of (N, C, L) or (C, L); arguments as for ``AvgPool2d``."""

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False,
                 count_include_pad=True):
        super().__init__()
        self.kernel_size = _repeated(kernel_size, 1)
        self.stride = self.kernel_size if stride is None else _repeated(stride, 1)
        self.padding = _repeated(padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input):
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
                            self.count_include_pad)


class AvgPool2d(_AvgPool):
    """Mean of windows of (N, C, H, W) or (C, H, W).

    Parameters
    ----------
    kernel_size, stride, padding : int or pair
        stride is the kernel size if not given.
    ceil_mode : bool
        Keep a last window that sticks out, unless it starts in the padding.
    count_include_pad : bool
        Count the zeros of the padding in the mean.
    divisor_override : int, optional
        Divide by this instead of the number of elements.
    """

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
                 divisor_override=None):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input):
        return F.avg_pool2d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
                            self.count_include_pad, self.divisor_override)


class _AdaptiveAvgPool(Module):

    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def extra_repr(self):
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Mean of (N, C, L) or (C, L) in ``output_size`` bins."""

    def forward(self, input):
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Mean of (N, C, H, W) or (C, H, W) in a grid of bins.

    Parameters
    ----------
    output_size : int, or pair of int or None
        OH and OW; None keeps the size. Bin i of n covers floor(i*H/n) to ceil((i+1)*H/n).
    """

    def forward(self, input):
        return F.adaptive_avg_pool2d(input, self.output_size)


class _AdaptiveMaxPool(Module):

    def __init__(self, output_size, return_indices=False):
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def extra_repr(self):
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Maximum of (N, C, L) or (C, L) in ``output_size`` bins."""

    def forward(self, input):
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Maximum of (N, C, H, W) or (C, H, W) in a grid of bins as in ``AdaptiveAvgPool2d``.

    Parameters
    ----------
    output_size : int, or pair of int or None
    return_indices : bool
        Return (result, positions of the maxima in the flattened H x W) as well.
    """

    def forward(self, input):
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class _MaxUnpool(Module):

    _dims = 2

    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        self.kernel_size = _repeated(kernel_size, self._dims)
        self.stride = self.kernel_size if stride is None else _repeated(stride, self._dims)
        self.padding = _repeated(padding, self._dims)

    def extra_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """Puts the maxima of ``MaxPool1d`` back in their places; arguments as for ``MaxUnpool2d``."""

    _dims = 1

    def forward(self, input, indices, output_size=None):
        return F.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding,
                              output_size)


class MaxUnpool2d(_MaxUnpool):
    """Puts the maxima of ``MaxPool2d`` back in their places, zeros elsewhere.

    ``forward`` takes the pooled values, the indices of ``MaxPool2d(return_indices=True)`` and,
    where several sizes are pooled to one, the ``output_size``.

    Parameters
    ----------
    kernel_size, stride, padding : int or pair
        Those of the pooling.
    """

    def forward(self, input, indices, output_size=None):
        return F.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding,
                              output_size)


class _LPPool(Module):

    def __init__(self, norm_type, kernel_size, stride=None, ceil_mode=False):
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self):
        return (f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, "
                f"stride={self.stride}, ceil_mode={self.ceil_mode}")


class LPPool1d(_LPPool):
    """(sum of x^p)^(1/p) of windows of (N, C, L) or (C, L), p = norm_type."""

    def forward(self, input):
        return F.lp_pool1d(input, float(self.norm_type), self.kernel_size, self.stride,
                           self.ceil_mode)


class LPPool2d(_LPPool):
    """(sum of x^p)^(1/p) of windows of (N, C, H, W) or (C, H, W), p = norm_type."""

    def forward(self, input):
        return F.lp_pool2d(input, float(self.norm_type), self.kernel_size, self.stride,
                           self.ceil_mode)
