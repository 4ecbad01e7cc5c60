"""What each augmentation does to digits, as pictures."""
import re

import numpy as np

import minitorch_cnn as mt
from minitorch_cnn import plot, transforms
from minitorch_cnn.datasets import MNIST

from augmentations import AUGMENTATIONS


def sheets(report):
    """Adds one sheet of ten digits for every augmentation."""
    mt.manual_seed(0)
    mnist = MNIST()
    first = [np.flatnonzero(mnist.targets.data == digit)[0] for digit in range(10)]
    rows = {}
    for a in AUGMENTATIONS:
        images = transforms.Compose([*a.transforms, transforms.ToTensor()]).batched(
            mnist.data.data[first])
        if a.mix:
            images, _ = a.mix(images, np.arange(10))
        rows[f"{a.name}: {short(a)}"] = images.data[:, 0]
    report.figure(plot.draw_heat_maps(rows, None, 10, (0, 1), "gray", None, size=0.7),
                  "Twelve rows of ten digits, one row for each augmentation",
                  "The first image of every digit after each augmentation, drawn once.",
                  name="augmentations")


def short(augmentation):
    """Its transforms without the options that change nothing."""
    text = str(augmentation)
    for plain in ("ToTensor(); ", ", saturation=None, hue=None", ", inplace=False",
                  ", padding_mode=constant", ", padding=None", "degrees=[0.0, 0.0], ", ", fill=0"):
        text = text.replace(plain, "")
    return re.sub(r"\.0(?=[,)\]])", "", text)
