"""gather, scatter, index_select, masks and one-hot, against torch."""
import numpy as np
import pytest
import torch
from check_op import check_op
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch_cnn as mt


def integers(shape, n, seed=0, dtype=np.int64):
    return np.random.default_rng(seed).integers(0, n, shape).astype(dtype)


@pytest.mark.parametrize("shape, dim, index", [
    ((3, 4), 0, integers((2, 4), 3)), ((3, 4), 1, integers((3, 7), 4)),
    ((3, 4), -1, integers((1, 2), 4)),
    ((2, 3, 4), 1, integers((2, 5, 3), 3)), ((5,), 0, integers((2,), 5)), ((), 0, np.array(0)),
    ((), 0, np.array([0, 0])), ((4,), 0, np.array(2)), ((3, 4), 0, integers((0, 4), 3)),
    ((0, 4), 1, integers((0, 2), 4)),
    ((5,), 0, integers((2, 0), 4)), ((3, 4), 0, integers((2, 4), 3, dtype=np.int32)),
])
def test_gather(shape, dim, index):
    check_op(lambda x, i: mt.gather(x, dim, i), lambda x, i: torch.gather(x, dim, i), shape, index)
    assert mt.gather(mt.ones(2), 0, [0], sparse_grad=True).tolist() == [1]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_fuzz_gather_and_scatter(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    size = [data.draw(st.integers(0, n)) for n in shape]
    size[dim] = data.draw(st.integers(0, 5))
    index = integers(size, shape[dim], data.draw(st.integers(0, 9)))
    check_op(lambda x, i: x.gather(dim, i), lambda x, i: x.gather(dim, i), tuple(shape), index,
             dtypes=(np.float64,))
    check_op(lambda x, i, s: x.scatter_add(dim, i, s), lambda x, i, s: x.scatter_add(dim, i, s),
             tuple(shape), index, tuple(size), dtypes=(np.float64,))


def test_layouts():
    index = integers((3, 2), 3)
    check_op(lambda x, i: x.t().gather(0, i), lambda x, i: x.t().gather(0, i), (2, 3), index)
    check_op(lambda x, i: x.expand(3, 2).gather(0, i), lambda x, i: x.expand(3, 2).gather(0, i),
             (1, 2), index)
    check_op(lambda x, i: x.t().index_select(0, i), lambda x, i: x.t().index_select(0, i), (2, 3),
             index[:, 0])


@pytest.mark.parametrize("shape, dim, index", [
    ((3, 4), 0, np.array([2, 0, 2])), ((3, 4), -1, np.array([1])), ((3,), 0, integers((0,), 3)),
    ((3, 4), 1, np.array(2)), ((), 0, np.array([0])), ((2, 3, 4), 1, np.array([2, 2], np.int32)),
])
def test_index_select(shape, dim, index):
    check_op(lambda x, i: mt.index_select(x, dim, i), lambda x, i: torch.index_select(x, dim, i),
             shape, index)


@pytest.mark.parametrize("shape, index, dim", [
    ((3, 4), integers((3, 1), 4), 1), ((3, 4), integers((1, 4), 3), 0),
    ((1, 4), integers((3, 2), 4) - 4, -1),
    ((3, 4), integers((5,), 12), None)])
def test_take_along_dim(shape, index, dim):
    check_op(lambda x, i: mt.take_along_dim(x, i, dim),
             lambda x, i: torch.take_along_dim(x, i, dim), shape, index)


def test_take():
    check_op(mt.take, torch.take, (3, 4), np.array([[0, -1], [5, 5]]))


@pytest.mark.parametrize("dim, index, source",
                         [(0, integers((2, 3), 3), (2, 4)), (1, integers((2, 2), 4), (3, 2))])
def test_scatter_add(dim, index, source):
    check_op(lambda x, i, s: mt.scatter_add(x, dim, i, s),
             lambda x, i, s: torch.scatter_add(x, dim, i, s[:2, :index.shape[1]]),
             (3, 4), index, source)


def test_scatter_numbers_into_integers():
    x, index = np.array([5, -3, 7]), np.array([0, 1, 1])
    for how in ({}, {"reduce": "add"}, {"reduce": "multiply"}):
        check_op(lambda x, i, **how: mt.scatter(x, 0, i, 2.5, **how),
                 lambda x, i, **how: torch.scatter(x, 0, i, 2.5, **how), x, index, **how)
    u = x.astype(np.uint8)
    check_op(lambda x, i, s: mt.index_add(x, 0, i, s, alpha=-1),
             lambda x, i, s: torch.index_add(x, 0, i, s, alpha=-1), u, index, u)


def test_scatter_multiplies():
    x, src = np.arange(6.0).reshape(2, 3), np.array([[2.0, 3.0, 4.0]])
    index = np.array([[1, 0, 1]])
    expected = [[0, 3, 2], [6, 4, 20]]
    assert mt.scatter(x, 0, index, src, reduce="multiply").tolist() == expected
    assert mt.Tensor(x).scatter_(0, mt.tensor(index), 2, reduce="multiply").tolist() == \
        [[0, 2, 2], [6, 4, 10]]


def test_scatter():
    index = np.array([[0, 2, 1], [3, 0, 2]])
    check_op(lambda x, i, s: mt.scatter(x, 1, i, s), lambda x, i, s: torch.scatter(x, 1, i, s),
             (2, 4), index, (2, 3))
    check_op(lambda x, i: mt.scatter(x, 1, i, 5.), lambda x, i: torch.scatter(x, 1, i, 5.), (2, 4),
             index)
    check_op(lambda x, i: x.scatter(1, i, value=2), lambda x, i: x.scatter(1, i, value=2), (2, 4),
             index)
    check_op(lambda x, i, s: mt.scatter(x, 1, i, s, reduce="add"),
             lambda x, i, s: torch.scatter_add(x, 1, i, s), (2, 4), index % 2, (2, 3))
    check_op(lambda x, i, s: x.scatter(0, i, s), lambda x, i, s: x.scatter(0, i, s), (),
             np.array(0), ())


@pytest.mark.parametrize("shape, dim, index, source", [
    ((3, 4), 0, np.array([2, 0, 2]), (3, 4)), ((3, 4), 1, np.array([1]), (3, 1)),
    ((), 0, np.array([0]), ())])
def test_index_add(shape, dim, index, source):
    check_op(lambda x, i, s: mt.index_add(x, dim, i, s, alpha=2),
             lambda x, i, s: torch.index_add(x, dim, i, s, alpha=2), shape, index, source)


@pytest.mark.parametrize("shape, dim, index", [
    ((3, 4), 0, np.array([2, 0])), ((3, 4), -1, np.array([-1])), ((3,), 0, np.array([], int)),
    ((), 0, np.array([0]))])
def test_index_fill(shape, dim, index):
    check_op(lambda x, i: mt.index_fill(x, dim, i, 5), lambda x, i: torch.index_fill(x, dim, i, 5),
             shape, index)


@pytest.mark.parametrize("shape, mask", [((3, 4), (3, 4)), ((3, 4), (4,)), ((4,), (3, 1)), ((), ()),
                                         ((0, 2), (2,))])
def test_masked_select(shape, mask):
    check_op(mt.masked_select, torch.masked_select, shape, integers(mask, 2).astype(bool))


@pytest.mark.parametrize("x", [np.eye(3), np.zeros((2, 0)), np.array(1), np.array(0),
                               np.array([0, 2, 0, 1]),
                               np.array([True, False])], ids=str)
def test_nonzero(x):
    ours, theirs = mt.nonzero(x), torch.nonzero(torch.from_numpy(x))
    assert ours.dtype == np.int64
    np.testing.assert_array_equal(ours.data, theirs.numpy())
    np.testing.assert_array_equal(mt.argwhere(x).data, theirs.numpy())
    for a, b in zip(mt.nonzero(x, as_tuple=True), torch.nonzero(torch.from_numpy(x), as_tuple=True),
                    strict=True):
        np.testing.assert_array_equal(a.data, b.numpy())


@pytest.mark.parametrize("x, n", [(np.array([0, 2, 1]), -1), (np.array([[0], [3]]), 5),
                                  (np.array(1), 3),
                                  (np.zeros((0, 2), int), 4)])
def test_one_hot(x, n):
    ours, theirs = mt.one_hot(mt.Tensor(x), n), torch.nn.functional.one_hot(torch.from_numpy(x), n)
    assert ours.dtype == np.int64
    np.testing.assert_array_equal(ours.data, theirs.numpy())


X = mt.Tensor(np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("call, error, message", [
    (lambda: X.gather(0, [[0.5]]), TypeError, "gather: index must hold integers, got float32"),
    (lambda: X.gather(0, [0]), ValueError, "gather: index must have as many dims as input"),
    (lambda: X.gather(0, [[0] * 4]), ValueError,
     "gather: index of shape .* is larger than input .* in dim 1"),
    (lambda: X.gather(1, [[3]]), IndexError, "gather: index 3 is out of range for dim 1 of size 3"),
    (lambda: X.gather(1, [[-1]]), IndexError, "gather: index -1 is out of range"),
    (lambda: X.index_select(0, [[0]]), ValueError, "index_select: index must be 1-d"),
    (lambda: X.index_select(0, [2]), IndexError, "index_select: index 2 is out of range"),
    (lambda: X.take([6]), IndexError, "take: index 6 is out of range"),
    (lambda: X.take_along_dim(mt.Tensor(np.array([0])), 0), ValueError,
     "take_along_dim: input and indices must"),
    (lambda: X.scatter(0, [[0]], mt.Tensor(np.zeros((1, 1)))), TypeError,
     "scatter: src is float64 but input"),
    (lambda: X.scatter(0, [[0, 1]], X[:1, :1]), ValueError,
     "scatter: src of shape .* must be at least"),
    (lambda: X.scatter(0, [[0]], X, reduce="mean"), ValueError,
     'scatter: reduce must be None, "add" or "multiply"'),
    (lambda: mt.zeros(2, dtype=mt.uint8).scatter(0, [0], 300), ValueError,
     "scatter: 300 does not fit into uint8"),
    (lambda: mt.ones(2, requires_grad=True).scatter(0, [0], 3, reduce="multiply").sum().backward(),
     RuntimeError, 'scatter: reduce="multiply" has no gradient'),
    (lambda: X.index_add(0, [0], X), ValueError,
     "index_add: index must be 1-d and source of shape"),
    (lambda: X.index_add(0, [0], np.zeros((1, 3))), TypeError,
     "index_add: source is float64 but input"),
    (lambda: X.masked_select(X), TypeError, "masked_select: mask must hold bools"),
    (lambda: X.masked_select(np.ones(2, bool)), ValueError,
     "masked_select: shapes .* do not broadcast"),
    (lambda: mt.one_hot(X), TypeError, "one_hot: index must hold integers"),
    (lambda: mt.one_hot([0, 3], 3), ValueError,
     "one_hot: class numbers must be 0 to num_classes - 1 = 2"),
    (lambda: mt.one_hot([-1]), ValueError, "one_hot: class numbers must be 0"),
    (lambda: mt.one_hot(np.zeros(0, int)), ValueError, "one_hot: an empty tensor"),
])
def test_messages(call, error, message):
    with pytest.raises(error, match=message):
        call()
