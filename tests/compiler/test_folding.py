"""Batch norm behind a convolution is folded into it where nothing of both is trained."""
import itertools

import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.nn import functional as F


class Block(nn.Module):
    """Convolutions with batch norm in every company that a net has them in."""

    def __init__(self, channels=20, groups=1, kernel=3, first=False):
        super().__init__()
        self.first = first
        self.one = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=groups)
        self.two = nn.Conv2d(channels, channels, 1, bias=False)
        self.side = nn.Conv2d(channels, channels, 1)
        self.norms = nn.ModuleList([nn.BatchNorm2d(channels) for _ in range(3)])

    def forward(self, x):
        a, b, c = self.norms
        y = F.relu6(a(self.one(x)))
        y = b(self.two(y))
        side = c(self.side(x))
        y = F.relu(side + y if self.first else y + side)
        return c(self.side(y)) + x


def block(**options):
    mt.manual_seed(0)
    net = Block(**options).eval()
    rng = np.random.default_rng(0)
    for norm in net.norms:
        norm.running_mean.data[...] = rng.normal(size=norm.num_features)
        norm.running_var.data[...] = rng.uniform(0.5, 2, norm.num_features)
        norm.weight.data[...] = rng.normal(size=norm.num_features)
        norm.bias.data[...] = rng.normal(size=norm.num_features)
    return net


def images(size=9, channels=20, count=2):
    rng = np.random.default_rng(1)
    return [mt.Tensor(rng.normal(size=(count, channels, size, size)).astype(np.float32))
            for _ in range(3)]


def assert_same(net, compiled, x):
    right = net(x).numpy()
    np.testing.assert_allclose(compiled(x).numpy(), right, 0, 2e-5 * abs(right).max())


@pytest.mark.parametrize("options", [
    {}, {"first": True}, {"groups": 4}, {"groups": 20}, {"kernel": 5}, {"channels": 33},
    {"channels": 3}])
def test_results_are_those_of_the_net(options):
    net = block(**options)
    compiled = mt.compile(net)
    with mt.no_grad():
        for x in images(channels=options.get("channels", 20)) * 2:
            assert_same(net, compiled, x)
    text = compiled.explain()
    assert text.count("ConvNorm") == 4 and "BatchNorm" not in text and "ReLU" not in text
    assert "4 kernel" not in text and "replays 4 steps" in text


def changes(net):
    """What may become of a net between two calls."""
    norm = net.norms[0]
    yield "weights in place", lambda: net.one.weight.data.__imul__(2)
    yield "statistics in place", lambda: norm.running_var.data.__imul__(3)
    yield "a mean", lambda: norm.running_mean.data.__iadd__(1)
    yield "a scale", lambda: norm.weight.data.__imul__(-0.5)
    yield "other weights", lambda: setattr(net.two.weight, "data", net.two.weight.data * 2)
    yield "a state dict", lambda: net.load_state_dict(block(first=True).state_dict())


def test_what_changes_counts_at_once():
    net = block()
    compiled = mt.compile(net)
    with mt.no_grad():
        for x in images():
            assert_same(net, compiled, x)
        before = compiled(x).numpy()
        for name, change in changes(net):
            change()
            after = compiled(x).numpy()
            right = net(x).numpy()
            np.testing.assert_allclose(after, right, 0, 2e-5 * abs(right).max(), err_msg=name)
            assert abs(after - before).max() > 1e-3, name
            before = after


def test_training_mode_is_not_folded():
    net = block()
    compiled = mt.compile(net)
    with mt.no_grad():
        for x in images():
            assert_same(net, compiled, x)
        net.train()
        with pytest.raises(AssertionError):
            assert_same(block(), compiled, x)
        means = net.norms[0].running_mean.numpy().copy()
        compiled(x)
        assert abs(net.norms[0].running_mean.numpy() - means).max() > 1e-3
        net.eval()
        assert_same(net, compiled, x)


def test_the_gradient_of_the_images():
    net = block()
    for parameter in net.parameters():
        parameter.requires_grad_(False)

    x = mt.zeros(2, 20, 9, 9, requires_grad=True)

    @mt.compile
    def gradient(dy):
        x.grad = None
        (net(x) * dy).sum().backward()

    for image, dy in itertools.pairwise(images() * 2):
        x.data[...] = image.data
        x.grad = None
        (net(x) * dy).sum().backward()
        right = x.grad.numpy().copy()
        gradient(dy)
        np.testing.assert_allclose(x.grad.numpy(), right, 0, 2e-5 * abs(right).max())
    assert gradient.explain().count("ConvNorm") == 8 and "Batch" not in gradient.explain()


def test_parameters_that_are_trained_are_not_folded():
    net = block()
    compiled = mt.compile(lambda x: net(x).sum().backward())
    for x in images() * 2:
        net.zero_grad()
        compiled(x)
    assert "ConvNorm" not in compiled.explain()
    ours = {name: p.grad.numpy().copy() for name, p in net.named_parameters()}
    net.zero_grad()
    net(x).sum().backward()
    for name, p in net.named_parameters():
        np.testing.assert_allclose(ours[name], p.grad.numpy(), 1e-4, 1e-4 * abs(ours[name]).max())


def test_a_sum_of_other_shapes_is_not_folded():
    conv, norm = nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6).eval()
    shift = mt.randn(6, 1, 1)
    compiled = mt.compile(lambda x: F.relu(norm(conv(x)) + shift))
    with mt.no_grad():
        for x in images(channels=4):
            assert_same(lambda x: F.relu(norm(conv(x)) + shift), compiled, x)
