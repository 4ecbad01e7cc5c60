"""Sizes of convolutions and pools, and every error about them.

``dims`` is 2 for images (N, C, H, W) and 1 for signals (N, C, L); ``spatial`` are the last ``dims``
sizes. The kernels see pairs only: stride (SH, SW), padding ((TOP, BOTTOM), (LEFT, RIGHT)) ...

The formulas are those in PyTorch's documentation of Conv2d, ConvTranspose2d and MaxPool2d; Dumoulin
and Visin 2016, "A guide to convolution arithmetic", arXiv:1603.07285, draws them.
"""
import functools
import operator

from .checks import remembered
from .shape import Reshape

_LAYOUT = {1: "(N, C, L) or (C, L)", 2: "(N, C, H, W) or (C, H, W)"}
_WEIGHT = {(1, False): "(F, C/groups, K)", (2, False): "(F, C/groups, KH, KW)",
           (1, True): "(C, F/groups, K)", (2, True): "(C, F/groups, KH, KW)"}


def pair(op, name, value, least=1):
    """``value``, an int or two, as two ints, each at least ``least``."""
    return ints(op, name, value, 2, least)


def ints(op, name, value, dims, least=1):
    """``value``, an int or one per dimension, as ``dims`` ints, each at least ``least``.

    Raises
    ------
    TypeError
        For anything but ints.
    ValueError
        For another number of them, or one that is too small.
    """
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    try:
        values = tuple([operator.index(v) for v in values])
    except TypeError:
        raise TypeError(f"{op}: {name} must be an int or {dims} ints, got {value!r}") from None
    if len(values) not in (1, dims):
        raise ValueError(f"{op}: {name} must be an int or {dims} ints, got {len(values)} of them")
    if min(values) < least:
        raise ValueError(f"{op}: {name} must be at least {least}, got {value!r}")
    return values if len(values) == dims else values * dims


def text(sizes):
    """(5, 7) as "5 x 7"."""
    return " x ".join([str(n) for n in sizes])


# images and signals, with and without a batch -----------------------------------------------------


def check_layout(op, shape, dims, channels=0):
    """Refuse what is not a batch of images (signals) or a single one, and images without pixels.

    ``channels`` is the least number of channels; the batch may be empty.

    Raises
    ------
    ValueError
        With the layout that is expected.
    """
    if len(shape) not in (dims + 1, dims + 2):
        raise ValueError(f"{op}: input must be {_LAYOUT[dims]}, got shape {shape}; "
                         "add what is missing with unsqueeze() or reshape it")
    if 0 in shape[-dims:] or shape[-dims - 1] < channels:
        raise ValueError(f"{op}: input of shape {shape} has no pixels; "
                         "only the batch may be empty")


def as_images(tensor, dims):
    """A signal or a single image as a batch (N, C, H, W); H is 1 for signals."""
    if dims == 2 and tensor.ndim == 4:
        return tensor
    batch = tensor.shape[:-dims - 1] or (1,)
    rows = (1,) * (2 - dims)
    return Reshape((*batch, tensor.shape[-dims - 1], *rows, *tensor.shape[-dims:]))(tensor)


def like_input(y, input, dims):
    """The result (N, F, OH, OW) of ``as_images(input, dims)`` in the input's own layout."""
    if dims == 2 and input.ndim == 4:
        return y
    return Reshape((*y.shape[dims + 2 - input.ndim:2], *y.shape[4 - dims:]))(y)


def two(values, fill):
    """An option of a signal as that of an image of one row: (3,) -> (fill, 3)."""
    return (fill,) * (2 - len(values)) + tuple(values)


def pairs(kernel, stride, padding, dilation):
    """What describes the windows of a signal, for an image of one row."""
    return two(kernel, 1), two(stride, 1), two(padding, (0, 0)), two(dilation, 1)


# convolution --------------------------------------------------------------------------------------


