"""The data of this study: MNIST, 50,000 images to train, 10,000 to validate, 10,000 to test."""
import functools

import numpy as np

from minitorch_cnn import Generator
from minitorch_cnn.data import DataLoader, Subset, random_split
from minitorch_cnn.datasets import MNIST


@functools.cache
def split(quick=False):
    """(train, validation, test): 50,000, 10,000 and 10,000 images, the same in every run."""
    train, validation = random_split(MNIST(), [50_000, 10_000], Generator().manual_seed(0))
    test = MNIST(train=False)
    if quick:
        return tuple(Subset(part, range(len(part) // 10)) for part in (train, validation, test))
    return train, validation, test


def loaders(s, batch_size):
    """DataLoaders of the three parts; only the first is shuffled, anew in every epoch."""
    train, *others = split(s.quick)
    return [DataLoader(train, batch_size, shuffle=True), *(DataLoader(d, 500) for d in others)]


def test_images(s, digits, skip=0):
    """For each digit a test image of it, the first after ``skip`` others: (N, 1, 28, 28)."""
    images, labels = next(iter(DataLoader(split(s.quick)[2], 1_000)))
    return images.data[[np.flatnonzero(labels.data == digit)[skip] for digit in digits]]
