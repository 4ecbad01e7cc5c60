"""Adversarial images of N1: how they look, and where a map puts them."""
from functools import partial

import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.attacks import fgsm, normalized
from minitorch_cnn.plot import Scatter

from common import corrected
from data import STD, test_images
from guide import EPS
from maps import neighbors_agree, tsne

MAPPED, SAMPLES = (0.2, 0.6, 1.0), 10


def pictures(s, report, models):
    """Adds samples at all strengths, and maps of the images at three."""
    images, labels = test_images(s, s.scaled(1_000, 200))
    attack = partial(fgsm, models["N1"], images, labels)
    samples(report, attack, images, labels)
    panels, rows = [Scatter("clean", tsne(corrected(s), "clean", images), labels)], []
    for eps in MAPPED:
        result = attack(normalized(eps, std=STD))
        placed = tsne(s, f"adversarial-{eps}", result.images)
        panels.append(Scatter(f"eps {eps:g}", placed, labels))
        rows.append((eps, 100 * neighbors_agree(placed, labels),
                     100 * float(np.mean(result.after.classes == labels))))
    report.figure(plot.draw_scatter(panels), "Four maps in which digits form islands",
                  f"{len(images):,} test images and what FGSM makes of them against N1, by t-SNE; "
                  "the color is the true digit.")
    report.table(("eps, normalized", "nearest neighbor of the same digit in %", "read by N1 in %"),
                 rows, "To their pixels the digits still belong together when the net no longer "
                       "reads them: what the attack changes is small for t-SNE.", digits=1)


def samples(report, attack, images, labels):
    first = [int(np.flatnonzero(labels == digit)[0]) for digit in range(SAMPLES)]
    rows = {"clean": images[first, 0]}
    titles = {"clean": [str(label) for label in labels[first]]}
    for eps in EPS:
        result = attack(normalized(eps, std=STD))
        name = f"eps {eps:g}"
        rows[name] = result.images[first, 0]
        titles[name] = [f"{result.after.classes[i]}" for i in first]
    report.figure(plot.draw_heat_maps(rows, titles, SAMPLES, (0, 1), "gray", None, size=0.7),
                  "Ten digits, greyer and noisier with every row",
                  "One image of every digit, attacked on N1; under each what N1 reads.")