def check_conv(op, shapes, groups, dims, transposed=False):
    """Refuse shapes of input, weight and bias that do not belong together; returns ``groups``.

    Raises
    ------
    TypeError, ValueError
        Naming the rule that is broken.
    """
    input, shape, bias = shapes     # bias may be None
    check_layout(op, input, dims)
    groups = ints(op, "groups", groups, 1)[0]
    if len(shape) != dims + 2 or 0 in (shape[0], *shape[2:]):
        raise ValueError(f"{op}: weight must be {_WEIGHT[dims, transposed]} with at least one "
                         f"filter and one kernel element, got shape {shape}")
    if shape[0] % groups:
        counted = "input channels" if transposed else "filters"
        raise ValueError(f"{op}: groups={groups} does not divide the {shape[0]} {counted} of "
                         f"weight (shape {shape})")
    _check_channels(op, input[-dims - 1], shape, groups, transposed)
    filters = shape[1] * groups if transposed else shape[0]
    if bias is not None and bias != (filters,):
        raise ValueError(f"{op}: bias must hold one number per output channel, shape ({filters},), "
                         f"got shape {bias}")
    return groups


@remembered
def conv_options(op, shapes, dims, stride, padding, dilation, groups):
    """(stride, padding, dilation, groups) for the kernels; shapes of input, weight, bias or None.

    Raises
    ------
    TypeError, ValueError
        For options and shapes that do not fit together.
    """
    groups = check_conv(op, shapes, groups, dims)
    kernel = shapes[1][2:]
    stride, dilation = ints(op, "stride", stride, dims), ints(op, "dilation", dilation, dims)
    padding = conv_padding(op, padding, kernel, stride, dilation)
    conv_output(op, shapes[0][-dims:], kernel, stride, padding, dilation)
    return *pairs(kernel, stride, padding, dilation)[1:], groups


def _check_channels(op, channels, shape, groups, transposed):
    expected = shape[0] if transposed else shape[1] * groups
    if channels == expected:
        return
    grouped = f" in {groups} groups" if groups > 1 else ""
    grey = " or convert the image to grey" if (channels, expected) == (3, 1) else ""
    raise ValueError(f"{op}: input has {channels} channels but weight expects {expected}{grouped} "
                     f"(weight shape {shape}); pass in_channels={channels}{grey}")


def conv_padding(op, padding, kernel, stride, dilation):
    """``padding`` as ((before, after), ...): from an int, ints, pairs of ints, "valid" or "same".

    Raises
    ------
    ValueError
        For another word, a negative number, or "same" with a stride.
    """
    dims = len(kernel)
    if isinstance(padding, str):
        return _padding_by_name(op, padding, kernel, stride, dilation)
    if isinstance(padding, (tuple, list)) and len(padding) == dims:
        ends = [p if isinstance(p, (tuple, list)) else (p, p) for p in padding]
        return tuple([ints(op, "padding", p, 2, 0) for p in ends])
    return tuple([(p, p) for p in ints(op, "padding", padding, dims, 0)])


