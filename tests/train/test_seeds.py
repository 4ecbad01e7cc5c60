"""Several seeds: mean and spread, and random streams that are left as they were."""
import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn.train import Proportion, over_seeds


def test_mean_and_spread():
    table = over_seeds(lambda seed: {"accuracy": Proportion(90 + seed, 100), "seconds": 2 ** seed})
    assert table.seeds == [0, 1, 2]
    accuracy = table["accuracy"]
    assert accuracy.values == (0.9, 0.91, 0.92)
    assert (accuracy.mean, accuracy.std) == pytest.approx((0.91, np.std([1, 2, 3], ddof=1) / 100))
    assert (accuracy.low, accuracy.high, table["seconds"].median) == (0.9, 0.92, 2)
    assert [row.name for row in table.rows] == ["accuracy", "seconds"]
    text = str(table)
    assert "seed 2" in text and "0.91" in text and "std" in text
    assert str(accuracy) == "0.91 +- 0.01"


def test_one_seed_has_no_spread():
    table = over_seeds(lambda seed: 7, seeds=[5])
    assert table.seeds == [5] and table["result"].mean == 7 and np.isnan(table["result"].std)
    assert str(table["result"]) == "7" and "nan" not in str(table)


def test_every_run_starts_from_its_seed():
    before = repr(mt.get_rng_state())
    table = over_seeds(lambda seed: mt.rand(1).item(), seeds=[4, 9, 4])
    first, second, third = table["result"].values
    mt_values = []
    for seed in (4, 9):
        mt.manual_seed(seed)
        mt_values.append(mt.rand(1).item())
    assert [first, second] == mt_values and third == first
    mt.manual_seed(0)
    assert repr(mt.get_rng_state()) == before


def test_streams_are_restored_after_an_error():
    before = repr(mt.get_rng_state())
    with pytest.raises(ZeroDivisionError):
        over_seeds(lambda seed: 1 / 0)
    assert repr(mt.get_rng_state()) == before


@pytest.mark.parametrize("run, error, words", [
    (lambda seed: None, TypeError, r"over_seeds: run\(0\) must return a number or a dict of num"),
    (lambda seed: {"a": "x"}, TypeError, "must return a number or a dict of numbers, got {'"),
    (lambda seed: {str(seed): 1}, ValueError, "the run with seed 1 measured 1, the first 0; all"),
])
def test_runs_that_measure_nothing(run, error, words):
    with pytest.raises(error, match=words):
        over_seeds(run)


def test_no_seed_and_no_such_name():
    with pytest.raises(ValueError, match="over_seeds: there is no seed; pass at least one"):
        over_seeds(lambda seed: 1, seeds=0)
    with pytest.raises(KeyError, match="SeedTable: the runs did not measure 'x', only result"):
        over_seeds(lambda seed: 1)["x"]
