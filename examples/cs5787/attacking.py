"""The attacks of this study: the sheet's update, and the same with signs."""
import numpy as np

import minitorch_cnn as mt
from minitorch_cnn.attacks import bim, predict, px
from minitorch_cnn.autograd import grad
from minitorch_cnn.datasets import load_image
from minitorch_cnn.transforms import ToPILImage

EPS = px(4)
OBJECTIVES = {"P": lambda z, k: mt.softmax(z, 1)[:, k], "log P": lambda z, k:
              mt.log_softmax(z, 1)[:, k], "logit": lambda z, k: z[:, k]}
STEP = 0.05  # times dC/dX'


def fooled(s, model, images, target):
    """An attack on all photographs at once; what the net says before and after."""
    result = bim(model, mt.Tensor(images).to(s.device), target, eps=EPS, alpha=px(0.5),
                 steps=10 if s.quick else 30, targeted=True)
    return facts(result.images, result.before, result.after, target)


def facts(images, before, after, target):
    """What of an attack is kept."""
    return {"images": mt.Tensor(images), "p": mt.Tensor(after.probabilities[:, target]),
            "before": mt.Tensor(before.classes), "p_before": mt.Tensor(before.confidence),
            "classes": mt.Tensor(after.classes), "p_after": mt.Tensor(after.confidence)}


def ascent_curves(s, model, images, target):
    """P(target) of the first photograph, step by step, under each objective."""
    curves = {}
    for name, objective in OBJECTIVES.items():
        clean = x = mt.Tensor(images[:1]).to(s.device).data
        curves[name] = []
        for _ in range(10 if s.quick else 60):
            leaf = mt.Tensor(x, requires_grad=True)
            logits = model(leaf)
            curves[name].append(float(mt.softmax(logits.detach(), 1)[0, target]))
            dx, = grad(objective(logits, target).sum(), leaf)
            x = np.clip(x + STEP * dx.data, clean - EPS.value, clean + EPS.value).clip(0, 1)
    return {name: mt.Tensor(np.array(curve)) for name, curve in curves.items()}


def saved_and_seen(s, model, images, target):
    """Whether each picture is still the target after it was saved as PNG and read again."""
    folder = s.folder / "fooling"
    folder.mkdir(parents=True, exist_ok=True)
    again = []
    for i, image in enumerate(np.rint(images * 255).astype(np.uint8)):
        path = folder / f"{target}-{i}.png"
        ToPILImage()(image.transpose(1, 2, 0)).save(path)
        again.append(np.asarray(load_image(path), np.float32).transpose(2, 0, 1) / 255)
    return [bool(k == target) for k in predict(model, np.stack(again)).classes]
