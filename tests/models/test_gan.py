"""Generator and discriminator: shapes, counts, initial weights, and one step against PyTorch."""
import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.models import Discriminator, Generator


def parameters(model):
    return sum(p.numel() for p in model.parameters())


def test_shapes_and_range(rng):
    images = Generator()(mt.Tensor(rng.standard_normal((3, 100), dtype=np.float32)))
    assert images.shape == (3, 1, 28, 28) and images.data.dtype == np.float32
    assert abs(images.data).max() <= 1
    assert Discriminator()(images.detach()).shape == (3,)
    real, digits = Discriminator(classes=10)(images.detach())
    assert real.shape == (3,) and digits.shape == (3, 10)


def test_counts():
    assert parameters(Generator(width=8)) == (
        100 * 16 * 49 + 2 * 16 + 16 * 16 * 9 + 2 * 16 + 16 * 8 * 16 + 2 * 8 + 8 * 8 * 9 + 2 * 8
        + 8 * 16 + 1)
    assert parameters(Discriminator(width=8)) == (
        8 * 16 + 8 + 8 * 16 * 16 + 16 + 16 * 32 * 9 + 32 + 16 * 32 + 1)
    assert parameters(Discriminator(8, 10)) - parameters(Discriminator(8)) == 16 * 32 * 10 + 10
    assert Generator(latent=7)(mt.zeros(2, 7)).shape == (2, 1, 28, 28)


def test_initial_weights():
    """DCGAN's; those of the discriminator's convolutions are orthogonal, as their norm is 1."""
    mt.manual_seed(0)
    for layer in Generator().modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            assert abs(layer.weight.data.std() - 0.02) < 0.004
        if isinstance(layer, nn.BatchNorm2d):
            assert abs(layer.weight.data.mean() - 1) < 0.02
    for layer in Discriminator().features:
        if isinstance(layer, nn.Conv2d):
            values = np.linalg.svd(layer.weight_orig.data.reshape(len(layer.bias), -1))[1]
            np.testing.assert_allclose(values, 1, rtol=1e-4)


def test_the_discriminator_changes_slowly(rng):
    """A convolution of stride 2 sees a pixel at most so many times, and stretches by its root."""
    model = Discriminator()
    for _ in range(20):
        model(mt.zeros(1, 1, 28, 28))
    a, b = rng.uniform(-1, 1, (2, 8, 1, 28, 28)).astype(np.float32)
    with mt.no_grad():
        one, other = [model.eval().features(mt.Tensor(x)).data for x in (a, b)]
    seen = 4 * 4 * 4    # 4x4, 4x4 and 3x3 kernels of stride 2: four windows a pixel each
    assert np.linalg.norm(one - other) <= seen ** 0.5 * np.linalg.norm(a - b)


def torch_twins(width):
    t = torch.nn
    wide = 2 * width
    generator = t.Sequential(
        t.Unflatten(1, (100, 1, 1)),
        t.ConvTranspose2d(100, wide, 7, bias=False), t.BatchNorm2d(wide), t.ReLU(),
        t.Conv2d(wide, wide, 3, padding=1, bias=False), t.BatchNorm2d(wide), t.ReLU(),
        t.ConvTranspose2d(wide, width, 4, 2, 1, bias=False), t.BatchNorm2d(width), t.ReLU(),
        t.Conv2d(width, width, 3, padding=1, bias=False), t.BatchNorm2d(width), t.ReLU(),
        t.ConvTranspose2d(width, 1, 4, 2, 1), t.Tanh())
    norm = t.utils.spectral_norm
    discriminator = t.Sequential(
        norm(t.Conv2d(1, width, 4, 2, 1)), t.LeakyReLU(0.1),
        norm(t.Conv2d(width, wide, 4, 2, 1)), t.LeakyReLU(0.1),
        norm(t.Conv2d(wide, 2 * wide, 3, 2, 1)), t.LeakyReLU(0.1),
        t.Flatten(), t.Linear(32 * wide, 1), t.Flatten(0))
    return generator, discriminator


def test_a_step_of_both_against_torch(rng):
    """The generator's gradients, through the discriminator, are PyTorch's."""
    models, twins = (Generator(8), Discriminator(8)), torch_twins(8)
    for model, twin in zip(models, twins):
        state = [torch.from_numpy(value.data.copy()) for value in model.state_dict().values()]
        twin.load_state_dict(dict(zip(twin.state_dict(), state)))
    z = rng.standard_normal((5, 100), dtype=np.float32)
    nn.BCEWithLogitsLoss()(models[1](models[0](mt.Tensor(z))), mt.ones(5)).backward()
    theirs = twins[1](twins[0](torch.from_numpy(z)))
    torch.nn.BCEWithLogitsLoss()(theirs, torch.ones(5)).backward()
    for model, twin in zip(models, twins):
        for ours, other in zip(model.parameters(), twin.parameters()):
            largest = float(other.grad.abs().max())
            np.testing.assert_allclose(ours.grad.data, other.grad.numpy(), atol=2e-3 * largest)


@pytest.mark.parametrize("call, message", [
    (lambda: Generator()(mt.zeros(2, 99)), r"z must have shape \(N, 100\), got \(2, 99\)"),
    (lambda: Generator()(mt.zeros(100)), r"z must have shape \(N, 100\), got \(100,\)"),
    (lambda: Discriminator()(mt.zeros(1, 28, 28)), r"must have shape \(N, 1, 28, 28\), got"),
])
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
