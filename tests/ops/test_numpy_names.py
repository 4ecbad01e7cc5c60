"""``axis`` and ``keepdims`` in the place of ``dim`` and ``keepdim``, against torch."""
import inspect

import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt


@pytest.mark.parametrize("name, options", [
    ("sum", {"axis": 1, "keepdims": True}), ("mean", {"axis": (0, 2)}), ("std", {"axis": 1}),
    ("amax", {"axis": (0, 1), "keepdims": True}), ("logsumexp", {"axis": -1}),
    ("softmax", {"axis": 1}), ("cumsum", {"axis": 0}), ("unsqueeze", {"axis": 1}),
    ("argmax", {"axis": 1, "keepdims": True}), ("prod", {"axis": 1}),
    ("count_nonzero", {"axis": 0}),
])
def test_one_result(name, options):
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    for ours, theirs in ((getattr(mt, name), getattr(torch, name)),
                         (getattr(mt.Tensor, name), getattr(torch.Tensor, name))):
        check_op(ours, theirs, x, **options)


@pytest.mark.parametrize("name, options", [
    ("max", {"axis": 1, "keepdims": True}), ("sort", {"axis": 0}), ("topk", {"k": 2, "axis": 1})])
def test_values_and_indices(name, options):
    x = np.random.default_rng(0).standard_normal((3, 4))
    ours, theirs = getattr(mt, name)(x, **options), getattr(torch, name)(torch.tensor(x), **options)
    for a, b in zip(ours, theirs):
        np.testing.assert_array_equal(a.data, b.numpy())


@pytest.mark.parametrize("name", ["cat", "stack"])
def test_joining(name):
    def both(library):
        return lambda *xs: getattr(library, name)(xs, axis=1)

    check_op(both(mt), both(torch), (2, 3), (2, 3))


def test_signatures_stay():
    assert list(inspect.signature(mt.sum).parameters) == ["input", "dim", "keepdim", "dtype"]
    assert mt.Tensor.sum is mt.sum and mt.sum.__doc__ and not hasattr(mt.relu, "__wrapped__")


def test_errors():
    with pytest.raises(TypeError, match="sum: axis is another name of dim; pass one of them"):
        mt.ones(2, 3).sum(dim=0, axis=0)
    with pytest.raises(TypeError, match="unexpected keyword argument 'axis'"):
        mt.relu(mt.ones(2), axis=0)
    with pytest.raises(TypeError, match="unexpected keyword argument 'keepdims'"):
        mt.softmax(mt.ones(2), 0, keepdims=True)
