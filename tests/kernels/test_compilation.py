"""How the CPU kernels are compiled: with which effort, and who hears of it."""
import numba
import pytest
from numba import config
from numba.core import event

from minitorch_cnn.kernels.cpu import jit


def twice(x):
    return x * 2


class Listener(event.Listener):
    """Notes LLVM's level of optimization during each compilation."""

    def __init__(self):
        self.levels = []

    def on_start(self, event):
        self.levels.append(int(config.OPT))

    def on_end(self, event):
        pass


@pytest.fixture
def levels():
    listener = Listener()
    event.register("numba:compile", listener)
    yield listener.levels
    event.unregister("numba:compile", listener)


def test_our_kernels_are_compiled_at_level_2_and_nobody_elses(levels, monkeypatch):
    before = config.OPT
    numba.njit(twice)(3)
    assert levels == [before]
    monkeypatch.setattr(twice, "__module__", jit.__name__)
    assert numba.njit(twice)(3) == 6
    assert levels[1:] == [2]
    assert before == config.OPT


def test_the_line_counts_our_kernels_alone(monkeypatch):
    line = jit.compilations.line
    done = line.done
    numba.njit(twice)(3)
    assert line.done == done
    monkeypatch.setattr(twice, "__module__", jit.__name__)
    numba.njit(twice)(3)
    assert line.done == done + 1
    with pytest.raises(numba.TypingError):
        numba.njit(twice)({})
    assert line._depth == 0     # nor does a failed compilation leave the line open
