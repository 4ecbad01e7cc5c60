"""What ``check_op`` compares with torch on the CPU is compared on a GPU, too, or its stand-in."""
import contextlib

import check_op
import pytest
from gpu_sim.cupy_standin import installed


def pytest_generate_tests(metafunc):
    """Every test that calls ``check_op``, itself or through helpers in its file, runs twice."""
    alone = metafunc.definition.get_closest_marker("only_on_the_cpu")
    if _checks(metafunc.function, vars(metafunc.module)) and not alone:
        metafunc.parametrize("place", ["cpu", "gpu"], indirect=True)


def _checks(function, names, depth=2):
    called = [names.get(name) for name in function.__code__.co_names]
    return any(f is check_op.check_op for f in called) or depth > 0 and any(
        _checks(f, names, depth - 1) for f in called if hasattr(f, "__code__"))


@pytest.fixture(autouse=True)
def place(request):
    """Where ours is computed, "cpu" or "gpu"."""
    if getattr(request, "param", "cpu") == "cpu":
        yield
        return
    real = request.config.getoption("--device") == "cuda"
    with contextlib.nullcontext() if real else installed():
        check_op.place.device = "cuda"
        yield
        check_op.place.device = "cpu"
