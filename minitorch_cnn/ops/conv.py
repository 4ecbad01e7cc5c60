"""Convolution, transposed convolution, and the columns both can be made of.

N batch, C input channels, H x W input size; F output channels, KH x KW kernel; OH x OW output size;
G groups. x input, w weight, b bias, y result; dy, dx, dw, db gradients.
"""
from .. import kernels
from ..autograd import Function
from .checks import as_tensor, check_same_dtype
from .geometry import (
    as_images,
    check_conv,
    check_layout,
    conv_options,
    conv_output,
    conv_padding,
    ints,
    like_input,
    pair,
    pairs,
    text,
    transposed_output,
    two,
)
from .shape import Reshape

__all__ = ["conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d", "fold", "unfold"]

NO_PADDING = ((0, 0), (0, 0))


class Conv2d(Function):
    """Slide every filter over the image (as everywhere in this field, without turning it around).

    y[n, f, oh, ow]  = b[f] + sum over c, kh, kw of  w[f, c, kh, kw] * x[n, c, h, w]
    dx[n, c, h, w]   =        sum over f, kh, kw of  w[f, c, kh, kw] * dy[n, f, oh, ow]
    dw[f, c, kh, kw] =        sum over n, oh, ow of  x[n, c, h, w]   * dy[n, f, oh, ow]
    db[f]            =        sum over n, oh, ow of                    dy[n, f, oh, ow]

    each over the places where h = oh*SH + kh*DH - TOP and w = ow*SW + kw*DW - LEFT; x is 0 outside
    the image. With G groups, filter f sees only the C/G channels of its group.
    """

    silent = True

    def __init__(self, stride=(1, 1), padding=NO_PADDING, dilation=(1, 1), groups=1):
        self.options = stride, padding, dilation, groups

    def forward(self, x, w, b=None):
        # x (N, C, H, W), w (F, C/G, KH, KW), b (F,) -> y (N, F, OH, OW)
        self.size, self.kernel, self.has_bias = x.shape[2:], w.shape[2:], b is not None
        self.x = x if self.needs[1] else None
        self.w = w if self.needs[0] else None
        return kernels.conv2d_forward(x, w, b, *self.options)

    def backward(self, dy):
        dx = dw = db = None
        if self.needs[0]:
            dx = kernels.conv2d_input_gradient(dy, self.w, self.size, *self.options)
        if self.needs[1]:
            dw = kernels.conv2d_weight_gradient(self.x, dy, self.kernel, *self.options)
        if self.needs[2] and self.has_bias:
            db = kernels.channel_sum(dy)
        return dx, dw, db


