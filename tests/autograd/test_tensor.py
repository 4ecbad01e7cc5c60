"""Tensor itself: what it is made of, what it refuses, how it prints, copies and meets NumPy."""
import copy
import pickle
import weakref

import numpy as np
import pytest
import torch
from both import leaf, same_in_both

import minitorch_cnn as mt


@pytest.mark.parametrize("data, dtype", [
    (3, "float32"), (3.5, "float32"), ([1, 2], "float32"), ([True], "float32"), ([], "float32"),
    ([[1.5], [2]], "float32"), (np.float64(3), "float64"), (np.int16(3), "int16"),
    (np.arange(3), "int64"), (np.zeros(2), "float64"), (np.zeros(2, bool), "bool"),
    ([np.float64(1)], "float64"), (range(3), "float32"),
])
def test_dtypes_as_torch_tensor_class(data, dtype):
    assert mt.Tensor(data).dtype == dtype


@pytest.mark.parametrize("data, error, text", [
    ("abc", TypeError, "cannot make a tensor of str"), (None, TypeError, "NoneType"),
    ([1j], TypeError, "complex128"), (object(), TypeError, "object"),
    ([[1, 2], [3]], ValueError, "rows of different lengths"),
])
def test_what_is_no_tensor(data, error, text):
    with pytest.raises(error, match=text):
        mt.Tensor(data)


def test_sizes_are_no_data():
    assert mt.Tensor().shape == torch.Tensor().shape == (0,)
    assert mt.Tensor([2], np.bool_(True)).requires_grad
    with pytest.raises(TypeError, match=r"Tensor: requires_grad .* got 3; a tensor of a size .* "):
        mt.Tensor(2, 3)


def test_an_array_is_taken_not_copied():
    array = np.arange(4.0)[::2]
    x = mt.Tensor(array)
    assert x.data is array and mt.Tensor(x).data is array and x.numpy() is array
    assert np.asarray(x) is array


def test_facts_as_in_torch():
    array = np.zeros((2, 3, 4), np.float32).transpose(2, 0, 1)
    x, t = mt.Tensor(array), torch.from_numpy(array)
    assert x.shape == tuple(t.shape) == x.size() and x.size(1) == t.size(1) == 2
    assert x.size(-1) == t.size(-1)
    assert (x.ndim, x.dim(), x.numel(), x.nelement(), len(x)) == (
        t.ndim, t.dim(), t.numel(), t.nelement(), len(t))
    assert x.stride() == t.stride() and x.stride(0) == t.stride(0)
    assert x.is_contiguous() == t.is_contiguous() and x.element_size() == t.element_size()
    assert x.is_floating_point() and not mt.Tensor(np.arange(2)).is_floating_point()
    assert x.device == "cpu" and not x.is_cuda and x.is_leaf


def ints_need_no_gradient(lib):
    return (leaf(lib, [1, 2], False) > 1).requires_grad_()


def ints_by_attribute(lib):
    x = leaf(lib, [1, 2], False) > 1
    x.requires_grad = True


def result_switched_off(lib):
    (leaf(lib, [1, 2]) * 2).requires_grad_(False)


def result_switched_off_by_attribute(lib):
    x = leaf(lib, [1, 2]) * 2
    x.requires_grad = False


def numpy_of_recorded(lib):
    leaf(lib, 1).numpy()


def asarray_of_recorded(lib):
    np.asarray(leaf(lib, 1))


def item_of_several(lib):
    leaf(lib, [1, 2]).item()


def bool_of_several(lib):
    bool(leaf(lib, [1, 2]))


def bool_of_none(lib):
    bool(leaf(lib, [])[:0])


def length_of_0d(lib):
    len(leaf(lib, 1))


def index_of_float(lib):
    [1, 2, 3][leaf(lib, 1)]


def grad_of_another_shape(lib):
    leaf(lib, [1, 2]).grad = leaf(lib, [1], False)


def grad_of_another_type(lib):
    leaf(lib, [1, 2]).grad = [1, 2]


def deepcopy_of_result(lib):
    copy.deepcopy(leaf(lib, [1, 2]) * 2)


ERRORS = {
    ints_need_no_gradient: "only floating-point tensors have gradients.*bool.*float()",
    ints_by_attribute: "only floating-point", result_switched_off: "use detach()",
    result_switched_off_by_attribute: "use detach()", numpy_of_recorded: r"detach\(\).numpy\(\)",
    asarray_of_recorded: r"detach\(\).numpy\(\)", item_of_several: r"one element, got shape \(2,\)",
    bool_of_several: r"shape \(2,\) is neither true nor false", bool_of_none: "neither",
    length_of_0d: "0-d tensor has no length", index_of_float: "float64; convert it with .long()",
    grad_of_another_shape: r"shape \(1,\).*\(2,\).*equal",
    grad_of_another_type: "must be a Tensor or None, got list",
    deepcopy_of_result: r"detach\(\).clone\(\)",
}


@pytest.mark.parametrize("scenario, text", ERRORS.items(), ids=lambda v: getattr(v, "__name__", ""))
def test_refused_as_in_torch(scenario, text):
    assert same_in_both(scenario) == "an error"
    with pytest.raises((RuntimeError, ValueError, TypeError), match=text):
        scenario(mt)


def test_numbers():
    x = mt.Tensor(np.array(2.5))
    assert (x.item(), float(x), int(x), bool(x), f"{x:.2f}") == (2.5, 2.5, 2, True, "2.50")
    assert [10, 20, 30][mt.Tensor(np.array(1))] == 20
    assert mt.Tensor([[1, 2]]).tolist() == [[1, 2]] and isinstance(x.item(), float)
    assert f"{mt.Tensor([1, 2])}" == "tensor([1., 2.])"
    with pytest.raises(TypeError):
        format(mt.Tensor([1, 2]), ".2f")


