"""sort, argsort and topk, against torch: order, ties, NaN, gradients."""
import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("shape, dim", [((5,), 0), ((3, 4), -1), ((3, 4), 0), ((2, 0), 1), ((), -1),
                                        ((2, 3, 2), 1)])
def test_sort(shape, dim, descending):
    check_op(lambda x: mt.sort(x, dim, descending).values,
             lambda x: torch.sort(x, dim, descending).values, shape)
    x = np.random.default_rng(0).integers(0, 3, shape)  # with ties
    ours = mt.sort(mt.Tensor(x), dim, descending)
    theirs = torch.sort(torch.from_numpy(np.asarray(x)), dim=dim, descending=descending,
                        stable=True)
    np.testing.assert_array_equal(ours.values.data, theirs.values.numpy())
    np.testing.assert_array_equal(ours.indices.data, theirs.indices.numpy())
    np.testing.assert_array_equal(mt.argsort(x, dim, descending).data, theirs.indices.numpy())
    assert ours.indices.dtype == np.int64


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("shape, k, dim", [((6,), 2, 0), ((3, 4), 3, -1), ((3, 4), 2, 0),
                                           ((), 1, -1), ((3, 4), 0, 1)])
def test_topk(shape, k, dim, largest):
    def both(topk):
        return lambda x: topk(x, k, dim, largest).values

    check_op(both(mt.topk), both(torch.topk), shape)
    x = np.random.default_rng(0).standard_normal(shape)
    np.testing.assert_array_equal(mt.topk(x, k, dim, largest).indices.data,
                                  torch.topk(torch.tensor(x), k, dim, largest).indices.numpy())


@pytest.mark.parametrize("descending", [False, True])
def test_nan_is_the_largest(descending):
    x = np.array([1, np.nan, -np.inf, 3, np.inf, np.nan])
    ours, theirs = mt.sort(x, descending=descending), torch.sort(torch.from_numpy(x),
                                                                 descending=descending, stable=True)
    np.testing.assert_array_equal(ours.indices.data, theirs.indices.numpy())


def test_unpacking_and_relatives():
    values, indices = mt.Tensor(np.array([3., 1.])).sort()
    assert values.tolist() == [1, 3] and indices.tolist() == [1, 0]
    check_op(mt.msort, torch.msort, (3, 2))


@pytest.mark.parametrize("x, dim", [([3., 1, np.nan, 1, np.nan], None),
                                    ([[3, 1], [1, 3], [3, 1]], 0),
                                    ([[3, 1], [1, 3]], None), ([], None), (2., None)])
def test_unique(x, dim):
    x = np.asarray(x)
    ours = mt.unique(x, return_inverse=True, return_counts=True, dim=dim)
    theirs = torch.unique(torch.from_numpy(x), return_inverse=True, return_counts=True, dim=dim)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a.data, b.numpy())
    np.testing.assert_array_equal(mt.unique(x, dim=dim).data, ours[0].data)


@pytest.mark.parametrize("call, error, message", [
    (lambda: mt.topk([1., 2.], 3), ValueError, "topk: k=3 elements of dim 0 of size 2"),
    (lambda: mt.sort([1., 2.], 1), IndexError, "sort: dim 1 does not exist"),
])
def test_messages(call, error, message):
    with pytest.raises(error, match=message):
        call()
