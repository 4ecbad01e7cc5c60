"""What every attack refuses, tried on one of them."""
import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.attacks import activation_maximization, bim, fgsm, image_pull, pgd

IMAGE = np.full((2, 1, 1, 2), 0.5)


def test_models(two_pixels):
    with pytest.raises(TypeError, match="fgsm: the model must be a callable"):
        fgsm("net", IMAGE, 0, 0.1)
    net = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(2, 3)).double()
    with pytest.raises(ValueError, match=r"fgsm: the model is in training mode.*model.eval\(\)"):
        fgsm(net, IMAGE, 0, 0.1)
    net.eval()[1].train()
    with pytest.raises(ValueError, match=r"training mode \(1 is\)"):
        fgsm(net, IMAGE, 0, 0.1)
    with pytest.raises(TypeError, match="must return a Tensor of logits"):
        fgsm(lambda x: x.data, IMAGE, 0, 0.1)
    with pytest.raises(ValueError, match=r"must return logits of shape \(2, K\)"):
        fgsm(lambda x: x, IMAGE, 0, 0.1)


def test_logits_that_do_not_depend_on_the_pixels(two_pixels):
    weight = mt.ones(2, 2, dtype=mt.float64, requires_grad=True)
    for model in (lambda x: two_pixels(x.detach()), lambda x: x.detach().flatten(1) @ weight,
                  mt.no_grad()(two_pixels)):
        with pytest.raises(ValueError, match="fgsm: the model's logits are not connected"):
            fgsm(model, IMAGE, 0, 0.1)


def test_pixels(two_pixels):
    with pytest.raises(TypeError, match="fgsm: pixels must be floats, got uint8"):
        fgsm(two_pixels, (IMAGE * 255).astype(np.uint8), 0, 0.1)
    for bad in (1.5, -0.1, np.nan):
        images = IMAGE.copy()
        images[1, 0, 0, 1] = bad
        with pytest.raises(ValueError, match=r"pixels of images must lie in \[0, 1\], found .*"
                                             r"Preprocessed\(model, mean, std\)"):
            fgsm(two_pixels, images, 0, 0.1)
    with pytest.raises(ValueError, match=r"images must have shape \(N, C, H, W\)"):
        fgsm(two_pixels, np.zeros(3), 0, 0.1)


def test_classes(two_pixels):
    with pytest.raises(ValueError, match="fgsm: labels names class 2, which does not exist: the "
                                         "model has 2 classes; choose 0 to 1"):
        fgsm(two_pixels, IMAGE, [0, 2], 0.1)
    with pytest.raises(ValueError, match="class -1"):
        fgsm(two_pixels, IMAGE, -1, 0.1)
    with pytest.raises(ValueError, match=r"labels has shape \(3,\); pass one class for all 2"):
        fgsm(two_pixels, IMAGE, [0, 1, 1], 0.1)
    with pytest.raises(TypeError, match="labels must be class numbers, got float64"):
        fgsm(two_pixels, IMAGE, [0.0, 1.0], 0.1)
    with pytest.raises(ValueError, match="activation_maximization: targets names class 7"):
        activation_maximization(two_pixels, [0, 7], (1, 1, 2))
    with pytest.raises(ValueError, match=r"targets has shape \(1, 2\); pass a list of classes"):
        activation_maximization(two_pixels, [[0, 1]], (1, 1, 2))


def test_regions(two_pixels):
    with pytest.raises(TypeError, match="region must hold bools, True where .*, got int64"):
        fgsm(two_pixels, IMAGE, 0, 0.1, region=np.array([0, 1]))
    with pytest.raises(ValueError, match=r"region has shape \(3, 2\), which does not broadcast"):
        fgsm(two_pixels, IMAGE, 0, 0.1, region=np.ones((3, 2), bool))


def test_objectives(two_pixels):
    with pytest.raises(ValueError, match="fgsm: objective must be one of logit, log_probability"):
        fgsm(two_pixels, IMAGE, 0, 0.1, objective="loss")


def test_counts(two_pixels):
    with pytest.raises(ValueError, match="pgd: steps must be at least 1, got 0"):
        pgd(two_pixels, IMAGE, 0, 0.1, steps=0)
    with pytest.raises(TypeError, match="batch_size must be an integer, got 1.5"):
        fgsm(two_pixels, IMAGE, 0, 0.1, batch_size=1.5)
    with pytest.raises(ValueError, match="every must be at least 1, got 0"):
        bim(two_pixels, IMAGE, 0, 0.1, every=0)
    with pytest.raises(ValueError, match="images_every must be at least 1, got -1"):
        bim(two_pixels, IMAGE, 0, 0.1, images_every=-1)


def test_bounds_shapes_and_numbers(two_pixels):
    attack = activation_maximization
    for bounds in ((1, 0), (0, np.inf), 3, "01", (0, 0.5, 1)):
        with pytest.raises(ValueError, match=r"bounds must be \(low, high\) with low < high"):
            attack(two_pixels, 0, (1, 1, 2), bounds=bounds)
    for shape in ((28, 28), 784, (1, 1, 1, 2)):
        with pytest.raises(ValueError, match=r"shape must be \(C, H, W\), as \(1, 28, 28\)"):
            attack(two_pixels, 0, shape)
    with pytest.raises(ValueError, match="H must be at least 1, got 0"):
        attack(two_pixels, 0, (1, 0, 2))
    with pytest.raises(ValueError, match="step must be finite and at least 0, got -1"):
        attack(two_pixels, 0, (1, 1, 2), step=-1)
    with pytest.raises(TypeError, match="momentum must be a number, got str"):
        attack(two_pixels, 0, (1, 1, 2), momentum="a")
    with pytest.raises(ValueError, match="mean must be finite, got nan"):
        attack(two_pixels, 0, (1, 1, 2), mean=np.nan)
    with pytest.raises(ValueError, match=r"mean=128 lies outside .*bounds \[0, 1\].*px\(128\)"):
        attack(two_pixels, 0, (1, 1, 2), mean=128)
    assert attack(two_pixels, 0, (1, 1, 2), mean=128, bounds=(0, 255), iterations=1)
    with pytest.raises(ValueError, match=r"pixels of start must lie in \[0, 1\], found 128"):
        attack(two_pixels, [0, 1], start=IMAGE * 256)
    with pytest.raises(ValueError, match=r"lie in \[-1, 0\].*pass other bounds, or bounds=None"):
        image_pull(two_pixels, IMAGE, 0, 1.0, bounds=(-1, 0))
