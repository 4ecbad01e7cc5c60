"""Pooling: one pass over the places of the kernel, each taking in one value of every window.

N batch, C channels, H x W size of the images; KH x KW kernel; OH x OW size of the result.
SH, SW strides; DH, DW dilations; padding ((TOP, BOTTOM), (LEFT, RIGHT)).
An index is the flat position h*W + w of a pixel in its image, int64.
"""
from minitorch_cnn.device import array_module

from .conv import pad, taps


def max_pool2d_forward(x, kernel, stride, padding, dilation, output_size):
    """x (N, C, H, W) -> y, index (N, C, OH, OW): the first maximum of each window and where it is.

    Padding is minus infinity; NaN counts as larger than everything, and the last NaN wins.
    """
    xp = array_module(x)
    W, lowest = x.shape[3], _lowest(xp, x.dtype)
    h = _first_pixel(xp, stride[0], padding[0][0], dilation[0], output_size[0])[:, None]
    w = _first_pixel(xp, stride[1], padding[1][0], dilation[1], output_size[1])
    y = xp.full((*x.shape[:2], *output_size), lowest, x.dtype)  # (N, C, OH, OW)
    index = xp.empty(y.shape, "int64")
    index[...] = h * W + w
    x = _covered(x, kernel, stride, padding, dilation, output_size, lowest)
    h = xp.arange(output_size[0])[:, None] * stride[0] - padding[0][0]
    w = xp.arange(output_size[1]) * stride[1] - padding[1][0]
    for i, j, rows, cols in taps(kernel, stride, dilation, output_size):
        _take_larger(y, index, x[:, :, rows, cols], (h + i * dilation[0]) * W + w + j * dilation[1])
    return y, index


