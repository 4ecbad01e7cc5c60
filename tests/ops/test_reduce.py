"""Sums, means, products, logsumexp, cumsum, any and all, against torch."""
import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from check_op import check_op
from hypothesis import given, settings

import minitorch_cnn as mt

pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning")

INF, NAN = float("inf"), float("nan")
J = np.array([[3, -4, 0], [1, 2, 5]])
DIMS = [((2, 3, 4), None), ((2, 3, 4), 0), ((2, 3, 4), -1), ((2, 3, 4), (0, 2)), ((2, 3, 4), [1]),
        ((2, 3, 4), (-1, 0, 1)), ((2, 3, 4), ()), ((), None), ((), 0), ((), -1), ((3,), 0),
        ((1, 1), 1)]
EMPTY = [((0, 3), None), ((0, 3), 0), ((0, 3), 1), ((2, 0), (0, 1)), ((0,), 0)]
INTS = [(shape, dim) for shape, dim in DIMS + EMPTY if isinstance(dim, int)]


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("shape, dim", DIMS + EMPTY, ids=str)
@pytest.mark.parametrize("op", ["sum", "mean", "logsumexp", "any", "all"])
def test_dims(op, shape, dim, keepdim):
    if op == "logsumexp" and dim in (None, ()):  # where torch wants a dim named
        dim = tuple(range(len(shape)))
    if op in ("any", "all") and isinstance(dim, list):
        dim = tuple(dim)
    check_op(getattr(mt, op), getattr(torch, op), shape, dim=dim, keepdim=keepdim)


@pytest.mark.parametrize("op", ["sum", "mean", "prod", "any", "all"])
def test_all_without_naming_a_dim(op):
    for x in ((2, 3), (), (0, 2), np.broadcast_to(np.array([[1.5], [2.0]]), (2, 3))):
        check_op(getattr(mt, op), getattr(torch, op), x)
    x = np.arange(1.0, 25).reshape(2, 3, 4).swapaxes(0, 2)[::-1] / 8
    np.testing.assert_allclose(getattr(mt, op)(x).data, getattr(torch, op)(torch.tensor(x.copy())))


@pytest.mark.parametrize("op", ["sum", "prod", "cumsum"])
def test_integers_and_bools_as_int64(op):
    for x in (J, J > 0, J.astype("uint8"), J.astype("int32"), np.zeros((0, 2), "int8")):
        check_op(getattr(mt, op), getattr(torch, op), x, dim=0)


@pytest.mark.parametrize("op", ["sum", "prod", "cumsum"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "uint8"])
def test_dtype(op, dtype):
    for x in (J + 0.5, J):
        y = getattr(mt, op)(mt.Tensor(x), 0, dtype=np.dtype(dtype))
        t = getattr(torch, op)(torch.from_numpy(x), 0, dtype=getattr(torch, dtype))
        assert y.dtype == dtype
        np.testing.assert_allclose(y.data, t.numpy())
    x = mt.Tensor(np.ones((2, 2), "float32"), requires_grad=True)
    y = mt.sum(getattr(mt, op)(x, 0, dtype="float64"))
    y.backward()
    assert (y.dtype, x.grad.dtype) == (np.float64, np.float32)


def test_mean_of_integers():
    for x in (J, J > 0):
        with pytest.raises(TypeError, match="mean: input must hold floats, got .*; convert it"):
            mt.mean(x)
    assert mt.mean(J, dtype="float32").dtype == np.float32
    with pytest.raises(TypeError, match="mean: input must hold floats, got int64"):
        mt.mean(J + 0.5, dtype="int64")


def test_float16_adds_up_in_float32():
    x = np.full(5000, 30.0, "float16")
    assert mt.mean(x).item() == 30 and mt.mean(x).dtype == np.float16
    assert mt.sum(np.full(4096, 1.5, "float16")).item() == 6144


