"""A small net trained for some steps: parameters, statistics and losses follow torch's."""
import numpy as np
import torch

import minitorch_cnn as mt
from minitorch_cnn import nn


def build(n):
    return n.Sequential(
        n.Conv2d(1, 4, 3, padding=1), n.BatchNorm2d(4), n.ReLU(), n.MaxPool2d(2),
        n.Conv2d(4, 6, 3, padding=1, stride=2, bias=False), n.GELU(),
        n.AdaptiveAvgPool2d(2), n.Flatten(), n.Linear(24, 8), n.LayerNorm(8),
        n.Tanh(), n.Linear(8, 3))


def test_steps_of_gradient_descent(rng):
    ours, theirs = build(nn).double(), build(torch.nn).double()
    theirs.load_state_dict({k: torch.tensor(v.data) for k, v in ours.state_dict().items()})
    for _ in range(4):
        x, labels = rng.standard_normal((6, 1, 8, 8)), rng.integers(0, 3, 6)
        loss = nn.CrossEntropyLoss()(ours(mt.Tensor(x)), labels)
        other = torch.nn.CrossEntropyLoss()(theirs(torch.from_numpy(x)), torch.from_numpy(labels))
        np.testing.assert_allclose(loss.item(), other.item(), rtol=1e-10)
        ours.zero_grad()
        theirs.zero_grad()
        loss.backward()
        other.backward()
        with mt.no_grad(), torch.no_grad():
            for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
                p -= 0.1 * p.grad
                q -= 0.1 * q.grad
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key].data, value.numpy(), 1e-9, 1e-12)


def test_gradient_of_the_input_with_a_frozen_net(rng):
    net = build(nn).eval().requires_grad_(False)
    x = mt.Tensor(rng.standard_normal((2, 1, 8, 8)).astype(np.float32), requires_grad=True)
    before = {k: v.data.copy() for k, v in net.state_dict().items()}
    nn.functional.cross_entropy(net(x), np.array([0, 1])).backward()
    assert x.grad.data.any() and all(p.grad is None for p in net.parameters())
    for key, value in net.state_dict().items():
        np.testing.assert_array_equal(value.data, before[key])


def test_one_net_used_twice_adds_up(rng):
    layer = nn.Linear(3, 3)
    a, b = [mt.Tensor(rng.standard_normal((2, 3)).astype(np.float32)) for _ in range(2)]
    (layer(a).sum() + layer(b).sum()).backward()
    expected = np.tile((a.data + b.data).sum(0), (3, 1))
    np.testing.assert_allclose(layer.weight.grad.data, expected, rtol=1e-5)
    np.testing.assert_allclose(layer.bias.grad.data, 4)
