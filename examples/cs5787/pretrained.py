"""The pretrained net as a function of pixels, and the four photographs."""
import functools
from pathlib import Path

import numpy as np

import minitorch_cnn as mt
from minitorch_cnn import models
from minitorch_cnn.attacks import Preprocessed, predict
from minitorch_cnn.datasets import load_image

PHOTOS = ("peppers", "coffee", "chelsea", "camera")
FOLDER = Path(__file__).resolve().parents[1] / "images"


@functools.cache
def pretrained(name, weights, device="cpu"):
    """(net of normalized images, the same of pixels in [0, 1], what is known of its weights)."""
    net = models.get_model(name, weights=weights).to(device).eval().requires_grad_(False)
    return net, Preprocessed(net, net.weights.mean, net.weights.std).to(device).eval(), net.weights


def net_of(s):
    """``pretrained`` as the command line says."""
    return pretrained(s.model, s.weights, s.device)


def photographs(weights):
    """The four pictures, scaled and cropped as the net wants them: (4, 3, H, W) in [0, 1]."""
    crop = weights.pixels()
    return np.stack([crop(load_image(FOLDER / f"{name}.png")).data for name in PHOTOS])


def names_of(weights):
    """The 1000 classes."""
    return weights.meta["categories"]


def top(model, images, k=3):
    """(classes (N, k), probabilities (N, k)), the most probable first."""
    p = predict(model, mt.Tensor(images)).probabilities
    classes = np.argsort(-p, 1)[:, :k]
    return classes, np.take_along_axis(p, classes, 1)
