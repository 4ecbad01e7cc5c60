"""Arithmetic with broadcasting, against torch."""
import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt

SHAPES = [((3, 4), (3, 4)), ((3, 1), (4,)), ((), (2, 3)), ((2, 3), ()), ((), ()), ((0, 3), (1, 3)),
          ((2, 1, 3), (4, 1))]
INF, NAN = float("inf"), float("nan")
SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, 2.5, -2.5, INF, -INF, NAN])


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("op", ["add", "sub", "mul", "div"])
def test_arithmetic(op, shapes):
    check_op(getattr(mt, op), getattr(torch, op), *shapes)


@pytest.mark.parametrize("op", ["add", "sub", "mul", "div"])
def test_arithmetic_with_inf_nan_zero(op):
    a, b = np.meshgrid(SPECIAL, SPECIAL)
    check_op(getattr(mt, op), getattr(torch, op), a, b)


@pytest.mark.parametrize("number", [2, -0.5, True, 0])
@pytest.mark.parametrize("op", ["add", "mul", "div"])
def test_numbers_on_either_side(op, number):
    check_op(getattr(mt, op), getattr(torch, op), (3, 4), number)
    check_op(lambda x: getattr(mt, op)(number, x), lambda x: getattr(torch, op)(number, x), (3, 4))


def test_sub_and_rsub_with_numbers():
    check_op(lambda x: mt.sub(x, 2), lambda x: x - 2, (3,))
    check_op(lambda x: mt.sub(2, x), lambda x: 2 - x, (3,))
    check_op(mt.rsub, torch.rsub, (3, 1), (4,), alpha=3)
    check_op(mt.rsub, torch.rsub, (3,), 5)


@pytest.mark.parametrize("op", ["add", "sub"])
def test_alpha(op):
    check_op(getattr(mt, op), getattr(torch, op), (3, 4), (4,), alpha=2.5)
    check_op(getattr(mt, op), getattr(torch, op), (3, 4), 3, alpha=-2)
    i = np.array([1, 2])
    check_op(getattr(mt, op), getattr(torch, op), i, i, alpha=3)
    with pytest.raises(TypeError, match=rf"{op}: alpha=1.5 is a float but both operands hold"):
        getattr(mt, op)(i, i, alpha=1.5)


def test_same_tensor_twice():
    check_op(lambda x: mt.mul(x, x), lambda x: x * x, (3,))
    check_op(lambda x: mt.sub(mt.add(x, x), x), lambda x: x + x - x, (3,))


def test_zero_stride_and_non_contiguous_inputs():
    spread = np.broadcast_to(np.array([[2.0], [3.0]]), (2, 4))
    turned = np.arange(8.0).reshape(4, 2).T
    check_op(mt.mul, torch.mul, spread, turned)
    check_op(mt.div, torch.div, turned[:, ::2], spread[:, ::-2])


def test_integers_and_bools():
    i, j, b = np.array([7, -7, 3]), np.array([2, 2, -2]), np.array([True, False, True])
    for op in ("add", "sub", "mul", "div"):
        check_op(getattr(mt, op), getattr(torch, op), i, j)
    for op in ("add", "mul", "div"):
        check_op(getattr(mt, op), getattr(torch, op), b, ~b)
        check_op(getattr(mt, op), getattr(torch, op), b, i)
    u = np.array([100], "uint8")
    check_op(mt.div, torch.div, u, 300)
    check_op(mt.div, torch.div, i, np.array([2, 4, 8], "float16"))


@pytest.mark.parametrize("call", [lambda b: mt.sub(b, b), lambda b: mt.sub(1, b),
                                  lambda b: mt.sub(np.ones(2), True), lambda b: mt.neg(b)])
def test_bools_are_not_subtracted(call):
    with pytest.raises(TypeError, match="not defined for bools; use logical_not"):
        call(np.array([True, False]))


@pytest.mark.parametrize("mode", [None, "trunc", "floor"])
def test_div_with_rounding(mode):
    a = np.array([7.0, -7.0, 7.5, -7.5, 0.0, 3.0, 0.3])
    for b in (np.array([2.0, 2.0, -2.0, 2.5, 3.0, 0.0, 0.1]), 2, 0.7):
        check_op(mt.div, torch.div, a, b, rounding_mode=mode)
    i = np.array([7, -7, 9, -9])
    for j in (np.array([2, 2, -4, 3]), 4, -4, 2.5):
        check_op(mt.div, torch.div, i, j, rounding_mode=mode)
    with pytest.raises(ValueError, match='div: rounding_mode must be None, "trunc" or "floor"'):
        mt.div(a, a, rounding_mode="up")


