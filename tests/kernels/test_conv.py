"""The convolution primitives in every language, against torch in float64."""
import importlib

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from layouts import LAYOUTS, lay

from minitorch_cnn import kernels

reference = importlib.import_module("minitorch_cnn.kernels.reference.conv")
NO_PADDING = ((0, 0), (0, 0))

# (N, C, H, W), (F, KH, KW), stride, padding, dilation, groups
CASES = [
    pytest.param((3, 1, 9, 7), (4, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1, id="3x3"),
    pytest.param((2, 3, 8, 11), (5, 4, 2), (2, 3), ((2, 2), (1, 1)), (1, 1), 1, id="strides"),
    pytest.param((2, 4, 10, 9), (6, 3, 2), (1, 2), ((0, 0), (3, 3)), (2, 3), 2, id="dilated"),
    pytest.param((2, 6, 7, 6), (6, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 6, id="depthwise"),
    pytest.param((2, 2, 7, 8), (6, 3, 5), (2, 1), ((1, 1), (2, 2)), (1, 1), 2, id="multiplier"),
    pytest.param((1, 2, 6, 5), (3, 2, 3), (1, 2), ((0, 2), (3, 1)), (1, 1), 1, id="asymmetric"),
    pytest.param((2, 5, 6, 4), (7, 1, 1), (1, 1), NO_PADDING, (1, 1), 1, id="pointwise"),
    pytest.param((2, 3, 5, 6), (4, 5, 6), (1, 1), NO_PADDING, (1, 1), 1, id="whole image"),
    pytest.param((2, 2, 9, 10), (3, 2, 2), (4, 5), NO_PADDING, (1, 1), 1, id="stride over kernel"),
    pytest.param((0, 2, 5, 6), (3, 2, 3), (1, 1), NO_PADDING, (1, 1), 1, id="empty batch"),
    pytest.param((17, 19, 13, 15), (37, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1, id="odd sizes"),
]


def torch_conv(x, w, b, stride, padding, dilation, groups):
    (top, bottom), (left, right) = padding
    return F.conv2d(F.pad(x, (left, right, top, bottom)), w, b, stride, 0, dilation, groups)


def problem(rng, dtype, shape, filters, groups, layout):
    """x, w, b as arrays, and the same in float64 for torch."""
    f, *kernel = filters
    arrays = [rng.standard_normal(s).astype(dtype) for s in
              (shape, (f, shape[1] // groups, *kernel), (f,))]
    arrays[0] = lay(arrays[0], layout)
    return arrays, [torch.from_numpy(a.astype("float64")).requires_grad_() for a in arrays]


def close(ours, expected, dtype):
    assert ours.dtype == dtype
    expected = expected.detach().numpy()
    largest = np.abs(expected).max(initial=10)  # Winograd's rounding is in proportion to it
    limit = dict(rtol=1e-10, atol=1e-11) if dtype == "float64" else dict(rtol=3e-4,
                                                                         atol=1e-5 * largest)
    np.testing.assert_allclose(ours, expected, **limit)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape, filters, stride, padding, dilation, groups", CASES)
def test_all_three(language, rng, dtype, shape, filters, stride, padding, dilation, groups):
    options = stride, padding, dilation, groups
    (x, w, b), (tx, tw, tb) = problem(rng, dtype, shape, filters, groups, "contiguous")
    ty = torch_conv(tx, tw, tb, *options)
    close(kernels.conv2d_forward(x, w, b, *options), ty, dtype)
    dy = rng.standard_normal(tuple(ty.shape)).astype(dtype)
    ty.backward(torch.from_numpy(dy.astype("float64")))
    close(kernels.conv2d_input_gradient(dy, w, x.shape[2:], *options), tx.grad, dtype)
    close(kernels.conv2d_weight_gradient(x, dy, w.shape[2:], *options), tw.grad, dtype)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("groups", [1, 3])
def test_strides_of_memory(language, rng, layout, groups):
    options = (2, 1), ((1, 0), (2, 1)), (1, 2), groups
    (x, w, b), (tx, tw, tb) = problem(rng, "float32", (4, 6, 9, 8), (9, 3, 2), groups, layout)
    w = lay(w, "reversed")
    ty = torch_conv(tx, tw, tb, *options)
    dy = lay(rng.standard_normal(tuple(ty.shape)).astype("float32"), layout)
    ty.backward(torch.from_numpy(dy.astype("float64")))
    before = x.copy(), w.copy(), b.copy(), dy.copy()
    close(kernels.conv2d_forward(x, w, b, *options), ty, "float32")
    close(kernels.conv2d_input_gradient(dy, w, x.shape[2:], *options), tx.grad, "float32")
    close(kernels.conv2d_weight_gradient(x, dy, w.shape[2:], *options), tw.grad, "float32")
    for array, kept in zip((x, w, b, dy), before):
        np.testing.assert_array_equal(array, kept)


def test_without_bias(language, rng):
    (x, w, _), (tx, tw, _) = problem(rng, "float32", (2, 3, 6, 5), (4, 3, 2), 1, "contiguous")
    options = (1, 1), ((1, 1), (0, 0)), (1, 1), 1
    ty = torch_conv(tx, tw, None, *options)
    close(kernels.conv2d_forward(x, w, None, *options), ty, "float32")


def test_fewer_windows_than_there_is_room_for(language, rng):
    """A transposed convolution with much output padding asks for part of the windows."""
    options = (1, 2), ((1, 1), (0, 1)), (3, 2), 2
    x = rng.standard_normal((2, 4, 12, 11)).astype("float32")
    w = rng.standard_normal((6, 2, 3, 2)).astype("float32")
    full = np.zeros_like(kernels.conv2d_forward(x, w, None, *options))
    dy = full[:, :, :-2, :-1] = rng.standard_normal(full[:, :, :-2, :-1].shape).astype("float32")
    for primitive, (part, whole) in (
            (kernels.conv2d_input_gradient, ((dy, w, (12, 11)), (full, w, (12, 11)))),
            (kernels.conv2d_weight_gradient, ((x, dy, (3, 2)), (x, full, (3, 2))))):
        expected = primitive(*whole, *options)
        np.testing.assert_allclose(primitive(*part, *options), expected, atol=1e-4)


def test_batches_in_several_blocks(monkeypatch, rng):
    options = (1, 1), ((1, 1), (1, 1)), (1, 1), 2
    x, w = rng.standard_normal((7, 4, 6, 5)), rng.standard_normal((6, 2, 3, 3))
    dy = rng.standard_normal((7, 6, 6, 5))

    def results():
        return (reference.conv2d_forward(x, w, None, *options),
                reference.conv2d_input_gradient(dy, w, (6, 5), *options),
                reference.conv2d_weight_gradient(x, dy, (3, 3), *options))
    whole = results()
    for most in (1, 3 * 4 * 9 * 30):  # an image at a time, and three
        monkeypatch.setattr(reference, "MOST_COLUMNS", most)
        for one, other in zip(whole, results()):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_infinity_and_nan_stay_where_they_are(language):
    x = np.zeros((1, 1, 6, 8), "float32")
    x[0, 0, 1, 2], x[0, 0, 4, 6] = np.inf, np.nan
    w = np.ones((1, 1, 2, 2), "float32")
    y = kernels.conv2d_forward(x, w, None, (1, 1), NO_PADDING, (1, 1), 1)
    assert np.isinf(y[0, 0, :2, 1:3]).all() and np.isinf(y).sum() == 4
    assert np.isnan(y[0, 0, 3:, 5:7]).all() and np.isnan(y).sum() == 4


# columns -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape, filters, stride, padding, dilation, groups", CASES)
def test_columns(language, rng, dtype, shape, filters, stride, padding, dilation, groups):
    options = stride, padding, dilation
    x = rng.standard_normal(shape).astype(dtype)
    col = kernels.im2col(x, filters[1:], *options)
    (top, bottom), (left, right) = padding
    tx = torch.from_numpy(x.astype("float64")).requires_grad_()
    expected = F.unfold(F.pad(tx, (left, right, top, bottom)), filters[1:], dilation, 0, stride)
    close(np.ascontiguousarray(col).reshape(expected.shape), expected, dtype)
    dcol = rng.standard_normal(col.shape).astype(dtype)
    expected.backward(torch.from_numpy(dcol.astype("float64").reshape(expected.shape)))
    for primitive in (kernels.col2im, kernels.col2im_gather):
        close(primitive(dcol, shape[2:], *options), tx.grad, dtype)


def test_columns_that_are_infinite_spoil_only_their_own_pixels(language):
    col = np.zeros((1, 1, 2, 2, 2, 2), "float32")
    col[..., 0, 0] = np.inf
    for primitive in (kernels.col2im, kernels.col2im_gather):
        x = primitive(col, (5, 5), (2, 2), NO_PADDING, (1, 1))
        assert np.isinf(x[0, 0, :2, :2]).all() and np.isinf(x).sum() == 4 and not np.isnan(x).any()


@pytest.mark.parametrize("layout", ["contiguous", *LAYOUTS])
def test_columns_of_any_strides(language, rng, layout):
    x = lay(rng.standard_normal((3, 2, 5, 6)), layout)
    options = (2, 1), ((1, 0), (0, 1)), (1, 2)
    col = kernels.im2col(x, (2, 3), *options)
    np.testing.assert_array_equal(col, kernels.im2col(x.copy(), (2, 3), *options))
    swapped = np.ascontiguousarray(col.T).T
    for primitive in (kernels.col2im, kernels.col2im_gather):
        np.testing.assert_allclose(primitive(swapped, (5, 6), *options),
                                   primitive(col.copy(), (5, 6), *options))
