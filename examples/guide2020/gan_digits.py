"""Digits from a generator, and what the guide's net 11.1 says of them."""
from dataclasses import dataclass

import numpy as np

import minitorch_cnn as mt
from minitorch_cnn.models import GUIDE_NETS, GuideNet

from common import corrected
from data import MEAN, STD, all_images
from training import trained

LATENT, AT_ONCE, SURE = 100, 500, 0.9


def fixed(count, seed=1):
    """The same z (count, 100) every time."""
    return np.random.default_rng(seed).standard_normal((count, LATENT), dtype=np.float32)


def digits(model, z):
    """Images (N, 28, 28) with pixels in [0, 1] that a generator makes of z (N, 100)."""
    was, device = model.training, next(model.parameters()).device
    model.eval()
    with mt.no_grad():
        made = [model(mt.Tensor(z[i:i + AT_ONCE]).to(device)).to("cpu").data[:, 0]
                for i in range(0, len(z), AT_ONCE)]
    model.train(was)
    return (np.concatenate(made) + 1) / 2


@dataclass
class Judgment:
    """What a net says of N images."""

    classes: np.ndarray     # (N,)
    confidence: np.ndarray  # (N,) probability of the class

    @property
    def sure(self):
        """Share of images it classifies with a confidence above 0.9."""
        return float((self.confidence > SURE).mean())

    @property
    def counts(self):
        """How many images of each digit, (10,)."""
        return np.bincount(self.classes, minlength=10)


def judge(s):
    """Images (N, 28, 28) in [0, 1] -> Judgment, by net 11.1, trained on all images."""
    net = GuideNet("11.1")
    result = trained(corrected(s), GUIDE_NETS["11.1"], 0, *all_images(s), keep=True)
    net.load_state_dict(result["model"])
    net.to(s.device).eval()

    def judged(images):
        x = mt.Tensor((np.asarray(images, np.float32)[:, None] - MEAN) / STD)
        with mt.no_grad():
            p = mt.cat([mt.softmax(net(part.to(s.device)), 1) for part in x.split(AT_ONCE)])
        p = p.to("cpu").data
        return Judgment(p.argmax(1), p.max(1))
    return judged