@pytest.mark.parametrize("op", ["neg", "square", "reciprocal", "abs", "sign"])
def test_unary(op):
    for x in ((3, 4), (), (0, 2), SPECIAL, np.broadcast_to(np.array(-1.5), (2, 3))):
        check_op(getattr(mt, op), getattr(torch, op), x)
    check_op(getattr(mt, op), getattr(torch, op), np.array([3, -4, 0]))


def test_unary_of_bools():
    b = np.array([True, False])
    for op in ("square", "reciprocal", "sign"):
        check_op(getattr(mt, op), getattr(torch, op), b)
    with pytest.raises(TypeError, match="abs: not defined for bools; convert them"):
        mt.abs(b)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, 0.5, -0.5, 2.5, -2, 0.0, 1.0, 3.0, INF,
                                      -INF, NAN])
def test_pow_of_a_number(exponent):
    check_op(mt.pow, torch.pow, np.append(SPECIAL, [0.5, -0.5]), exponent)
    check_op(mt.pow, torch.pow, (2, 3), exponent)


@pytest.mark.parametrize("base", [0, 0.0, 1, 2, -2, 0.5, INF])
def test_a_number_to_the_power(base):
    exponents = np.array([0.0, 1.0, 2.0, -1.0, 0.5, -2.0, 3.0])
    check_op(lambda x: mt.pow(base, x), lambda x: torch.pow(base, x), exponents)


def test_pow_of_tensors():
    a, b = np.meshgrid(SPECIAL, np.append(SPECIAL, [2.0, 3.0, 0.5]))
    check_op(mt.pow, torch.pow, a, b)
    check_op(mt.pow, torch.pow, np.array([[0.5], [2.0]]), (3,))
    i = np.array([2, -2, 1, -1, 0, -1, 3, 0])
    check_op(mt.pow, torch.pow, i, np.array([3, 3, -5, -5, 0, -4, -2, -1]))


def test_pow_of_bools():
    x = np.array([True, False])
    for exponent in (True, False, 2, 0.5):
        check_op(mt.pow, torch.pow, x, exponent)


def test_pow_of_integers():
    i = np.array([2, -3, 0, 1])
    for exponent in (0, 2, 3, 2.0, 0.5, -1.0, True):
        check_op(mt.pow, torch.pow, i, exponent)
    check_op(lambda x: mt.pow(2, x), lambda x: torch.pow(2, x), i)
    check_op(lambda x: mt.pow(2.5, x), lambda x: torch.pow(2.5, x), i)
    check_op(mt.pow, torch.pow, np.array([3, 16], "uint8"), 7)
    check_op(mt.pow, torch.pow, np.array([True, False]), 2)
    with pytest.raises(ValueError, match="pow: integers to the negative power -1 are not integers"):
        mt.pow(i, -1)
    with pytest.raises(TypeError, match="pow: not defined for bools; convert them"):
        mt.pow(np.array([True]), np.array([True]))


def test_clone():
    check_op(mt.clone, torch.clone, (2, 3))
    x = mt.Tensor(np.broadcast_to(np.array([1.0, 2.0]), (3, 2)))
    y = mt.clone(x)
    assert not np.shares_memory(x.data, y.data)
    y.data[0, 0] = 5
    assert x.data[0, 0] == 1 and y.data[1, 0] == 1


def test_other_names():
    assert mt.subtract is mt.sub and mt.multiply is mt.mul and mt.negative is mt.neg
    assert mt.divide is mt.true_divide is mt.div and mt.absolute is mt.abs


def test_by_hand():
    op = mt.ops.elementwise.Mul()
    assert op.forward(np.array([2.0]), np.array([3.0])) == 6
    da, db = op.backward(np.array([1.0]))
    assert (da, db) == (3, 2)


def test_only_wanted_gradients_are_computed():
    for name in ("Add", "Sub", "Mul", "Div", "Pow"):
        op = getattr(mt.ops.elementwise, name)()
        op.forward(np.ones(2), np.ones(2))
        op.needs = (False, True)
        da, db = op.backward(np.ones(2))
        assert da is None and db is not None
