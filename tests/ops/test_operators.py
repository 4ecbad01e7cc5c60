"""Operators and methods of Tensor, against torch."""
import operator

import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt
from minitorch_cnn.ops import operators

FLOAT = [operator.add, operator.sub, operator.mul, operator.truediv]
BITS = [operator.and_, operator.or_, operator.xor]
COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]


@pytest.mark.parametrize("op", FLOAT)
def test_arithmetic(op):
    check_op(op, op, (2, 3), (3,))
    check_op(lambda x: op(x, 2), lambda x: op(x, 2), (2, 3))
    check_op(lambda x: op(1.5, x), lambda x: op(1.5, x), (2, 3))
    check_op(lambda x: op(np.float64(1.5), x), lambda x: op(1.5, x), (2, 3))


@pytest.mark.only_on_the_cpu
@pytest.mark.parametrize("op", FLOAT)
def test_arithmetic_with_plain_arrays(op):
    check_op(lambda x: op(x, np.ones(3, x.dtype)), lambda x: op(x, torch.ones(3, dtype=x.dtype)),
             (2, 3))
    check_op(lambda x: op(np.ones(3, x.dtype), x), lambda x: op(torch.ones(3, dtype=x.dtype), x),
             (2, 3))


@pytest.mark.parametrize("op", [operator.floordiv, operator.mod])
def test_division_with_remainder(op):
    check_op(op, op, (2, 3), (3,), constant=(0, 1))
    check_op(op, op, np.array([-7, 7]), np.array([3, -3]))
    check_op(lambda x: op(x, 2), lambda x: op(x, 2), (2, 3), constant=(0,))
    check_op(lambda x: op(5, x), lambda x: op(5, x), (2, 3), constant=(0,))


def test_power_and_matmul():
    x = np.random.default_rng(0).random((2, 3)) + 0.5
    check_op(operator.pow, operator.pow, x, (2, 3))
    check_op(lambda x: x ** 2, lambda x: x ** 2, (2, 3))
    check_op(lambda x: 2 ** x, lambda x: 2 ** x, (2, 3))
    check_op(operator.matmul, operator.matmul, (2, 3), (3, 4))


@pytest.mark.only_on_the_cpu
def test_plain_array_times_matrix():
    check_op(lambda x: np.ones((2, 3), x.dtype) @ x, lambda x: torch.ones(2, 3, dtype=x.dtype) @ x,
             (3, 4))


@pytest.mark.parametrize("op", [operator.neg, operator.pos, abs])
def test_unary(op):
    check_op(op, op, (2, 3))


@pytest.mark.parametrize("op", BITS)
def test_bits(op):
    for a, b in ((np.array([True, False]), np.array([True, True])),
                 (np.array([5, 6]), np.array([3, 1]))):
        check_op(op, op, a, b)
        check_op(lambda x: op(x, 1), lambda x: op(x, 1), a)
        check_op(lambda x: op(1, x), lambda x: op(1, x), a)
        check_op(operator.invert, operator.invert, a)


@pytest.mark.parametrize("op", COMPARISONS)
def test_comparisons(op):
    x = np.array([1., 2., np.nan, np.inf])
    for other in (np.array([1., 3., np.nan, np.inf]), 2, 2.0, True):
        check_op(op, op, x, other, constant=(0, 1))
    np.testing.assert_array_equal(op(2, mt.Tensor(x)).data, op(2, torch.from_numpy(x)).numpy())
    np.testing.assert_array_equal(op(x, mt.Tensor(x)).data,
                                  op(torch.from_numpy(x), torch.from_numpy(x)).numpy())


def test_comparisons_with_what_is_no_number():
    x = mt.zeros(2)
    assert (x == None) is False and (x != None) is True and (x == "a") is False  # noqa: E711
    assert x in [x] and len({x, x}) == 1
    with pytest.raises(TypeError, match="not supported between"):
        _ = x < None


def test_containment_and_iteration():
    x = mt.tensor([[1., 2.], [3., 4.]])
    assert 3 in x and 5 not in x and mt.tensor(2.) in x
    assert [row.tolist() for row in x] == [[1, 2], [3, 4]]
    first, second = x
    assert second.shape == (2,)
    check_op(lambda x: sum(row * i for i, row in enumerate(x)),
             lambda x: sum(row * i for i, row in enumerate(x)),
             (3, 2))
    with pytest.raises(TypeError, match="iter: a 0-d tensor"):
        iter(mt.tensor(1.))
    with pytest.raises(TypeError, match="in: a tensor contains numbers, not str"):
        _ = "a" in x


