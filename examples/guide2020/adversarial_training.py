"""Adversarial training: half of every batch is attacked before the net learns from it.

Goodfellow, Shlens and Szegedy, arXiv 1412.6572. The size of the attack is drawn anew for every
batch, for nets that only know one size are open to others.
"""
from dataclasses import dataclass

import numpy as np

import minitorch_cnn as mt
from minitorch_cnn.nn import functional as F
from minitorch_cnn.random import generator as stream

from data import MEAN, STD

BLACK, WHITE = -MEAN / STD, (1 - MEAN) / STD


@dataclass(frozen=True)
class Adversarial:
    """A way to train for ``trained``; eps up to ``most``, in units of the normalized image."""

    name: str = "adversarial"
    transforms: tuple = ()
    most: float = 1.0

    def step(self, model, loss, optimizer):
        """A step on the images and, as many, on what FGSM makes of them."""
        def step(images, labels):
            eps = float(stream("attack").uniform(0, self.most))
            both = mt.cat([images, attacked(model, images, labels, eps)])
            logits = model(both)
            value = loss(logits, mt.cat([labels, labels]))
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            return value, logits[:len(images)]
        return step


def attacked(model, images, labels, eps):
    """FGSM on normalized images; no gradient of a weight is computed."""
    model.requires_grad_(False)
    x = mt.Tensor(images.data).requires_grad_()
    F.cross_entropy(model(x), labels).backward()
    model.requires_grad_(True)
    return mt.Tensor(np.clip(x.data + np.float32(eps) * np.sign(x.grad.data), BLACK, WHITE))
