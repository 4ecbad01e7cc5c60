"""Who is fooled by images made against whom: the attacks of chapter 4.

Corrected: one step of eps, pixels stay in [0, 1], every cell counts the same images. As written:
the step and the limit [0, 1] are those of the *normalized* image, whose black is -0.42 and white
2.82. So white becomes grey, and whatever eps below 0.42 adds to the black background is taken away
again: the guide's accuracies hardly fall from 0.2 to 0.4. And only those images count that the
attacked net had read right, so that a cell may exceed the clean accuracy.
"""
from functools import partial

import numpy as np

import minitorch_cnn as mt
from minitorch_cnn.attacks import fgsm, normalized, predict, transfer
from minitorch_cnn.nn import functional as F

from common import kept
from data import MEAN, STD, test_images
from guide import EPS, WHITE_BOX


def cells(s, models, eps):
    """{"percent" (attacked, evaluated), "clean" (evaluated,)} for one eps, kept."""
    compute = written if s.as_written else on_all_images
    return kept(s, f"fgsm/eps-{eps}", lambda: compute(models, *test_images(s), eps))


def on_all_images(models, images, labels, eps):
    """Corrected, by ``transfer``."""
    result = transfer(models, images, labels, partial(fgsm, eps=normalized(eps, std=STD)))
    return {"percent": 100 * result.accuracy, "clean": 100 * result.clean_accuracy}


def written(models, images, labels, eps, others=True):
    """As written; ``others``: evaluated by all nets."""
    inner, percent = [each.model for each in models.values()], []
    x = np.float32((images - MEAN) / STD)
    right = [predict(model, x).classes == labels for model in inner]
    for model, read in zip(inner, right):
        y = np.clip(x[read] + np.float32(eps) * signs(model, x[read], labels[read]), 0, 1)
        percent.append([100 * np.mean(predict(other, y).classes == labels[read])
                        for other in (inner if others else [model])])
    return {"percent": np.array(percent), "clean": np.array([100 * r.mean() for r in right])}


def white_box_as_written(s, models):
    """{net: accuracies on images made against itself, by eps}, for the guide's three; kept."""
    three = {name: models[name] for name in WHITE_BOX}
    found = kept(s, "fgsm/as-written", lambda: {"percent": np.stack([
        written(three, *test_images(s), eps, others=False)["percent"][:, 0] for eps in EPS], 1)})
    return dict(zip(three, np.asarray(found["percent"]).tolist()))


def signs(model, x, labels, batch=250):
    """Of the gradient of the loss with respect to each pixel."""
    found = []
    for i in range(0, len(x), batch):
        part = mt.Tensor(x[i:i + batch]).requires_grad_()
        F.cross_entropy(model(part), labels[i:i + batch]).backward()
        found.append(np.sign(part.grad.data))
    return np.concatenate(found)
