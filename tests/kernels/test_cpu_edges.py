"""The CPU kernels in processes of their own: memory at the edge, other vector widths, more threads.

Every array and every scratch buffer of a problem starts or ends where a page begins that nobody may
touch: a kernel that reads or writes beyond an array ends the process.
"""
import getpass
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from fused_problems import PROBLEMS

TESTS = Path(__file__).resolve().parents[1]
# what is compiled for vector widths that are not this machine's is kept here for the next time
CACHE = Path(tempfile.gettempdir()) / f"minitorch_cnn_tests_of_{getpass.getuser()}"


def python(*arguments, **environment):
    return subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True,
                          env={**os.environ, "OMP_WAIT_POLICY": "passive", **environment})


def all_right(*options, **environment):
    result = python(TESTS / "check_kernels.py", *options, **environment)
    last = "\n".join(result.stderr.splitlines()[-25:])
    assert result.returncode == 0 and "all right" in result.stdout, \
        f"exit status {result.returncode}; the last problem and error:\n{last}"


@pytest.mark.parametrize("at_end", [True, False])
def test_one_float_too_far_ends_the_process(at_end):
    code = ("import ctypes, numpy as np; from check_kernels import Fence;"
            f"a = Fence({at_end}).copy(np.arange(5, dtype='float32')); print(a.sum(), flush=True);"
            f"ctypes.c_float.from_address(a.ctypes.data + {20 if at_end else -4}).value")
    result = python("-c", code, PYTHONPATH=f"{TESTS}{os.pathsep}{TESTS.parent}")
    assert result.stdout.strip() == "10.0" and result.returncode < 0


def test_nothing_is_touched_outside_of_arrays():
    all_right(0, 300, *PROBLEMS, "--fenced")


def test_nothing_is_touched_outside_of_arrays_in_small_pieces():
    all_right(1000, 100, *PROBLEMS, "--fenced", "--small", NUMBA_NUM_THREADS="3")


@pytest.mark.parametrize("width", [4, 8])
def test_vectors_of_other_widths(width):
    all_right(2000, 80, *PROBLEMS, "--fenced", "--small", NUMBA_NUM_THREADS="3",
              MINITORCH_CNN_SIMD_WIDTH=str(width), MINITORCH_CNN_CACHE=str(CACHE))


def test_winograd_touches_nothing_outside_of_arrays():
    all_right(0, 100, "three_by_three", "--fenced", "--winograd")
    all_right(300, 50, "three_by_three", "--fenced", "--small", "--winograd",
              NUMBA_NUM_THREADS="3")


@pytest.mark.parametrize("width", [4, 8])
def test_winograd_with_vectors_of_other_widths(width):
    all_right(500, 80, "three_by_three", "--fenced", "--small", "--winograd",
              NUMBA_NUM_THREADS="3", MINITORCH_CNN_SIMD_WIDTH=str(width),
              MINITORCH_CNN_CACHE=str(CACHE))
