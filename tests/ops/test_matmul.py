"""Matrix products and linear, against torch."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from check_op import check_op

import minitorch_cnn as mt
from minitorch_cnn.ops.matmul import Linear, MatMul, Outer

PRODUCTS = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)),
            ((5, 2, 3), (3,)), ((3,), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)), ((2, 3), (5, 3, 4)),
            ((5, 1, 2, 3), (4, 3, 2)), ((1, 2, 3), (6, 3, 2)), ((2, 0), (0, 3)), ((0, 3), (3, 2)),
            ((4, 0, 3), (3, 2)), ((0, 2, 3), (0, 3, 4)), ((2, 3, 0), (0, 2)), ((1, 1), (1, 1)),
            ((2, 3), (0, 3, 4)), ((3,), (3, 0)), ((0,), (0,))]


@pytest.mark.parametrize("shapes", PRODUCTS, ids=str)
def test_matmul(shapes):
    check_op(mt.matmul, torch.matmul, *shapes)


@pytest.mark.parametrize("op, shapes", [("mm", ((2, 3), (3, 4))), ("bmm", ((5, 2, 3), (5, 3, 4))),
                                        ("mv", ((2, 3), (3,))), ("dot", ((3,), (3,))),
                                        ("outer", ((2,), (3,))), ("outer", ((0,), (3,)))])
def test_with_fixed_dimensions(op, shapes):
    check_op(getattr(mt, op), getattr(torch, op), *shapes)


def test_layouts(rng):
    a, b = rng.standard_normal((4, 6)), rng.standard_normal((6, 4))
    for x, w in [(a.T[::2], a[:, ::-1]), (np.broadcast_to(a[0], (4, 6)), b), (a[::-1], b[::, ::2])]:
        check_op(mt.matmul, torch.matmul, np.array(x), np.array(w))  # torch has no negative strides
        y = mt.matmul(mt.Tensor(x), mt.Tensor(w))
        np.testing.assert_allclose(y.data, x @ w)
    x = mt.Tensor(a, requires_grad=True)
    mt.sum(mt.matmul(x, mt.Tensor(b))).backward()     # a zero-stride gradient comes in
    np.testing.assert_allclose(x.grad.data, np.ones((4, 4)) @ b.T)


def test_integers():
    i = np.array([[1, 2], [3, 4]])
    check_op(mt.matmul, torch.matmul, i, i)
    check_op(mt.linear, F.linear, i, i, i[0])


@pytest.mark.parametrize("op", ["matmul", "mm", "mv", "dot", "bmm", "addmm", "linear"])
def test_one_dtype(op):
    shape = {"dot": (2,), "bmm": (1, 2, 2)}.get(op, (2, 2))
    a, b = np.ones(shape, "float32"), np.ones((2,) if op == "mv" else shape)
    arguments = (a, a, b) if op == "addmm" else (a, b)
    with pytest.raises(TypeError, match=f"{op}: all tensors must have one dtype, but .*float64"):
        getattr(mt, op)(*arguments)


@pytest.mark.parametrize("op, shapes, message", [
    ("matmul", ((2, 3), (2, 3)), r"the last but one of other, got shapes \(2, 3\) and \(2, 3\)"),
    ("matmul", ((2, 3), (2,)), "the only dim of other"),
    ("matmul", ((), (2,)), "0-d tensors have no matrix product"),
    ("matmul", ((2, 3, 4), (3, 4, 2)), r"leading dims of \(2, 3, 4\) and \(3, 4, 2\)"),
    ("mm", ((2,), (2, 2)), r"input must have 2 dimensions, got shape \(2,\); matmul takes any"),
    ("mv", ((2, 2), (2, 2)), "vec must have 1 dimension, got shape"),
    ("dot", ((2, 2), (2,)), "input must have 1 dimension, got"),
    ("bmm", ((2, 2, 2), (2, 2)), "mat2 must have 3 dimensions"),
    ("bmm", ((2, 3, 4), (1, 4, 5)), "the same number of matrices, got shapes"),
    ("bmm", ((2, 3, 4), (2, 3, 5)), "the last but one of other"),
    ("outer", ((2, 2), (2,)), "input must have 1 dimension"),
    ("addmm", ((4,), (2, 3), (3, 3)), r"input of shape \(4,\) does not broadcast to .* \(2, 3\)"),
    ("linear", ((2, 4), (3, 5)), r"input has 4 features \(shape \(2, 4\)\) but weight expects 5"),
    ("linear", ((), (3, 5)), "input must have at least one dimension, got a 0-d tensor"),
    ("linear", ((5,), (2, 3, 5)), "weight must have shape"),
    ("linear", ((2, 5), (3, 5), (4,)), r"bias of shape \(4,\) does not broadcast to .* \(2, 3\)"),
    ("linear", ((2, 5), (5,), (3, 2)), "bias of shape"),
])
def test_shapes_that_do_not_fit(op, shapes, message):
    with pytest.raises(ValueError, match=f"{op}: .*{message}"):
        getattr(mt, op)(*[np.ones(shape) for shape in shapes])


@pytest.mark.parametrize("options", [{}, dict(beta=0.5, alpha=2), dict(alpha=-1), dict(beta=2)])
@pytest.mark.parametrize("shape", [(2, 4), (4,), (2, 1), ()])
def test_addmm(shape, options):
    check_op(mt.addmm, torch.addmm, shape, (2, 3), (3, 4), **options)


def test_addmm_ignores_its_input_with_beta_0():
    y = mt.addmm(np.array([np.nan]), np.ones((2, 2)), np.ones((2, 2)), beta=0)
    np.testing.assert_array_equal(y.data, 2)


@pytest.mark.parametrize("bias", [None, (3,), (1,), ()])
@pytest.mark.parametrize("shape", [(5,), (2, 5), (2, 4, 5), (0, 5), (2, 3, 4, 5), (2, 0, 5)])
def test_linear(shape, bias):
    check_op(mt.linear, F.linear, shape, (3, 5), bias)


def test_odd_linear():
    check_op(mt.linear, F.linear, (2, 0), (3, 0), (3,))
    check_op(mt.linear, F.linear, (2, 5), (0, 5), (0,))
    check_op(mt.linear, F.linear, (2, 5), (5,))
    check_op(mt.linear, F.linear, (5,), (5,), ())
    check_op(mt.linear, F.linear, (2, 4, 5), (3, 5), (4, 3))
    check_op(mt.linear, F.linear, np.broadcast_to(np.arange(5.0), (2, 5)),
             np.arange(15.0).reshape(5, 3).T, (3,))


def test_only_wanted_gradients_are_computed():
    for op in (MatMul(), Outer()):
        size = (2,) if op.name() == "Outer" else (2, 2)
        y = op.forward(np.ones(size), np.ones(size))
        op.needs = (True, False)
        da, db = op.backward(y)
        assert da is not None and db is None
    op = Linear()
    y = op.forward(np.ones((2, 3)), np.ones((4, 3)), np.ones(4))
    op.needs = (True, False, False)
    assert [d is None for d in op.backward(y)] == [False, True, True]
