"""cat, stack, split and their relatives, against torch."""
import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt


@pytest.mark.parametrize("name, shapes, args", [
    ("cat", [(2, 3), (2, 3)], ()), ("cat", [(2, 3), (2, 1), (2, 0)], (1,)),
    ("cat", [(2, 3), (0,)], (-1,)),
    ("cat", [(0,), (2, 3)], (1,)), ("cat", [(0,)], ()), ("cat", [(3,)], ()),
    ("concat", [(1,), (2,)], ()),
    ("concatenate", [(2, 1, 3), (2, 4, 3)], (-2,)),
    ("stack", [(2, 3), (2, 3)], ()), ("stack", [(2, 3)] * 3, (-1,)), ("stack", [(), ()], ()),
    ("stack", [(0, 2), (0, 2)], (1,)), ("hstack", [(2,), (3,)], ()),
    ("hstack", [(2, 1), (2, 3)], ()),
    ("hstack", [(), ()], ()), ("vstack", [(3,), (2, 3)], ()), ("vstack", [(), ()], ()),
    ("dstack", [(2, 3), (2, 3, 2)], ()), ("dstack", [(3,), (3,)], ()),
    ("column_stack", [(3,), (3, 2)], ()), ("column_stack", [(), ()], ()),
])
def test_joining(name, shapes, args):
    check_op(lambda *xs: getattr(mt, name)(list(xs), *args),
             lambda *xs: getattr(torch, name)(xs, *args),
             *shapes)


@pytest.mark.parametrize("name, shape, args", [
    ("split", (7, 2), (3,)), ("split", (7, 2), ((1, 0, 6),)), ("split", (2, 4), (2, -1)),
    ("split", (0, 2), (2,)), ("split", (0, 2), (0,)), ("split", (3,), (5,)), ("chunk", (7,), (3,)),
    ("chunk", (2, 5), (2, 1)), ("chunk", (3,), (5,)), ("chunk", (0, 3), (2,)),
    ("unbind", (2, 3), ()),
    ("unbind", (2, 3), (-1,)), ("unbind", (0, 3), ()), ("tensor_split", (7,), (3,)),
    ("tensor_split", (7, 2), ((1, 5),)), ("tensor_split", (3,), ((4, 1, -1),)),
    ("tensor_split", (2,), (4,)),
])
def test_taking_apart(name, shape, args):
    def parts(x):
        found = getattr(x, name)(*args)
        assert isinstance(found, tuple)
        return found

    x = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    ours, theirs = parts(mt.Tensor(x)), parts(torch.from_numpy(x))
    assert [y.shape for y in ours] == [tuple(t.shape) for t in theirs]
    for i, y in enumerate(ours):
        assert y.numel() == 0 or np.shares_memory(y.data, x)
        check_op(lambda x, i=i: parts(x)[i], lambda x, i=i: parts(x)[i], x, dtypes=(np.float64,))


@pytest.mark.parametrize("shape", [(), (2,), (2, 3), (2, 3, 1)])
@pytest.mark.parametrize("name", ["atleast_1d", "atleast_2d", "atleast_3d"])
def test_at_least(name, shape):
    check_op(getattr(mt, name), getattr(torch, name), shape)
    check_op(lambda *xs: getattr(mt, name)(*xs)[1], lambda *xs: getattr(torch, name)(*xs)[1], (),
             shape)


def test_all_parts_send_their_gradients():
    check_op(lambda x: mt.cat([y * i for i, y in enumerate(x.split(2, 1))][::-1], 1),
             lambda x: torch.cat([y * i for i, y in enumerate(x.split(2, 1))][::-1], 1), (3, 5))


@pytest.mark.parametrize("name, args", [("narrow", (1, 1, 2)), ("narrow", (-1, -2, 1)),
                                        ("narrow", (0, 2, 0)),
                                        ("select", (0, -1)), ("select", (1, 2))])
