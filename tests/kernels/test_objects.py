"""What compiled code reads off an array, against what NumPy says about it."""
import ctypes
import importlib
import itertools
import pickle

import numpy as np
import pytest

from minitorch_cnn import kernels

kernels.relu_forward.version("cpu")     # chooses the threading layer before anything is compiled
objects = importlib.import_module("minitorch_cnn.kernels.cpu.objects")
pool = importlib.import_module("minitorch_cnn.kernels.cpu.pool")
ROWS, PIXELS, OTHER = objects.ROWS, objects.PIXELS, objects.OTHER


class Subclass(np.ndarray):
    """Somebody's own kind of array."""


ARRAYS = {
    "rows": (lambda: np.zeros((2, 3, 4, 5), "f4"), ROWS),
    "a number": (lambda: np.zeros((), "f4"), ROWS),
    "pixels": (lambda: np.zeros((2, 4, 5, 3), "f4").transpose(0, 3, 1, 2), PIXELS),
    "one channel": (lambda: np.zeros((2, 4, 5, 1), "f4").transpose(0, 3, 1, 2), ROWS),
    "transposed": (lambda: np.zeros((2, 3), "f4").T, OTHER),
    "with gaps": (lambda: np.zeros((2, 3, 4, 5), "f4")[..., ::2], OTHER),
    "backwards": (lambda: np.zeros((2, 3), "f4")[:, ::-1], OTHER),
    "repeated": (lambda: np.broadcast_to(np.zeros((2, 3), "f4"), (4, 2, 3)), OTHER),
    "subclass": (lambda: np.zeros((2, 3), "f4").view(Subclass), 0),
    "read-only": (lambda: np.frombuffer(bytes(24), "f4"), ROWS),
    "unpickled": (lambda: pickle.loads(pickle.dumps(np.zeros((2, 3), "f4"))), ROWS),
    "empty": (lambda: np.zeros((2, 0, 3), "f4"), 0),
    "double": (lambda: np.zeros((2, 3)), 0),
    "half": (lambda: np.zeros((2, 3), "f2"), 0),
    "integers": (lambda: np.zeros((2, 3), "i4"), 0),
    "other byte order": (lambda: np.zeros((2, 3), np.dtype("f4").newbyteorder()), 0),
    "not aligned": (lambda: np.zeros(25, "u1")[1:].view("f4"), 0),
    "record": (lambda: np.zeros(3, [("a", "f4")]), 0),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_layout_and_address(name):
    make, expected = ARRAYS[name]
    array = make()
    assert objects.layout(array) == expected
    assert objects.address(array) == array.__array_interface__["data"][0]


def test_what_is_no_array():
    assert objects.layout(np.float32(3)) == 0
    assert objects.address(None) == 0 and objects.layout(None) == OTHER


def test_strides_of_axes_of_one_element_do_not_matter():
    for shape in itertools.product((1, 2, 3), repeat=4):
        n, c, h, w = shape
        array = np.zeros((n, h, w, c), "f4").transpose(0, 3, 1, 2)
        odd = tuple([7 * s if n == 1 else s for n, s in zip(shape, array.strides)])
        array = np.lib.stride_tricks.as_strided(array, shape, odd)
        assert objects.layout(array) == (ROWS if array.flags.c_contiguous else PIXELS), shape


def test_a_plan_is_read_from_its_address():
    plan = pool.Windows(*range(1, 23))
    there = (ctypes.c_int64 * 22).from_address(plan.address)
    assert list(there) == list(plan)
