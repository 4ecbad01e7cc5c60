"""Tests of the GPU side, with ``--device=sim`` (everywhere) or ``--device=cuda`` (on a GPU)."""
import shutil

import pytest
import verified
from gpu_sim.compiler import CXX
from gpu_sim.cupy_standin import installed

from minitorch_cnn.device import cupy as find_cupy


def pytest_sessionfinish(session, exitstatus):
    """After a run of the whole suite on a GPU: note which sources it was."""
    if session.config.getoption("--device") == "cuda" and not exitstatus and verified.is_whole():
        verified.record(find_cupy())


@pytest.fixture(scope="session")
def simulated(request):
    return request.config.getoption("--device") == "sim"


@pytest.fixture(autouse=True, scope="module")
def cupy(simulated):
    """CuPy, or its stand-in, which the package then takes for the real one."""
    if simulated:
        if shutil.which(CXX) is None:
            pytest.skip("the simulator needs a C++ compiler: apt-get install g++")
        with installed() as module:
            yield module
        return
    find_cupy.cache_clear()
    if find_cupy() is None:
        pytest.exit("--device=cuda: CuPy finds no GPU here", returncode=2)
    yield find_cupy()
