"""The pooling primitives in every language, against torch."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import LAYOUTS, lay

from minitorch_cnn import kernels
from minitorch_cnn.ops.geometry import pool_output

LANGUAGES = ["reference", "cpu"]
DTYPES = ["float32", "float64"]
NAN, INF = np.nan, np.inf

# (N, C, H, W), kernel, stride, padding, dilation
CASES = [
    pytest.param((2, 3, 8, 6), (2, 2), (2, 2), (0, 0), (1, 1), id="2x2"),
    pytest.param((2, 19, 7, 9), (3, 2), (2, 1), (1, 1), (1, 1), id="overlap"),
    pytest.param((2, 2, 11, 12), (2, 3), (3, 4), (1, 0), (2, 2), id="dilated"),
    pytest.param((1, 33, 9, 10), (2, 2), (3, 5), (0, 0), (1, 1), id="stride over kernel"),
    pytest.param((0, 2, 5, 5), (2, 2), (2, 2), (0, 0), (1, 1), id="empty batch"),
    pytest.param((2, 1, 6, 7), (6, 7), (1, 1), (0, 0), (1, 1), id="whole image"),
]


def symmetric(padding):
    return tuple([(p, p) for p in padding])


def close(ours, expected, dtype="float32"):
    assert ours.dtype == dtype
    limit = 1e-12 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(ours, np.asarray(expected), rtol=limit, atol=limit)


def compare_max(x, kernel, stride, padding, dilation, ceil_mode):
    """Forward, index and backward of a max-pool against torch."""
    windows = kernel, stride, symmetric(padding), dilation
    size = pool_output("test", x.shape[2:], *windows, ceil_mode)
    kept = x.copy()
    y, index = kernels.max_pool2d_forward(x, *windows, size)
    np.testing.assert_array_equal(x, kept)
    tx = torch.from_numpy(kept).requires_grad_()
    ty, t_index = F.max_pool2d(tx, kernel, stride, padding, dilation, ceil_mode, True)
    assert y.dtype == x.dtype and index.dtype.kind == "i"
    np.testing.assert_array_equal(y, ty.detach())
    np.testing.assert_array_equal(index, t_index)
    dy = np.arange(1, y.size + 1, dtype=x.dtype).reshape(y.shape)
    ty.backward(torch.from_numpy(dy))
    for last in ((), (windows,)):
        dx = kernels.max_pool2d_backward(dy, index, x.shape[2:], *last)
        close(dx, tx.grad, x.dtype)


def compare_avg(x, kernel, stride, padding, ceil_mode, include_pad, divisor):
    options = kernel, stride, symmetric(padding)
    size = pool_output("test", x.shape[2:], *options, (1, 1), ceil_mode)
    kept = x.copy()
    y = kernels.avg_pool2d_forward(x, *options, size, include_pad, divisor)
    np.testing.assert_array_equal(x, kept)
    tx = torch.from_numpy(kept).requires_grad_()
    ty = F.avg_pool2d(tx, kernel, stride, padding, ceil_mode, include_pad, divisor)
    close(y, ty.detach(), x.dtype)
    dy = np.arange(1, y.size + 1, dtype=x.dtype).reshape(y.shape)
    ty.backward(torch.from_numpy(dy))
    dx = kernels.avg_pool2d_backward(dy, x.shape[2:], *options, include_pad, divisor)
    close(dx, tx.grad, x.dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("shape, kernel, stride, padding, dilation", CASES)
def test_max(language, rng, dtype, shape, kernel, stride, padding, dilation, ceil_mode):
    x = rng.integers(-3, 3, shape).astype(dtype)  # many ties
    compare_max(x, kernel, stride, padding, dilation, ceil_mode)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_max_of_any_strides(language, rng, layout):
    x = lay(rng.standard_normal((2, 5, 9, 8)).astype("float32"), layout)
    compare_max(x, (3, 2), (2, 2), (1, 1), (1, 1), False)


@pytest.mark.parametrize("values", [
    pytest.param([[-1, -2], [-3, -4]], id="negative"),
    pytest.param([[-INF, -INF], [-INF, -INF]], id="all minus infinity"),
    pytest.param([[NAN, 1], [2, NAN]], id="last nan"),
    pytest.param([[INF, NAN], [NAN, INF]], id="nan over inf"),
    pytest.param([[NAN, NAN], [INF, -INF]], id="nan first"),
    pytest.param([[-INF, 5], [5, 5]], id="ties"),
])
def test_max_of_strange_values(language, values):
    x = np.tile(np.array(values, "float32"), (1, 3, 3, 3))
    compare_max(x, (3, 3), (2, 1), (1, 1), (1, 1), True)
    compare_max(x, (2, 2), (2, 2), (0, 0), (1, 1), False)
    compare_max(x, (3, 2), (1, 2), (1, 1), (2, 3), False)
    y, index = kernels.adaptive_max_pool2d_forward(x, (4, 3))
    ty, t_index = F.adaptive_max_pool2d(torch.from_numpy(x), (4, 3), True)
    np.testing.assert_array_equal(y, ty)
    np.testing.assert_array_equal(index, t_index)


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
def test_max_of_integers(language, dtype):
    x = (np.arange(30).reshape(1, 1, 5, 6) * 7 % 11).astype(dtype)
    if dtype != "uint8":
        x -= 20
    y, index = kernels.max_pool2d_forward(x, (3, 3), (2, 2), symmetric((1, 1)), (1, 1), (3, 3))
    ty, t_index = F.max_pool2d(torch.from_numpy(x), 3, 2, 1, return_indices=True)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, ty)
    np.testing.assert_array_equal(index, t_index)


def test_max_backward_of_any_strides(language, rng):
    index = rng.integers(0, 30, (2, 3, 4, 5))
    dy = rng.standard_normal((2, 3, 4, 5)).astype("float32")
    expected = kernels.max_pool2d_backward(dy, index, (5, 6))
    swapped = kernels.max_pool2d_backward(lay(dy, "channels last"), lay(index, "reversed"), (5, 6))
    close(swapped, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ceil_mode, include_pad, divisor", [
    (False, True, None), (True, True, None), (True, False, None), (False, False, None),
    (True, True, 3), (False, False, -5)])
@pytest.mark.parametrize("shape, kernel, stride, padding, dilation", CASES)
def test_avg(language, rng, dtype, shape, kernel, stride, padding, dilation, ceil_mode, include_pad,
             divisor):
    x = rng.standard_normal(shape).astype(dtype)
    compare_avg(x, kernel, stride, padding, ceil_mode, include_pad, divisor)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_avg_of_any_strides(language, rng, layout):
    x = lay(rng.standard_normal((2, 5, 9, 8)).astype("float32"), layout)
    compare_avg(x, (3, 2), (2, 2), (1, 1), True, True, None)
    dy = lay(rng.standard_normal((2, 5, 4, 4)).astype("float32"), layout)
    options = (9, 8), (3, 2), (2, 2), ((0, 0), (0, 0)), True, None
    close(kernels.avg_pool2d_backward(dy, *options),
          kernels.avg_pool2d_backward(dy.copy(), *options))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape, size", [
    ((2, 3, 8, 6), (4, 3)), ((2, 20, 7, 9), (3, 4)), ((1, 2, 3, 4), (5, 7)), ((3, 5, 6, 7), (1, 1)),
    ((0, 2, 4, 5), (2, 2)), ((2, 2, 4, 5), (4, 5))])
def test_adaptive(language, rng, dtype, shape, size):
    x = rng.integers(-4, 4, shape).astype(dtype)
    tx = torch.from_numpy(x.copy()).requires_grad_()
    ty = F.adaptive_avg_pool2d(tx, size)
    close(kernels.adaptive_avg_pool2d_forward(x, size), ty.detach(), dtype)
    dy = rng.standard_normal(tuple(ty.shape)).astype(dtype)
    expected = torch.autograd.grad(ty, tx, torch.from_numpy(dy))[0]
    close(kernels.adaptive_avg_pool2d_backward(dy, shape[2:]), expected, dtype)
    y, index = kernels.adaptive_max_pool2d_forward(x, size)
    ty, t_index = F.adaptive_max_pool2d(torch.from_numpy(x), size, True)
    close(y, ty, dtype)
    np.testing.assert_array_equal(index, t_index)


def test_adaptive_without_bins(language):
    x = np.ones((2, 3, 4, 5), "float32")
    assert kernels.adaptive_avg_pool2d_forward(x, (0, 2)).shape == (2, 3, 0, 2)
    assert kernels.adaptive_max_pool2d_forward(x, (2, 0))[1].shape == (2, 3, 2, 0)
    dx = kernels.adaptive_avg_pool2d_backward(x[:, :, :0], (6, 7))
    close(dx, np.zeros((2, 3, 6, 7)))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_adaptive_of_any_strides(language, rng, layout):
    x = lay(rng.standard_normal((2, 5, 6, 7)).astype("float32"), layout)
    close(kernels.adaptive_avg_pool2d_forward(x, (4, 3)),
          F.adaptive_avg_pool2d(torch.from_numpy(x.copy()), (4, 3)))
    close(kernels.adaptive_max_pool2d_forward(x, (4, 3))[0],
          F.adaptive_max_pool2d(torch.from_numpy(x.copy()), (4, 3)))
    close(kernels.adaptive_avg_pool2d_backward(x, (9, 8)),
          kernels.adaptive_avg_pool2d_backward(x.copy(), (9, 8)))


AXIS = st.tuples(st.integers(1, 9), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2),
                 st.integers(1, 3))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(LANGUAGES), st.integers(0, 2), st.integers(1, 3), AXIS, AXIS, st.booleans(),
       st.booleans(), st.sampled_from([None, 4]))
def test_any_geometry(language, N, C, rows, columns, ceil_mode, include_pad, divisor):
    size, kernel, stride, padding, dilation = zip(rows, columns)
    padding = tuple([min(p, k // 2) for p, k in zip(padding, kernel)])
    x = np.random.default_rng(0).integers(-3, 3, (N, C, *size)).astype("float32")
    with kernels.use(language):
        for compare, options in ((compare_max, (dilation, ceil_mode)),
                                 (compare_avg, (ceil_mode, include_pad, divisor))):
            try:
                compare(x, kernel, stride, padding, *options)
            except ValueError as error:
                assert "no window" in str(error) or "no pixel" in str(error)
