"""One training of one net, kept when it is done; the guide's mistakes, if they are asked for."""
import re
import shutil
import time
from dataclasses import astuple

import minitorch_cnn as mt
from minitorch_cnn import optim
from minitorch_cnn.models import GuideNet
from minitorch_cnn.nn import functional as F
from minitorch_cnn.train import Trainer

from common import kept
from data import train_loader
from testing import tested

OPTIMIZERS = {"SGD": {"lr": 0.01, "momentum": 0.9}, "Adam": {"lr": 0.001}, "Adadelta": {"lr": 1.0}}


def optimizer_of(model, faster=1):
    """What the table says, with the learning rate times ``faster``."""
    options = dict(OPTIMIZERS[model.plan.optimizer])
    options["lr"] *= faster
    return getattr(optim, model.plan.optimizer)(model.parameters(), **options)


def double_softmax(logits, labels):
    """As written: the nets end in a softmax, and the cross-entropy takes another one."""
    return F.cross_entropy(F.softmax(logits, 1), labels)


def trained(s, plan, seed, images, epochs, *, keep=False, augmentation=None, faster=1):
    """Train a net with one seed, unless that is kept already.

    Returns what ``tested`` does, "history" and "seconds", with ``keep`` the weights as "model".
    ``faster`` multiplies the learning rate.
    """
    name = "-".join([*astuple(plan), str(images), str(epochs), *([augmentation.name] if augmentation
                     else []), *([f"lr{faster}"] if faster != 1 else []), str(seed)])
    name = re.sub("[^a-zA-Z0-9.]+", "-", name).strip("-")

    def compute():
        mt.manual_seed(seed)
        model = GuideNet(plan).to(s.device)
        optimizer, loss = optimizer_of(model, faster), double_softmax if s.as_written \
            else F.cross_entropy
        folder = s.folder / "checkpoints" / name if images > 1_000 else None
        step = augmentation and augmentation.step(model, loss, optimizer)
        trainer = Trainer(model, optimizer, loss, out=folder, step=step, compile=step is None)
        start = time.perf_counter()
        history = trainer.fit(train_loader(images, augmentation.transforms if augmentation
                                           else ()), epochs=epochs)
        check(history)
        result = {"history": history.state_dict(), "seconds": time.perf_counter() - start,
                  **tested(s, model)} | ({"model": model.state_dict()} if keep else {})
        if folder:
            shutil.rmtree(folder)
        return result

    return kept(s, f"trainings/{name}", compute)


def check(history):
    """An interrupted or diverged training is no result."""
    if history.interrupted:
        raise KeyboardInterrupt
    if history.stopped:
        raise ArithmeticError(history.stopped)
