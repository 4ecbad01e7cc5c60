"""The stand-in for CuPy is as strict as CuPy."""
import copy
import pickle

import numpy as np
import pytest
from gpu_sim.cupy_standin import installed
from gpu_sim.memory import KernelError

from minitorch_cnn.device import has_gpu, is_gpu_array

A = np.arange(6, dtype=np.float32).reshape(2, 3)
ADD = 'extern "C" __global__ void add(const float* x, float* y, int n, float a) ' \
      '{ int i = threadIdx.x; if (i < n) y[i] = x[i] + a; }'


@pytest.fixture(autouse=True, scope="module")
def cp():
    with installed() as module:
        yield module


@pytest.fixture
def a(cp):
    return cp.asarray(A)


@pytest.fixture
def add(cp):
    return cp.RawModule(code=ADD).get_function("add")


def test_it_is_taken_for_cupy(cp, a):
    import cupy
    assert cupy is cp and has_gpu() and is_gpu_array(a)
    assert cp.get_array_module(a) is cp and cp.get_array_module(A) is np


@pytest.mark.parametrize("mix", [
    lambda cp, a: a + A, lambda cp, a: A + a, lambda cp, a: np.asarray(a),
    lambda cp, a: cp.add(a, A), lambda cp, a: cp.where(A > 1, a, 0), lambda cp, a: a @ A.T,
    lambda cp, a: cp.maximum(a, np.array(1.0)), lambda cp, a: cp.concatenate([a, A])])
def test_numpy_arrays_do_not_mix(cp, a, mix):
    with pytest.raises(TypeError):
        mix(cp, a)


def test_numpy_arrays_where_cupy_takes_them(cp, a):
    index = np.array([1, 0])
    np.testing.assert_array_equal(a[index].get(), A[index])
    np.testing.assert_array_equal(cp.take(a, index, axis=1).get(), A[:, index])
    with pytest.raises(ValueError, match="non-scalar numpy.ndarray cannot be used for fill"):
        a[...] = A
    a[index] = np.ones((2, 3), np.float32)
    assert (a == 1).all()


def test_results_stay_on_the_gpu(cp, a):
    for result in (a.sum(), cp.exp(a), np.exp(a), a[0, 0], a.T @ a, a > 1, -a, 2 / a, a.mean(0),
                   *cp.nonzero(a), cp.add(a, 1)):
        assert is_gpu_array(result)
    assert float(a.sum()) == 15 and a.sum().ndim == 0 and int(a[1, 2]) == 5 and bool(a[0, 1])
    assert a.tolist() == A.tolist() and a.get() is not a._a and len(a) == 2


def test_views_are_views(a):
    a[0, 0][...] = 7
    a[1][:] = 8
    a.reshape(-1)[1] = 9
    assert a.tolist() == [[7, 9, 2], [8, 8, 8]]
    b = a
    b += 1
    assert b is a and a[0, 0].item() == 8
    c = copy.deepcopy(a), pickle.loads(pickle.dumps(a))
    a.fill(0)
    assert all(float(x[0, 0]) == 8 for x in c)


def test_new_memory_holds_nonsense(cp):
    assert cp.isnan(cp.empty((2, 3), np.float32)).all() and cp.empty(2, int)[0] == -1
    assert cp.isnan(cp.empty_like(cp.zeros((3, 2)).T)).all()


@pytest.mark.parametrize("missing", [
    lambda cp, a: cp.seterr, lambda cp, a: cp.errstate, lambda cp, a: a.ctypes,
    lambda cp, a: a.flags.writeable, lambda cp, a: a.__array_interface__,
    lambda cp, a: cp.lib.npyio])
def test_what_cupy_lacks(cp, a, missing):
    with pytest.raises(AttributeError):
        missing(cp, a)


def test_adding_in_place_at_an_index(cp):
    x = cp.zeros(3)
    cp.add.at(x, cp.asarray([1, 1, 2]), 1)
    assert x.tolist() == [0, 2, 1]
    with pytest.raises(NotImplementedError, match="multiply.at"):
        cp.multiply.at(x, cp.asarray([1]), 2)


def test_a_second_gpu_there_is_not(cp):
    with cp.cuda.Device(0), pytest.raises(RuntimeError, match="invalid device"), cp.cuda.Device(1):
        pass


# kernels -----------------------------------------------------------------------------------------

def test_a_kernel_runs(cp, a, add):
    y = cp.empty(6, np.float32)
    add((1,), (32,), (a.reshape(-1), y, np.int32(6), np.float32(2)))
    np.testing.assert_array_equal(y.get(), A.ravel() + 2)


@pytest.mark.parametrize("change, error, message", [
    (lambda x, y, n, a: (x, y, 6, a), TypeError, "takes 4 bytes of kind i; wrap Python's"),
    (lambda x, y, n, a: (x, y, n, 2.0), TypeError, "takes 4 bytes of kind f"),
    (lambda x, y, n, a: (x, y, n, np.int32(2)), TypeError, "takes 4 bytes of kind f"),
    (lambda x, y, n, a: (x, y, n), TypeError, "3 arguments for 4 parameters"),
    (lambda x, y, n, a: (x.get(), y, n, a), TypeError, "trying to pass a numpy.ndarray"),
    (lambda x, y, n, a: (None, y, n, a), TypeError, "must be an array, is None"),
    (lambda x, y, n, a: (x.astype(float), y, n, a), TypeError, "float64"),
    (lambda x, y, n, a: (x.astype(np.int32), y, n, a), TypeError, "int32"),
    (lambda x, y, n, a: (x.reshape(2, 3).T, y, n, a), ValueError, "not contiguous"),
    (lambda x, y, n, a: (x, y, "6", a), TypeError, "unsupported type"),
])
def test_arguments_are_checked(cp, a, add, change, error, message):
    right = a.reshape(-1), cp.empty(6, np.float32), np.int32(6), np.float32(2)
    with pytest.raises(error, match=message):
        add((1,), (32,), change(*right))


def test_launches_are_checked(cp, a, add):
    right = a.reshape(-1), cp.empty(6, np.float32), np.int32(6), np.float32(2)
    with pytest.raises(TypeError, match="tuples of ints"):
        add(1, (32,), right)
    with pytest.raises(TypeError, match="tuples of ints"):
        add((np.int64(1),), (32,), right)
    with pytest.raises(KernelError, match="48 KiB"):
        add((1,), (32,), right, shared_mem=1 << 16)
    with pytest.raises(TypeError, match="tuple of str"):
        cp.RawModule(code=ADD, options=["-DX"])