@pytest.mark.parametrize("name", operators.METHODS.split())
def test_every_method_is_the_function_and_torch_has_it(name):
    assert getattr(mt.Tensor, name) is getattr(mt, name)
    assert hasattr(torch.Tensor, name)


@pytest.mark.parametrize("call", [
    lambda x: x.sum(), lambda x: x.sum(1), lambda x: x.sum(dim=(0, 1), keepdim=True),
    lambda x: x.mean(0), lambda x: x.max(1).values, lambda x: x.max(1)[0], lambda x: x.max(),
    lambda x: x.std(), lambda x: x.relu(), lambda x: x.softmax(1), lambda x: x.log_softmax(dim=-1),
    lambda x: x.sigmoid(), lambda x: x.tanh(), lambda x: x.clamp(-0.5, 0.5),
    lambda x: x.clamp(min=0), lambda x: x.exp().log(), lambda x: x.abs().sqrt(),
    lambda x: x.clamp_min(0), lambda x: x.clamp_max(max=0.2), lambda x: x.pow(2),
    lambda x: x.flatten(), lambda x: x.add(x, alpha=2), lambda x: x.where(x > 0, -x),
    lambda x: x.masked_fill(x > 0, 2), lambda x: x.addcmul(x, x, value=3),
    lambda x: x.addcdiv(x, x, value=3), lambda x: x.argmax(1), lambda x: x.norm(),
    lambda x: x.matmul(x.T), lambda x: x.reshape(shape=(3, 2)), lambda x: x.permute(dims=(1, 0)),
    lambda x: x.flip(dims=(0,)),
], ids=lambda call: str(call.__code__.co_firstlineno))
def test_methods(call):
    check_op(call, call, (2, 3))


@pytest.mark.parametrize("name, dtype", [("float", "float32"), ("double", "float64"),
                                         ("half", "float16"), ("int", "int32"), ("long", "int64"),
                                         ("short", "int16"),
                                         ("char", "int8"), ("byte", "uint8"), ("bool", "bool")])
def test_conversions(name, dtype):
    x = np.array([0., 1.5, 3.])
    tolerance = {np.float64: dict(rtol=1e-2), np.float32: dict(rtol=1e-2)}
    check_op(lambda x: getattr(x, name)(), lambda x: getattr(x, name)(), x, tolerance=tolerance)
    assert getattr(mt.Tensor(x), name)().dtype == dtype


def test_to():
    x, other = mt.zeros(2), mt.zeros(3, dtype=np.float64)
    for y in (x.to(np.float64), x.to("cpu", np.float64), x.to(other), x.to(dtype=np.float64),
              x.type(np.float64), x.to(device="cpu", dtype=np.float64), x.type_as(other),
              x.to(mt.device("cpu"), np.float64, True)):
        assert y.dtype == np.float64
    assert x.to("cpu") is x and x.cpu() is x and x.to(np.float32) is x and x.contiguous() is x
    assert x.to(np.float32, copy=True) is not x and x.to("cpu", False, True) is not x
    assert x.type() == "float32"
    check_op(lambda x: x.to(np.float64) * 2, lambda x: x.to(torch.float64) * 2, (2, 3))
    with pytest.raises(TypeError, match="to: <object .*> is not a dtype"):
        x.to(object())


def test_contiguous_and_clone():
    check_op(lambda x: x.t().contiguous(), lambda x: x.t().contiguous(), (2, 3))
    x = mt.zeros(2, 3)
    assert x.t().contiguous().is_contiguous() and not np.shares_memory(x.clone().data, x.data)


def test_new():
    x = mt.zeros(2, dtype=np.float64)
    assert x.new_zeros(2, 3).shape == x.new_ones((2, 3)).shape == x.new_empty(2, 3).shape == (2, 3)
    assert x.new_full((2,), 7).tolist() == [7, 7]
    assert x.new_tensor([1, 2]).dtype == x.new_ones(1).dtype == np.float64
    assert x.new_zeros(1, dtype=np.int64).dtype == np.int64
    assert x.new_zeros(1, requires_grad=True).requires_grad
    data = np.zeros(2)
    assert not np.shares_memory(x.new_tensor(data).data, data)


@pytest.mark.parametrize("call, message", [
    (lambda x: x + "a", "cannot make a tensor of str"),
    (lambda x: None - x, "a tensor of NoneType"), (lambda x: x & x, "bitwise_and"),
    (lambda x: object() < x, "not supported between")])
def test_messages(call, message):
    with pytest.raises(TypeError, match=message):
        call(mt.zeros(2))
