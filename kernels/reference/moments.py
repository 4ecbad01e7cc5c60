"""Batch norm behind a convolution with few inputs, without the convolution's result.

With p the patch that a pixel is made of (T = C KH KW numbers), z = w . p + b. So the mean and the
variance of z follow from the mean of p and of its products with itself, for all filters at once:

    mean z = w . mean(p) + b,    var z = w . mean(p p') w - (w . mean(p))**2

and batch norm can be given to the weights, whatever stands behind it. On the way back, with g the
gradient of batch norm's result, A = sum of g p and s = sum of g over all pixels (gradients of a
convolution's weights and bias), a = weight inv_std, q = sum of g (z - mean) = w . (A - s mean(p)):

    dw = a (A - s mean(p) - inv_std**2 q cov(p) w),    cov(p) = mean(p p') - mean(p) mean(p)'

For a first layer, T is 9 or 27, and the result of the convolution is its largest array.
"""
import numpy as np

from .conv import im2col

MEAN, INV_STD, SCALE, SHIFT = range(4)  # the rows of ``constants``, F numbers each


def patch_moments(x, kernel, stride, padding):
    """Sums over all patches of the products of their numbers, each pair, and of the numbers.

    Parameters
    ----------
    x : (N, C, H, W) float array
    kernel, stride : (int, int)
    padding : ((top, bottom), (left, right))

    Returns
    -------
    (T + 1, T + 1) float64 array
        T = C KH KW, in the order of a filter's weights; the last is the constant 1, so that the
        last row holds the sums of the numbers, and the corner the number of patches.
    """
    columns = im2col(x.astype(np.float64), kernel, stride, padding, (1, 1))
    p = columns.transpose(1, 2, 3, 0, 4, 5).reshape(x.shape[1] * kernel[0] * kernel[1], -1)
    p = np.concatenate([p, np.ones((1, p.shape[1]))])
    return p @ p.T


def norm_by_moments(moments, x, w, b, weight, bias, running_mean, running_var, eps, momentum,
                    stride, padding):
    """(constants, folded w, folded b): batch norm(conv(x, w, b)) = conv(x, folded w, folded b).

    ``weight``, ``bias`` and the running statistics, which are moved, are batch norm's, each (F,)
    or None; b is the convolution's.
    """
    n = moments[-1, -1]
    rows = w.reshape(len(w), -1).astype(np.float64)
    mean = rows @ moments[-1, :-1] / n
    var = np.maximum(np.einsum("ft,tu,fu->f", rows, moments[:-1, :-1], rows) / n - mean ** 2, 0)
    mean = mean + (0 if b is None else b)
    if running_mean is not None:
        running_mean += (momentum * (mean - running_mean)).astype(w.dtype)
        running_var += (momentum * (var * n / (n - 1) - running_var)).astype(w.dtype)
    inv_std = 1 / np.sqrt(var + eps)
    scale = inv_std if weight is None else inv_std * weight
    shift = (0 if bias is None else bias) - mean * scale
    constants = np.stack([mean, inv_std, scale, shift]).astype(w.dtype)
    folded = w * constants[SCALE].reshape(-1, 1, 1, 1)
    return constants, folded, (shift + (0 if b is None else b) * scale).astype(w.dtype)


def norm_by_moments_backward(dw, db, moments, w, constants, weight):
    """(dw, dweight, dbias) from the gradients of the folded weights and bias, A and s above."""
    n, inv_std = moments[-1, -1], constants[INV_STD].astype(np.float64)
    rows = w.reshape(len(w), -1).astype(np.float64)
    sums, s = dw.reshape(len(w), -1).astype(np.float64), db.astype(np.float64)
    patch = moments[-1, :-1] / n
    mean = rows @ patch
    q = (rows * sums).sum(1) - mean * s
    away = rows @ moments[:-1, :-1] / n - np.outer(mean, patch)
    scale = inv_std if weight is None else inv_std * weight
    full = scale[:, None] * (sums - np.outer(s, patch) - (inv_std ** 2 * q)[:, None] * away)
    return full.reshape(w.shape).astype(w.dtype), (q * inv_std).astype(w.dtype), db
