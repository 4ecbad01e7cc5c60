"""Pooling against torch: results, gradients, indices, refusals."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from check_op import check_op
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch_cnn as mt
from minitorch_cnn.ops.pool import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    MaxPool2d,
    MaxUnpool2d,
)

NAN, INF = np.nan, np.inf
FUZZ = settings(max_examples=60, deadline=None, derandomize=True)
TWO = dict(dtypes=(np.float64,))


@pytest.mark.parametrize("x, options", [
    ((2, 3, 8, 6), dict(kernel_size=2)),
    ((2, 3, 7, 9), dict(kernel_size=(3, 2), stride=(2, 1), padding=(1, 0))),
    ((2, 3, 7, 9), dict(kernel_size=3, stride=2, padding=1, ceil_mode=True)),
    ((1, 2, 10, 9), dict(kernel_size=2, stride=3, dilation=(2, 3))),
    ((1, 2, 5, 8), dict(kernel_size=(2, 3), stride=(3, 4), ceil_mode=True)),
    ((0, 3, 5, 6), dict(kernel_size=2)),
    ((3, 7, 6), dict(kernel_size=(2,), stride=[2, 3])),
    ((2, 3, 6, 6), dict(kernel_size=3, stride=())),
])
def test_max_pool2d(x, options):
    check_op(mt.max_pool2d, F.max_pool2d, x, **options)
    ties = np.random.default_rng(0).integers(-2, 2, x).astype(float)
    check_op(mt.max_pool2d, F.max_pool2d, ties, **options)


@pytest.mark.parametrize("shape", [(2, 3, 7, 6), (3, 7, 6)])
def test_indices(rng, shape):
    x = rng.integers(-2, 2, shape).astype("float32")
    tx = torch.from_numpy(x)
    for (y, index), (ty, t_index) in [
            (mt.max_pool2d(x, (3, 2), 2, 1, return_indices=True),
             F.max_pool2d(tx, (3, 2), 2, 1, return_indices=True)),
            (mt.adaptive_max_pool2d(x, (3, 4), return_indices=True),
             F.adaptive_max_pool2d(tx, (3, 4), True)),
            (mt.max_pool1d(x[0], 3, 2, 1, return_indices=True),
             F.max_pool1d(tx[0], 3, 2, 1, return_indices=True)),
            (mt.adaptive_max_pool1d(x[0], 4, True), F.adaptive_max_pool1d(tx[0], 4, True))]:
        assert index.dtype == np.int64 and not index.requires_grad
        np.testing.assert_array_equal(y.data, ty)
        np.testing.assert_array_equal(index.data, t_index)


@pytest.mark.parametrize("values", [
    pytest.param([[-1.0, -2], [-3, -4]], id="negative"),
    pytest.param([[-INF, -INF], [-INF, -INF]], id="minus infinity"),
    pytest.param([[NAN, 1.0], [INF, NAN]], id="nan"),
    pytest.param([[INF, INF], [-INF, 5]], id="infinity"),
    pytest.param([[0.0, -0.0], [0, 0]], id="zeros"),
])
def test_strange_values(values):
    x = np.tile(np.array(values), (1, 2, 3, 2))
    for options in (dict(kernel_size=2), dict(kernel_size=3, stride=2, padding=1, ceil_mode=True)):
        check_op(mt.max_pool2d, F.max_pool2d, x, **options)
        check_op(mt.avg_pool2d, F.avg_pool2d, x, **options)
    check_op(mt.adaptive_max_pool2d, F.adaptive_max_pool2d, x, output_size=(4, 3))
    check_op(mt.adaptive_avg_pool2d, F.adaptive_avg_pool2d, x, output_size=(4, 3))


def test_the_first_maximum_gets_the_gradient():
    x = mt.Tensor(np.ones((1, 1, 2, 4)), requires_grad=True)
    mt.max_pool2d(x, 2).backward(np.array([[[[3.0, 5.0]]]]))
    np.testing.assert_array_equal(x.grad.data[0, 0], [[3, 0, 5, 0], [0, 0, 0, 0]])


def test_rows_the_stride_leaves_over_get_no_gradient(rng):
    for pool in (mt.max_pool2d, mt.avg_pool2d):
        x = mt.Tensor(rng.standard_normal((1, 1, 5, 7)), requires_grad=True)
        y = pool(x, 2, 3)
        y.backward(np.ones(y.shape))
        assert not x.grad.data[:, :, 2].any() and not x.grad.data[:, :, :, [2, 5, 6]].any()
        np.testing.assert_allclose(x.grad.data.sum(), y.numel())


@pytest.mark.parametrize("x, options", [
    ((2, 3, 8, 6), dict(kernel_size=2)),
    ((2, 3, 7, 9), dict(kernel_size=(3, 2), stride=(2, 1), padding=(1, 0))),
    ((2, 3, 7, 9), dict(kernel_size=3, stride=2, padding=1, count_include_pad=False)),
    ((1, 2, 5, 8), dict(kernel_size=(2, 3), stride=(3, 4), ceil_mode=True)),
    ((2, 2, 6, 6), dict(kernel_size=4, stride=3, padding=2, ceil_mode=True)),
    ((2, 2, 6, 6), dict(kernel_size=4, stride=3, padding=2, ceil_mode=True,
                        count_include_pad=False)),
    ((2, 2, 6, 7), dict(kernel_size=3, stride=2, padding=1, divisor_override=5)),
    ((0, 3, 5, 6), dict(kernel_size=2)),
    ((3, 7, 6), dict(kernel_size=(2,))),
])
def test_avg_pool2d(x, options):
    check_op(mt.avg_pool2d, F.avg_pool2d, x, **options)


@pytest.mark.parametrize("x, size", [
    ((2, 3, 8, 6), (4, 3)), ((2, 3, 7, 9), (3, 4)), ((1, 2, 3, 4), (5, 7)), ((2, 3, 5, 6), 1),
    ((2, 3, 5, 6), (None, 2)), ((0, 3, 5, 6), (2, 2)), ((3, 5, 6), (2, 3)),
])
def test_adaptive(x, size):
    check_op(mt.adaptive_avg_pool2d, F.adaptive_avg_pool2d, x, output_size=size)
    check_op(mt.adaptive_max_pool2d, F.adaptive_max_pool2d, x, output_size=size)


def test_adaptive_without_channels():
    x = mt.Tensor(np.zeros((2, 0, 5, 6)), requires_grad=True)
    y = mt.adaptive_avg_pool2d(x, 2)
    y.backward(np.zeros((2, 0, 2, 2)))
    assert y.shape == (2, 0, 2, 2) and x.grad.shape == x.shape


@pytest.mark.parametrize("shape", [(2, 3, 9), (3, 9)])
def test_signals(shape):
    check_op(mt.max_pool1d, F.max_pool1d, shape, kernel_size=3, stride=2, padding=1, dilation=2)
    check_op(mt.max_pool1d, F.max_pool1d, shape, kernel_size=(2,), ceil_mode=True)
    check_op(mt.avg_pool1d, F.avg_pool1d, shape, kernel_size=3, stride=2, padding=1,
             count_include_pad=False)
    check_op(mt.avg_pool1d, F.avg_pool1d, shape, kernel_size=(2,), ceil_mode=True)
    for size in (4, (2,)):
        check_op(mt.adaptive_avg_pool1d, F.adaptive_avg_pool1d, shape, output_size=size)
        check_op(mt.adaptive_max_pool1d, F.adaptive_max_pool1d, shape, output_size=size)


@pytest.mark.parametrize("p", [1, 2, 3.0, INF, -INF])
@pytest.mark.parametrize("options", [dict(kernel_size=(2, 3)),
                                     dict(kernel_size=2, stride=(1, 3), ceil_mode=True)])
def test_lp_pool2d(rng, p, options):
    x = rng.random((2, 3, 6, 7)) + 0.1
    check_op(mt.lp_pool2d, F.lp_pool2d, x, norm_type=p, **options)


def test_lp_pool_of_zeros_and_signals(rng):
    x = np.zeros((1, 1, 2, 4))
    x[..., 3] = 2
    check_op(mt.lp_pool2d, F.lp_pool2d, x, norm_type=2, kernel_size=2)
    for p in (2, INF):
        check_op(mt.lp_pool1d, F.lp_pool1d, rng.random((2, 3, 7)) + 0.1, norm_type=p, kernel_size=3,
                 stride=2)


@pytest.mark.parametrize("shape", [(2, 3, 3, 3), (3, 3, 3)])
@pytest.mark.parametrize("output_size", [None, (9, 7), [10, 5]])
def test_max_unpool2d(rng, shape, output_size):
    options = dict(kernel_size=2, stride=(3, 2), output_size=output_size)
    places = rng.permuted(np.tile(np.arange(8 * 5), (*shape[:-2], 1)), axis=-1)  # all different
    index = places[..., :9].reshape(*shape[:-2], 3, 3)
    check_op(mt.max_unpool2d, F.max_unpool2d, index.shape, index, **options)


def test_max_unpool_undoes_the_pool(rng):
    x = rng.random((2, 3, 9))
    y, index = mt.max_pool1d(x, 3, return_indices=True)
    back = mt.max_unpool1d(y, index, 3)
    assert back.shape == x.shape
    again = mt.max_pool1d(back, 3)
    np.testing.assert_array_equal(again.data, y.data)
    check_op(mt.max_unpool1d, F.max_unpool1d, y.data, index.data, kernel_size=3, output_size=(10,))


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
def test_integers(dtype):
    x = (np.arange(30).reshape(1, 1, 5, 6) * 7 % 11).astype(dtype)
    check_op(mt.max_pool2d, F.max_pool2d, x, kernel_size=3, stride=2, padding=1, **TWO)
    if dtype == "int64":
        check_op(mt.avg_pool2d, F.avg_pool2d, x - 5, kernel_size=3, stride=2, padding=1, **TWO)


@pytest.mark.parametrize("layout", ["channels last", "transposed", "broadcast", "reversed"])
def test_memory_layouts(rng, layout):
    x = rng.standard_normal((2, 3, 6, 5))
    x = {"channels last": np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
         "transposed": np.ascontiguousarray(x.T).T, "reversed": x[::-1, :, ::-1, ::-1],
         "broadcast": np.broadcast_to(x[:1, :, :1], x.shape)}[layout]
    for name, options in (("max_pool2d", dict(kernel_size=3, stride=2, padding=1)),
                          ("avg_pool2d", dict(kernel_size=3, stride=2, padding=1)),
                          ("adaptive_avg_pool2d", dict(output_size=4)),
                          ("adaptive_max_pool2d", dict(output_size=4))):
        check_op(getattr(mt, name), getattr(F, name), x, **options)
        check_op(lambda x, name=name, options=options: getattr(mt, name)(x, **options).sum(),
                 lambda x, name=name, options=options: getattr(F, name)(x, **options).sum(), x)


AXIS = st.tuples(st.integers(1, 9), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2),
                 st.integers(1, 3), st.integers(1, 6))


@FUZZ
@given(st.tuples(st.integers(0, 2), st.integers(1, 3)), AXIS, AXIS, st.booleans(), st.booleans())
def test_any_geometry(batch, rows, columns, ceil_mode, include_pad):
    size, kernel, stride, padding, dilation, bins = zip(rows, columns)
    padding = tuple([min(p, k // 2) for p, k in zip(padding, kernel)])
    x = (*batch, *size)
    windows = dict(kernel_size=kernel, stride=stride, padding=padding, ceil_mode=ceil_mode, **TWO)
    for ours, theirs, options in (
            (mt.max_pool2d, F.max_pool2d, dict(dilation=dilation, **windows)),
            (mt.avg_pool2d, F.avg_pool2d, dict(count_include_pad=include_pad, **windows)),
            (mt.adaptive_avg_pool2d, F.adaptive_avg_pool2d, dict(output_size=bins, **TWO)),
            (mt.adaptive_max_pool2d, F.adaptive_max_pool2d, dict(output_size=bins, **TWO))):
        try:
            check_op(ours, theirs, x, **options)
        except ValueError as error:
            assert "no window" in str(error) or "no pixel" in str(error)


# what the ops are made of ------------------------------------------------------------------------


@pytest.mark.parametrize("pool", [
    MaxPool2d((3, 2), (2, 2), ((1, 1), (0, 0))),
    AvgPool2d((3, 2), (2, 2), ((1, 0), (0, 1)), ceil_mode=True),
    AdaptiveAvgPool2d((4, 2)),
    AdaptiveMaxPool2d((2, 3)),
    MaxUnpool2d(np.arange(70).reshape(1, 2, 7, 5) % 35, (8, 6)),
])
def test_by_hand_without_a_tape(rng, pool):
    x = rng.standard_normal((1, 2, 7, 5))
    y = pool.forward(x)
    dy = rng.standard_normal(y.shape)
    dx = pool.backward(dy)
    step = 1e-6 * rng.standard_normal(x.shape)
    change = (pool.forward(x + step) * dy).sum() - (pool.forward(x - step) * dy).sum()
    np.testing.assert_allclose(change / 2, (dx * step).sum(), rtol=1e-6)


def test_different_padding_at_the_ends(rng):
    """Ours alone: the op takes it, PyTorch pads first."""
    x = rng.standard_normal((2, 3, 6, 7))
    pads = (1, 0, 0, 1)  # left, right, top, bottom
    for value, theirs, ours in (
            (-INF, F.max_pool2d, MaxPool2d((2, 2), (2, 3), ((0, 1), (1, 0)))),
            (0, F.avg_pool2d, AvgPool2d((2, 2), (2, 3), ((0, 1), (1, 0))))):
        padded = F.pad(torch.from_numpy(x), pads, value=value)
        np.testing.assert_allclose(ours.forward(x), theirs(padded, 2, (2, 3)), atol=1e-12)


# refused -----------------------------------------------------------------------------------------

X = np.zeros((2, 3, 8, 9), "float32")
INDEX = np.zeros((2, 3, 8, 9), "int64")


@pytest.mark.parametrize("op, args, words", [
    (mt.max_pool2d, (X[0, 0], 2), r"max_pool2d: input must be \(N, C, H, W\) or \(C, H, W\), got"),
    (mt.max_pool2d, (X[:, :, :0], 2), r"input of shape \(2, 3, 0, 9\) has no pixels; only"),
    (mt.max_pool2d, (X[:, :0], 2), r"input of shape \(2, 0, 8, 9\) has no pixels"),
    (mt.max_pool2d, (X, 9), r"no window of 9 x 9 \(dilation 1 x 1\) fits into the input of 8"),
    (mt.max_pool2d, (X, 0), "max_pool2d: kernel_size must be at least 1, got 0"),
    (mt.max_pool2d, (X, 2, 0), "max_pool2d: stride must be at least 1, got 0"),
    (mt.max_pool2d, (X, 2, 2, -1), "max_pool2d: padding must be at least 0, got -1"),
    (mt.max_pool2d, (X, 2, 2, 0, 0), "max_pool2d: dilation must be at least 1, got 0"),
    (mt.max_pool2d, (X, (2, 3), 2, (1, 2)),
     "padding must be at most half the kernel, got padding=1 x 2 for kernel_size=2 x 3"),
    (mt.max_pool2d, (X[:, :, :2], 2, 1, 1, 3),
     r"with dilation 3 x 3, padding \(\(1, 1\), \(1, 1\)\) a window sees no pixel of the input"),
    (mt.max_pool1d, (X, 2), r"max_pool1d: input must be \(N, C, L\) or \(C, L\), got shape"),
    (mt.avg_pool2d, (X, 2, 1, 2), "avg_pool2d: padding must be at most half the kernel"),
    (mt.avg_pool2d, (X, 2, None, 0, False, True, 0), "avg_pool2d: divisor_override must not be 0"),
    (mt.avg_pool1d, (X[0], (2, 2)), "avg_pool1d: kernel_size must be an int or 1 ints, got 2 "),
    (mt.adaptive_avg_pool2d, (X, (2,)), r"output_size must be an int or 2 ints, got \(2,\)"),
    (mt.adaptive_avg_pool2d, (X, -1), "adaptive_avg_pool2d: output_size must be at least 0, got"),
    (mt.adaptive_max_pool2d, (X[0, 0], 2), "adaptive_max_pool2d: input must be"),
    (mt.adaptive_max_pool2d, (X[:, :0], 2), "has no pixels"),
    (mt.adaptive_max_pool1d, (X, 2), "adaptive_max_pool1d: input must be"),
    (mt.max_unpool2d, (X, INDEX[:1], 2), "indices must be integers of the input's shape"),
    (mt.max_unpool2d, (X, X, 2), "got float32 of shape"),
    (mt.max_unpool2d, (X, INDEX - 1, 2), "indices reach from -1 to -1, but an image of 16 x 18 has "
     "positions 0 to 287"),
    (mt.max_unpool2d, (X, INDEX, 2, 2, 0, (16, 20)),
     "max_unpool2d: output_size 16 x 20 must differ by less than the stride 2 x 2 from 16 x 18"),
])
def test_refused(op, args, words):
    with pytest.raises(ValueError, match=words):
        op(*args)


@pytest.mark.parametrize("op, args, words", [
    (mt.max_pool2d, (X > 0, 2), "max_pool2d: input must hold numbers, got bool; convert it"),
    (mt.avg_pool2d, (X > 0, 2), r"avg_pool2d: input must hold numbers, got bool"),
    (mt.adaptive_avg_pool2d, (INDEX, 2), "adaptive_avg_pool2d: input must hold floats, got"),
    (mt.adaptive_max_pool2d, (INDEX, 2), "adaptive_max_pool2d: input must hold floats, got"),
    (mt.max_pool2d, (X, 2.5), "max_pool2d: kernel_size must be an int or 2 ints, got 2.5"),
    (mt.max_pool2d, (X, 2, "2"), "max_pool2d: stride must be an int or 2 ints, got '2'"),
    (mt.avg_pool2d, (X, 2, None, 0, False, True, 2.5), "divisor_override must be an int or 1 ints"),
])
def test_types_refused(op, args, words):
    with pytest.raises(TypeError, match=words):
        op(*args)
