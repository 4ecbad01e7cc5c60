"""where, masked_fill, clamp, lerp, maximum, minimum, against torch."""
import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt

INF, NAN = float("inf"), float("nan")
MASK = np.array([[True, False, True], [False, False, True]])
J = np.array([[1, -2, 3], [4, 5, -6]])


def test_where():
    check_op(mt.where, torch.where, MASK, (2, 3), (2, 3))
    check_op(mt.where, torch.where, MASK, (3,), (2, 1))
    check_op(mt.where, torch.where, MASK[0], (2, 1, 3), ())
    check_op(mt.where, torch.where, np.array(True), (), (2,))
    check_op(mt.where, torch.where, MASK, (2, 3), J)
    check_op(mt.where, torch.where, MASK, np.full((2, 3), NAN), (2, 3))
    for number in (2, 2.5, True, INF):
        check_op(mt.where, torch.where, MASK, (2, 3), number)
        check_op(mt.where, torch.where, MASK, number, J)
        check_op(mt.where, torch.where, MASK, number, 3)
        check_op(mt.where, torch.where, MASK, 0.5, number)


def test_where_without_values_gives_indices():
    for ours, theirs in zip(mt.where(MASK), torch.where(torch.from_numpy(MASK))):
        assert ours.dtype == np.int64
        np.testing.assert_array_equal(ours.data, theirs)
    with pytest.raises(TypeError, match="where: pass both input and other, or neither"):
        mt.where(MASK, 1)


@pytest.mark.parametrize("op, arguments", [("where", (J, 1, 0)), ("masked_fill", (1.0, J, 0))])
def test_masks_hold_bools(op, arguments):
    with pytest.raises(TypeError, match=f"{op}: the mask must hold bools, got int64; make one by"):
        getattr(mt, op)(*arguments)


def test_masked_fill():
    for value in (3, -2.5, INF, True):
        check_op(mt.masked_fill, torch.masked_fill, (2, 3), MASK, value)
    check_op(mt.masked_fill, torch.masked_fill, (2, 3), MASK, np.array(2.0))
    check_op(mt.masked_fill, torch.masked_fill, (2, 1), MASK[0], 1)
    check_op(mt.masked_fill, torch.masked_fill, (), MASK[0], 1)
    check_op(mt.masked_fill, torch.masked_fill, J, MASK, 3.7)
    y = mt.masked_fill(mt.Tensor(np.ones((2, 3), "float32")), MASK, mt.Tensor(np.array(2.0)))
    assert y.dtype == np.float32
    with pytest.raises(ValueError, match=r"masked_fill: value must be .* 0-d tensor, got shape"):
        mt.masked_fill(np.ones((2, 3)), MASK, np.ones(3))
    with pytest.raises(ValueError, match="masked_fill: 300 does not fit into uint8"):
        mt.masked_fill(J.astype("uint8"), MASK, 300)


X = np.array([-3.0, -1.0, 0.0, 0.5, 1.0, 2.0, INF, -INF, NAN])


@pytest.mark.parametrize("low, high", [(-1, 1), (None, 0.5), (0, None), (2, 1), (-INF, INF),
                                       (NAN, 1)])
def test_clamp_with_numbers(low, high):
    check_op(mt.clamp, torch.clamp, X, low, high)
    check_op(mt.clip, torch.clip, X, min=low, max=high)
    check_op(mt.clamp, torch.clamp, np.zeros((0, 2)), low, high)


def test_clamp_with_tensors():
    low = np.array([-2.0, -1.0, 1.0, 0.5, 1.0, 3.0, 0.0, 0.0, 0.0])
    high = np.array([2.0, 0.0, 0.0, 0.5, 1.0, 2.0, 1.0, 1.0, 1.0])
    check_op(mt.clamp, torch.clamp, X, low, high)
    check_op(mt.clamp, torch.clamp, X, None, high)
    check_op(mt.clamp, torch.clamp, X, low)
    check_op(mt.clamp, torch.clamp, *np.meshgrid(X, X))
    check_op(mt.clamp, torch.clamp, X, None, X[::-1].copy())
    check_op(mt.clamp, torch.clamp, (2, 3, 4), (4,), (2, 1, 1))
    check_op(mt.clamp, torch.clamp, (3, 4), np.array(-0.5), np.array(0.5))


def test_clamp_of_integers():
    for low, high in [(0, 2), (0.5, 2), (None, 1.5), (True, 3)]:
        check_op(mt.clamp, torch.clamp, J, low, high)
    check_op(mt.clamp, torch.clamp, MASK, 0, 1)
    with pytest.raises(ValueError, match="clamp: 300 does not fit into uint8"):
        mt.clamp(J.astype("uint8"), 0, 300)
    with pytest.raises(ValueError, match="clamp: pass min, max or both"):
        mt.clamp(X)


@pytest.mark.parametrize("op", ["maximum", "minimum", "fmax", "fmin"])
def test_of_two(op):
    ours, theirs = getattr(mt, op), getattr(torch, op)
    check_op(ours, theirs, (3, 4), (3, 4))
    check_op(ours, theirs, (3, 1), (4,))
    check_op(ours, theirs, *np.meshgrid(X, X))
    check_op(ours, theirs, (2, 3), J)
    check_op(ours, theirs, J, J[::-1])
    check_op(ours, theirs, MASK, ~MASK)
    check_op(lambda x: ours(x, 0.5), lambda x: theirs(x, torch.tensor(0.5)), X)
    check_op(lambda x: ours(0.5, x), lambda x: theirs(torch.tensor(0.5), x), X)


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.5, 1.0, 2, -1.5, (3, 4), (3, 1), (), (4,)])
def test_lerp(weight):
    check_op(mt.lerp, torch.lerp, (3, 4), (3, 4), weight)
    check_op(mt.lerp, torch.lerp, (3, 1), (4,), weight)


def test_what_lerp_refuses():
    x = np.ones(2, "float32")
    with pytest.raises(TypeError, match="lerp: end must hold floats"):
        mt.lerp(x, np.array([1, 2]), 0.5)
    with pytest.raises(TypeError, match="lerp: all tensors must have one dtype"):
        mt.lerp(x, x, np.ones(2))
