"""The simulator's own tests need a compiler."""
import shutil

import pytest
from gpu_sim.compiler import CXX


@pytest.fixture(autouse=True)
def _compiler():
    if shutil.which(CXX) is None:
        pytest.skip("the simulator needs a C++ compiler: apt-get install g++")
