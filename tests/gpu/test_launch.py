"""Launching: sources put together, compiled once, arguments held to the kernel's parameters."""
import importlib

import numpy as np
import pytest

from minitorch_cnn.device import to_cpu

launch = importlib.import_module("minitorch_cnn.kernels.cuda.launch")
FLOAT, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


@pytest.fixture
def x(cupy):
    return cupy.asarray(np.array([-1, 2, -3], np.float32))


def relu(x, *args, name="relu_forward", real=FLOAT):
    launch.launch("elementwise", name, real, 1, 32, x, *args)


def test_includes_are_put_in():
    text = launch.source("conv")
    assert '#include "' not in text and text.count("typedef REAL Real;") == 1
    assert "struct Geometry" in text and '#line 1 "common.cuh"' in text
    assert launch.source("conv") is text


def test_every_kernel_is_found_and_its_parameters_read():
    for path in launch.HERE.glob("*.cu"):
        names = launch.kernel_names(path.stem)
        assert len(names) == launch.source(path.stem).count("__global__") > 0, path
        for name in names:
            assert all(p.name.isidentifier() for p in
                       launch.parameters(path.stem, name, FLOAT, False))
    n = launch.parameters("elementwise", "relu_forward", DOUBLE, True)
    assert [(p.name, p.type, p.pointer) for p in n] == [
        ("x", np.float64, True), ("y", np.float64, True), ("n", np.int64, False)]


def test_a_kernel_runs_with_python_numbers(cupy, x):
    y = cupy.empty(3, np.float32)
    relu(x, y, 3)
    assert y.tolist() == [0, 2, 0]


def test_without_blocks_nothing_runs(x):
    launch.launch("elementwise", "relu_forward", FLOAT, 0, 32, x, None, 3)


@pytest.mark.parametrize("change, error, message", [
    (lambda x: (x, 3), TypeError, "relu_forward takes 3 arguments, got 2"),
    (lambda x: (to_cpu(x), x, 3), TypeError, "x must be a CuPy array, got ndarray"),
    (lambda x: (x, 2.0, 3), TypeError, "y must be a CuPy array, got float"),
    (lambda x: (x.astype(float), x, 3), TypeError, "x must be float32, got float64"),
    (lambda x: (x[::2], x, 2), ValueError, "x must be row-major; the strides"),
    (lambda x: (x, x, -1), ValueError, "n must fit into uint32, got -1"),
    (lambda x: (x, x, 2 ** 32), ValueError, "n must fit into uint32"),
    (lambda x: (x, x, "3"), ValueError, "n must fit into uint32"),
    (lambda x: (x, x, None), ValueError, "n must fit into uint32"),
])
def test_arguments_are_checked(x, change, error, message):
    with pytest.raises(error, match=message):
        relu(*change(x))


def test_too_many_blocks(x):
    with pytest.raises(ValueError, match="2,147,483,648 blocks are more than"):
        launch.launch("elementwise", "relu_forward", FLOAT, 2 ** 31, 32, x, x, 3)


def test_what_suits():
    a, b = np.zeros(2, np.float32), np.zeros(2)
    assert launch.suits(a) and launch.suits(b, b) and not launch.suits(a, b)
    assert not launch.suits(np.zeros(2, np.float16)) and not launch.suits(np.zeros(2, int))


def test_options():
    assert launch.options(FLOAT, False) == ("-std=c++17", "-DREAL=float")
    assert launch.options(DOUBLE, True, "ROWS=32") == ("-std=c++17", "-DREAL=double", "-DWIDE",
                                                       "-DROWS=32")
    assert launch.oldest("elementwise") == 75
