"""The CPU kernels on random problems, against the reference; see ``check_kernels.py``."""
import numpy as np
import pytest
from check_kernels import check, cut_small, run
from fused_problems import PRIMITIVES, PROBLEMS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kernel_problems import Seeded

import minitorch_cnn as mt
from minitorch_cnn import nn

VOLUME = {"convolution": 1500, "normalization": 600}


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
    @settings(max_examples=50, deadline=None, database=None, derandomize=True,
              suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def one(data):
        check(*PROBLEMS[kind](Drawn(data)))
    one()


@pytest.mark.parametrize("kind", PROBLEMS)
def test_many(kind):
    count = VOLUME.get(kind, 400)
    done = sum([run(kind, seed) for seed in range(count)])
    assert done > count // 3, "the fast kernel declines most of them"


@pytest.mark.parametrize("kind", ["convolution", "normalization"])
def test_many_in_small_pieces(kind, monkeypatch):
    cut_small(monkeypatch.setattr)
    for seed in range(5000, 5500):
        run(kind, seed)


@pytest.fixture(params=[1, mt.get_num_threads()], ids=["one thread", "all threads"])
def threads(request):
    before = mt.get_num_threads()
    mt.set_num_threads(request.param)
    yield request.param
    mt.set_num_threads(before)


@pytest.mark.parametrize("kind", PROBLEMS)
def test_the_same_again(kind, threads):
    """Bit for bit, whatever lay in the memory before."""
    for seed in range(25):
        name, arguments = PROBLEMS[kind](Seeded(seed))
        results = []
        for fill in (np.nan, 1e30):
            spoil_free_memory(fill)
            with np.errstate(all="ignore"):
                result = PRIMITIVES[name](*arguments)
            result = result if isinstance(result, tuple) else (result,)
            results.append([None if r is None else (r.tobytes(), r.strides) for r in result])
        assert results[0] == results[1], f"{name}, seed {seed}"


def spoil_free_memory(value):
    from minitorch_cnn.kernels.cpu.memory import POOL
    for blocks in POOL.free.values():
        for block in blocks:
            block[:block.size // 4 * 4].view(np.float32)[...] = value


def test_a_seeded_training_again(threads, rng):
    x, labels = rng.random((70, 3, 20, 20), np.float32), rng.integers(0, 10, 70)

    def trained():
        mt.manual_seed(7)
        net = nn.Sequential(nn.Conv2d(3, 19, 3, padding=1), nn.BatchNorm2d(19), nn.ReLU(),
                            nn.MaxPool2d(2), nn.Conv2d(19, 38, 3, stride=2, groups=19), nn.ReLU(),
                            nn.AvgPool2d(2), nn.Flatten(), nn.Linear(152, 10))
        optimizer = mt.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        for _ in range(3):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(mt.tensor(x)), mt.tensor(labels)).backward()
            optimizer.step()
            spoil_free_memory(1e30)
        return [p.numpy().tobytes() for p in net.state_dict().values()]
    assert trained() == trained()
