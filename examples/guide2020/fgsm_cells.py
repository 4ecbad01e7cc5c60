"""Who is fooled by images made against whom: the trainings and the attacks of chapter 4.

Corrected: one step of eps in the image, pixels stay in [0, 1], every cell counts the same images.
As written: one step in the normalized image, with no limit, and only the images count that the
attacked net had read right, so that a cell may exceed the clean accuracy.
"""
from functools import partial

import numpy as np

import minitorch_cnn as mt
from minitorch_cnn.attacks import Preprocessed, fgsm, normalized, predict, transfer
from minitorch_cnn.models import FGSM_NETS, GuideNet
from minitorch_cnn.nn import functional as F

from adversarial_training import Adversarial
from common import kept
from data import MEAN, STD, all_images, test_images
from training import trained

DEFENDED = "N1, adversarially trained"


def nets(s):
    """{name: net of images in [0, 1]}: the six, and the seventh that was trained on attacks."""
    plans = FGSM_NETS | {DEFENDED: FGSM_NETS["N1"]}
    return {name: net(s, name, plan, seed) for seed, (name, plan) in enumerate(plans.items())}


def net(s, name, plan, seed):
    """One of them, in eval mode; every net has a seed of its own."""
    attacks = Adversarial() if name == DEFENDED else None
    result = trained(s, plan, seed, *all_images(s), keep=True, augmentation=attacks)
    model = GuideNet(plan)
    model.load_state_dict(result["model"])
    return Preprocessed(model.to(s.device).eval(), MEAN, STD)


def cells(s, models, eps):
    """{"percent" (attacked, evaluated), "clean" (evaluated,)} for one eps, kept."""
    compute = written if s.as_written else corrected
    return kept(s, f"fgsm/eps-{eps}", lambda: compute(models, *test_images(s), eps))


def corrected(models, images, labels, eps):
    """On all images, by ``transfer``."""
    result = transfer(models, images, labels, partial(fgsm, eps=normalized(eps, std=STD)))
    return {"percent": 100 * result.accuracy, "clean": 100 * result.clean_accuracy}


def written(models, images, labels, eps):
    """On the normalized images that the attacked net reads right."""
    x = np.float32((images - MEAN) / STD)
    inner = [each.model for each in models.values()]
    right = [predict(model, x).classes == labels for model in inner]
    percent = []
    for model, read in zip(inner, right):
        y = x[read] + np.float32(eps) * signs(model, x[read], labels[read])
        percent.append([100 * np.mean(predict(other, y).classes == labels[read])
                        for other in inner])
    return {"percent": np.array(percent), "clean": np.array([100 * r.mean() for r in right])}


def signs(model, x, labels, batch=250):
    """Of the gradient of the loss with respect to each pixel."""
    found = []
    for i in range(0, len(x), batch):
        part = mt.Tensor(x[i:i + batch]).requires_grad_()
        F.cross_entropy(model(part), labels[i:i + batch]).backward()
        found.append(np.sign(part.grad.data))
    return np.concatenate(found)
