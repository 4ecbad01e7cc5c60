import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.attacks import fgsm, weights_checksum

IMAGE = np.full((1, 1, 1, 2), 0.5)


class Careless(nn.Module):
    """Counts its calls in a buffer, and spoils a weight if told to."""

    def __init__(self, spoil=False):
        super().__init__()
        self.linear, self.spoil = nn.Linear(2, 2).double(), spoil
        self.register_buffer("calls", mt.zeros(1))

    def forward(self, x):
        if self.spoil:
            self.linear.weight.data[0, 0] += 1e-9
        else:
            self.calls.data[0] += 1
        return self.linear(x.flatten(1))


def test_a_change_raises_and_is_named():
    with pytest.raises(RuntimeError, match=r"fgsm: the model changed during the attack \(calls\)"):
        fgsm(Careless().eval(), IMAGE, 0, 0.1)
    with pytest.raises(RuntimeError, match=r"changed during the attack \(linear.weight\)"):
        fgsm(Careless(spoil=True).eval(), IMAGE, 0, 0.1)


def test_checksum():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    first = weights_checksum(net)
    assert len(first) == 64 and weights_checksum(net) == first
    net[1].running_mean.data[2] = np.nextafter(np.float32(0), np.float32(1))
    assert weights_checksum(net) != first
    assert weights_checksum(lambda x: x) is None


def test_stands_in_the_result():
    net = nn.Sequential(nn.Flatten(), nn.Linear(2, 2)).double().eval()
    result = fgsm(net, IMAGE, 0, 0.1)
    assert result.weights == weights_checksum(net)
    assert f"weights unchanged (SHA-256 {result.weights[:12]}...)" in str(result)


def test_frozen_weights_and_their_gradients_are_left_alone():
    net = nn.Sequential(nn.Flatten(), nn.Linear(2, 2)).double().eval()
    expected = fgsm(net, IMAGE, 0, 0.1).images
    net(mt.Tensor(IMAGE)).sum().backward()
    kept = [p.grad.data.copy() for p in net.parameters()]
    net.requires_grad_(False)
    np.testing.assert_array_equal(fgsm(net, IMAGE, 0, 0.1).images, expected)
    for p, grad in zip(net.parameters(), kept):
        np.testing.assert_array_equal(p.grad.data, grad)
