"""ReLU and its relatives against torch, at their kinks too."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from check_op import check_op

import minitorch_cnn as mt

KINKS = np.array([[-1e4, -3, -1, -0.5, -0.0, 0.0], [0.5, 1, 3, 6, 20, 1e4]])
SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.5, -0.5])
CASES = [("relu", {}), ("leaky_relu", {}), ("leaky_relu", dict(negative_slope=0.3)),
         ("leaky_relu", dict(negative_slope=-1.5)), ("elu", {}), ("elu", dict(alpha=2.5)),
         ("selu", {}), ("celu", {}), ("celu", dict(alpha=0.5)), ("celu", dict(alpha=-1.5)),
         ("rrelu", {}), ("rrelu", dict(lower=0.2, upper=0.6))]


@pytest.mark.parametrize("name, options", CASES)
@pytest.mark.parametrize("x", [(3, 4), (), (0, 3), (2, 1, 3, 2), KINKS, KINKS.T[::2]],
                         ids=["2d", "0d", "empty", "4d", "kinks", "strided"])
def test_against_torch(name, options, x):
    check_op(getattr(mt, name), getattr(F, name), x, **options)


@pytest.mark.parametrize("name, options", CASES)
def test_nan_and_infinity(name, options):
    y = getattr(mt, name)(mt.Tensor(SPECIAL), **options)
    np.testing.assert_allclose(y.data, getattr(F, name)(torch.from_numpy(SPECIAL), **options))


@pytest.mark.parametrize("name", sorted({name for name, _ in CASES}))
def test_inplace_is_accepted_and_leaves_the_input(name):
    x = mt.Tensor([-1.0, 2.0])
    op = getattr(mt, name)
    np.testing.assert_array_equal(op(x, inplace=True).data, op(x).data)
    np.testing.assert_array_equal(x.data, [-1, 2])


def test_relu_of_integers_and_lists():
    y = mt.relu(mt.Tensor(np.array([-3, 0, 3], np.int8)))
    assert y.dtype == np.int8 and y.tolist() == [0, 0, 3]
    assert mt.relu([-1.0, 1.5]).tolist() == [0, 1.5]


@pytest.mark.parametrize("x, w", [((3, 4), (4,)), ((3, 4), (1,)), ((2, 3, 2, 2), (3,)),
                                  ((2, 3, 2, 2), ()), ((5,), (1,)), ((), (1,)), ((), ()),
                                  ((0, 3), (3,)), ((2, 1, 3), (1,)), (KINKS, (6,))])
def test_prelu(x, w):
    check_op(mt.prelu, F.prelu, x, w)


def test_prelu_of_a_broadcast_input():
    x = np.broadcast_to(np.array([[-1.0], [2.0]]), (2, 3))
    check_op(mt.prelu, F.prelu, x, np.array([0.1, 0.2, 0.3]))


def test_rrelu_draws_one_slope_per_element(rng):
    x = mt.Tensor(rng.standard_normal((50, 40)), requires_grad=True)
    y = mt.rrelu(x, 0.2, 0.4, training=True)
    y.backward(np.ones(x.shape))
    slope = y.data / x.data
    np.testing.assert_allclose(slope, x.grad.data, rtol=1e-12)
    negative = slope[x.data < 0]
    assert (slope[x.data > 0] == 1).all()
    assert 0.2 <= negative.min() < 0.21 and 0.39 < negative.max() < 0.4
    assert abs(negative.mean() - 0.3) < 0.01 and len(np.unique(negative)) > 900
    assert (mt.rrelu(x, 0.2, 0.4, training=True).data != y.data).any()
    mt.manual_seed(0)
    np.testing.assert_array_equal(mt.rrelu(x, 0.2, 0.4, training=True).data, y.data)


@pytest.mark.parametrize("call, error, words", [
    (lambda: mt.relu([True]), TypeError, "relu: not defined for bools"),
    (lambda: mt.leaky_relu([1]), TypeError, "leaky_relu: input must hold floats, got int64"),
    (lambda: mt.elu([1]), TypeError, "elu: input must hold floats"),
    (lambda: mt.selu([1]), TypeError, "selu: input must hold floats"),
    (lambda: mt.celu([1]), TypeError, "celu: input must hold floats"),
    (lambda: mt.celu([1.0], alpha=0), ValueError, "celu: alpha must not be 0"),
    (lambda: mt.rrelu([1]), TypeError, "rrelu: input must hold floats"),
    (lambda: mt.rrelu([1.0], 0.5, 0.1), ValueError, "rrelu: lower must not exceed upper"),
    (lambda: mt.prelu([[1.0, 2.0]], [1.0, 2.0, 3.0]), ValueError, r"shape \(1,\) or \(2,\)"),
    (lambda: mt.prelu([[1.0, 2.0]], [[1.0, 2.0]]), ValueError, r"got \(1, 2\)"),
    (lambda: mt.prelu([1.0], np.ones(1)), TypeError, "prelu: all tensors must have one dtype"),
    (lambda: mt.prelu([1], [1.0]), TypeError, "prelu: input must hold floats"),
])
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
