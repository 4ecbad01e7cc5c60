"""Convolution as a matrix product: every window of the images becomes a column (im2col).

N batch, C channels, H x W size of the images; F filters, KH x KW size of the kernel; OH x OW size
of the result; G groups. SH, SW strides; DH, DW dilations; padding ((TOP, BOTTOM), (LEFT, RIGHT)).
n <= N images are worked on at a time, so that the columns, KH*KW times the image, stay small.

Chellapilla, Puri, Simard 2006, "High Performance Convolutional Neural Networks for Document
Processing"; the shape algebra as in Chainer's convolution_2d.
"""
from minitorch_cnn.device import array_module

from .elementwise import relu_forward

MOST_COLUMNS = 2 ** 21  # elements of one block of columns: 8 MB of float32, which a cache holds


def im2col(x, kernel, stride, padding, dilation):
    """(N, C, H, W) -> (N, C, KH, KW, OH, OW): what each place of the kernel sees, zero outside."""
    OH, OW = output_size(x.shape[2:], kernel, stride, padding, dilation)
    return _columns(x, kernel, stride, padding, dilation, OH, OW).transpose(3, 0, 1, 2, 4, 5)


def col2im(col, size, stride, padding, dilation):
    """(N, C, KH, KW, OH, OW) -> (N, C, H, W): every column back to where it came from, added up."""
    N, C, KH, KW, OH, OW = col.shape
    H, W = size
    (top, bottom), (left, right) = padding
    x = array_module(col).zeros((N, C, top + H + bottom, left + W + right), col.dtype)
    for i, j, rows, cols in taps((KH, KW), stride, dilation, (OH, OW)):
        x[:, :, rows, cols] += col[:, :, i, j]
    return x[:, :, top:top + H, left:left + W]


def col2im_gather(col, size, stride, padding, dilation):
    """``col2im`` from the pixels' side: each asks which windows cover it, and only it writes."""
    xp = array_module(col)
    N, C, KH, KW, OH, OW = col.shape
    (SH, SW), ((top, _), (left, _)), (DH, DW) = stride, padding, dilation
    h, w = xp.arange(size[0])[:, None], xp.arange(size[1])
    x = xp.zeros((N, C, *size), col.dtype)
    for i in range(KH):
        oh, in_rows = _window_over(h + top - i * DH, SH, OH)
        for j in range(KW):
            ow, in_cols = _window_over(w + left - j * DW, SW, OW)
            x += xp.where(in_rows & in_cols, col[:, :, i, j][:, :, oh, ow], 0)
    return x


def _window_over(start, stride, windows):
    """The window that starts at ``start`` in the padded image, and whether there is one."""
    window, rest = divmod(start, stride)
    exists = (rest == 0) & (window >= 0) & (window < windows)
    return window * exists, exists


