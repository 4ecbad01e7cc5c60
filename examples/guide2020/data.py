"""MNIST as the guide uses it: 1,000 or 60,000 images to train with, 10,000 to test, normalized."""
import functools

import numpy as np

from minitorch_cnn import transforms
from minitorch_cnn.data import DataLoader, Subset, TensorDataset
from minitorch_cnn.datasets import MNIST

MEAN, STD, BATCH = 0.1307, 0.3081, 64
NORMALIZE = transforms.Normalize((MEAN,), (STD,))


@functools.cache
def normalized(train):
    """All images (N, 1, 28, 28) and labels (N,) as a dataset."""
    mnist = MNIST(train=train)
    return TensorDataset(transforms.Compose([transforms.ToTensor(), NORMALIZE]).batched(
        mnist.data.data), mnist.targets)


def train_loader(images, transform=()):
    """The first ``images`` of the training set, normalized, shuffled anew in every epoch.

    ``transform`` are augmentations, which act on images with pixels in [0, 1].
    """
    data = normalized(True)
    if transform:
        steps = [*transform, transforms.ToTensor(), NORMALIZE]
        data = MNIST(transform=transforms.Compose(steps))
    return DataLoader(Subset(data, range(images)), BATCH, shuffle=True)


def test_loader(s, shuffle=False):
    """The test images; a tenth of them with --quick."""
    data = normalized(False)
    return DataLoader(Subset(data, range(s.scaled(len(data), 1_000))), 500, shuffle=shuffle)


def test_images(s, count=None):
    """(images (N, 1, 28, 28) with pixels in [0, 1], labels (N,)) as arrays."""
    mnist = MNIST(train=False)
    count = count or s.scaled(len(mnist), 1_000)
    return mnist.data.data[:count, None] / np.float32(255), mnist.targets.data[:count]


def few_images(s):
    """(images, epochs) of the guide's first column."""
    return s.scaled((1_000, 10), (1_000, 3))


def all_images(s):
    """(images, epochs) of its second column."""
    return s.scaled((60_000, 4), (6_000, 1))
