"""Seeds, streams and states."""
import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import random

EXPECTED = [0.8911275320444713, 0.7657575776607031, 0.19036338166975186]


def draw(stream="default"):
    return random.generator(stream).random(3).tolist()


def test_a_seed_fixes_every_stream():
    mt.manual_seed(3)
    first = draw("init"), draw("shuffle"), random.next_call("dropout")
    mt.manual_seed(3)
    assert (draw("init"), draw("shuffle"), random.next_call("dropout")) == first
    mt.manual_seed(4)
    assert draw("init") != first[0]


def test_streams_do_not_disturb_each_other():
    mt.manual_seed(3)
    alone = draw("init")
    mt.manual_seed(3)
    draw("augmentation")
    random.next_call("dropout")
    assert draw("init") == alone and draw("augmentation") != alone


def test_the_numbers_stay_the_same_over_the_years():
    mt.manual_seed(0)
    np.testing.assert_allclose(draw("init"), EXPECTED, rtol=0, atol=1e-15)


def test_seeds_as_in_torch():
    for seed in (0, 7, -1, 2 ** 40):
        torch.manual_seed(seed)
        assert mt.manual_seed(seed) == mt.initial_seed() == torch.initial_seed() % 2 ** 64
    mt.manual_seed(-1)
    wrapped = draw()
    mt.manual_seed(2 ** 64 - 1)
    assert draw() == wrapped


def test_calls_are_counted():
    assert [random.next_call("a"), random.next_call("b"), random.next_call("a")] == [0, 0, 1]


def test_a_state_continues_where_it_was():
    draw("init")
    random.next_call("dropout")
    state = mt.get_rng_state()
    ahead = draw("init"), draw("fresh"), random.next_call("dropout")
    mt.manual_seed(99)
    for _ in range(2):  # the state itself is not used up
        mt.set_rng_state(state)
        assert (draw("init"), draw("fresh"), random.next_call("dropout")) == ahead


def test_a_generator_of_ones_own():
    g = mt.Generator().manual_seed(3)
    assert g.initial_seed() == 3 and mt.Generator().initial_seed() == mt.Generator("cpu")._seed
    before = draw()
    state = g.get_state()
    first = g.numpy.random(3).tolist()
    g.set_state(state)
    assert g.numpy.random(3).tolist() == first
    mt.manual_seed(0)
    assert draw() == before
    assert mt.Generator().manual_seed(3).numpy.random(3).tolist() == first


@pytest.mark.parametrize("source", [5, np.random.default_rng(5)])
def test_sources_of_numbers(source):
    first = random.numpy_generator(source).random()
    assert first == np.random.default_rng(5).random()


def test_sources_that_are_ours():
    g = mt.Generator()
    assert random.numpy_generator(g) is g.numpy
    assert random.numpy_generator(None, "init") is random.generator("init")