VALUES = [
    [1, 2, 3], [0.5, -1.25, 3], [], np.zeros((0, 3)), 3, 0.12345678, [1e9], [1, 1e6], [1e-5, 1],
    [np.nan, 1.5], [np.inf, 2.5], [0, 0], np.arange(24).reshape(2, 3, 4), [-1, 10],
    np.full(30, 0.5),
    np.arange(2000), np.arange(4000).reshape(40, 100) / 7,
    np.zeros((9, 40, 50)),
]


@pytest.mark.parametrize("dtype", ["float32", "int64"])
@pytest.mark.parametrize("values", VALUES, ids=str)
def test_prints_as_torch(values, dtype):
    with np.errstate(invalid="ignore"):
        array = np.asarray(values, np.float64).astype(dtype)
    expected = repr(torch.from_numpy(array)).replace("dtype=torch.", "dtype=")
    assert repr(mt.Tensor(array)) == expected


def test_prints_what_it_is():
    x = leaf(mt, [1, 2])
    assert repr(x) == "tensor([1., 2.], dtype=float64, requires_grad=True)"
    assert repr(x * 2) == "tensor([2., 4.], dtype=float64, grad_fn=<Mul>)"
    assert repr(mt.Tensor(np.array([True, False]))) == repr(torch.tensor([True, False]))


# NumPy -------------------------------------------------------------------------------------------

def test_conversion_to_numpy():
    x = mt.Tensor([1, 2])
    assert np.array(x).dtype == np.float32 and np.asarray(x, np.int64).tolist() == [1, 2]
    assert not np.shares_memory(np.array(x), x.data)
    assert leaf(mt, [1, 2]).numpy(force=True).tolist() == [1, 2]
    with pytest.raises(ValueError):
        np.asarray(x, np.int64, copy=False)


@pytest.mark.parametrize("operation", [
    lambda a, x: a + x, lambda a, x: a - x, lambda a, x: a * x, lambda a, x: a / x,
    lambda a, x: a ** x, lambda a, x: a @ x, lambda a, x: x - a, lambda a, x: a[0] * x,
    lambda a, x: np.float64(2) - x, lambda a, x: a // x, lambda a, x: a % x])
def test_array_and_tensor_make_a_tensor(operation):
    a, x = np.array([[1.0, 2], [3, 4]]), leaf(mt, [[5, 6], [7, 8]])
    y = operation(a, x)
    assert type(y) is mt.Tensor and y.requires_grad
    np.testing.assert_allclose(y.data, operation(a, x.data))


def test_comparisons_with_arrays():
    a, x = np.array([1.0, 2]), mt.Tensor([1.0, 3])
    for y in (a == x, x == a, a < x + 1, x >= a):
        assert type(y) is mt.Tensor and y.dtype == bool
    assert (a == x).tolist() == [True, False]


def test_a_numpy_function_gives_a_tensor_but_never_cuts_a_graph():
    y = np.exp(mt.Tensor([0, 0]))
    assert type(y) is mt.Tensor and y.tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="detach"):
        np.exp(leaf(mt, [1, 2]))


# attributes --------------------------------------------------------------------------------------

def test_data_takes_arrays_tensors_and_numbers():
    x = leaf(mt, [1, 2])
    x.data = mt.Tensor([3, 4])
    assert isinstance(x.data, np.ndarray) and x.tolist() == [3, 4]
    x.data = np.array(1.0) - 0.5  # NumPy makes a scalar of 0-d arrays
    assert isinstance(x.data, np.ndarray) and x.shape == ()
    x.data -= 0.25
    assert x.item() == 0.25 and x.requires_grad


def test_grad_may_be_set():
    x = leaf(mt, [1, 2])
    mine = leaf(mt, [5, 6], False)
    x.grad = mine
    assert x.grad is mine
    x.sum().backward()
    assert x.grad.tolist() == [6, 7]
    x.grad = None
    assert x.grad is None


def test_hash_is_identity():
    x = mt.Tensor([1, 2])
    assert {x: 1}[x] == 1 and len({x, mt.Tensor([1, 2])}) == 2 and weakref.ref(x)() is x


# copies ------------------------------------------------------------------------------------------

class Named(mt.Tensor):
    """A tensor with an attribute, as a Parameter may be."""


@pytest.mark.parametrize("how", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_are_complete_and_their_own(how):
    x = Named(np.array([1.0, 2]), requires_grad=True)
    x.name = ["weight"]
    (x * 3).sum().backward()
    twin = how(x)
    assert type(twin) is Named and twin.name == ["weight"] and twin.name is not x.name
    assert twin.requires_grad and twin.grad.tolist() == [3, 3]
    assert not np.shares_memory(twin.data, x.data)
    assert not np.shares_memory(twin.grad.data, x.grad.data)
    (twin * 3).sum().backward()
    assert twin.grad.tolist() == [6, 6] and x.grad.tolist() == [3, 3]


def test_deepcopy_keeps_what_is_shared_together():
    x = leaf(mt, [1, 2])
    first, second = copy.deepcopy([x, x])
    assert first is second and first is not x


def test_a_pickled_result_is_a_leaf():
    twin = pickle.loads(pickle.dumps(leaf(mt, [1, 2]) * 2))
    assert twin.tolist() == [2, 4] and twin.is_leaf and twin.requires_grad
