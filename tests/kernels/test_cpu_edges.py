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


def start(*arguments, **environment):
    return subprocess.Popen([sys.executable, *map(str, arguments)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True,
                            env={**os.environ, "OMP_WAIT_POLICY": "passive", **environment})


def all_right(*options, **environment):
    ends_well(start(TESTS / "check_kernels.py", *options, **environment))


def ends_well(process):
    output, errors = process.communicate()
    last = "\n".join(errors.splitlines()[-25:])
    assert process.returncode == 0 and "all right" in output, \
        f"exit status {process.returncode}; the last problem and error:\n{last}"


@pytest.fixture(scope="module")
def widths():
    """{vector width: a process}. Most of their time they compile, so both run at once."""
    processes = {width: start(
        TESTS / "check_kernels.py", 2000, 80, *PROBLEMS, "--fenced", "--small",
        NUMBA_NUM_THREADS="3", MINITORCH_CNN_SIMD_WIDTH=str(width), MINITORCH_CNN_CACHE=str(CACHE))
        for width in (4, 8)}
    yield processes
    for process in processes.values():
        process.kill()


@pytest.mark.parametrize("at_end", [True, False])
def test_one_float_too_far_ends_the_process(at_end):
    code = ("import ctypes, numpy as np; from check_kernels import Fence;"
            f"a = Fence({at_end}).copy(np.arange(5, dtype='float32')); print(a.sum(), flush=True);"
            f"ctypes.c_float.from_address(a.ctypes.data + {20 if at_end else -4}).value")
    process = start("-c", code, PYTHONPATH=f"{TESTS}{os.pathsep}{TESTS.parent}")
    assert process.communicate()[0].strip() == "10.0" and process.returncode < 0


def test_nothing_is_touched_outside_of_arrays():
    all_right(0, 300, *PROBLEMS, "--fenced")


def test_nothing_is_touched_outside_of_arrays_in_small_pieces():
    all_right(1000, 100, *PROBLEMS, "--fenced", "--small", NUMBA_NUM_THREADS="3")


@pytest.mark.parametrize("width", [4, 8])
def test_vectors_of_other_widths(widths, width):
    ends_well(widths[width])


def test_winograd_touches_nothing_outside_of_arrays():
    all_right(0, 100, "three_by_three", "--fenced", "--winograd")
    all_right(300, 50, "three_by_three", "--fenced", "--small", "--winograd",
              NUMBA_NUM_THREADS="3")


@pytest.mark.parametrize("width", [4, 8])
def test_winograd_with_vectors_of_other_widths(width):
    all_right(500, 80, "three_by_three", "--fenced", "--small", "--winograd",
              NUMBA_NUM_THREADS="3", MINITORCH_CNN_SIMD_WIDTH=str(width),
              MINITORCH_CNN_CACHE=str(CACHE))
