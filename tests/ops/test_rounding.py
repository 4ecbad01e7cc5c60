"""Rounding, remainders and floor division, against torch."""
import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt

INF, NAN = float("inf"), float("nan")
VALUES = np.array([0.5, 1.5, 2.5, -0.5, -1.5, -2.7, 3.2, 0.0, -0.0, INF, -INF, NAN])


@pytest.mark.parametrize("op", ["floor", "ceil", "trunc", "fix", "round", "frac"])
def test_rounding(op):
    for x in (VALUES, (2, 3), (), (0, 2)):
        check_op(getattr(mt, op), getattr(torch, op), x)
    if op != "frac":
        check_op(getattr(mt, op), getattr(torch, op), np.array([3, -4]))
    with pytest.raises(TypeError, match=f"{op.replace('fix', 'trunc')}: .*convert"):
        getattr(mt, op)(np.array([True]))


@pytest.mark.parametrize("decimals", [0, 1, 2, -1])
def test_round_to_decimals(decimals):
    x = np.array([123.456, -123.456, 0.25, 0.35, 25.0, 35.0, NAN, INF])
    check_op(mt.round, torch.round, x, decimals=decimals)
    if decimals:
        with pytest.raises(TypeError, match="round: decimals=.* needs floats, got int64"):
            mt.round(np.array([12]), decimals=decimals)
    with pytest.raises(TypeError, match="round: decimals must be an int, got 1.5"):
        mt.round(x, decimals=1.5)


@pytest.mark.parametrize("op", ["remainder", "fmod"])
def test_remainders(op):
    ours, theirs = getattr(mt, op), getattr(torch, op)
    a = np.array([7.0, -7.0, 7.5, -7.5, 0.3, 1.0, INF, NAN])
    for b in (np.array([2.0, 2.0, -2.0, -2.5, 0.1, 0.0, 2.0, 1.0]), 3, -3, 0.7, INF):
        check_op(ours, theirs, a, b)
    check_op(ours, theirs, (3, 1), (4,))
    i = np.array([7, -7, 9, -9])
    for b in (np.array([2, 3, -4, -4]), 5, -5, 2.5):
        check_op(ours, theirs, i, b)
    with pytest.raises(TypeError, match=f"{op}: not defined for bools"):
        ours(np.array([True]), np.array([True]))


def test_numbers_on_the_left():
    x = np.array([3.0, -2.0, 0.7])
    check_op(lambda x: mt.remainder(5, x), lambda x: torch.remainder(torch.tensor(5.0), x), x)
    check_op(lambda x: mt.fmod(5.0, x), lambda x: torch.fmod(torch.tensor(5.0), x), x)


def test_floor_divide():
    a = np.array([7.0, -7.0, 0.3, 1.0, -1.0, 0.0, INF, 5.0])
    for b in (np.array([2.0, 2.0, 0.1, 0.0, 0.0, 0.0, 2.0, INF]), 3, -0.7):
        y = mt.floor_divide(mt.Tensor(a), b if isinstance(b, (int, float)) else mt.Tensor(b))
        t = torch.floor_divide(torch.tensor(a), torch.tensor(b))
        np.testing.assert_array_equal(y.data, t.numpy())
    i = np.array([7, -7, 9, -9])
    check_op(mt.floor_divide, torch.floor_divide, i, np.array([2, 3, -4, -4]))
    check_op(mt.floor_divide, torch.floor_divide, i, -4)
    assert mt.floor_divide(5, mt.Tensor(np.array([2, -2]))).tolist() == [2, -3]


@pytest.mark.parametrize("op", ["floor_divide", "remainder", "fmod"])
@pytest.mark.parametrize("divisor", [0, np.array([1, 0])])
def test_integers_divided_by_zero(op, divisor):
    with pytest.raises(ZeroDivisionError, match="an integer was divided by 0; floats give inf"):
        getattr(mt, op)(np.array([1, 2]), divisor)