def conv2d_forward(x, w, b, stride, padding, dilation, groups):
    """x (N, C, H, W), w (F, C/G, KH, KW), b (F,) or None -> y (N, F, OH, OW)."""
    xp = array_module(x)
    N, C, G = x.shape[0], x.shape[1], groups
    F, _, KH, KW = w.shape
    OH, OW = output_size(x.shape[2:], (KH, KW), stride, padding, dilation)
    w = w.reshape(G, F // G, C // G * KH * KW)
    y = xp.empty((N, F, OH, OW), x.dtype)
    for part, n in _parts(N, C * KH * KW * OH * OW):
        # (C, KH, KW, n, OH, OW)
        col = _columns(x[part], (KH, KW), stride, padding, dilation, OH, OW)
        col = col.reshape(G, C // G * KH * KW, n * OH * OW)
        # (G, F/G, n*OH*OW) = (G, F/G, C/G*KH*KW) @ (G, C/G*KH*KW, n*OH*OW)
        y[part] = (w @ col).reshape(F, n, OH, OW).transpose(1, 0, 2, 3)
    if b is not None:
        y += b[:, None, None]
    return y


def conv2d_relu_forward(x, w, b, stride, padding, dilation, groups):
    """max(0, convolution)."""
    return relu_forward(conv2d_forward(x, w, b, stride, padding, dilation, groups))


def conv2d_input_gradient(dy, w, size, stride, padding, dilation, groups):
    """dy (N, F, OH, OW), w (F, C/G, KH, KW) -> dx (N, C, H, W), size=(H, W)."""
    xp = array_module(dy)
    N, F, OH, OW = dy.shape
    KH, KW = w.shape[2:]
    G, C = groups, w.shape[1] * groups
    w = w.reshape(G, F // G, C // G * KH * KW).transpose(0, 2, 1)
    dx = xp.empty((N, C, *size), dy.dtype)
    for part, n in _parts(N, C * KH * KW * OH * OW):
        # (G, C/G*KH*KW, n*OH*OW) = (G, C/G*KH*KW, F/G) @ (G, F/G, n*OH*OW)
        dcol = (w @ _by_filter(dy[part], G)).reshape(C, KH, KW, n, OH, OW)
        dcol = dcol.transpose(3, 0, 1, 2, 4, 5)  # (n, C, KH, KW, OH, OW)
        dx[part] = col2im(dcol, size, stride, padding, dilation)
    return dx


def conv_transpose2d_forward(x, w, b, size, stride, padding, dilation, groups):
    """The input gradient, as a way forward, plus b (C,) or None."""
    y = conv2d_input_gradient(x, w, size, stride, padding, dilation, groups)
    return y if b is None else y + b[:, None, None]


def conv2d_weight_gradient(x, dy, kernel, stride, padding, dilation, groups):
    """x (N, C, H, W), dy (N, F, OH, OW) -> dw (F, C/G, KH, KW), kernel=(KH, KW)."""
    N, C, G = x.shape[0], x.shape[1], groups
    F, OH, OW = dy.shape[1:]
    KH, KW = kernel
    dw = array_module(x).zeros((G, F // G, C // G * KH * KW), x.dtype)
    for part, n in _parts(N, C * KH * KW * OH * OW):
        # (C, KH, KW, n, OH, OW)
        col = _columns(x[part], kernel, stride, padding, dilation, OH, OW)
        col = col.reshape(G, C // G * KH * KW, n * OH * OW)
        # (G, F/G, C/G*KH*KW) += (G, F/G, n*OH*OW) @ (G, n*OH*OW, C/G*KH*KW)
        dw += _by_filter(dy[part], G) @ col.transpose(0, 2, 1)
    return dw.reshape(F, C // G, KH, KW)


def output_size(size, kernel, stride, padding, dilation):
    """(OH, OW): how many windows fit into the padded image."""
    return tuple([(n + sum(p) - d * (k - 1) - 1) // s + 1
                  for n, k, s, p, d in zip(size, kernel, stride, padding, dilation)])


def taps(kernel, stride, dilation, output):
    """For each place (i, j) of the kernel, the rows and columns it meets, one for every window."""
    (SH, SW), (DH, DW), (OH, OW) = stride, dilation, output
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            yield i, j, slice(i * DH, i * DH + SH * OH, SH), slice(j * DW, j * DW + SW * OW, SW)


def pad(x, padding, value=0):
    """x (N, C, H, W) with a border of ``value``; x itself if there is no border."""
    (top, bottom), (left, right) = padding
    if top == bottom == left == right == 0:
        return x
    N, C, H, W = x.shape
    padded = array_module(x).full((N, C, top + H + bottom, left + W + right), value, x.dtype)
    padded[:, :, top:top + H, left:left + W] = x
    return padded


def _columns(x, kernel, stride, padding, dilation, OH, OW):
    """(N, C, H, W) -> (C, KH, KW, N, OH, OW): im2col in the order that makes one product."""
    x = pad(x, padding).transpose(1, 0, 2, 3)  # (C, N, TOP + H + BOTTOM, LEFT + W + RIGHT)
    col = array_module(x).empty((x.shape[0], *kernel, x.shape[1], OH, OW), x.dtype)
    for i, j, rows, cols in taps(kernel, stride, dilation, (OH, OW)):
        col[:, i, j] = x[:, :, rows, cols]
    return col


def _by_filter(dy, G):
    """(n, F, OH, OW) -> (G, F/G, n*OH*OW)."""
    n, F, OH, OW = dy.shape
    return dy.transpose(1, 0, 2, 3).reshape(G, F // G, n * OH * OW)


def _parts(N, columns):
    """Slices of the batch and their lengths; ``columns`` is the number of elements per image."""
    most = max(1, MOST_COLUMNS // max(columns, 1))
    return [(slice(i, i + most), min(most, N - i)) for i in range(0, N, most)]
