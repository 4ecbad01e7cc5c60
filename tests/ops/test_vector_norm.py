"""norm, against torch."""
import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt

INF, NAN = float("inf"), float("nan")
X = np.array([[0.0, 0.0, 0.0], [0.0, -2.0, 2.0], [1.0, 3.0, -3.0], [NAN, 1.0, 2.0],
              [INF, 1.0, 0.0]])


@pytest.mark.parametrize("p", [2, "fro", None, 1, 3, 1.5, 0.5, INF, -INF, -1, -2])
def test_orders(p):
    check_op(mt.norm, torch.norm, X[:3], p)
    check_op(mt.norm, torch.norm, X[:3], p, 1)
    check_op(mt.norm, torch.norm, (2, 3, 4), p, dim=(0, 2), keepdim=True)
    check_op(mt.norm, torch.norm, (), p)
    np.testing.assert_array_equal(mt.norm(X, p, 1).data, torch.norm(torch.tensor(X), p, 1).numpy())


def test_order_0_counts_and_has_no_gradient():
    check_op(mt.norm, torch.norm, X[:3], 0)
    check_op(mt.norm, torch.norm, X[:3], 0, 1)


def test_forms_of_the_call():
    for options in ({}, dict(dim=1), dict(dim=(0, 1)), dict(dim=()),
                    dict(p=1, dim=-1, keepdim=True)):
        check_op(mt.norm, torch.norm, (3, 4), **options)
    check_op(mt.norm, torch.norm, (0, 3))
    check_op(mt.norm, torch.norm, (0, 3), 2, 0)
    check_op(mt.norm, torch.norm, np.broadcast_to(np.array([[1.0], [2.0]]), (2, 3)))
    assert mt.norm(np.ones(2, "float32"), dtype="float64").dtype == np.float64


@pytest.mark.parametrize("shape, options", [((4, 3), {}), ((3, 4), dict(keepdim=True)),
                                            ((5, 4, 3), dict(dim=(1, 2))),
                                            ((4, 5, 3), dict(dim=(0, 2), keepdim=True))])
def test_nuclear(shape, options):
    check_op(mt.norm, torch.norm, shape, "nuc", **options)


def test_errors():
    with pytest.raises(TypeError, match="norm: input must hold floats, got int64"):
        mt.norm(np.array([1, 2]))
    with pytest.raises(ValueError, match='norm: p must be a number, inf, -inf, "fro" or "nuc"'):
        mt.norm(X, "two")
    with pytest.raises(ValueError, match='norm: p="nuc" is for matrices, two dims, got dim=1'):
        mt.norm(X, "nuc", 1)
    for p in (INF, -INF, -1, -0.5):
        with pytest.raises(ValueError, match="norm: p=.* has no value without elements"):
            mt.norm(np.ones((0, 3)), p, 0)
