"""The door to the kernels: which language runs, and what happens where one is missing."""
import importlib
import sys

import numpy as np
import pytest

from minitorch_cnn import kernels

X = np.arange(12, dtype=np.float32).reshape(3, 4)


class Gpu(np.ndarray):
    """What looks like a CuPy array."""


Gpu.__module__ = "cupy"


@pytest.fixture
def primitive():
    """A primitive that has looked nowhere yet."""
    return kernels.Primitive("softmax", "softmax_forward")


def test_the_array_decides():
    assert kernels.language_of(X) == "cpu" and kernels.language_of(X.view(Gpu)) == "cuda"


def test_without_numba_the_reference_runs(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    kernels.has_numba.cache_clear()
    assert not kernels.has_numba() and kernels.language_of(X) == "reference"
    with pytest.raises(ValueError, match="pip install numba"), kernels.use("cpu"):
        pass
    monkeypatch.undo()
    kernels.has_numba.cache_clear()
    assert kernels.has_numba()


def test_use_forces_and_nests_and_ends():
    with kernels.use("reference"):
        assert kernels.language_of(X) == "reference"
        with kernels.use("cuda"):
            assert kernels.language_of(X) == "cuda"
        assert kernels.language_of(X) == "reference"
    with pytest.raises(KeyError), kernels.use("reference"):
        raise KeyError
    assert kernels.language_of(X) == "cpu"


def test_no_such_language():
    with pytest.raises(ValueError, match="no language 'rust'.*reference, cpu, cuda"), \
            kernels.use("rust"):
        pass


def test_what_a_language_lacks_the_reference_does(primitive):
    module = importlib.import_module("minitorch_cnn.kernels.reference.softmax")
    missing = kernels.Primitive("no_such_file", "f")
    assert not missing.has("cpu") and not missing.has("reference")
    assert primitive.version("reference") is module.softmax_forward
    nowhere = kernels.Primitive("softmax", "no_such_function")
    assert not nowhere.has("reference") and nowhere.version("cpu") is None


def test_a_declined_case_goes_to_the_reference(primitive, monkeypatch):
    expected = primitive.version("reference")(X, 1)
    monkeypatch.setitem(primitive._versions, "cpu", lambda *args: NotImplemented)
    np.testing.assert_array_equal(primitive(X, 1), expected)


def test_a_broken_language_warns_and_goes_on(primitive, monkeypatch):
    real = importlib.import_module

    def broken(name, *args):
        if ".cpu." in name:
            raise ImportError("Numba needs NumPy 2.3 or less")
        return real(name, *args)

    monkeypatch.setattr(kernels.importlib, "import_module", broken)
    kernels._warn_once.cache_clear()
    with pytest.warns(RuntimeWarning, match="cpu kernels cannot be used .Numba needs"):
        result = primitive(X, 1)
    np.testing.assert_array_equal(result, primitive.version("reference")(X, 1))
    assert kernels.Primitive("softmax", "softmax_forward")(X, 1).shape == X.shape  # says it once


def test_a_broken_reference_is_an_error(primitive, monkeypatch):
    def broken(name, *args):
        raise ImportError("a bug")

    monkeypatch.setattr(kernels.importlib, "import_module", broken)
    with pytest.raises(ImportError, match="a bug"):
        primitive.version("reference")


@pytest.mark.parametrize("name", kernels.PRIMITIVES)
def test_every_primitive_is_defined_by_a_reference(name):
    primitive = kernels.PRIMITIVES[name]
    assert primitive.has("reference") and primitive.name == name
    assert repr(primitive) == f"<kernel {primitive.file}.{name}>"
    assert callable(primitive.version("cpu")) and callable(primitive.version("cuda"))
