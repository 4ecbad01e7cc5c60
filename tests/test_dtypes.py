"""Names of dtypes and how they mix, against torch.result_type."""
import itertools

import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import dtypes

NAMES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


def operands():
    """Pairs (ours, torch's): with dimensions, 0-d, and Python numbers."""
    arrays = [np.ones(shape, name) for name in NAMES for shape in ((2,), ())]
    pairs = [(a, torch.from_numpy(a)) for a in arrays]
    return pairs + [(number, number) for number in (True, 2, 2.5)]


def name_of(dtype):
    return str(dtype).removeprefix("torch.")


def test_result_type_of_all_pairs():
    for (a, ta), (b, tb) in itertools.product(operands(), repeat=2):
        if isinstance(ta, torch.Tensor) or isinstance(tb, torch.Tensor):
            ours, theirs = dtypes.result_type(a, b), torch.result_type(ta, tb)
            assert ours == name_of(theirs), (a, b)


@pytest.mark.parametrize("op", ["add", "mul", "true_divide", "where", "eq"])
def test_ops_compute_in_the_result_type(op):
    mask = np.array([True, False])
    for (a, ta), (b, tb) in itertools.product(operands(), repeat=2):
        if not (isinstance(ta, torch.Tensor) and isinstance(tb, torch.Tensor) or op == "where"):
            continue
        if op == "where":
            y, t = mt.where(mask, mt.as_tensor(a) if isinstance(a, np.ndarray) else a,
                            mt.as_tensor(b) if isinstance(b, np.ndarray) else b), \
                torch.where(torch.from_numpy(mask), ta, tb)
        else:
            y, t = getattr(mt, op)(mt.as_tensor(a), mt.as_tensor(b)), getattr(torch, op)(ta, tb)
        assert y.dtype == name_of(t.dtype), (op, a, b)
        np.testing.assert_allclose(y.data, t.numpy(), rtol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_numbers_on_either_side_leave_a_tensor_its_dtype(name):
    a = np.array([1, 0, 1]).astype(name)
    x, t = mt.Tensor(a), torch.from_numpy(a)
    for number in (True, 3, 0.1, np.float64(0.1), np.float32(0.5), np.int64(3)):
        plain = number.item() if isinstance(number, np.generic) else number
        y, expected = mt.mul(x, number), t * plain
        assert y.dtype == mt.mul(number, x).dtype == name_of(expected.dtype)
        np.testing.assert_allclose(y.data, expected.numpy(), rtol=1e-3)


def test_zero_d_tensors_do_not_widen():
    x, wide = mt.Tensor(np.ones(2, "float32")), mt.Tensor(np.array(2.0))
    for y in (mt.mul(x, wide), mt.div(wide, x), mt.maximum(x, wide), mt.clamp(x, wide),
              mt.pow(x, wide)):
        assert y.dtype == np.float32


def test_integers_wrap_as_in_torch():
    a = np.array([1, 200], "uint8")
    for number in (300, -1):
        expected = (torch.from_numpy(a) + number).numpy()
        np.testing.assert_array_equal(mt.add(mt.Tensor(a), number).data, expected)
    assert mt.add(mt.Tensor(np.array([127], "int8")), 1).data[0] == -128


@pytest.mark.parametrize("name", NAMES)
def test_cast(name):
    x = mt.Tensor(np.array([0.0, 1.7, 2.0], "float32"), requires_grad=True)
    y = mt.cast(x, name)
    expected = torch.tensor([0.0, 1.7, 2.0]).to(getattr(torch, name))
    assert y.dtype == np.dtype(name)
    np.testing.assert_array_equal(y.data, expected.numpy())
    assert y.requires_grad == (y.dtype.kind == "f")
    if y.requires_grad:
        y.sum().backward()
        assert x.grad.dtype == np.float32
        np.testing.assert_array_equal(x.grad.data, 1)
    assert mt.cast(x, "float32") is x


def test_gradients_have_the_dtype_of_their_input():
    x = mt.Tensor(np.ones(2, "float32"), requires_grad=True)
    w = mt.Tensor(np.ones(2), requires_grad=True)
    mt.mul(x, w).sum().backward()
    assert (x.grad.dtype, w.grad.dtype) == (np.float32, np.float64)


@pytest.mark.parametrize("dtype", ["complex64", "no such type", object])
def test_what_is_no_dtype_of_tensors(dtype):
    with pytest.raises(TypeError, match="cast: .* is not a dtype of tensors; use float32"):
        mt.cast(np.ones(2), dtype)


@pytest.mark.parametrize("data", ["text", None, 1j, [object()]])
def test_what_is_no_number(data):
    with pytest.raises(TypeError, match="^add: cannot make a tensor of"):
        mt.add(np.ones(2), data)
    with pytest.raises(TypeError, match="^triplet_margin_loss: cannot"):  # what the user called
        mt.triplet_margin_loss(np.ones(2), data, np.ones(2))
    with pytest.raises(TypeError, match="^as_array: cannot"):
        mt.Tensor(data)


def test_dtypes_have_a_type():
    assert isinstance(mt.float32, mt.dtype) and isinstance(mt.ones(1).dtype, mt.dtype)


def test_a_layer_is_no_tensor():
    with pytest.raises(TypeError, match="^relu: cannot make a tensor of ReLU .* call it first"):
        mt.relu(mt.nn.ReLU())


def test_rows_of_different_lengths():
    with pytest.raises(ValueError, match="rows of different lengths do not make an array"):
        mt.tensor([[1], [1, 2]])


def test_as_array():
    for data, name in [([1, 2], "int64"), ([1.0], "float32"), ([True], "bool"), ([], "float32"),
                       (np.float64(1), "float64"), ([np.float64(1)], "float64"), (3, "int64")]:
        assert dtypes.as_array(data).dtype == name
    assert dtypes.is_float("float16") and not dtypes.is_float("int8")
    assert dtypes.as_float(np.array([1])).dtype == np.float32
