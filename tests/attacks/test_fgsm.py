import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import kernels
from minitorch_cnn.attacks import fgsm, normalized, px


def torchattacks_fgsm(model, images, labels, eps, targeted):
    """The definition: images + eps * sign(gradient of the cross-entropy), clamped."""
    images = torch.from_numpy(images.copy()).requires_grad_()
    cost = torch.nn.CrossEntropyLoss()(model(images), torch.from_numpy(labels))
    cost = -cost if targeted else cost
    gradient, = torch.autograd.grad(cost, images)
    return torch.clamp(images + eps * gradient.sign(), 0, 1).detach().numpy()


@pytest.mark.parametrize("targeted", [False, True])
def test_pixel_for_pixel_as_torchattacks(twins, rng, targeted):
    ours, theirs = twins
    images, labels = rng.random((7, 2, 9, 7)), rng.integers(0, 5, 7)
    result = fgsm(ours, images, labels, px(8), targeted=targeted, batch_size=3)
    expected = torchattacks_fgsm(theirs, images, labels, 8 / 255, targeted)
    np.testing.assert_array_equal(result.images, expected)


def test_by_hand(two_pixels):
    image = np.array([[[[0.6, 0.5]]]])
    result = fgsm(two_pixels, image, 0, 0.2)
    np.testing.assert_allclose(result.images, [[[[0.4, 0.7]]]])
    assert result.before.classes == [0] and result.after.classes == [1]
    assert result.success.tolist() == [True] and result.eps.value == 0.2
    back = fgsm(two_pixels, result.images, 0, 0.2, targeted=True)
    np.testing.assert_allclose(back.images, image)
    clipped = fgsm(two_pixels, image, [0], normalized(2, std=0.4))
    np.testing.assert_allclose(clipped.images, [[[[0, 1]]]])


def test_fools_a_trained_net_and_leaves_the_arguments_alone(net, test_digits):
    images, labels = test_digits
    kept = images.copy()
    weights = {name: t.data.copy() for name, t in net.state_dict().items()}
    result = fgsm(net, images, labels, 0.3)
    assert float(result.success_rate_before) < 0.1 and float(result.success_rate) > 0.7
    assert result.images.dtype == np.float32 and isinstance(result.images, np.ndarray)
    assert result.images.min() >= 0 and result.images.max() <= 1
    assert result.linf.max() <= 0.3 + 1e-6
    np.testing.assert_array_equal(images, kept)
    for name, tensor in net.state_dict().items():
        np.testing.assert_array_equal(tensor.data, weights[name])


def test_no_weight_gradient_is_computed(twins, rng, monkeypatch):
    def refuse(*args):
        raise AssertionError("a weight gradient was computed")

    for name in ("conv2d_weight_gradient", "linear_weight_gradient"):
        monkeypatch.setattr(kernels, name, refuse)
    twins[0].zero_grad()
    fgsm(twins[0], rng.random((2, 2, 9, 7)), 1, 0.1)
    assert all(p.grad is None for p in twins[0].parameters())


def test_tensors_under_no_grad_and_one_image(twins, rng):
    images = rng.random((2, 2, 9, 7))
    expected = fgsm(twins[0], images, [1, 2], 0.1).images
    with mt.no_grad():
        result = fgsm(twins[0], mt.Tensor(images), mt.tensor([1, 2]), 0.1)
    np.testing.assert_array_equal(result.images, expected)
    single = fgsm(twins[0], images[1], 2, 0.1)
    np.testing.assert_array_equal(single.images, expected[1:])


def test_no_images(twins):
    result = fgsm(twins[0], np.zeros((0, 2, 9, 7)), np.zeros(0, int), 0.1)
    assert result.images.shape == (0, 2, 9, 7) and result.success_rate.total == 0
    assert "0 of 0" in str(result)


def test_zero_eps_changes_nothing(twins, rng):
    images = rng.random((2, 2, 9, 7))
    np.testing.assert_array_equal(fgsm(twins[0], images, 1, 0).images, images)


def test_region(twins, rng):
    images = rng.random((3, 2, 9, 7)) * 0.8 + 0.1
    region = np.zeros((9, 7), bool)
    region[2:4, 3:] = True
    result = fgsm(twins[0], images, 1, 0.05, region=region)
    moved = result.images != images
    assert not moved[:, :, ~region].any() and moved[:, :, region].any()
    everywhere = fgsm(twins[0], images, 1, 0.05)
    np.testing.assert_array_equal(result.images[:, :, region], everywhere.images[:, :, region])
    assert result.region.shape == images.shape
