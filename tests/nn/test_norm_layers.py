"""Running statistics: what moves them, and what leaves them alone."""
import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import nn


def _batch(rng, n=4):
    return rng.standard_normal((n, 3, 5, 5)).astype(np.float32) * 2 + 1


def _statistics(layer):
    return [layer.running_mean.data.copy(), layer.running_var.data.copy(),
            int(layer.num_batches_tracked)]


def test_momentum_none_averages_over_all_batches(rng):
    ours, theirs = nn.BatchNorm2d(3, momentum=None), torch.nn.BatchNorm2d(3, momentum=None)
    for n in (4, 2, 3, 5):
        x = _batch(rng, n)
        ours(mt.Tensor(x))
        theirs(torch.from_numpy(x))
    np.testing.assert_allclose(ours.running_mean.data, theirs.running_mean.numpy(), rtol=1e-5)
    np.testing.assert_allclose(ours.running_var.data, theirs.running_var.numpy(), rtol=1e-5)
    assert int(ours.num_batches_tracked) == 4 and ours.num_batches_tracked.dtype == np.int64


def test_training_moves_statistics_also_under_no_grad(rng):
    layer = nn.BatchNorm2d(3)
    with mt.no_grad():
        layer(mt.Tensor(_batch(rng)))
    assert int(layer.num_batches_tracked) == 1 and abs(layer.running_mean.data).min() > 0


def test_eval_leaves_statistics_alone_and_gives_a_gradient_to_the_input(rng):
    layer = nn.BatchNorm2d(3)
    layer(mt.Tensor(_batch(rng)))
    before = _statistics(layer.eval())
    x = mt.Tensor(_batch(rng), requires_grad=True)
    layer(x).backward(np.ones(x.shape, np.float32))
    for mine, kept in zip(_statistics(layer), before):
        np.testing.assert_array_equal(mine, kept)
    scale = layer.weight.data / np.sqrt(layer.running_var.data + layer.eps)
    np.testing.assert_allclose(x.grad.data, np.broadcast_to(scale[:, None, None], x.shape),
                               rtol=1e-5)


def test_gradients_leave_statistics_alone(rng):
    layer = nn.BatchNorm2d(3)
    y = layer(mt.Tensor(_batch(rng)))
    before = _statistics(layer)
    y.backward(np.ones(y.shape, np.float32))
    layer.zero_grad()
    for mine, kept in zip(_statistics(layer), before):
        np.testing.assert_array_equal(mine, kept)
    assert {n for n, _ in layer.named_parameters()} == {"weight", "bias"}
    assert not any(b.requires_grad or b.grad for b in layer.buffers())


def test_statistics_keep_their_array(rng):
    layer = nn.BatchNorm2d(3)
    arrays = [b.data for b in layer.buffers()]
    layer(mt.Tensor(_batch(rng)))
    assert all(b.data is a for b, a in zip(layer.buffers(), arrays))


def test_reset(rng):
    layer = nn.BatchNorm2d(3)
    layer(mt.Tensor(_batch(rng)))
    layer.weight.data[...] = 5
    layer.reset_running_stats()
    np.testing.assert_array_equal(layer.running_var.data, 1)
    assert int(layer.num_batches_tracked) == 0 and layer.weight.data[0] == 5
    layer.reset_parameters()
    np.testing.assert_array_equal(layer.weight.data, 1)


def test_without_tracking_the_batch_is_used_in_eval_mode_too(rng):
    layer, x = nn.BatchNorm2d(3, track_running_stats=False, affine=False), mt.Tensor(_batch(rng))
    assert layer.running_mean is None and list(layer.state_dict()) == []
    np.testing.assert_array_equal(layer(x).data, layer.eval()(x).data)


def test_switching_tracking_off_later_is_as_in_torch(rng):
    x = _batch(rng)
    ours, theirs = nn.BatchNorm2d(3), torch.nn.BatchNorm2d(3)
    ours.track_running_stats = theirs.track_running_stats = False
    for training in (True, False):
        y = ours.train(training)(mt.Tensor(x)).data
        np.testing.assert_allclose(y, theirs.train(training)(torch.from_numpy(x)).detach(),
                                   atol=1e-5)
    np.testing.assert_array_equal(ours.running_mean.data, 0)


def test_a_removed_counter_is_as_in_torch(rng):
    x = _batch(rng)
    ours, theirs = nn.BatchNorm2d(3, momentum=None), torch.nn.BatchNorm2d(3, momentum=None)
    ours.num_batches_tracked = theirs.num_batches_tracked = None
    ours(mt.Tensor(x))
    theirs(torch.from_numpy(x))
    np.testing.assert_allclose(ours.running_mean.data, theirs.running_mean.numpy())


def test_state_dicts_without_counter_load():
    state = nn.BatchNorm2d(3).state_dict()
    del state["num_batches_tracked"]
    layer = nn.Sequential(nn.BatchNorm2d(3))
    layer[0].num_batches_tracked.data += 7
    result = layer.load_state_dict({f"0.{k}": v for k, v in state.items()})
    assert result.missing_keys == [] and int(layer[0].num_batches_tracked) == 7


@pytest.mark.parametrize("frozen", ["weight", "bias"])
def test_frozen_parameters_get_no_gradient(frozen, rng):
    layer = nn.BatchNorm2d(3)
    getattr(layer, frozen).requires_grad_(False)
    x = mt.Tensor(_batch(rng), requires_grad=True)
    layer(x).backward(rng.standard_normal(x.shape))
    grads = {name: p.grad is None for name, p in layer.named_parameters()}
    assert grads == {"weight": frozen == "weight", "bias": frozen == "bias"}
    assert x.grad is not None
