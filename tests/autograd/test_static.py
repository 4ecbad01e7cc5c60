"""Ops in PyTorch's style, the same class body run by both."""
import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt
from minitorch_cnn.ops.activation import ReLU


def cube(Function):
    class Cube(Function):
        @staticmethod
        def forward(ctx, x, factor):
            ctx.save_for_backward(x)
            ctx.factor = factor
            return factor * x ** 3

        @staticmethod
        def backward(ctx, dy):
            x, = ctx.saved_tensors
            assert ctx.needs_input_grad == (True, False)
            return dy * 3 * ctx.factor * x ** 2, None

    return Cube


def product(Function):
    class Product(Function):
        @staticmethod
        def forward(a, b):
            return a * b

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, dy):
            a, b = ctx.saved_tensors
            return dy * b, dy * a

    return Product


def test_context_and_further_arguments():
    ours, theirs = cube(mt.autograd.Function), cube(torch.autograd.Function)
    check_op(lambda x: ours.apply(x, 2), lambda x: theirs.apply(x, 2), (3, 4))


def test_context_set_up_apart():
    ours, theirs = product(mt.autograd.Function), product(torch.autograd.Function)
    check_op(ours.apply, theirs.apply, (3, 4), (3, 4))
    check_op(ours.apply, theirs.apply, (3, 4), (3, 4), constant=(1,))


def test_in_a_graph():
    x = mt.tensor([1.0, 2.0], requires_grad=True)
    y = cube(mt.autograd.Function).apply(x * 2, 1)
    assert y.grad_fn.name() == "Cube" and not y.is_leaf
    (y * 3).sum().backward()
    assert x.grad.tolist() == [72, 288]
    assert not cube(mt.autograd.Function).apply(mt.ones(2), 1).requires_grad


def test_apply_of_an_op_of_this_package():
    check_op(ReLU.apply, torch.relu, (3, 4))


def test_what_is_saved_must_not_change():
    x = mt.tensor([1.0, 2.0], requires_grad=True)
    y = cube(mt.autograd.Function).apply(x, 1)
    with mt.no_grad():
        x += 1
    with pytest.raises(RuntimeError, match="Cube: an array of shape .* changed in place"):
        y.sum().backward()


class Odd(mt.Function):
    @staticmethod
    def forward(ctx, x):
        return x.tolist()


class TooFew(mt.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x * y

    @staticmethod
    def backward(ctx, dy):
        return dy


def test_errors():
    with pytest.raises(TypeError, match=r"Odd\.forward must return one Tensor, got list; write"):
        Odd.apply(mt.ones(2))
    y = TooFew.apply(mt.ones(2, requires_grad=True), np.ones(2))
    with pytest.raises(RuntimeError, match="TooFew.backward: returned 1 gradients for 2 arg"):
        y.sum().backward()
