"""Views of other shapes, against torch: results, gradients, shared memory, messages."""
import numpy as np
import pytest
import torch
from check_op import check_op
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch_cnn as mt


def method(name, *args, **options):
    """The same method call on our tensors and torch's."""
    return lambda x: getattr(x, name)(*args, **options)


CASES = [
    ("reshape", (2, 3, 4), ((6, 4),)), ("reshape", (2, 3, 4), (4, -1)), ("reshape", (), (1, 1)),
    ("reshape", (0, 3), (3, 0)), ("reshape", (1,), ((),)), ("reshape", (6,), (6,)),
    ("view", (2, 3, 4), (-1, 12)), ("view", (2, 3), ((3, 2),)), ("view", (2, 0), (-1, 2)),
    ("flatten", (2, 3, 4), ()), ("flatten", (2, 3, 4), (1,)), ("flatten", (2, 3, 4), (0, 1)),
    ("flatten", (), ()), ("flatten", (0, 2, 3), (-2,)), ("ravel", (2, 3), ()), ("ravel", (), ()),
    ("unflatten", (2, 12), (1, (3, -1))), ("unflatten", (6,), (-1, (2, 3))),
    ("unflatten", (0, 3), (0, (0, 5))),
    ("permute", (2, 3, 4), (2, 0, 1)), ("permute", (2, 3, 4), ((-1, 0, 1),)),
    ("permute", (), ((),)),
    ("transpose", (2, 3, 4), (0, -1)), ("transpose", (), (0, -1)), ("swapaxes", (2, 3), (0, 1)),
    ("swapdims", (2, 3), (1, 1)), ("t", (2, 3), ()), ("t", (3,), ()), ("t", (), ()),
    ("movedim", (2, 3, 4, 5), (1, -1)), ("movedim", (2, 3, 4, 5), ((0, 1), (-1, 0))),
    ("moveaxis", (2, 3, 4), ((2, 0), (0, 2))), ("movedim", (), (0, 0)),
    ("squeeze", (1, 3, 1), ()), ("squeeze", (1, 3, 1), (0,)), ("squeeze", (1, 3, 1), (1,)),
    ("squeeze", (1, 3, 1), ((0, -1),)), ("squeeze", (1, 3), ((),)), ("squeeze", (), ()),
    ("squeeze", (), (0,)), ("unsqueeze", (2, 3), (0,)), ("unsqueeze", (2, 3), (-1,)),
    ("unsqueeze", (), (0,)), ("expand", (1, 3), (4, 3)), ("expand", (1, 3), (2, -1, 3)),
    ("expand", (), (2, 2)), ("expand", (3, 1), ((-1, 0),)), ("expand", (3,), (2, 3)),
    ("broadcast_to", (2, 1), ((3, 2, 4),)), ("broadcast_to", (2, 3), ((1, 2, 3),)),
]


@pytest.mark.parametrize("name, shape, args", CASES)
def test_as_torch(name, shape, args):
    check_op(method(name, *args), method(name, *args), shape)


def test_names_of_swaps():
    check_op(mt.swapaxes, torch.swapaxes, (2, 3, 4), axis0=0, axis1=-1)
    check_op(mt.swapdims, torch.swapdims, (2, 3, 4), dim0=0, dim1=-1)


@pytest.mark.parametrize("name, shape, args", CASES)
def test_views_share_memory(name, shape, args):
    x = mt.Tensor(np.zeros(shape, np.float32))
    y = getattr(x, name)(*args)
    assert y.numel() == 0 or np.shares_memory(x.data, y.data)


@pytest.mark.parametrize("layout", ["transposed", "strided", "broadcast", "reversed"])
@pytest.mark.parametrize("name, args", [("reshape", (4, 6)), ("flatten", ()), ("squeeze", ()),
                                        ("permute", (1, 0, 2)), ("expand", (5, -1, -1, -1))])
def test_any_memory_layout(layout, name, args):
    def lay(x):
        if layout == "transposed":
            return x.transpose(0, 2)
        if layout == "strided":
            return x[::2, :, 1:]
        return x[:1].expand(4, 3, 2) if layout == "broadcast" else x.flip(0)

    shape = {"strided": (8, 3, 3), "transposed": (2, 3, 4)}.get(layout, (4, 3, 2))
    check_op(lambda x: method(name, *args)(lay(x)), lambda x: method(name, *args)(lay(x)), shape)


def test_views_write_through():
    x = mt.zeros(2, 3)
    x.t()[0] = 1
    x.view(6)[5:] = 2
    x.unsqueeze(0).squeeze().add_(1)
    np.testing.assert_array_equal(x.numpy(), [[2, 1, 1], [2, 1, 3]])