def test_one_part(name, args):
    check_op(lambda x: getattr(x, name)(*args), lambda x: getattr(x, name)(*args), (2, 3))


@pytest.mark.parametrize("join", ["cat", "stack"])
@pytest.mark.parametrize("a, b", [("int64", "float32"), ("float32", "float64"), ("bool", "uint8"),
                                  ("uint8", "int8"), ("float16", "int32")])
def test_dtypes_are_promoted(join, a, b):
    x = [np.ones(2, a), np.ones(2, b)]
    ours = getattr(mt, join)([mt.Tensor(v) for v in x])
    theirs = getattr(torch, join)([torch.from_numpy(v) for v in x])
    assert ours.dtype == theirs.numpy().dtype


def test_an_empty_vector_is_skipped_but_counts_for_the_dtype():
    empty, x = np.zeros(0), np.ones((2, 3), np.float32)
    ours = mt.cat([mt.Tensor(empty), mt.Tensor(x)], 1)
    theirs = torch.cat([torch.from_numpy(empty), torch.from_numpy(x)], 1)
    assert ours.shape == tuple(theirs.shape) and ours.dtype == theirs.numpy().dtype


def test_the_same_tensor_twice():
    check_op(lambda x: mt.cat([x, x]), lambda x: torch.cat([x, x]), (2, 3))
    check_op(lambda x: mt.stack([x, x], 1), lambda x: torch.stack([x, x], 1), (2, 3))


X = mt.Tensor(np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("call, error, message", [
    (lambda: mt.cat([]), ValueError, "cat: needs at least one tensor"),
    (lambda: mt.cat(X), TypeError, "cat: takes a list or tuple"),
    (lambda: mt.cat([mt.zeros(())]), ValueError, "cat: tensor 0 is 0-d"),
    (lambda: mt.cat([X, X.t()]), ValueError, "cat: shapes .* must agree in every dim but 0"),
    (lambda: mt.cat([X, X[0]]), ValueError, "cat: shapes .* must agree"),
    (lambda: mt.cat([X], 2), IndexError, "cat: dim 2 does not exist"),
    (lambda: mt.cat([X, None]), TypeError, "cat: cannot make a tensor of NoneType"),
    (lambda: mt.hstack([X, X[0]]), ValueError, "hstack: shapes"),
    (lambda: mt.vstack([X, X.t()]), ValueError, "vstack: shapes"),
    (lambda: mt.dstack([X, X.t()]), ValueError, "dstack: shapes"),
    (lambda: mt.column_stack([X, X.t()]), ValueError, "column_stack: shapes"),
    (lambda: mt.stack([X, X.t()]), ValueError, "stack: all shapes must be equal"),
    (lambda: X.split((1, 3), 1), ValueError, "split: sizes .* must add up to the size 3"),
    (lambda: X.split(0), ValueError, "split: sizes 0 must not be negative"),
    (lambda: X.split(-1), ValueError, "split: sizes -1 must not be negative"),
    (lambda: X.chunk(0), ValueError, "chunk: chunks must be at least 1"),
    (lambda: X.tensor_split(0), ValueError, "tensor_split: the number of parts"),
    (lambda: X[0, 0].unbind(), ValueError, "unbind: a 0-d tensor has no dim"),
    (lambda: X.narrow(1, mt.tensor([1]), 1), TypeError, "narrow: start must be one integer"),
    (lambda: X.narrow(1, mt.tensor(True), 1), TypeError, "narrow: start must be one integer"),
    (lambda: X.narrow(1, 4, 0), IndexError, "narrow: start 4 lies outside dim 1"),
    (lambda: X.narrow(1, 1, 3), ValueError, "narrow: there are 2 elements from 1 on"),
    (lambda: X.select(0, 2), IndexError, "index: 2 is out of range for dim 0 of size 2"),
])
def test_messages(call, error, message):
    with pytest.raises(error, match=message):
        call()
