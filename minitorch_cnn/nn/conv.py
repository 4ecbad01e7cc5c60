"""Convolutions and their transposes."""
import math

from ..ops.checks import as_tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import check_sizes, empty_parameter

__all__ = ["Conv1d", "Conv2d", "ConvTranspose1d", "ConvTranspose2d", "Fold", "Unfold"]

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def _tuple_of(length, name, value):
    """``value`` for every spatial dimension: an int is repeated."""
    if isinstance(value, (tuple, list)):
        if len(value) != length:
            raise ValueError(f"{name}: expected an int or {length} of them, got {value}")
        return tuple(value)
    return (value,) * length


class _Conv(Module):
    """What all convolutions share; ``_dims`` is the number of spatial dimensions."""

    _dims = 2
    _transposed = False

    def __init__(self, in_channels, out_channels, kernel_size, stride, padding, output_padding,
                 dilation, groups, bias, padding_mode, device, dtype):
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = self._sizes("kernel_size", kernel_size)
        self.stride = self._sizes("stride", stride)
        self.padding = padding if isinstance(padding, str) else self._sizes("padding", padding)
        self.dilation = self._sizes("dilation", dilation)
        self.transposed = self._transposed
        self.output_padding = self._sizes("output_padding", output_padding)
        self.groups = groups
        self.padding_mode = padding_mode
        self._check()
        channels = (in_channels, out_channels // groups) if self.transposed else (
            out_channels, in_channels // groups)
        self.weight = empty_parameter((*channels, *self.kernel_size), device, dtype)
        self.register_parameter("bias", empty_parameter(out_channels, device, dtype)
                                if bias else None)
        self.reset_parameters()

    def _sizes(self, argument, value):
        check_sizes(type(self).__name__, **{argument: value})
        return _tuple_of(self._dims, f"{type(self).__name__}: {argument}", value)

    def _check(self):
        name = type(self).__name__
        check_sizes(name, in_channels=self.in_channels, out_channels=self.out_channels,
                    groups=self.groups)
        if self.groups <= 0:
            raise ValueError(f"{name}: groups must be a positive integer, got {self.groups}")
        for argument in ("in_channels", "out_channels"):
            if getattr(self, argument) % self.groups:
                raise ValueError(f"{name}: {argument} must be divisible by groups, got "
                                 f"{argument}={getattr(self, argument)} and groups={self.groups}")
        if isinstance(self.padding, str):
            if self.padding not in ("same", "valid"):
                raise ValueError(f'{name}: padding must be numbers, "same" or "valid", got '
                                 f'{self.padding!r}')
            if self.padding == "same" and any(step != 1 for step in self.stride):
                raise ValueError(f'{name}: padding="same" needs stride=1, got '
                                 f'stride={self.stride}; give the padding in numbers')
        allowed = ("zeros",) if self.transposed else _PADDING_MODES
        if self.padding_mode not in allowed:
            raise ValueError(f"{name}: padding_mode must be one of {', '.join(allowed)}, got "
                             f"{self.padding_mode!r}")

    def reset_parameters(self):
        """Draw new initial values: both uniform within 1/sqrt(fan_in)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = math.prod(self.weight.shape[1:])
            bound = 1 / math.sqrt(max(fan_in, 1))
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self):
        text = (f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
                f"stride={self.stride}")
        usual = {"padding": (0,) * len(self.padding), "dilation": (1,) * self._dims,
                 "output_padding": (0,) * self._dims, "groups": 1}
        for name, value in usual.items():
            if getattr(self, name) != value:
                text += f", {name}={getattr(self, name)}"
        if self.bias is None:
            text += ", bias=False"
        return text if self.padding_mode == "zeros" else f"{text}, padding_mode={self.padding_mode}"


class _ForwardConv(_Conv):

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1,
                 groups=1, bias=True, padding_mode="zeros", device=None, dtype=None):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, 0, dilation,
                         groups, bias, padding_mode, device, dtype)

    def _padded(self, input):
        """(input, padding still to be done by the convolution): it can pad with zeros itself."""
        if self.padding_mode == "zeros":
            return input, self.padding
        return F.pad(input, self._padding_for_pad(), mode=self.padding_mode), 0

    def _padding_for_pad(self):
        """The padding as ``F.pad`` wants it: last dimension first, begin and end of each."""
        if self.padding == "valid":
            return (0,) * (2 * self._dims)
        if self.padding == "same":
            total = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size)]
            pairs = [(n // 2, n - n // 2) for n in total]
        else:
            pairs = [(n, n) for n in self.padding]
        return tuple([n for pair in reversed(pairs) for n in pair])


class Conv1d(_ForwardConv):
    """Convolution over (N, C, L) or (C, L); arguments as for ``Conv2d``."""

    _dims = 1

    def forward(self, input):
        input, padding = self._padded(input)
        return F.conv1d(input, self.weight, self.bias, self.stride, padding, self.dilation,
                        self.groups)


class Conv2d(_ForwardConv):
    """Convolution over (N, C, H, W) or (C, H, W).

    Parameters
    ----------
    in_channels, out_channels : int
        C of input and output.
    kernel_size, stride, dilation : int or pair
        Height and width.
    padding : int, pair, "same" or "valid"
        Rows above and below, columns left and right; "same" keeps H and W (stride 1 only).
    groups : int
        Channels are split into this many groups that do not see each other. weight is
        (out_channels, in_channels / groups, KH, KW).
    bias : bool
        Whether there is one.
    padding_mode : str
        What the padding holds: "zeros", "reflect", "replicate" or "circular".
    device, dtype : optional
        Where and in which dtype the parameters are made.

    Raises
    ------
    ValueError
        Where the arguments contradict each other.
    """

    def forward(self, input):
        input, padding = self._padded(input)
        return F.conv2d(input, self.weight, self.bias, self.stride, padding, self.dilation,
                        self.groups)


class _TransposedConv(_Conv):

    _transposed = True

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0,
                 output_padding=0, groups=1, bias=True, dilation=1, padding_mode="zeros",
                 device=None, dtype=None):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, output_padding,
                         dilation, groups, bias, padding_mode, device, dtype)

    def _output_padding(self, input, output_size):
        """The output padding for ``output_size``: several sizes convolve to one input size."""
        if output_size is None:
            return self.output_padding
        input = as_tensor(input)
        name, dims = type(self).__name__, self._dims
        leading = input.ndim - dims
        wanted = tuple(output_size)
        if len(wanted) == leading + dims:
            wanted = wanted[leading:]
        if len(wanted) != dims:
            raise ValueError(f"{name}: output_size must have {dims} or {leading + dims} numbers "
                             f"for an input of {input.ndim} dimensions, got {tuple(output_size)}")
        smallest = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in zip(
            input.shape[leading:], self.stride, self.padding, self.dilation, self.kernel_size)]
        largest = [n + s - 1 for n, s in zip(smallest, self.stride)]
        if not all(low <= n <= high for low, n, high in zip(smallest, wanted, largest)):
            raise ValueError(f"{name}: an output_size of {wanted} cannot be reached from an input "
                             f"of {tuple(input.shape[leading:])}; {smallest} to {largest} can")
        return tuple([n - low for n, low in zip(wanted, smallest)])


class ConvTranspose1d(_TransposedConv):
    """Transposed convolution over (N, C, L) or (C, L); arguments as for ``ConvTranspose2d``."""

    _dims = 1

    def forward(self, input, output_size=None):
        output_padding = self._output_padding(input, output_size)
        return F.conv_transpose1d(input, self.weight, self.bias, self.stride, self.padding,
                                  output_padding, self.groups, self.dilation)


class ConvTranspose2d(_TransposedConv):
    """Transposed convolution over (N, C, H, W) or (C, H, W): what ``Conv2d`` does to gradients.

    OH = (H - 1) * stride - 2 * padding + dilation * (KH - 1) + output_padding + 1, and OW likewise.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, groups, bias, dilation
        As for ``Conv2d``; weight is (in_channels, out_channels / groups, KH, KW).
    output_padding : int or pair
        Rows and columns added at the end, less than stride or dilation. ``forward`` takes
        ``output_size`` instead.
    padding_mode : str
        Only "zeros".
    """

    def forward(self, input, output_size=None):
        output_padding = self._output_padding(input, output_size)
        return F.conv_transpose2d(input, self.weight, self.bias, self.stride, self.padding,
                                  output_padding, self.groups, self.dilation)


class Unfold(Module):
    """The patches of (N, C, H, W) as columns, (N, C * KH * KW, L): im2col.

    Parameters
    ----------
    kernel_size, dilation, padding, stride : int or pair
    """

    def __init__(self, kernel_size, dilation=1, padding=0, stride=1):
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input):
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self):
        return (f"kernel_size={self.kernel_size}, dilation={self.dilation}, "
                f"padding={self.padding}, stride={self.stride}")


class Fold(Module):
    """Columns (N, C * KH * KW, L) added up to (N, C, H, W): col2im, the transpose of ``Unfold``.

    Parameters
    ----------
    output_size : int or pair
        H and W.
    kernel_size, dilation, padding, stride : int or pair
    """

    def __init__(self, output_size, kernel_size, dilation=1, padding=0, stride=1):
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input):
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding,
                      self.stride)

    def extra_repr(self):
        return (f"output_size={self.output_size}, kernel_size={self.kernel_size}, "
                f"dilation={self.dilation}, padding={self.padding}, stride={self.stride}")
