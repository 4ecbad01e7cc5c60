"""What every op checks first, and the words it uses."""
import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn.ops import checks

FLOATS = mt.Tensor(np.ones(2, np.float32))
DOUBLES = mt.Tensor(np.ones(2))
INTS = mt.Tensor(np.arange(2))


def test_anything_array_like_becomes_a_tensor():
    assert checks.as_tensor(FLOATS) is FLOATS
    assert checks.as_tensor([1, 2]).dtype == np.int64
    assert checks.as_tensor(DOUBLES.data).data is DOUBLES.data


def test_floats_only():
    checks.check_float("op", input=FLOATS, weight=None)
    with pytest.raises(TypeError, match=r"op: weight must hold floats, got int64.*\.float\(\)"):
        checks.check_float("op", input=FLOATS, weight=INTS)


def test_one_dtype():
    checks.check_same_dtype("op", input=FLOATS, weight=FLOATS, bias=None)
    with pytest.raises(TypeError, match="input is float32, weight is float64.*convert"):
        checks.check_same_dtype("op", input=FLOATS, weight=DOUBLES)


@pytest.mark.parametrize("dim, ndim, counted", [(0, 2, 0), (-1, 2, 1), (-2, 2, 0), (-1, 0, 0),
                                                (0, 0, 0), (np.int64(1), 2, 1), (INTS[1], 2, 1)])
def test_one_dim(dim, ndim, counted):
    assert checks.normalize_dim("op", dim, ndim) == counted


@pytest.mark.parametrize("dim, ndim", [(2, 2), (-3, 2), (1, 0), (-2, 0)])
def test_no_such_dim(dim, ndim):
    with pytest.raises(IndexError, match=f"op: dim {dim} does not exist in a tensor of {ndim}"):
        checks.normalize_dim("op", dim, ndim)


@pytest.mark.parametrize("dim", [True, 1.0, "1", None])
def test_a_dim_is_an_int(dim):
    with pytest.raises(TypeError, match="op: dim must be an int, got"):
        checks.normalize_dim("op", dim, 2)


@pytest.mark.parametrize("dim, ndim, counted", [
    (None, 3, (0, 1, 2)), ((), 2, (0, 1)), (1, 2, (1,)), ([-1, 0], 3, (0, 2)), (0, 0, ())])
def test_several_dims(dim, ndim, counted):
    assert checks.normalize_dims("op", dim, ndim) == counted


def test_a_dim_named_twice():
    with pytest.raises(ValueError, match="op: a dimension appears twice in dim=.0, -2.; name"):
        checks.normalize_dims("op", (0, -2), 2)
