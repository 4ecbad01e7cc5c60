"""Changes in place: results as torch's, refused where they would have to be recorded."""
import operator

import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn.ops import operators

BINARY = """add addcdiv arctan2 atan2 div divide eq floor_divide fmod ge greater greater_equal gt le
    less less_equal logical_and logical_or logical_xor lt mul multiply ne not_equal pow remainder
    sub subtract true_divide"""
OTHERS = """addcmul addmm bitwise_and bitwise_not bitwise_or bitwise_xor clamp clamp_max clamp_min
    clip cumsum index_add index_fill lerp masked_fill scatter scatter_add"""
UNARY = set(operators.IN_PLACE.split()) - set((BINARY + " " + OTHERS).split())
OPTIONS = {"add": dict(alpha=2), "div": dict(rounding_mode="floor")}


def pair(x):
    return mt.Tensor(x.copy()), torch.from_numpy(x.copy())


def same(ours, theirs):
    assert ours.dtype == theirs.numpy().dtype and ours.shape == tuple(theirs.shape)
    np.testing.assert_allclose(ours.data, theirs.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", sorted(UNARY))
def test_unary(name):
    ours, theirs = pair(np.random.default_rng(0).random((3, 3)).astype(np.float32))
    array = ours.data
    assert getattr(ours, name + "_")() is ours and ours.data is array
    same(ours, getattr(theirs, name + "_")())


@pytest.mark.parametrize("name", BINARY.split())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_binary(name, dtype):
    rng = np.random.default_rng(0)
    ours, theirs = pair(rng.random((2, 3)).astype(dtype))
    o, t = pair(rng.random(3) + 0.1)
    more = (2,) if name == "addcdiv" else ()
    args = [(o, o), (t, t)] if more else [(o,), (t,)]
    getattr(ours, name + "_")(*args[0], **OPTIONS.get(name, {}))
    same(ours, getattr(theirs, name + "_")(*args[1], **OPTIONS.get(name, {})))


def test_others():
    x = np.random.default_rng(0).standard_normal((3, 3))
    index = np.array([0, 2])
    for call in (
        lambda x, i: x.clamp_(-0.5, 0.5), lambda x, i: x.clip_(min=0), lambda x, i: x.clamp_min_(0),
        lambda x, i: x.clamp_max_(0), lambda x, i: x.masked_fill_(x > 0, 9),
        lambda x, i: x.lerp_(x * 2, 0.5), lambda x, i: x.cumsum_(0),
        lambda x, i: x.addmm_(x.clone(), x.clone()), lambda x, i: x.addcmul_(x, x, value=2),
        lambda x, i: x.zero_(), lambda x, i: x.fill_(3), lambda x, i: x.fill_(x[0, 0].clone()),
        lambda x, i: x.copy_(x[0].clone()), lambda x, i: x.index_add_(0, i, x[:2].clone()),
        lambda x, i: x.index_fill_(0, i, 1), lambda x, i: x.scatter_(0, i[:, None], 3.),
        lambda x, i: x.scatter_add_(0, i[:, None], x[:2].clone()),
        lambda x, i: x.squeeze_().unsqueeze_(0).transpose_(1, 2),
    ):
        ours, theirs = pair(x)
        same(call(ours, mt.Tensor(index)), call(theirs, torch.from_numpy(index)))
    assert mt.zeros(2, 3).t_().shape == (3, 2)


@pytest.mark.parametrize("op", [operator.iadd, operator.isub, operator.imul, operator.itruediv,
                                operator.ipow,
                                operator.imod, operator.ifloordiv])
def test_operators(op):
    ours, theirs = pair(np.array([[1., 2.], [3., 4.]]))
    array = ours.data
    for other in (2, 0.5):
        ours, theirs = op(ours, other), op(theirs, other)
    ours, theirs = op(ours, mt.Tensor(np.array([2., 1.]))), op(theirs, torch.tensor([2., 1.]))
    assert ours.data is array
    same(ours, theirs)


def test_bit_operators():
    x = mt.tensor([True, False])
    array = x.data
    x &= mt.tensor([True, True])
    x |= mt.tensor([False, True])
    x ^= True
    assert x.data is array and x.tolist() == [False, False]
    m = mt.ones(2, 3)
    m @= mt.ones(3, 4)
    assert m.shape == (2, 4)


def test_a_training_step_changes_the_array_itself():
    w = mt.tensor([1., 2.], requires_grad=True)
    array = w.data
    (w * w).sum().backward()
    with mt.no_grad():
        w -= 0.1 * w.grad
    assert w.data is array and w.requires_grad and w.is_leaf
    np.testing.assert_allclose(array, [0.8, 1.6], rtol=1e-6)
    w.grad.zero_()
    assert w.grad.tolist() == [0, 0]


def test_operands_that_share_memory():
    x = mt.Tensor(np.arange(4.).reshape(2, 2))
    x.add_(x.t())
    assert x.tolist() == [[0, 3], [3, 6]]


def test_views_change_together():
    x = mt.zeros(2, 3)
    x.t()[1] += 1
    x[:, 2].mul_(0).add_(5)
    assert x.tolist() == [[0, 1, 5], [0, 1, 5]]


W = mt.Tensor(np.ones(3, np.float32), requires_grad=True)
CALLS = [
    lambda x: x.add_(1), lambda x: x.zero_(), lambda x: x.fill_(1), lambda x: x.copy_(mt.ones(3)),
    lambda x: x.normal_(), lambda x: x.uniform_(), lambda x: x.bernoulli_(), lambda x: x.exp_(),
    lambda x: operator.iadd(x, 1), lambda x: x.unsqueeze_(0), lambda x: operator.setitem(x, 0, 1),
]


@pytest.mark.parametrize("call", CALLS, ids=range(len(CALLS)))
def test_refused_while_recording(call):
    for x in (W, W * 2, W[1:]):
        with pytest.raises(RuntimeError,
                           match=r"this tensor requires a gradient .* use .*no_grad\(\)"):
            call(x)
    assert W.tolist() == [1, 1, 1]
    with mt.no_grad():
        call(mt.Tensor(np.ones(3, np.float32), requires_grad=True))


@pytest.mark.parametrize("call", [lambda x: x.add_(W), lambda x: x.add_(other=W),
                                  lambda x: x.copy_(W),
                                  lambda x: operator.imul(x, W), lambda x: x.fill_(W[0])])
def test_refused_with_an_operand_that_records(call):
    x = mt.zeros(3)
    with pytest.raises(RuntimeError, match="the other operand requires a gradient"):
        call(x)
    with mt.no_grad():
        call(x)
    assert x.tolist() != [7, 7, 7]


def test_the_message_names_the_way_out():
    with pytest.raises(RuntimeError,
                       match=r"^mul_ changes a tensor in place, .* use y = x.mul\(...\), or"):
        W.mul_(2)


@pytest.mark.parametrize("call, error, message", [
    (lambda: mt.ones(3, dtype=np.int64).add_(1.5), TypeError,
     "add_: the result is float32 and does not fit"),
    (lambda: mt.ones(3, dtype=np.int64).div_(2), TypeError, "div_: the result is float32"),
    (lambda: mt.ones(3, dtype=np.bool_).add_(1), TypeError,
     "add_: the result is int64 and does not fit .* bool"),
    (lambda: mt.ones(3, dtype=np.int64).normal_(), TypeError, "normal_: the result is"),
    (lambda: mt.ones(3).add_(mt.ones(2, 3)), ValueError,
     r"add_: the result has shape \(2, 3\), the tensor \(3,\)"),
    (lambda: mt.ones(3).copy_(mt.ones(2)), ValueError, "does not broadcast"),
    (lambda: mt.ones(3).fill_(mt.ones(2)), ValueError, "fill_: takes one number"),
    (lambda: mt.ones(1, 3).expand(2, 3).add_(1), RuntimeError,
     "add_: this tensor's memory is read-only or shared"),
    (lambda: mt.ones(3).normal_(0, -1), ValueError, "normal_: std must not be negative"),
    (lambda: mt.ones(3).uniform_(1, 0), ValueError, "uniform_: the range must not be empty"),
    (lambda: mt.ones(3).bernoulli_(2), ValueError, "bernoulli_: p must be a probability"),
])
def test_messages(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random(dtype):
    x = mt.zeros(10_000, dtype=np.dtype(dtype))
    x.normal_(2, 3)
    assert abs(x.mean().item() - 2) < 0.1 and abs(x.std().item() - 3) < 0.1 and x.dtype == dtype
    x.uniform_(-1, 3)
    assert -1 <= x.min().item() < -0.99 and 2.99 < x.max().item() < 3
    x.bernoulli_(0.25)
    assert set(x.unique().tolist()) == {0, 1} and abs(x.mean().item() - 0.25) < 0.02
    a, b = [mt.zeros(3).normal_(generator=mt.Generator().manual_seed(3)).tolist() for _ in range(2)]
    assert a == b
    assert mt.zeros(2).bernoulli_(mt.tensor([0., 1.])).tolist() == [0, 1]


def test_0d_and_empty():
    assert mt.tensor(1.).add_(2).item() == 3 and mt.zeros(0, 3).add_(1).shape == (0, 3)
    assert mt.ones(2, dtype=np.int64).mul_(True).tolist() == [1, 1]


def test_a_change_that_a_recorded_graph_needs_is_noticed():
    for change in (lambda w: w.mul_(3), lambda w: w.zero_(), lambda w: operator.setitem(w, 0, 5),
                   lambda w: w[:1].copy_(mt.zeros(1)), lambda w: w.normal_()):
        w = mt.tensor([2.], requires_grad=True)
        y = (w * w).sum()
        with mt.no_grad():
            change(w)
        with pytest.raises(RuntimeError, match="changed in place after it ran"):
            y.backward()