def _padding_by_name(op, padding, kernel, stride, dilation):
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding != "same":
        raise ValueError(f'{op}: padding must be "valid", "same" or numbers, got "{padding}"')
    if max(stride) > 1:
        raise ValueError(f'{op}: padding="same" needs stride 1, got stride {stride}; '
                         "give the padding in numbers")
    totals = [d * (k - 1) for k, d in zip(kernel, dilation)]
    return tuple([(total // 2, total - total // 2) for total in totals])


def conv_output(op, spatial, kernel, stride, padding, dilation):
    """Size of the result of a convolution.

    Raises
    ------
    ValueError
        If the kernel is larger than the padded input.
    """
    padded = [n + sum(p) for n, p in zip(spatial, padding)]
    extent = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    if any(e > n for e, n in zip(extent, padded)):
        raise ValueError(f"{op}: the kernel covers {text(extent)} (size {text(kernel)}, dilation "
                         f"{text(dilation)}) but the padded input is only {text(padded)}; "
                         "use a smaller kernel or more padding")
    return tuple([(n - e) // s + 1 for n, e, s in zip(padded, extent, stride)])


def transposed_output(op, spatial, kernel, stride, padding, output_padding, dilation):
    """Size of the result of a transposed convolution: what a convolution shrinks to ``spatial``.

    Raises
    ------
    ValueError
        If ``output_padding`` is as large as stride and dilation, or nothing is left.
    """
    if any(o >= max(s, d) for o, s, d in zip(output_padding, stride, dilation)):
        raise ValueError(f"{op}: output_padding must be smaller than stride or dilation, got "
                         f"output_padding={output_padding}, stride={stride}, dilation={dilation}")
    size = tuple([(n - 1) * s - sum(p) + d * (k - 1) + o + 1 for n, k, s, p, o, d
                  in zip(spatial, kernel, stride, padding, output_padding, dilation)])
    if min(size) < 1:
        raise ValueError(f"{op}: padding {padding} leaves nothing of the result (size "
                         f"{text(size)}); use less padding")
    return size


# pooling ------------------------------------------------------------------------------------------


def pool_options(op, kernel_size, stride, padding, dims, dilation=1):
    """(kernel, stride, padding, dilation) of a pool, one number per dimension.

    Raises
    ------
    ValueError
        For padding of more than half the kernel, among others.
    """
    kernel = ints(op, "kernel_size", kernel_size, dims)
    no_stride = stride is None or (isinstance(stride, (tuple, list)) and not stride)
    stride = kernel if no_stride else ints(op, "stride", stride, dims)
    padding = ints(op, "padding", padding, dims, 0)
    dilation = ints(op, "dilation", dilation, dims)
    if any(p > k // 2 for p, k in zip(padding, kernel)):
        raise ValueError(f"{op}: padding must be at most half the kernel, got padding="
                         f"{text(padding)} for kernel_size={text(kernel)}")
    return kernel, stride, tuple([(p, p) for p in padding]), dilation


@remembered
def pool_windows(op, shape, dims, kernel_size, stride, padding, dilation, ceil_mode):
    """(kernel, stride, padding, dilation) of a pool over an input of this shape, for the kernels.

    Raises
    ------
    TypeError, ValueError
        For options that are no ints or out of range, and windows that do not fit.
    """
    check_layout(op, shape, dims, channels=1)
    windows = pool_options(op, kernel_size, stride, padding, dims, dilation)
    pool_output(op, shape[-dims:], *windows, ceil_mode)
    return pairs(*windows)


@functools.lru_cache(maxsize=4096)
def pool_output(op, spatial, kernel, stride, padding, dilation, ceil_mode=False):
    """Size of the result of a pool; ``ceil_mode`` keeps a last window that is not full.

    Raises
    ------
    ValueError
        If no window fits, or one would see nothing but padding.
    """
    size = tuple([_windows(*options, ceil_mode)
                  for options in zip(spatial, kernel, stride, padding, dilation)])
    if min(size) < 1:
        raise ValueError(f"{op}: no window of {text(kernel)} (dilation {text(dilation)}) fits into "
                         f"the input of {text(spatial)} with padding {padding}; use a smaller one")
    for n, s, (before, _), d in zip(spatial, stride, padding, dilation):
        if any(start % d >= n for start in range(-before, 0, s)):
            raise ValueError(f"{op}: with dilation {text(dilation)}, padding {padding} a window "
                             f"sees no pixel of the input of {text(spatial)}; use less of either")
    return size


def _windows(n, k, s, padding, d, ceil_mode):
    """How many windows lie along one axis; none may start in the padding at the end."""
    before, after = padding
    room = n + before + after - d * (k - 1) - 1
    count = (room + (s - 1 if ceil_mode else 0)) // s + 1
    return count - 1 if ceil_mode and (count - 1) * s >= n + before else count


def unpooled_size(op, pooled, kernel, stride, padding, output_size):
    """Size of the image a max-pool came from: ``output_size``, or the smallest that it can be.

    Raises
    ------
    ValueError
        If such a pool does not turn ``output_size`` into ``pooled``.
    """
    default = tuple([(o - 1) * s + k - sum(p)
                     for o, k, s, p in zip(pooled, kernel, stride, padding)])
    if output_size is None:
        return default
    dims = len(pooled)
    size = output_size[-dims:] if isinstance(output_size, (tuple, list)) else output_size
    size = ints(op, "output_size", size, dims)
    if any(not d - s < n < d + s for n, d, s in zip(size, default, stride)):
        raise ValueError(f"{op}: output_size {text(size)} must differ by less than the stride "
                         f"{text(stride)} from {text(default)}")
    return size


def adaptive_size(op, output_size, spatial):
    """``output_size`` of an adaptive pool as one int per dimension; None keeps the input's size.

    Raises
    ------
    TypeError, ValueError
        For anything but ints and None, another number of them, or a negative one.
    """
    dims = len(spatial)
    values = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * dims
    if len(values) != dims:
        raise ValueError(f"{op}: output_size must be an int or {dims} ints, got {output_size!r}")
    return tuple([n if value is None else ints(op, "output_size", value, 1, 0)[0]
                  for value, n in zip(values, spatial)])