def _first_pixel(xp, stride, before, dilation, windows):
    """Per window the first row it has inside the image: its index if all of it is -inf."""
    start = xp.arange(windows) * stride - before
    return start + dilation * -(xp.minimum(start, 0) // dilation)


def _take_larger(y, index, value, position):
    """Replace the running maximum ``y`` where ``value`` is larger or NaN."""
    xp = array_module(y)
    larger = value > y
    if y.dtype.kind == "f":
        larger |= value != value  # NaN
    xp.copyto(y, value, where=larger)
    xp.copyto(index, position, where=larger)


def max_pool2d_backward(dy, index, size, window=None):
    """dy, index (N, C, OH, OW) -> dx (N, C, H, W), size=(H, W): windows that overlap add up.

    ``window``, forward's (kernel, stride, padding, dilation), is for kernels that go by the pixels
    and ask which windows cover one; here every window goes to its pixel.
    """
    xp = array_module(dy)
    N, C, OH, OW = dy.shape
    H, W = size
    flat = index.reshape(N * C, OH * OW) + xp.arange(N * C)[:, None] * (H * W)
    dx = xp.bincount(flat.ravel(), weights=dy.ravel(), minlength=N * C * H * W)
    return dx.astype(dy.dtype).reshape(N, C, H, W)


def avg_pool2d_forward(x, kernel, stride, padding, output_size, count_include_pad,
                       divisor_override):
    """x (N, C, H, W) -> y (N, C, OH, OW): the mean of each window."""
    xp = array_module(x)
    divisor = _divisor(xp, x.shape[2:], kernel, stride, padding, output_size, count_include_pad,
                       divisor_override)
    y = xp.zeros((*x.shape[:2], *output_size), x.dtype)
    x = _covered(x, kernel, stride, padding, (1, 1), output_size, 0)
    for _, _, rows, cols in taps(kernel, stride, (1, 1), output_size):
        y += x[:, :, rows, cols]
    y /= divisor.astype(y.dtype)
    return y


def avg_pool2d_backward(dy, size, kernel, stride, padding, count_include_pad, divisor_override):
    """dy (N, C, OH, OW) -> dx (N, C, H, W), size=(H, W)."""
    xp = array_module(dy)
    H, W = size
    (top, _), (left, _) = padding
    N, C, OH, OW = dy.shape
    dy = dy / _divisor(xp, size, kernel, stride, padding, (OH, OW), count_include_pad,
                       divisor_override).astype(dy.dtype)
    bottom, right = _end_padding(size, kernel, stride, padding, (1, 1), (OH, OW))
    dx = xp.zeros((N, C, top + H + bottom, left + W + right), dy.dtype)
    for _, _, rows, cols in taps(kernel, stride, (1, 1), (OH, OW)):
        dx[:, :, rows, cols] += dy
    return dx[:, :, top:top + H, left:left + W]


def _divisor(xp, size, kernel, stride, padding, output_size, count_include_pad, divisor_override):
    """(OH, OW) what each window is divided by; padding counts only up to the padded edge."""
    counts = []
    for n, k, s, (before, after), windows in zip(size, kernel, stride, padding, output_size):
        start = xp.arange(windows) * s - before
        first, last = (-before, n + after) if count_include_pad else (0, n)
        counts.append(xp.minimum(start + k, last) - xp.maximum(start, first))
    rows, cols = counts
    pixels = rows[:, None] * cols
    return pixels if divisor_override is None else xp.full_like(pixels, divisor_override)


def _end_padding(size, kernel, stride, padding, dilation, output_size):
    """(BOTTOM, RIGHT) with which the last window, ceil_mode's too, lies inside the padded image."""
    return [max(after, (windows - 1) * s + (k - 1) * d + 1 - before - n)
            for n, k, s, (before, after), d, windows
            in zip(size, kernel, stride, padding, dilation, output_size)]


def _covered(x, kernel, stride, padding, dilation, output_size, value):
    """x with a border of ``value``, wide enough for every window."""
    bottom, right = _end_padding(x.shape[2:], kernel, stride, padding, dilation, output_size)
    return pad(x, ((padding[0][0], bottom), (padding[1][0], right)), value)


def _lowest(xp, dtype):
    """The value that no maximum falls below."""
    return -xp.inf if dtype.kind == "f" else xp.iinfo(dtype).min


def adaptive_avg_pool2d_forward(x, output_size):
    """x (N, C, H, W) -> y (N, C, OH, OW): the mean of each bin."""
    y = array_module(x).empty((*x.shape[:2], *output_size), x.dtype)
    for i, rows in enumerate(_bins(x.shape[2], output_size[0])):
        for j, cols in enumerate(_bins(x.shape[3], output_size[1])):
            y[:, :, i, j] = x[:, :, rows, cols].mean(axis=(2, 3))
    return y


def adaptive_avg_pool2d_backward(dy, size):
    """dy (N, C, OH, OW) -> dx (N, C, H, W), size=(H, W): bins that overlap add up."""
    dx = array_module(dy).zeros((*dy.shape[:2], *size), dy.dtype)
    for i, rows in enumerate(_bins(size[0], dy.shape[2])):
        for j, cols in enumerate(_bins(size[1], dy.shape[3])):
            pixels = (rows.stop - rows.start) * (cols.stop - cols.start)
            dx[:, :, rows, cols] += dy[:, :, i, j, None, None] / pixels
    return dx


def adaptive_max_pool2d_forward(x, output_size):
    """x (N, C, H, W) -> y, index (N, C, OH, OW): as ``max_pool2d_forward``, over the bins."""
    xp = array_module(x)
    N, C, _, W = x.shape
    y = xp.empty((N, C, *output_size), x.dtype)
    index = xp.empty(y.shape, "int64")
    for i, rows in enumerate(_bins(x.shape[2], output_size[0])):
        for j, cols in enumerate(_bins(x.shape[3], output_size[1])):
            height, width = rows.stop - rows.start, cols.stop - cols.start
            pixels = x[:, :, rows, cols].reshape(N, C, height * width)
            place = place_of_maximum(pixels)  # (N, C)
            y[:, :, i, j] = xp.take_along_axis(pixels, place[:, :, None], 2)[:, :, 0]
            index[:, :, i, j] = (rows.start + place // width) * W + cols.start + place % width
    return y, index


def place_of_maximum(pixels):
    """(..., pixels) -> (...): where the last NaN is, or else the first maximum."""
    xp = array_module(pixels)
    nan = pixels != pixels
    last_nan = pixels.shape[-1] - 1 - nan[..., ::-1].argmax(axis=-1)
    return xp.where(nan.any(axis=-1), last_nan, pixels.argmax(axis=-1))


def _bins(n, o):
    """The ``o`` slices of an axis of length ``n``: floor(i*n/o) to ceil((i+1)*n/o)."""
    return [slice(i * n // o, -(-(i + 1) * n // o)) for i in range(o)]