def test_view_refuses_a_copy_but_not_of_channels_last_images():
    with pytest.raises(ValueError, match="cannot be seen as .* without a copy; use reshape"):
        mt.zeros(2, 3).t().view(6)
    images = mt.Tensor(np.arange(24.).reshape(1, 2, 3, 4).transpose(0, 3, 1,
                                                                    2))  # (N, H, W, C) inside
    np.testing.assert_array_equal(images.view(1, -1).data, images.data.reshape(1, -1))


def test_as_another_tensor():
    x, other = mt.arange(6), mt.zeros(2, 3)
    assert x.view_as(other).shape == x.reshape_as(other).shape == (2, 3)
    assert mt.zeros(1, 3).expand_as(other).shape == (2, 3)


def test_broadcast_tensors():
    ours = mt.broadcast_tensors(mt.zeros(3, 1), mt.zeros(4), mt.zeros(()))
    assert [x.shape for x in ours] == [(3, 4)] * 3
    check_op(lambda a, b: mt.broadcast_tensors(a, b)[0], lambda a,
             b: torch.broadcast_tensors(a, b)[0],
             (3, 1), (2, 1, 4))


def test_transposed_properties():
    check_op(lambda x: x.mT, lambda x: x.mT, (2, 3, 4))
    check_op(lambda x: x.T, lambda x: x.T, (2, 3))
    assert mt.zeros(2, 3, 4).T.shape == (4, 3, 2)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_fuzz_permute_and_movedim(data):
    shape = tuple(data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=4)))
    dims = data.draw(st.permutations(range(len(shape))))
    count = data.draw(st.integers(0, len(shape)))
    source, destination = dims[:count], data.draw(st.permutations(range(len(shape))))[:count]
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    np.testing.assert_array_equal(mt.permute(mt.Tensor(x), dims).data,
                                  torch.from_numpy(x).permute(dims).numpy())
    np.testing.assert_array_equal(mt.movedim(mt.Tensor(x), source, destination).data,
                                  torch.from_numpy(x).movedim(source, destination).numpy())


X = mt.Tensor(np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("call, error, message", [
    (lambda: X.reshape(4, 2), ValueError, r"reshape: shape \(4, 2\) does not hold the input's 6"),
    (lambda: X.reshape(-1, -1), ValueError, "may hold one -1"),
    (lambda: X.reshape(-2, 3), ValueError, "no other negative size"),
    (lambda: X.reshape(4, -1), ValueError, "does not hold"),
    (lambda: X[:0].reshape(0, -1), ValueError, "-1 in shape .* is ambiguous"),
    (lambda: X.reshape(2.0, 3), TypeError, "reshape: sizes and dims must be integers"),
    (lambda: X.flatten(1, 0), ValueError, "end_dim 0 comes before start_dim 1"),
    (lambda: X.flatten(2), IndexError, "flatten: dim 2 does not exist"),
    (lambda: X.unflatten(1, (2, 2)), ValueError, "unflatten: shape .* does not hold"),
    (lambda: X.unflatten(1, ()), ValueError, "unflatten: sizes must not be empty"),
    (lambda: X.permute(0), ValueError, "permute: a tensor of 2 dimensions needs that many"),
    (lambda: X.permute(0, 0), ValueError, "permute: a dimension appears twice"),
    (lambda: X.permute(0, 2), IndexError, "permute: dim 2 does not exist"),
    (lambda: X.transpose(0, 5), IndexError, "transpose: dim 5 does not exist"),
    (lambda: mt.zeros(1, 1, 1).t(), ValueError, "t: needs at most 2 dimensions"),
    (lambda: X.movedim((0, 1), 0), ValueError, "movedim: .* must be equally long"),
    (lambda: X.movedim((0, 0), (0, 1)), ValueError, "movedim: a dimension appears twice in source"),
    (lambda: X.squeeze((0, 0)), ValueError, "squeeze: a dimension appears twice"),
    (lambda: X.unsqueeze(3), IndexError, "unsqueeze: dim 3 does not exist"),
    (lambda: X.expand(3, 3), ValueError, r"expand: shape \(2, 3\) does not expand to \(3, 3\)"),
    (lambda: X.expand(3), ValueError, "new dims come in front"),
    (lambda: X.expand(-1, 2, 3), ValueError, "does not expand"),
    (lambda: mt.broadcast_tensors(X, mt.zeros(2)), ValueError,
     "broadcast_tensors: shapes .* do not"),
])
def test_messages(call, error, message):
    with pytest.raises(error, match=message):
        call()
