"""The CPU kernels on random problems, against the reference; see ``check_kernels.py``."""
import numpy as np
import pytest
from check_kernels import check, cut_small, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kernel_problems import PROBLEMS, Seeded

from minitorch_cnn import kernels

VOLUME = {"convolution": 600, "normalization": 300, "matrix_product": 300}


class Drawn:
    """Chooses by hypothesis, which makes a failing problem smaller."""

    def __init__(self, data):
        self.draw = data.draw

    def number(self, low, high):
        return self.draw(st.integers(low, high))

    def of(self, options):
        return self.draw(st.sampled_from(options))


@pytest.mark.parametrize("kind", PROBLEMS)
def test_drawn(kind):
    @settings(max_examples=25, deadline=None, database=None, derandomize=True,
              suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def one(data):
        check(*PROBLEMS[kind](Drawn(data)))
    one()


@pytest.mark.parametrize("kind", PROBLEMS)
def test_many(kind):
    count = VOLUME.get(kind, 200)
    done = sum([run(kind, seed) for seed in range(count)])
    assert done > count // 3, "the fast kernel declines most of them"


@pytest.mark.parametrize("kind", ["convolution", "normalization"])
def test_many_in_small_pieces(kind, monkeypatch):
    cut_small(monkeypatch.setattr)
    for seed in range(1000, 1300):
        run(kind, seed)


@pytest.mark.parametrize("kind", PROBLEMS)
def test_the_same_again(kind):
    """Bit for bit, on fresh memory, whatever lay in it before."""
    for seed in range(25):
        name, arguments = PROBLEMS[kind](Seeded(seed))
        results = []
        for fill in (np.nan, 1e30):
            spoil_free_memory(fill)
            with np.errstate(all="ignore"):
                result = kernels.PRIMITIVES[name](*arguments)
            result = result if isinstance(result, tuple) else (result,)
            results.append([None if r is None else r.tobytes() for r in result])
        assert results[0] == results[1], f"{name}, seed {seed}"


def spoil_free_memory(value):
    from minitorch_cnn.kernels.cpu.memory import POOL
    for blocks in POOL.free.values():
        for block in blocks:
            block[:block.size // 4 * 4].view(np.float32)[...] = value
