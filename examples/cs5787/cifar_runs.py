"""The trainings on CIFAR-10: settings, and one that is broken off goes on after its last epoch."""
import functools
from dataclasses import dataclass, field

import numpy as np

import minitorch_cnn as mt
from minitorch_cnn import nn, optim, transforms
from minitorch_cnn.data import DataLoader, Subset
from minitorch_cnn.datasets import CIFAR10
from minitorch_cnn.train import Trainer, predict

from cifar_nets import asked, better
from common import kept

BATCH, LARGE = 128, 512  # images to train, to test
QUICK = 2_000, 500       # images of a quick run


@dataclass(frozen=True)
class Run:
    """One training: SGD with Nesterov momentum 0.9 and a learning rate that rises and falls."""

    name: str
    net: object
    epochs: int
    lr: float
    decay: float
    smoothing: float = 0.0
    augment: tuple = field(default=(), compare=False)


MOVED = (transforms.RandomCrop(32, padding=4, padding_mode="reflect"),
         transforms.RandomHorizontalFlip())
ASKED = Run("asked net", asked, 15, 0.03, 5e-4)
NORMED = Run("asked net with batch norm", functools.partial(asked, batch_norm=True), 15, 0.12, 5e-4)
BETTER = Run("better net", better, 24, 0.2, 5e-4, 0.1,
             (*MOVED, transforms.RandomErasing(scale=(0.06, 0.06), ratio=(1, 1))))
RUNS = (ASKED, NORMED, BETTER)


@functools.cache
def cifar(root, train, augment=()):
    """A split of CIFAR-10; fetched into the cache where no folder is named."""
    transform = transforms.Compose(augment) if augment else None
    return CIFAR10(root, train, transform, download=root is None)


def trained(s, run):
    """What the training left: weights, history, seconds, predictions of the test images."""
    return kept(s, f"cifar/{run.name}", lambda: _train(s, run))


def _train(s, run):
    data, test = cifar(s.cifar, True, run.augment), cifar(s.cifar, False)
    epochs = 1 if s.quick else run.epochs
    if s.quick:
        data, test = Subset(data, range(QUICK[0])), Subset(test, range(QUICK[1]))
    loader = DataLoader(data, BATCH, shuffle=True, drop_last=True)
    model = run.net().to(s.device)
    optimizer = optim.SGD(model.parameters(), run.lr, momentum=0.9, nesterov=True,
                          weight_decay=run.decay)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, run.lr, epochs * len(loader), pct_start=0.2,
                                             cycle_momentum=False)
    trainer = Trainer(model, optimizer, nn.CrossEntropyLoss(label_smoothing=run.smoothing),
                      schedule, out=s.folder / "checkpoints" / run.name, compile=True,
                      step_scheduler="batch")
    history = trainer.fit(loader, epochs=epochs)
    if history.interrupted:
        raise KeyboardInterrupt(history.stopped)
    logits = predict(model, DataLoader(test, LARGE)).logits
    labels = np.concatenate([y.data for _, y in DataLoader(test, LARGE)])
    return {"model": model.state_dict(), "history": history.state_dict(), "logits": logits,
            "labels": mt.Tensor(labels), "seconds": history.seconds}