@pytest.mark.parametrize("op, error", [("sum", "dim 2 does not exist in a tensor of 2 dimensions"),
                                       ("mean", "dim -3 does not exist"), ("prod", "dim 5 does"),
                                       ("logsumexp", "dim 2 does"), ("any", "dim 2"),
                                       ("cumsum", "dim 2"), ("var", "dim 2"), ("norm", "dim 2"),
                                       ("count_nonzero", "dim 2"), ("amax", "dim 2"),
                                       ("argmax", "dim 2"), ("max", "dim 2"), ("median", "dim 2")])
def test_dims_that_do_not_exist(op, error):
    dim = int(error.split()[1])
    with pytest.raises(IndexError, match=f"{op}: {error}"):
        getattr(mt, op)(mt.Tensor(np.ones((2, 3))), dim=dim)


def test_a_dim_twice():
    for op in ("sum", "mean", "logsumexp", "any", "var", "norm", "amax"):
        with pytest.raises(ValueError, match=f"{op}: a dimension appears twice"):
            getattr(mt, op)(mt.Tensor(np.ones((2, 3))), dim=(0, -2))


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("shape, dim", INTS, ids=str)
def test_prod_of_a_dim(shape, dim, keepdim):
    check_op(mt.prod, torch.prod, shape, dim, keepdim)


@pytest.mark.parametrize("zeros", [[], [(0, 1)], [(0, 1), (0, 2)], [(0, 1), (1, 0)],
                                   [(0, 0), (0, 1), (0, 2)]])
def test_prod_with_zeros(zeros, rng):
    x = rng.standard_normal((2, 3))
    for place in zeros:
        x[place] = 0
    for arguments in ((), (0,), (1,), (1, True)):
        check_op(mt.prod, torch.prod, x, *arguments)


ROWS = np.array([[1.0, 2.0, 3.0], [-INF, 0.0, 1.0], [INF, 0.0, 1.0], [INF, -INF, 0.0],
                 [1e4, 1e4, -1e4], [NAN, 1.0, INF], [-INF, -INF, -INF], [INF, INF, 0.0]])


def test_logsumexp_with_inf():
    check_op(mt.logsumexp, torch.logsumexp, ROWS, 1)
    check_op(mt.logsumexp, torch.logsumexp, ROWS, 0, True)
    check_op(mt.logsumexp, torch.logsumexp, J, 1, dtypes=[np.float32])


@pytest.mark.parametrize("shape, dim", INTS, ids=str)
def test_cumsum(shape, dim):
    check_op(mt.cumsum, torch.cumsum, shape, dim)


@pytest.mark.parametrize("op", ["any", "all"])
def test_truth(op):
    for x in (J, J > 0, J.astype("uint8"), np.array([NAN, 0.0]), np.zeros(3)):
        check_op(getattr(mt, op), getattr(torch, op), x)
        check_op(getattr(mt, op), getattr(torch, op), x, dim=-1, keepdim=True)


def test_count_nonzero():
    for x in (J, J > 0, np.array([[NAN, 0.0, -0.0]]), np.zeros((0, 2))):
        for dim in (None, 0, (0, 1), ()):
            check_op(mt.count_nonzero, torch.count_nonzero, x, dim=dim)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.lists(st.integers(0, 3), min_size=1, max_size=4),
       st.sampled_from(["sum", "mean", "var", "std", "logsumexp", "norm"]), st.booleans())
def test_fuzzed_dims(data, shape, op, keepdim):
    dims = data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1))
    dims = tuple(d - len(shape) * data.draw(st.booleans()) for d in dims)
    options = dict(p=2) if op == "norm" else {}  # torch's default, "fro", takes two dims at most
    check_op(getattr(mt, op), getattr(torch, op), tuple(shape), dim=dims, keepdim=keepdim,
             dtypes=[np.float64], **options)


def test_a_sum_holds_no_memory_of_its_input():
    x = mt.Tensor(np.ones(4), requires_grad=True)
    y = mt.sum(x)
    assert not any(isinstance(value, np.ndarray) for value in vars(y.grad_fn).values())
