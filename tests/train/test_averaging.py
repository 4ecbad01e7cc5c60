"""The mean of the weights along the way."""
import numpy as np
import pytest
from tiny_training import Net, loaders

import minitorch_cnn as mt
from minitorch_cnn import optim
from minitorch_cnn.train import Callback, Trainer, WeightAverage


class Keep(Callback):
    """The weights after every step, in full."""

    def __init__(self):
        self.epochs, self.weights = [], []

    def on_batch_end(self, trainer, record):
        self.epochs.append(record["epoch"])
        self.weights.append({n: p.data.copy() for n, p in trainer.model.named_parameters()})


def make(out=None, from_epoch=2, callbacks=()):
    mt.manual_seed(3)
    model, average = Net(), WeightAverage(from_epoch)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    return Trainer(model, optimizer, out=out, callbacks=[average, *callbacks]), average


def means(trainer, average):
    return {n: p.data for n, p in average.averaged(trainer.model).named_parameters()}


def test_it_is_the_mean_over_the_steps_that_count():
    keep = Keep()
    trainer, average = make(callbacks=[keep])
    trainer.fit(*loaders(), epochs=3)
    counted = [w for epoch, w in zip(keep.epochs, keep.weights) if epoch >= 2]
    assert average.count == len(counted) == 8
    for name, mean in means(trainer, average).items():
        expected = np.mean([w[name].astype(np.float64) for w in counted], axis=0)
        np.testing.assert_allclose(mean, expected, rtol=1e-5, atol=1e-6)
        assert mean.dtype == np.float32


def test_training_does_not_notice():
    trainer, average = make()
    trainer.fit(*loaders(), epochs=2)
    last = {n: p.data.copy() for n, p in trainer.model.named_parameters()}
    plain, _ = make(from_epoch=9)
    plain.fit(*loaders(), epochs=2)
    for name, parameter in plain.model.named_parameters():
        np.testing.assert_array_equal(parameter.data, last[name])
    copied = average.averaged(trainer.model)
    copied.conv.weight.data[...] = 0
    np.testing.assert_array_equal(trainer.model.conv.weight.data, last["conv.weight"])
    assert average.averaged(trainer.model).conv.weight.data.any()


@pytest.mark.parametrize("first", [1, 2, 3])
def test_a_resumed_mean_is_the_same_to_the_bit(tmp_path, first):
    whole = make()
    whole[0].fit(*loaders(), epochs=4)
    make(tmp_path)[0].fit(*loaders(), epochs=first)
    resumed = make(tmp_path)
    resumed[0].fit(*loaders(), epochs=4)
    expected = means(*whole)
    for name, mean in means(*resumed).items():
        np.testing.assert_array_equal(mean, expected[name])


def test_begun_anew_it_forgets():
    trainer, average = make(from_epoch=1)
    trainer.fit(*loaders(), epochs=1)
    trainer.fit(*loaders(), epochs=2, resume=False)
    assert average.count == 8


def test_bad_use(tmp_path):
    with pytest.raises(ValueError, match="epochs count from 1, got from_epoch=0"):
        WeightAverage(0)
    trainer, average = make()
    trainer.fit(*loaders(), epochs=1)
    with pytest.raises(ValueError, match="no step has counted yet.*more than 1 epochs"):
        average.averaged(trainer.model)
    make(tmp_path)[0].fit(*loaders(), epochs=1)
    without = Trainer(trainer.model, optim.SGD(trainer.model.parameters(), lr=0.1), out=tmp_path)
    before = {n: p.data.copy() for n, p in trainer.model.named_parameters()}
    with pytest.raises(ValueError, match="state of callbacks WeightAverage, now there are none"):
        without.fit(*loaders(), epochs=2)
    for name, parameter in trainer.model.named_parameters():
        np.testing.assert_array_equal(parameter.data, before[name])
