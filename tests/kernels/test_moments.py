"""Batch norm from the moments of patches, against PyTorch in float64."""
import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import kernels, nn
from minitorch_cnn.nn import functional as F
from minitorch_cnn.ops import fused

EPS, MOMENTUM = 1e-5, 0.1


def problem(rng, channels=1, filters=8, bias=True):
    x = rng.random((5, channels, 11, 9)).astype(np.float32)
    shapes = (filters, channels, 3, 3), (filters,), (filters,), (filters,)
    w, b, scale, shift = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    return x, w, b if bias else None, scale, shift


def ours(op, x, arrays, mean, var, dy):
    op.needs = (False, *[a is not None for a in arrays], False, False)
    y = op.forward(x, *arrays, mean, var)
    return y, op.backward(dy)[1:5]


def theirs(x, arrays, mean, var, dy):
    x, dy = torch.from_numpy(x).double(), torch.from_numpy(dy).double()
    leaves = [None if a is None else torch.from_numpy(a).double().requires_grad_() for a in arrays]
    w, b, scale, shift = leaves
    z = torch.nn.functional.conv2d(x, w, b, padding=1)
    y = torch.nn.functional.batch_norm(z, mean, var, scale, shift, True, MOMENTUM, EPS)
    y = torch.nn.functional.max_pool2d(torch.relu(y), 2)
    y.backward(dy)
    return y, [None if leaf is None else leaf.grad for leaf in leaves]


@pytest.mark.parametrize("language", ["cpu", "reference"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("bias", [True, False])
def test_it_is_convolution_norm_relu_and_pooling(rng, language, channels, bias):
    x, *arrays = problem(rng, channels, bias=bias)
    dy = rng.standard_normal((5, 8, 5, 4)).astype(np.float32)
    mean, var = rng.standard_normal(8).astype(np.float32), np.full(8, 2, np.float32)
    right_mean, right_var = [torch.from_numpy(a).double() for a in (mean, var)]
    right = theirs(x, arrays, right_mean, right_var, dy)
    op = fused.FewTapsBatchNormReLUPool(((1, 1), ((1, 1), (1, 1)), (1, 1), 1), EPS, MOMENTUM,
                                        (2, 2), (11, 9))
    with kernels.use(language):
        y, gradients = ours(op, x, arrays, mean, var, dy)
    np.testing.assert_allclose(y, right[0].detach().numpy(), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(mean, right_mean.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(var, right_var.numpy(), rtol=1e-5, atol=1e-6)
    for name, a, b in zip(("w", "b", "scale", "shift"), gradients, right[1]):
        if b is None:
            assert a is None
        elif name == "b":
            assert not a.any() and abs(b).max() < 1e-9, "the mean takes it away"
        else:
            np.testing.assert_allclose(a, b.numpy(), rtol=1e-4, atol=1e-4, err_msg=name)


def test_a_variance_that_would_cancel_out_is_computed_anew(rng):
    x = (1000 + rng.standard_normal((4, 1, 20, 20))).astype(np.float32)
    w = rng.random((8, 1, 3, 3)).astype(np.float32)
    geometry = (1, 1), ((0, 0), (0, 0))
    moments = kernels.patch_moments(x, (3, 3), *geometry)
    constants, *_ = kernels.norm_by_moments(moments, x, w, None, None, None, None, None, EPS,
                                            MOMENTUM, *geometry)
    z = torch.nn.functional.conv2d(*map(torch.from_numpy, (x.astype(float), w.astype(float))))
    right = 1 / (z.var((0, 2, 3), unbiased=False) + EPS).sqrt()
    np.testing.assert_allclose(constants[1], right.numpy(), rtol=1e-3)


def first_layers(channels=1):
    mt.manual_seed(0)
    return nn.Sequential(nn.Conv2d(channels, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(16 * 81, 4))


def step_of(model):
    optimizer = mt.optim.SGD(model.parameters(), 0.01, momentum=0.9)

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss
    return step


@pytest.mark.parametrize("channels", [1, 3])
def test_a_replayed_step_decides_anew_each_time(rng, channels):
    """Whether the variances are certain: not those of the 4th batch, whose pixels are all alike."""
    model, twin = first_layers(channels), first_layers(channels)
    plain, compiled = step_of(model), mt.compile(step_of(twin))
    labels = mt.Tensor(rng.integers(0, 4, 6))
    for spread in (1, 1, 1, 0, 1, 1e-3, 1):
        x = rng.random((6, 1, 20, 1)) + spread * rng.random((6, channels, 20, 20))
        x = mt.Tensor(x.astype(np.float32))
        one, other = plain(x, labels).item(), compiled(x, labels).item()
        assert one == pytest.approx(other, rel=2e-3)
    assert "FewTapsBatchNormReLUPool" in str(compiled.explain())
    for (name, a), b in zip(model.state_dict().items(), twin.state_dict().values()):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=5e-3, atol=5e-3, err_msg=name)


def test_images_that_need_a_gradient_take_the_other_way(rng):
    model = first_layers()
    labels = mt.Tensor(rng.integers(0, 4, 6))

    @mt.compile
    def gradient(x):
        return mt.autograd.grad(F.cross_entropy(model(x), labels), x)[0]
    for _ in range(4):
        x = mt.Tensor(rng.random((6, 1, 20, 20)).astype(np.float32), requires_grad=True)
        right = mt.autograd.grad(F.cross_entropy(model(x), labels), x)[0]
        np.testing.assert_allclose(gradient(x).numpy(), right.numpy(), rtol=1e-4, atol=1e-6)
    assert "FewTaps" not in str(gradient.explain())
