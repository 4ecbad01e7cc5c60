"""The softmax kernels in every language against a plain float64 formula and each other."""
import numpy as np
import pytest
import torch
from kernel_problems import channels_last, every_second, transposed

import minitorch_cnn as mt
from minitorch_cnn import kernels

SHAPES = [(3, 5), (1, 1), (7,), (2, 3, 10), (2, 200), (0, 4), (4, 0), (5, 1003), (2, 21, 5, 7)]
CLOSE = {np.float32: dict(rtol=1e-5, atol=1e-6), np.float64: dict(rtol=1e-12, atol=1e-13)}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("axis", [0, -1])
@np.errstate(all="ignore")
def test_against_the_formula(language, dtype, shape, axis, rng):
    x = (3 * rng.standard_normal(shape)).astype(dtype)
    dy = rng.standard_normal(shape).astype(dtype)
    e = np.exp(x.astype(np.float64))
    y = e / e.sum(axis=axis, keepdims=True)
    dx = y * (dy - (dy * y).sum(axis=axis, keepdims=True))
    log_dx = dy - y * dy.sum(axis=axis, keepdims=True, dtype=np.float64)
    results = (kernels.softmax_forward(x, axis),
               kernels.softmax_backward(dy, y.astype(dtype), axis),
               kernels.log_softmax_forward(x, axis),
               kernels.log_softmax_backward(dy, np.log(y).astype(dtype), axis))
    for result, expected in zip(results, (y, dx, np.log(y), log_dx)):
        assert result.dtype == dtype and result.shape == shape
        np.testing.assert_allclose(result, expected, **CLOSE[dtype])


def test_far_scores_lose_no_digits(language):
    x = np.array([[-10000, -10000, -9999], [1e30, 0, -1e30], [0, 0, -np.inf]], np.float32)
    expected = [[-1.5514447, -1.5514447, -0.5514447], [0, -1e30, -2e30],
                [-np.log(2), -np.log(2), -np.inf]]
    np.testing.assert_allclose(kernels.log_softmax_forward(x, 1), expected, rtol=1e-6)
    assert np.isfinite(kernels.softmax_forward(x, 1)).all()


def test_nan_and_infinity_stay_in_their_row(language):
    x = np.array([[np.nan, 1, 2], [1, np.nan, 2], [np.inf, 1, 2], [0, 0, 0]])
    with np.errstate(all="ignore"):
        for kernel in (kernels.softmax_forward, kernels.log_softmax_forward):
            y = kernel(x, 1)
            assert np.isnan(y[:3]).all() and np.isfinite(y[3]).all()


def test_strided_rows(language, rng):
    x = rng.standard_normal((6, 8))
    np.testing.assert_allclose(kernels.softmax_forward(x[::2, ::2], 1),
                               kernels.softmax_forward(x[::2, ::2].copy(), 1), rtol=1e-12)
    np.testing.assert_allclose(kernels.softmax_forward(x.T, 1).T, kernels.softmax_forward(x, 0),
                               rtol=1e-12)


def test_inputs_are_left_alone(language, rng):
    x, dy = rng.standard_normal((2, 3, 4))
    kept = x.copy(), dy.copy()
    kernels.softmax_backward(dy, x, 1)
    kernels.log_softmax_backward(dy, x, 1)
    kernels.log_softmax_forward(x, 1)
    kernels.softmax_forward(x, 1)
    np.testing.assert_array_equal((x, dy), kept)


@pytest.mark.parametrize("lay", [np.ascontiguousarray, channels_last, transposed, every_second])
@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_layouts(lay, axis, rng):
    x, dy = rng.standard_normal((2, 3, 21, 5, 18)).astype(np.float32)
    for name in ("softmax", "log_softmax"):
        forward, backward = [kernels.PRIMITIVES[f"{name}_{way}"] for way in ("forward", "backward")]
        y = forward(lay(x), axis)
        np.testing.assert_allclose(y, forward.version("reference")(x, axis), 1e-5, 1e-6)
        for other in (np.ascontiguousarray, lay):
            np.testing.assert_allclose(backward(other(dy), lay(y), axis),
                                       backward.version("reference")(dy, y, axis), 1e-5, 3e-6)
        if lay in (channels_last, transposed):
            assert y.strides == lay(x).strides


def test_a_million_classes(rng):
    x = rng.standard_normal((2, 1_000_000)).astype(np.float32)
    right = torch.log_softmax(torch.from_numpy(x.astype(np.float64)), 1).numpy()
    np.testing.assert_allclose(kernels.log_softmax_forward(x, 1), right, atol=4e-6)
    np.testing.assert_allclose(kernels.softmax_forward(x, 1), np.exp(right), rtol=4e-6)


@pytest.mark.parametrize("lay", [np.ascontiguousarray, channels_last, every_second])
@pytest.mark.parametrize("labels", [np.int64, np.int32, np.uint8])
def test_likelihood_of_pixels(lay, labels, rng):
    x = rng.standard_normal((2, 21, 5, 18)).astype(np.float32)
    target = rng.integers(0, 21, (2, 5, 18)).astype(labels)
    target[0, :2] = 255 if labels is np.uint8 else -100
    ignored = int(target[0, 0, 0])
    theirs = torch.from_numpy(x).requires_grad_()
    loss = torch.nn.functional.cross_entropy(
        theirs, torch.from_numpy(target.astype(np.int64)), ignore_index=ignored)
    loss.backward()
    for curve in (mt.cross_entropy, lambda x, *args, **options: mt.nll_loss(
            mt.log_softmax(x, 1), *args, **options)):
        ours = mt.Tensor(lay(x), requires_grad=True)
        y = curve(ours, mt.Tensor(target), ignore_index=ignored)
        y.backward()
        np.testing.assert_allclose(y.item(), loss.item(), rtol=2e-6)
        np.testing.assert_allclose(ours.grad.data, theirs.grad.numpy(), 1e-5, 1e-8)


def test_no_label_that_counts_gives_no_gradient(language):
    for curve in (mt.cross_entropy, mt.nll_loss):
        x = mt.ones(3, 4, requires_grad=True)
        y = curve(x, mt.tensor([-100, -100, -100]))
        y.backward()
        assert np.isnan(y.item())
        np.testing.assert_array_equal(x.grad.data, 0)
