"""Devices, with and without a GPU; a stand-in for CuPy answers where there is none."""
import importlib
import sys
import types

import numpy as np
import pytest

import minitorch_cnn as mt

devices = importlib.import_module("minitorch_cnn.device")  # mt.device is the class in it


class GpuArray(np.ndarray):
    """What looks like a CuPy array: its type's module is called cupy, and it has get()."""

    device = types.SimpleNamespace(id=0)
    __cuda_array_interface__ = {}

    def get(self):
        return self.view(np.ndarray).copy()


GpuArray.__module__ = "cupy"


class FakeCupy(types.ModuleType):
    """As much of CuPy as device.py and cuda.py ask for."""

    def __init__(self, count):
        super().__init__("cupy")
        self.log = []
        runtime = types.SimpleNamespace(
            getDeviceCount=lambda: count,
            getDeviceProperties=lambda index: {"name": f"GPU {index}".encode()})
        stream = types.SimpleNamespace(synchronize=lambda: self.log.append("waited"))
        self.cuda = types.SimpleNamespace(runtime=runtime, Device=self._device,
                                          get_current_stream=lambda: stream)

    def _device(self, index=0):
        self.log.append(f"device {index}")
        return _Here(index)

    def asarray(self, array):
        return np.asarray(array).view(GpuArray)

    def get_default_memory_pool(self):
        return types.SimpleNamespace(free_all_blocks=lambda: self.log.append("freed"))


class _Here:
    """cupy.cuda.Device: a context."""

    def __init__(self, index):
        self.id = index

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


@pytest.fixture
def cupy(monkeypatch, request):
    """A CuPy with as many GPUs as the test asks for."""
    module = FakeCupy(getattr(request, "param", 1))
    monkeypatch.setitem(sys.modules, "cupy", module)
    devices.cupy.cache_clear()
    yield module
    devices.cupy.cache_clear()


@pytest.fixture
def no_cupy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)  # import raises ImportError
    devices.cupy.cache_clear()
    yield
    devices.cupy.cache_clear()


# names -------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name, text, representation", [
    ("cpu", "cpu", "device(type='cpu')"), ("cuda", "cuda:0", "device(type='cuda', index=0)"),
    ("cuda:3", "cuda:3", "device(type='cuda', index=3)"),
])
def test_names(name, text, representation):
    where = mt.device(name)
    assert str(where) == text and repr(where) == representation
    assert where == name and where == text and where == mt.device(where)
    assert hash(where) == hash(text)
    assert len({where, mt.device(name)}) == 1


def test_type_and_index():
    assert mt.device("cuda", 1) == "cuda:1" == mt.device("cuda:1", 1)
    assert mt.device("cpu") != mt.device("cuda") and mt.device("cpu") != "anything else"
    assert mt.device("cpu") != 3


@pytest.mark.parametrize("name", ["gpu", "", "cuda:", "cuda:x", "mps", "cuda:-1", None])
def test_unknown_names(name):
    with pytest.raises(ValueError, match='unknown device.*use "cpu", "cuda" or "cuda:0"'):
        mt.device(name)


def test_two_numbers():
    with pytest.raises(ValueError, match="has a number already"):
        mt.device("cuda:1", 2)


# without a GPU -----------------------------------------------------------------------------------

def test_without_cupy(no_cupy):
    assert not mt.has_gpu() and not mt.cuda.is_available() and mt.cuda.device_count() == 0
    assert mt.cuda.current_device() == 0 and mt.cuda.get_device_name() == "cpu"
    mt.cuda.synchronize()
    mt.cuda.empty_cache()
    assert mt.cuda.manual_seed(3) == 3 == mt.initial_seed()
    with pytest.raises(RuntimeError, match=r'no GPU was found.*pip install.*cuda12'):
        devices.to_gpu(np.ones(2))


@pytest.mark.parametrize("cupy", [0], indirect=True)
def test_cupy_without_a_gpu(cupy):
    assert not mt.has_gpu()


def test_a_broken_driver_is_no_gpu(cupy):
    def fails():
        raise OSError("driver")

    cupy.cuda.runtime.getDeviceCount = fails
    assert not mt.has_gpu()


def test_arrays_stay_where_they_are(no_cupy):
    array = np.ones(2)
    assert devices.array_module(array) is np and devices.device_of(array) == "cpu"
    assert devices.move(array, "cpu") is array and devices.to_cpu(array) is array
    assert devices.is_array(array) and not devices.is_array([1]) and not devices.is_array(2.0)


# with one ----------------------------------------------------------------------------------------

def test_with_a_gpu(cupy):
    assert mt.has_gpu() and mt.cuda.is_available() and mt.cuda.device_count() == 1
    assert mt.cuda.current_device() == 0 and mt.cuda.get_device_name() == "GPU 0"
    mt.cuda.synchronize()
    mt.cuda.empty_cache()
    assert cupy.log[-2:] == ["waited", "freed"]


def test_arrays_move(cupy):
    array = np.ones(2)
    there = devices.move(array, "cuda")
    assert devices.is_gpu_array(there) and devices.is_array(there)
    assert devices.array_module(there) is cupy and devices.device_of(there) == "cuda:0"
    assert devices.move(there, mt.device("cuda", 0)) is there
    back = devices.move(there, "cpu")
    assert type(back) is np.ndarray and back.tolist() == [1, 1]


def test_a_tensor_on_a_gpu_says_so(cupy):
    x = mt.Tensor(devices.to_gpu(np.ones(2, np.float32)))
    assert x.is_cuda and x.device == "cuda" and repr(x) == "tensor([1., 1.], device='cuda:0')"
    with pytest.raises(TypeError, match=r"use tensor.cpu\(\).numpy\(\)"):
        x.numpy()
    assert x.numpy(force=True).tolist() == [1, 1]
