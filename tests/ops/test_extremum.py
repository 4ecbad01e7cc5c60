"""max, min, amax, amin, argmax, argmin, median, against torch: ties, NaN, empty dims."""
import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt

INF, NAN = float("inf"), float("nan")
TIES = np.array([[1.0, 3.0, 3.0, 2.0], [2.0, 2.0, 2.0, 2.0], [5.0, -1.0, -1.0, 5.0]])
WITH_NAN = np.array([[1.0, NAN, 3.0, NAN], [INF, 1.0, -INF, INF], [NAN, NAN, NAN, NAN]])
J = np.array([[3, -4, 3], [1, 1, 5]])
B = np.array([[True, False], [False, False]])
DIMS = [((2, 3, 4), 0), ((2, 3, 4), -1), ((3,), 0), ((), 0), ((), -1), ((0, 3), 1), ((2, 0, 3), -1)]


def part(op, position):
    """The op's first or second result, ours and torch's."""
    return [lambda *x, lib=lib, **o: getattr(lib, op)(*x, **o)[position] for lib in (mt, torch)]


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("shape, dim", DIMS, ids=str)
@pytest.mark.parametrize("op", ["max", "min", "median"])
def test_along_a_dim(op, shape, dim, keepdim):
    for position in (0, 1):
        check_op(*part(op, position), shape, dim, keepdim)


@pytest.mark.parametrize("op", ["max", "min"])
def test_ties_and_nan_along_a_dim(op):
    for x in (TIES, TIES.T.copy(), WITH_NAN, J, B):
        for position, dim in ((0, 0), (1, 0), (0, 1), (1, 1)):
            check_op(*part(op, position), x, dim)


def test_the_first_of_equal_elements_has_the_gradient():
    x = mt.Tensor(TIES, requires_grad=True)
    result = mt.max(x, 1)
    assert result.indices.tolist() == [1, 0, 0] and result[0] is result.values
    mt.sum(result.values).backward()
    np.testing.assert_array_equal(x.grad.data, [[0, 1, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]])


@pytest.mark.parametrize("op", ["max", "min", "median"])
def test_of_all_elements(op):
    for x in (TIES, (2, 3), (), WITH_NAN, J, np.broadcast_to(np.array([[1.0], [2.0]]), (2, 3))):
        check_op(getattr(mt, op), getattr(torch, op), x)


@pytest.mark.parametrize("op", ["max", "min"])
def test_of_two_tensors(op):
    check_op(getattr(mt, op), getattr(torch, op), (3, 1), (4,))
    check_op(getattr(mt, op), getattr(torch, op), J, np.array(2))
    assert getattr(mt, op)(mt.Tensor(TIES), other=mt.Tensor(TIES)).shape == TIES.shape


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("op", ["amax", "amin"])
def test_amax_and_amin(op, keepdim):
    for dim in ((), 0, 1, -1, (0, 1), [1]):
        check_op(getattr(mt, op), getattr(torch, op), TIES, dim=dim, keepdim=keepdim)
        check_op(getattr(mt, op), getattr(torch, op), J, dim=dim, keepdim=keepdim)
        expected = getattr(torch, op)(torch.tensor(WITH_NAN), dim, keepdim)
        y = getattr(mt, op)(WITH_NAN, dim, keepdim)
        np.testing.assert_array_equal(y.data, expected.numpy())
    check_op(getattr(mt, op), getattr(torch, op), (), 0, keepdim)
    check_op(getattr(mt, op), getattr(torch, op), (0, 3), 1, keepdim)
    check_op(getattr(mt, op), getattr(torch, op), (2, 3))


def test_aminmax():
    for position in (0, 1):
        for options in ({}, dict(dim=1), dict(dim=0, keepdim=True)):
            check_op(*part("aminmax", position), TIES, **options)
    assert mt.aminmax(TIES)._fields == ("min", "max")


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("op", ["argmax", "argmin"])
def test_arg(op, keepdim):
    for x in (TIES, WITH_NAN, J, np.array(3.0), np.array([[2.0]])):
        for dim in (None, 0, -1):
            check_op(getattr(mt, op), getattr(torch, op), x, dim=dim, keepdim=keepdim,
                     dtypes=[np.float64])
    check_op(getattr(mt, op), getattr(torch, op), (0, 3), 1, keepdim)
    with pytest.raises(TypeError, match=rf"{op}: dim must be an int, got \(0, 1\)"):
        getattr(mt, op)(TIES, (0, 1), keepdim)


def test_median_of_an_even_number_and_of_nan():
    for x in (np.array([4.0, 1.0, 3.0, 2.0]), np.array([NAN, 1.0, NAN]), np.array([7, 5, 6, 8])):
        check_op(mt.median, torch.median, x)
        for position in (0, 1):
            check_op(*part("median", position), x, 0)
    check_op(mt.median, torch.median, np.zeros((0, 2)), constant=(0,))


@pytest.mark.parametrize("op", ["max", "min", "amax", "amin", "argmax", "argmin", "median"])
def test_empty_dims(op):
    with pytest.raises(IndexError, match=rf"{op}: dim 0 of shape \(0, 3\) is empty, there is"):
        getattr(mt, op)(np.ones((0, 3)), 0)
    if op != "median":
        with pytest.raises(ValueError, match=rf"{op}: a tensor without elements \(shape \(2, 0"):
            getattr(mt, op)(np.ones((2, 0)))
