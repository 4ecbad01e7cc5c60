"""The net that the filters, activations, occlusions and attacks of this study look at.

Corrected: batch norm, Adam with a falling learning rate, and images that are slightly rotated,
moved and scaled anew in every epoch; of all epochs the best one on *validation* images. As written:
the best of the notebook's nets on *test* images, after which its accuracy is no longer a fair one.
"""
import functools

import minitorch_cnn as mt
from minitorch_cnn import optim, transforms
from minitorch_cnn.data import DataLoader, Subset
from minitorch_cnn.datasets import MNIST
from minitorch_cnn.models import MnistCNN
from minitorch_cnn.train import Trainer, predict

from common import kept, split
from results import fit
from runs import NOTEBOOK2023, trained
from scores import test_accuracy, weights_as_written

EPOCHS, BATCH, LR = 36, 128, 0.002
AUGMENTATION = transforms.Compose([
    transforms.RandomAffine(10, translate=(0.1, 0.1), scale=(0.9, 1.1), shear=10,
                            interpolation=transforms.InterpolationMode.BILINEAR),
    transforms.ToTensor()])


@functools.cache
def best_model(s):
    """The most accurate net, in eval mode; trained first if that has not happened yet."""
    result = kept_best(s)
    weights = weights_as_written(result) if s.as_written else result["model"]
    model = MnistCNN(batch_norm="bn1.weight" in weights)
    model.load_state_dict(weights)
    return model.to(s.device).eval()


def kept_best(s):
    """Weights, history and test logits of the best net."""
    if s.as_written:
        best = max(NOTEBOOK2023, key=lambda run: test_accuracy(s, trained(s, run, 0)))
        return trained(s, best, 0)
    return kept(s, "best", lambda: train_best(s))


def train_best(s):
    """Weights of the best epoch on validation, the history, and the test set's logits."""
    mt.manual_seed(1000)
    train, validation, test = split(s.quick)
    augmented = Subset(MNIST(transform=AUGMENTATION), _indices(train))
    epochs = 4 if s.quick else EPOCHS
    model = MnistCNN(batch_norm=True).to(s.device)
    optimizer = optim.Adam(model.parameters(), lr=LR)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    trainer = Trainer(model, optimizer, scheduler=schedule, compile=True,
                      out=s.folder / "checkpoints" / "best")
    loader = DataLoader(augmented, BATCH, shuffle=True)
    history = fit(trainer, loader, DataLoader(validation, 500), epochs)
    trainer.load_best()
    return {"model": model.state_dict(), "history": history.state_dict(),
            "logits": predict(model, DataLoader(test, 500)).logits}


def _indices(dataset):
    """Positions of a Subset's images (or of a Subset of a Subset) in the whole data set."""
    if isinstance(dataset.dataset, Subset):
        inner = _indices(dataset.dataset)
        return [inner[i] for i in dataset.indices]
    return list(dataset.indices)