class ConvTranspose2d(Function):
    """The way back of a convolution as a way forward: y is what dx is in ``Conv2d``, x what dy is.

    y[n, f, oh, ow]  = b[f] + sum over c, kh, kw of  w[c, f, kh, kw] * x[n, c, h, w]
    dx[n, c, h, w]   =        sum over f, kh, kw of  w[c, f, kh, kw] * dy[n, f, oh, ow]
    dw[c, f, kh, kw] =        sum over n, h, w of    dy[n, f, oh, ow] * x[n, c, h, w]
    db[f]            =        sum over n, oh, ow of  dy[n, f, oh, ow]

    each over the places where oh = h*SH + kh*DH - TOP and ow = w*SW + kw*DW - LEFT.
    ``output_padding`` adds rows and columns to the end of y.
    """

    silent = True

    def __init__(self, stride=(1, 1), padding=NO_PADDING, output_padding=(0, 0), groups=1,
                 dilation=(1, 1)):
        self.output_padding = output_padding
        self.options = stride, padding, dilation, groups

    def forward(self, x, w, b=None):
        # x (N, C, H, W), w (C, F/G, KH, KW), b (F,) -> y (N, F, OH, OW)
        self.size, self.kernel, self.has_bias = x.shape[2:], w.shape[2:], b is not None
        self.x = x if self.needs[1] else None
        self.w = w if self.needs[0] else None
        stride, padding, dilation, _ = self.options
        size = transposed_output("conv_transpose2d", self.size, self.kernel, stride, padding,
                                 self.output_padding, dilation)
        return kernels.conv_transpose2d_forward(x, w, b, size, *self.options)

    def backward(self, dy):
        dx = dw = db = None
        H, W = self.size
        if self.needs[0]:
            dx = kernels.conv2d_forward(dy, self.w, None, *self.options)
            dx = dx[:, :, :H, :W]  # output_padding >= stride makes room for more windows than x has
        if self.needs[1]:
            dw = kernels.conv2d_weight_gradient(dy, self.x, self.kernel, *self.options)
        if self.needs[2] and self.has_bias:
            db = kernels.channel_sum(dy)
        return dx, dw, db


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolve images with a bank of filters (cross-correlation, as deep learning calls it).

    Parameters
    ----------
    input : Tensor, (N, C, H, W) or (C, H, W)
        Floats, or integers (which are convolved without any speed).
    weight : Tensor, (F, C/groups, KH, KW)
        Filters, of the input's dtype.
    bias : Tensor, (F,), optional
        Added to each output channel.
    stride, dilation : int or (int, int)
        Steps between windows, and between the pixels of one window; at least 1.
    padding : int, (int, int), ((top, bottom), (left, right)), "valid" or "same"
        Zeros around the image. "valid" is none; "same" keeps H and W, needs stride 1, and puts the
        odd row or column of an even kernel at the end. Different ends are an addition to PyTorch's.
    groups : int
        Divides channels and filters into groups that do not see each other.

    Returns
    -------
    Tensor, (N, F, OH, OW) or (F, OH, OW)
        OH = (H + top + bottom - dilation*(KH - 1) - 1) // stride + 1, OW likewise.

    Raises
    ------
    TypeError
        For booleans and mixed dtypes.
    ValueError
        For shapes and options that do not fit together.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
    """
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """``conv2d`` over signals: input (N, C, L) or (C, L), weight (F, C/groups, K).

    Parameters, result and errors are those of ``conv2d`` with one dimension less; different padding
    at the ends is written ((left, right),).
    """
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def _conv(op, dims, input, weight, bias, stride, padding, dilation, groups):
    input, weight, bias = _checked(op, input, weight, bias)
    conv = Conv2d(*conv_options(op, _shapes(input, weight, bias), dims, stride, padding, dilation,
                                groups))
    if dims == 2 and input.data.ndim == 4:
        return conv(input, weight, bias)
    return like_input(conv(as_images(input, dims), as_images(weight, dims), bias), input, dims)


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1):
    """Transposed convolution: the map that ``conv2d``'s input gradient is ("deconvolution").

    Parameters
    ----------
    input : Tensor, (N, C, H, W) or (C, H, W)
        Floats or integers.
    weight : Tensor, (C, F/groups, KH, KW)
        Filters, of the input's dtype.
    bias : Tensor, (F,), optional
        Added to each output channel.
    stride, dilation : int or (int, int)
        Those of the convolution this one turns around.
    padding : int, (int, int) or ((top, bottom), (left, right))
        Rows and columns *taken away* at the ends of the result.
    output_padding : int or (int, int)
        Rows and columns added at the bottom and the right; less than stride or dilation.
    groups : int
        Divides channels and filters into groups that do not see each other.

    Returns
    -------
    Tensor, (N, F, OH, OW) or (F, OH, OW)
        OH = (H - 1)*stride - top - bottom + dilation*(KH - 1) + output_padding + 1, OW likewise.

    Raises
    ------
    TypeError
        For booleans and mixed dtypes.
    ValueError
        For shapes and options that do not fit together.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html
    """
    return _conv_transpose("conv_transpose2d", 2, input, weight, bias, stride, padding,
                           output_padding, groups, dilation)


def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1):
    """``conv_transpose2d`` over signals: input (N, C, L) or (C, L), weight (C, F/groups, K)."""
    return _conv_transpose("conv_transpose1d", 1, input, weight, bias, stride, padding,
                           output_padding, groups, dilation)


def _conv_transpose(op, dims, input, weight, bias, stride, padding, output_padding, groups,
                    dilation):
    input, weight, bias = _checked(op, input, weight, bias)
    groups = check_conv(op, _shapes(input, weight, bias), groups, dims, transposed=True)
    if isinstance(padding, str):
        raise TypeError(f'{op}: padding must be numbers, got "{padding}"')
    kernel = weight.shape[2:]
    stride = ints(op, "stride", stride, dims)
    dilation = ints(op, "dilation", dilation, dims)
    padding = conv_padding(op, padding, kernel, stride, dilation)
    output_padding = ints(op, "output_padding", output_padding, dims, 0)
    transposed_output(op, input.shape[-dims:], kernel, stride, padding, output_padding, dilation)
    _, stride, padding, dilation = pairs(kernel, stride, padding, dilation)
    conv = ConvTranspose2d(stride, padding, two(output_padding, 0), groups, dilation)
    return like_input(conv(as_images(input, dims), as_images(weight, dims), bias), input, dims)


def _checked(op, input, weight, bias):
    """The three as Tensors that hold numbers of one dtype, floats or integers."""
    input, weight = as_tensor(input), as_tensor(weight)
    bias = None if bias is None else as_tensor(bias)
    dtype = input.data.dtype
    same = dtype == weight.data.dtype and (bias is None or dtype == bias.data.dtype)
    if dtype.kind == "b":
        raise TypeError(f"{op}: input must hold numbers, got bool; convert it with .float()")
    if not same:
        check_same_dtype(op, input=input, weight=weight, bias=bias)
    return input, weight, bias


def _shapes(input, weight, bias):
    return input.data.shape, weight.data.shape, None if bias is None else bias.data.shape


class Unfold(Function):
    """y[n, (c, kh, kw), (oh, ow)] = x[n, c, oh*SH + kh*DH - TOP, ow*SW + kw*DW - LEFT], 0 outside;

    dx adds every dy up where its x came from.
    """

    def __init__(self, kernel, stride=(1, 1), padding=NO_PADDING, dilation=(1, 1)):
        self.kernel, self.options = kernel, (stride, padding, dilation)

    def forward(self, x):
        self.size = x.shape[2:]
        col = kernels.im2col(x, self.kernel, *self.options)  # (N, C, KH, KW, OH, OW)
        self.col_shape = N, C, KH, KW, OH, OW = col.shape
        return col.reshape(N, C * KH * KW, OH * OW)

    def backward(self, dy):
        return kernels.col2im(dy.reshape(self.col_shape), self.size, *self.options)


class Fold(Function):
    """y[n, c, h, w] = sum of the x[n, (c, kh, kw), (oh, ow)] that ``Unfold`` would take from there;

    dx = Unfold(dy).
    """

    def __init__(self, size, kernel, stride=(1, 1), padding=NO_PADDING, dilation=(1, 1)):
        self.size, self.kernel, self.options = size, kernel, (stride, padding, dilation)

    def forward(self, x):
        self.x_shape = N, columns, _ = x.shape
        KH, KW = self.kernel
        OH, OW = conv_output("fold", self.size, self.kernel, *self.options)
        col = x.reshape(N, columns // (KH * KW), KH, KW, OH, OW)
        return kernels.col2im(col, self.size, *self.options)

    def backward(self, dy):
        return kernels.im2col(dy, self.kernel, *self.options).reshape(self.x_shape)


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """Every window of the images as a column (im2col): convolution is then a matrix product.

    Parameters
    ----------
    input : Tensor, (N, C, H, W) or (C, H, W)
        Any dtype.
    kernel_size, dilation, padding, stride : int or (int, int)
        Which windows; padding is zeros.

    Returns
    -------
    Tensor, (N, C*KH*KW, OH*OW) or (C*KH*KW, OH*OW)

    Raises
    ------
    ValueError
        For another shape, or windows larger than the padded images.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html
    """
    input = as_tensor(input)
    check_layout("unfold", input.shape, 2)
    kernel, options = _column_options("unfold", kernel_size, dilation, padding, stride)
    conv_output("unfold", input.shape[-2:], kernel, *options)
    y = Unfold(kernel, *options)(as_images(input, 2))
    return y if input.ndim == 4 else Reshape(y.shape[1:])(y)


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Put columns back where ``unfold`` takes them from; overlapping windows add up (col2im).

    Parameters
    ----------
    input : Tensor, (N, C*KH*KW, OH*OW) or (C*KH*KW, OH*OW)
        Any dtype.
    output_size : int or (int, int)
        (H, W) of the result.
    kernel_size, dilation, padding, stride : int or (int, int)
        As in ``unfold``.

    Returns
    -------
    Tensor, (N, C, H, W) or (C, H, W)

    Raises
    ------
    ValueError
        If the columns do not belong to such an image.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.fold.html
    """
    input = as_tensor(input)
    if input.ndim not in (2, 3):
        raise ValueError("fold: input must be (N, C*KH*KW, windows) or (C*KH*KW, windows), "
                         f"got shape {input.shape}")
    size = pair("fold", "output_size", output_size)
    kernel, options = _column_options("fold", kernel_size, dilation, padding, stride)
    _check_columns(input.shape, kernel, conv_output("fold", size, kernel, *options))
    batched = input if input.ndim == 3 else Reshape((1, *input.shape))(input)
    y = Fold(size, kernel, *options)(batched)
    return y if input.ndim == 3 else Reshape(y.shape[1:])(y)


def _column_options(op, kernel_size, dilation, padding, stride):
    """kernel, (stride, padding, dilation), as the kernels take them."""
    TOP, LEFT = pair(op, "padding", padding, 0)
    options = pair(op, "stride", stride), ((TOP, TOP), (LEFT, LEFT)), pair(op, "dilation", dilation)
    return pair(op, "kernel_size", kernel_size), options


def _check_columns(shape, kernel, windows):
    columns, positions = shape[-2:]
    if columns % (kernel[0] * kernel[1]):
        raise ValueError(f"fold: each column holds {columns} numbers, no multiple of the kernel's "
                         f"{text(kernel)} (input shape {shape})")
    if positions != windows[0] * windows[1]:
        raise ValueError(f"fold: output_size and kernel_size make {text(windows)} windows, but the "
                         f"input holds {positions} (input shape {shape})")
