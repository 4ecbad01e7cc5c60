"""Features of the pets: what goes into the last linear layer, computed once and kept."""
import functools
import sys

import numpy as np

import minitorch_cnn as mt
from minitorch_cnn.data import DataLoader, Subset
from minitorch_cnn.datasets import OxfordIIITPet
from minitorch_cnn.interpret import embedding
from minitorch_cnn.progress import progress_bar

from common import kept
from pretrained import pretrained

NETS = {"mobilenet_v2": "IMAGENET1K_V1", "resnet50": "DEFAULT"}  # 1280 and 2048 features
QUICK = 10  # images of each breed, about


@functools.cache
def pets(root, split):
    """A split of the dataset, without a transform."""
    return OxfordIIITPet(root, split, download=root is None)


def breeds(s):
    """The names of the 37 breeds."""
    return pets(s.root, "test").classes


def features(s, name, weights, split):
    """(features (N, D), L2-normalized, labels (N,)) of a split."""
    found = kept(s, f"features/{name}-{split}", lambda: computed(s, name, weights, split))
    return found["features"].data, found["labels"].data


def computed(s, name, weights, split):
    net, _, known = pretrained(name, weights, s.device)
    data = OxfordIIITPet(s.root, split, transform=known.transforms())
    if s.quick:  # few of each breed
        data = Subset(data, range(0, len(data), 1 + len(data) // 37 // QUICK))
    parts, labels = [], []
    with progress_bar(len(data), f"{name}, {split}", "images") as bar:
        for images, y in DataLoader(data, 16):
            parts.append(embedding(net, images.to(s.device), l2=True))
            labels.append(y.data)
            bar.update(len(y))
    print(f"   {known} on {len(data)} images", file=sys.stderr)
    return {"features": mt.Tensor(np.concatenate([mt.Tensor(p).cpu().data for p in parts])),
            "labels": mt.Tensor(np.concatenate(labels))}
