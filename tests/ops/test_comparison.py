"""Comparisons, logic and bits, against torch."""
import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt

INF, NAN = float("inf"), float("nan")
X = np.array([0.0, -0.0, 0.1, 1.0, -2.0, INF, -INF, NAN])
J = np.array([0, 1, -2, 3])
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge", "not_equal", "less", "less_equal", "greater",
               "greater_equal"]


def constant(op, *arguments):
    """check_op, though torch's results never require a gradient either."""
    check_op(getattr(mt, op), getattr(torch, op), *arguments)


@pytest.mark.parametrize("op", COMPARISONS)
def test_comparisons(op):
    constant(op, *np.meshgrid(X, X))
    constant(op, (3, 1), (4,))
    constant(op, (), (0, 2))
    for number in (0.1, 1, True, INF):
        constant(op, X, number)
        constant(op, J, number)
    constant(op, J, J[::-1])
    constant(op, J, np.array([0.0, 1.5, -2.0, 3.0]))
    constant(op, J > 0, J)
    assert not getattr(mt, op)(mt.Tensor(X, requires_grad=True), 1).requires_grad


def test_a_number_on_the_left():
    assert mt.lt(1, mt.Tensor(np.array([0, 1, 2]))).tolist() == [False, False, True]
    assert mt.ge(0.5, mt.Tensor(np.array([0.0, 1.0]))).tolist() == [True, False]


def test_numbers_that_the_dtype_cannot_hold():
    u = mt.Tensor(np.array([1, 200], "uint8"))
    assert mt.lt(u, 300).tolist() == mt.gt(u, -1).tolist() == [True, True]
    assert mt.eq(u, 257).tolist() == [False, False]
    assert mt.lt(mt.Tensor(np.array([1.0], "float16")), 1e10).tolist() == [True]


def test_mixed_dtypes_compare_in_torch_s_dtype():
    constant("eq", np.array([2 ** 24 + 1]), np.array([2.0 ** 24], "float32"))
    x = mt.Tensor(np.array([0.1], "float32"))
    assert mt.eq(x, 0.1).item() and mt.eq(x, mt.Tensor(np.array(0.1))).item()


def test_equal():
    assert mt.equal(np.ones(2), np.ones(2)) is True
    assert mt.equal(np.ones(2), np.ones((1, 2))) is False
    assert mt.equal(np.array([NAN]), np.array([NAN])) is False


@pytest.mark.parametrize("op", ["isnan", "isinf", "isfinite"])
def test_tests(op):
    for x in (X, J, J > 0, np.zeros((0, 2)), np.array(NAN), np.broadcast_to(np.array(INF), (2, 2))):
        constant(op, x)


@pytest.mark.parametrize("options", [{}, dict(rtol=0.1), dict(atol=0.5, rtol=0),
                                     dict(equal_nan=True)])
def test_isclose_and_allclose(options):
    a, b = np.meshgrid(X, np.append(X, [1.05, -2.1]))
    check_op(mt.isclose, torch.isclose, a, b, **options)
    check_op(mt.isclose, torch.isclose, J, J + 1, **options)
    for shift in (0, 1e-9, 0.01, 0.3):
        ta, tb = torch.tensor(X), torch.tensor(X + shift)
        assert mt.allclose(X, X + shift, **options) is torch.allclose(ta, tb, **options)


def test_negative_tolerance():
    with pytest.raises(ValueError, match="isclose: tolerances must not be negative, got rtol=-1"):
        mt.allclose(X, X, rtol=-1)


@pytest.mark.parametrize("op", ["logical_and", "logical_or", "logical_xor"])
def test_logic(op):
    constant(op, *np.meshgrid(X, X))
    constant(op, J > 0, J)
    constant(op, J[:, None], np.array([0.0, NAN]))
    for x in (X, J, J > 0):
        check_op(mt.logical_not, torch.logical_not, x)


@pytest.mark.parametrize("op", ["bitwise_and", "bitwise_or", "bitwise_xor"])
def test_bits(op):
    constant(op, J, np.array([6, 7, -1, 0]))
    constant(op, J > 0, J < 2)
    constant(op, J > 0, J)
    constant(op, J[:, None], np.array([1, 2], "uint8"))
    constant(op, J, 5)
    constant(op, J > 0, True)
    for x in (np.ones(4), 1.5):
        with pytest.raises(TypeError, match=f"{op}: works on the bits of integers and bools"):
            getattr(mt, op)(J, x)


def test_bitwise_not():
    for x in (J, J > 0, J.astype("uint8")):
        check_op(mt.bitwise_not, torch.bitwise_not, x)
    with pytest.raises(TypeError, match="bitwise_not: works on the bits"):
        mt.bitwise_not(X)
