"""Softmax and its relatives against torch."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from check_op import check_op

import minitorch_cnn as mt

FAR = np.array([[-1e4, 0, 1e4], [1e4, 1e4, 1e4], [-1e4, -1e4, -9999]])


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
@pytest.mark.parametrize("x, dim", [((3, 5), 1), ((3, 5), 0), ((3, 5), -1), ((2, 3, 4, 2), 1),
                                    ((4,), 0), ((), 0), ((), -1), ((0, 3), 1), ((0, 3), 0),
                                    ((3, 0), 1), ((2, 100), 1), ((3, 1), 1), (FAR, 1), (FAR.T, 1),
                                    (np.broadcast_to([[1.0], [2.0]], (2, 3)), 1)])
def test_against_torch(name, x, dim):
    check_op(getattr(mt, name), getattr(F, name), x, dim=dim)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_nan_and_infinity(name):
    x = np.array([[np.nan, 1, 2], [np.inf, 1, 2], [-np.inf, -np.inf, -np.inf], [-np.inf, 0, 1]])
    theirs = getattr(F, name)(torch.from_numpy(x), 1)
    np.testing.assert_allclose(getattr(mt, name)(mt.Tensor(x), 1).data, theirs.numpy())


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_dtype_converts_first(name):
    y = getattr(mt, name)(np.array([[1, 2, 3]]), 1, dtype=np.float64)
    theirs = getattr(F, name)(torch.tensor([[1, 2, 3]]), 1, dtype=torch.float64)
    assert y.dtype == np.float64
    np.testing.assert_allclose(y.data, theirs.numpy(), rtol=1e-12)
    x = mt.Tensor([1.0, 2.0], requires_grad=True)
    getattr(mt, name)(x, 0, dtype="float64").backward(np.array([1.0, 0.0]))
    assert x.grad.dtype == np.float32


def test_gumbel_softmax_draws_each_class_as_often_as_softmax_says():
    logits = mt.Tensor(np.broadcast_to(np.log([0.2, 0.5, 0.3]), (20000, 3)), requires_grad=True)
    hard = mt.gumbel_softmax(logits, hard=True)
    np.testing.assert_allclose(hard.data.mean(axis=0), [0.2, 0.5, 0.3], atol=0.015)
    assert (hard.data.sum(axis=1) == 1).all() and set(np.unique(hard.data)) == {0, 1}
    mt.manual_seed(0)
    soft = mt.gumbel_softmax(logits, tau=0.5)
    np.testing.assert_array_equal(soft.data.argmax(axis=1), hard.data.argmax(axis=1))


@pytest.mark.parametrize("hard", [False, True])
def test_gumbel_softmax_gradient_is_that_of_the_soft_draw(hard, rng):
    x, dy = rng.standard_normal((4, 3)), rng.standard_normal((4, 3))
    logits = mt.Tensor(x, requires_grad=True)
    mt.gumbel_softmax(logits, tau=0.7, hard=hard, dim=0).backward(dy)

    def soft(x):
        mt.manual_seed(0)
        return (mt.gumbel_softmax(mt.Tensor(x), tau=0.7, dim=0).data * dy).sum()

    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = 1e-6
        numeric = (soft(x + step) - soft(x - step)) / 2e-6
        assert abs(logits.grad.data[i] - numeric) < 1e-7


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_refused(name):
    op = getattr(mt, name)
    with pytest.raises(TypeError, match=f"{name}: cannot compute in int64; convert"):
        op([[1, 2]], 1)
    with pytest.raises(ValueError, match=f"{name}: dim says which scores compete"):
        op([[1.0, 2.0]])
    with pytest.raises(IndexError, match=f"{name}: dim 2 does not exist"):
        op([[1.0, 2.0]], 2)
