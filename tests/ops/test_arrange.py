"""Flip, roll, repeat, triangles, diagonals and windows, against torch."""
import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt


@pytest.mark.parametrize("name, shape, args", [
    ("flip", (2, 3), (0, 1)), ("flip", (2, 3), ((-1,),)), ("flip", (2, 3), (1,)),
    ("flip", (2, 3), ((),)),
    ("flip", (), (0,)), ("flip", (0, 3), (0,)), ("fliplr", (2, 3), ()), ("flipud", (3,), ()),
    ("roll", (2, 3), (1,)), ("roll", (2, 3), (-1, 1)), ("roll", (2, 3, 4), ((1, 5), (0, 2))),
    ("roll", (2, 3), ((1, 1), (0, 0))), ("roll", (0, 3), (1, 0)), ("roll", (), (2,)),
    ("repeat", (2, 3), (2, 1)), ("repeat", (3,), ((2, 3),)), ("repeat", (), (2, 2)),
    ("repeat", (2, 3), (0, 1)), ("repeat", (), ((),)), ("tile", (2, 3), (2,)),
    ("tile", (3,), ((2, 2),)),
    ("repeat_interleave", (2, 3), (2,)), ("repeat_interleave", (2, 3), (2, 1)),
    ("repeat_interleave", (2, 3), (2, -2)), ("repeat_interleave", (2, 3), (0, 0)),
    ("tril", (3, 4), ()), ("tril", (2, 3, 4), (-1,)), ("triu", (3, 4), (1,)), ("triu", (0, 3), ()),
    ("diagonal", (3, 4), ()), ("diagonal", (3, 4), (1,)), ("diagonal", (3, 4), (-2,)),
    ("diagonal", (2, 3, 4), (0, -1, 0)), ("diagonal", (2, 3), (7,)), ("diag", (3,), (1,)),
    ("diag", (3, 4), (-1,)), ("diag", (0,), ()),
    ("unfold", (2, 7), (1, 3, 2)), ("unfold", (5, 2), (0, 2, 1)), ("unfold", (4,), (0, 0, 2)),
    ("unfold", (), (0, 1, 1)),
])
def test_as_torch(name, shape, args):
    def call(x):
        return getattr(x, name)(*args)

    check_op(call, call, shape)
    if len(shape) == 2:  # the same of a transposed and of a broadcast tensor
        check_op(lambda x: call(x.t()), lambda x: call(x.t()), shape[::-1])
        check_op(lambda x: call(x.expand(shape)), lambda x: call(x.expand(shape)), (1, shape[1]))


def test_repeat_interleave_by_counts():
    counts = np.array([2, 0, 3])
    check_op(lambda x, n: x.repeat_interleave(n, 1), lambda x, n: x.repeat_interleave(n, 1), (2, 3),
             counts)


def test_flip_is_a_copy():
    x = mt.zeros(3)
    x.flip(0).add_(1)
    assert x.numpy().max() == 0


X = mt.Tensor(np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("call, error, message", [
    (lambda: X.flip(2), IndexError, "flip: dim 2 does not exist"),
    (lambda: X.flip(0, 0), ValueError, "flip: a dimension appears twice"),
    (lambda: X.roll((1, 2)), ValueError, "roll: needs one shift per dim"),
    (lambda: X.roll(1, (0, 1)), ValueError, "roll: needs one shift per dim"),
    (lambda: mt.tensor(1).roll(1, 0), IndexError, "roll: a 0-d tensor has no dim 0"),
    (lambda: X.repeat(2), ValueError, "repeat: a tensor of 2 dimensions needs at least"),
    (lambda: X.repeat(2, -1), ValueError, "repeat: numbers must not be negative"),
    (lambda: X.repeat_interleave(mt.tensor([1, 2]), 1), ValueError, "must be one number or 3"),
    (lambda: X.repeat_interleave(-1), ValueError, "must be integers that are not negative"),
    (lambda: X[0].tril(), ValueError, "tril: needs at least 2 dimension"),
    (lambda: X[0].fliplr(), ValueError, "fliplr: needs at least 2 dimension"),
    (lambda: X[0, 0].flipud(), ValueError, "flipud: needs at least 1 dimension"),
    (lambda: X.diagonal(0, 1, 1), ValueError, "diagonal: needs two different dims"),
    (lambda: mt.diag(mt.zeros(1, 1, 1)), ValueError, "diag: needs a vector or a matrix"),
    (lambda: X.unfold(1, 4, 1), ValueError, "unfold: windows of size 4 at step 1 do not fit"),
])
def test_messages(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("dims", [(0, 1), (1, 0), (-1, 0)])
@pytest.mark.parametrize("k", [-1, 0, 1, 2, 3, 5])
def test_rot90(k, dims):
    check_op(mt.rot90, torch.rot90, (2, 3), k=k, dims=dims)
    with pytest.raises(ValueError, match="rot90: dims must name two different dims"):
        mt.rot90(X, dims=(1, -1))


def test_reversed():
    check_op(reversed, lambda x: x.flip(0), (3, 2))
