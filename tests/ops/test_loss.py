"""Regression losses against torch."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from check_op import check_op

import minitorch_cnn as mt

REDUCTIONS = ["mean", "sum", "none"]
PAIRS = [((3, 4), (3, 4)), ((), ()), ((0, 3), (0, 3)),
         (np.array([0.0, 1, 2, -1, 5, -5]), np.array([0.0, 2, 1, -1.5, 2, -3.5]))]
CASES = [("mse_loss", {}), ("l1_loss", {}), ("smooth_l1_loss", {}),
         ("smooth_l1_loss", dict(beta=0.25)), ("smooth_l1_loss", dict(beta=0)),
         ("huber_loss", {}), ("huber_loss", dict(delta=0.25))]
NAMES = ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"]


@pytest.mark.parametrize("name, options", CASES)
@pytest.mark.parametrize("x, t", PAIRS, ids=["2d", "0d", "empty", "kinks"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_against_torch(name, options, x, t, reduction):
    check_op(getattr(mt, name), getattr(F, name), x, t, reduction=reduction, **options)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_broadcasting_warns_as_torch_does(name, reduction):
    def ours(x, t):
        with pytest.warns(UserWarning, match=f"{name}: target of shape .* is broadcast"):
            return getattr(mt, name)(x, t, reduction=reduction)

    def theirs(x, t):
        with pytest.warns(UserWarning):
            return getattr(F, name)(x, t, reduction=reduction)

    for shapes in [((3, 4), (4,)), ((4,), (3, 4)), ((3, 1), (1, 4)), ((3, 1), (3,))]:
        check_op(ours, theirs, *shapes)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_weight(name, reduction):
    def call(module):
        return lambda x, t, w: getattr(module, name)(x, t, weight=w, reduction=reduction)
    check_op(call(mt), call(F), (3, 4), (3, 4), np.random.default_rng(1).random((3, 4)))


@pytest.mark.parametrize("name", NAMES)
def test_target_without_gradient_and_of_integers(name):
    if name != "huber_loss":  # whose gradient torch then refuses
        check_op(getattr(mt, name), getattr(F, name), (3,), np.array([0, 1, 2]))
    x, t = mt.Tensor(np.ones(3), requires_grad=True), mt.Tensor(np.zeros(3))
    getattr(mt, name)(x, t).backward()
    assert t.grad is None and x.grad is not None


@pytest.mark.parametrize("name", NAMES)
def test_dtypes_meet_as_in_torch(name):
    y = getattr(mt, name)(np.ones(3, np.float32), np.zeros(3, np.float64))
    assert y.dtype == np.float64
    assert getattr(mt, name)([1.0, 2.0], [1, 2]).dtype == np.float32


@pytest.mark.parametrize("size_average", [None, False, True])
@pytest.mark.parametrize("reduce", [False, True])
def test_old_arguments(size_average, reduce):
    x, t = np.array([1.0, 2.0]), np.array([0.0, 4.0])
    y = mt.mse_loss(x, t, size_average, reduce)
    with pytest.warns(UserWarning):
        expected = F.mse_loss(torch.tensor(x), torch.tensor(t), size_average, reduce)
    np.testing.assert_allclose(y.data, expected.numpy())


def test_strided_inputs(rng):
    x = np.broadcast_to(rng.standard_normal((4, 1)), (4, 6))[::2, ::-1]
    check_op(mt.mse_loss, F.mse_loss, x, (2, 6))


@pytest.mark.parametrize("call, error, words", [
    (lambda: mt.mse_loss([1], [2]), TypeError, "input and target hold int64 and int64, one"),
    (lambda: mt.mse_loss(np.ones((2, 3)), np.ones((2, 2))), ValueError, "do not broadcast"),
    (lambda: mt.mse_loss([1.0], [2.0], reduction="average"), ValueError, 'one of "none", "mean"'),
    (lambda: mt.mse_loss([1.0, 2], [2.0, 1], weight=[1.0]), ValueError, r"weight .* got \(1,\)"),
    (lambda: mt.l1_loss([1.0], [2.0], reduction=None), ValueError, "l1_loss: reduction must be"),
    (lambda: mt.smooth_l1_loss([1.0], [2.0], beta=-1), ValueError, "beta must be 0 or more"),
    (lambda: mt.huber_loss([1.0], [2.0], delta=0), ValueError, "delta must be positive, got 0"),
])
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
