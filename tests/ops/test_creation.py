"""Making tensors, against torch: dtypes, sizes, numbers, errors."""
import numpy as np
import pytest
import torch

import minitorch_cnn as mt

pytestmark = pytest.mark.filterwarnings("ignore:Creating a tensor from a list of numpy")

DTYPES = ["float32", "float64", "int64", "uint8", "bool"]


def same(y, t):
    """Both tensors have one shape, dtype and content."""
    assert y.shape == tuple(t.shape) and y.dtype == str(t.dtype).removeprefix("torch.")
    np.testing.assert_allclose(y.data, t.numpy(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("op", ["zeros", "ones", "empty"])
@pytest.mark.parametrize("size", [(2, 3), ((2, 3),), ([2, 3],), (0, 2), ((),), (np.int64(2),),
                                  (4,)])
def test_filled(op, size):
    y, t = getattr(mt, op)(*size), getattr(torch, op)(*size)
    assert y.shape == tuple(t.shape) and y.dtype == np.float32
    if op != "empty":
        same(y, t)
    for dtype in DTYPES:
        assert getattr(mt, op)(2, dtype=dtype).dtype == dtype


@pytest.mark.parametrize("op", ["zeros", "ones", "empty", "rand", "randn"])
def test_sizes_that_are_none(op):
    with pytest.raises(TypeError, match=rf"{op}: pass a size, as in {op}\(2, 3\)"):
        getattr(mt, op)()
    for size in ((2.5,), ("a",), (2, None)):
        with pytest.raises(TypeError, match=f"{op}: the size must be integers or a tuple of them"):
            getattr(mt, op)(*size)
    with pytest.raises(ValueError, match=rf"{op}: sizes must not be negative, got \(2, -1\)"):
        getattr(mt, op)(2, -1)
    with pytest.raises(TypeError, match=f"{op}: 'complex64' is not a dtype of tensors"):
        getattr(mt, op)(2, dtype="complex64")


@pytest.mark.parametrize("value", [1, 1.5, True, -2, float("inf"), float("nan")])
def test_full(value):
    same(mt.full((2, 3), value), torch.full((2, 3), value))
    same(mt.full((), value), torch.full((), value))
    if np.isfinite(value):
        for dtype in DTYPES:
            same(mt.full((2,), value, dtype=dtype),
                 torch.full((2,), value, dtype=getattr(torch, dtype)))
            like = np.zeros(3, dtype)
            same(mt.full_like(like, value), torch.full_like(torch.from_numpy(like), value))


def test_full_of_a_tensor_and_errors():
    assert mt.full((2,), mt.Tensor(np.array(2.5))).tolist() == [2.5, 2.5]
    with pytest.raises(TypeError, match=r"full: the value must be one number, got shape \(2,\)"):
        mt.full((2,), np.ones(2))
    with pytest.raises(ValueError, match="full: 300 does not fit into uint8"):
        mt.full((2,), 300, dtype="uint8")


@pytest.mark.parametrize("op", ["zeros_like", "ones_like", "empty_like", "rand_like", "randn_like"])
def test_like(op):
    x = mt.Tensor(np.ones((2, 3), "float64"), requires_grad=True)
    y = getattr(mt, op)(x)
    assert (y.shape, y.dtype, y.requires_grad) == ((2, 3), np.float64, False)
    assert getattr(mt, op)(x, dtype="float32", requires_grad=True).requires_grad
    spread = getattr(mt, op)(np.broadcast_to(np.float32(1), (2, 3)))
    spread.data[0, 0] = 7
    assert spread.data[1, 1] != 7


def test_gradients_and_devices():
    assert mt.zeros(2, requires_grad=True).requires_grad
    assert mt.ones(2, device="cpu").device == "cpu"
    with pytest.raises(RuntimeError, match="only floating-point tensors have gradients"):
        mt.zeros(2, dtype="int64", requires_grad=True)
    with pytest.raises(ValueError, match='device: unknown device "tpu"'):
        mt.zeros(2, device="tpu")


@pytest.mark.parametrize("arguments", [
    (5,), (0,), (5.0,), (2, 7), (1, 6, 2), (5, 1, -1), (0, 1, 0.1), (1, 2.5), (0, 1, 0.3), (True,),
    (0.1, 1.1, 1.0), (3, 3), (-3, 3, 2), (0.0, -8.5, -4)])
def test_arange(arguments):
    same(mt.arange(*arguments), torch.arange(*arguments))
    for dtype in ("float64", "int64", "uint8", "int32"):
        if dtype == "int64" and arguments[2:] and abs(arguments[2]) < 1:
            continue
        same(mt.arange(*arguments, dtype=dtype),
             torch.arange(*arguments, dtype=getattr(torch, dtype)))


def test_arange_by_name_and_of_tensors():
    same(mt.arange(end=3), torch.arange(end=3))
    same(mt.arange(start=1, end=3), torch.arange(start=1, end=3))
    same(mt.arange(mt.Tensor(np.array(3))), torch.arange(torch.tensor(3)))


@pytest.mark.parametrize("arguments, message", [
    ((5, 1), "step 1 leads away from end=1, starting at 5; change its sign"),
    ((1, 5, 0), "step must not be 0"), ((0, float("inf")), "is no finite range")])
def test_what_arange_refuses(arguments, message):
    with pytest.raises(ValueError, match=f"arange: .*{message}"):
        mt.arange(*arguments)


@pytest.mark.parametrize("arguments", [(0, 1, 5), (0, 1, 1), (0, 1, 0), (-3, 7.5, 8), (2, -2, 7),
                                       (1, 1, 3), (4.3, -3, 50), (0, 10, 4)])
def test_linspace(arguments):
    for dtype in ("float32", "float64", "int64"):
        same(mt.linspace(*arguments, dtype=dtype),
             torch.linspace(*arguments, dtype=getattr(torch, dtype)))
    same(mt.linspace(*arguments), torch.linspace(*arguments))


def test_what_linspace_refuses():
    with pytest.raises(ValueError, match="linspace: sizes must not be negative"):
        mt.linspace(0, 1, -1)
    with pytest.raises(TypeError, match="linspace: the size must be integers"):
        mt.linspace(0, 1, 2.5)


@pytest.mark.parametrize("arguments", [(2,), (2, 3), (3, 2), (0,), (0, 2)])
def test_eye(arguments):
    for dtype in DTYPES:
        same(mt.eye(*arguments, dtype=dtype), torch.eye(*arguments, dtype=getattr(torch, dtype)))


@pytest.mark.parametrize("data", [
    [1, 2], [1.0], 1, 2.5, True, [True, 2], [1, 2.5], [], [[1.0], [2.0]], np.ones(2), np.float64(1),
    [np.float64(1)], [np.ones(2), np.ones(2)], np.ones(2, "uint8"), 1e300, (1, 2), [[]]], ids=str)
def test_tensor(data):
    same(mt.tensor(data), torch.tensor(data))
    same(mt.tensor(data, dtype="float64"), torch.tensor(data, dtype=torch.float64))
    same(mt.as_tensor(data), torch.as_tensor(data))


@pytest.mark.parametrize("dtype", DTYPES + ["float16", "int8"])
def test_tensor_of_a_dtype(dtype):
    for data in ([1.5, 0.0, 100.0], [[1], [0]], True):
        same(mt.tensor(data, dtype=dtype), torch.tensor(data, dtype=getattr(torch, dtype)))


def test_tensor_copies_and_cuts():
    a = np.ones(2)
    y = mt.tensor(a)
    a[0] = 5
    assert y.tolist() == [1, 1]
    x = mt.Tensor(np.ones(2), requires_grad=True)
    assert not mt.tensor(x).requires_grad and mt.tensor(x, requires_grad=True).is_leaf
    scalars = [mt.Tensor(np.array(1.5), requires_grad=True), mt.Tensor(np.array(2.5))]
    assert mt.tensor(scalars).tolist() == [1.5, 2.5]
    assert mt.tensor([0.1, 0.2], dtype="float64").tolist() == [0.1, 0.2]


def test_what_tensor_refuses():
    for data in ("text", None, 1j):
        with pytest.raises(TypeError, match="cannot make a tensor of"):
            mt.tensor(data)
    for data, dtype in (([300], "uint8"), ([float("nan")], "int64"), (2 ** 40, "int32")):
        with pytest.raises(ValueError, match=f"tensor: .* does not fit into {dtype}"):
            mt.tensor(data, dtype=dtype)


def test_as_tensor_and_from_numpy_share_memory():
    a = np.ones(2)
    for y in (mt.as_tensor(a), mt.from_numpy(a)):
        assert y.data is a
    x = mt.Tensor(a)
    assert mt.as_tensor(x) is x and mt.as_tensor(x, device="cpu") is x
    assert mt.as_tensor(x, dtype="float32").dtype == np.float32
    for data in ([1], np.float64(1), mt.Tensor(a)):
        with pytest.raises(TypeError, match="from_numpy: needs a numpy.ndarray, got"):
            mt.from_numpy(data)
