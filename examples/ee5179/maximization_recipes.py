"""Activation maximization as two solutions did it: pixels around 128, in a net that knows [0, 1].

report2019 lets pixels go anywhere; notebook2023 keeps them in [0, 255] and a step below 0.3. Both
start as noise of standard deviation 1 around 128.
"""
from dataclasses import dataclass, field

import numpy as np

from minitorch_cnn.attacks import activation_maximization, predict
from minitorch_cnn.report import Price

from nets import document_net, facts, here, kept_for


@dataclass(frozen=True)
class Recipe:
    """What a document did, and to which of its nets."""

    document: str
    net: str
    step: float
    iterations: int
    options: dict = field(default_factory=dict, hash=False)


RECIPES = (Recipe("report2019", "report2019", 0.1, 15_000, {"bounds": None}),
           Recipe("notebook2023", "Adam+BN", 0.05, 10_000,
                  {"bounds": (0, 255), "max_change": 0.3}))
FASTER = 30  # with --quick, which is too few steps for most digits


def maximized(s, recipe):
    """The ten images of a recipe, and what the net says of them as they were meant: over 255."""
    model = document_net(s, recipe.net)
    steps = recipe.iterations // (FASTER if s.quick else 1)

    def compute():
        result = activation_maximization(model, range(10), mean=128.0, std=1.0, step=recipe.step,
                                         iterations=steps, progress=True, **recipe.options)
        meant = predict(model, here(s, np.clip(result.images / 255, 0, 1)))
        return facts(result) | {"p_meant": meant.probability_of(result.targets)}

    return kept_for(s, model, f"activation_maximization/{recipe.document}", compute)


def prices(s, corrected):
    """What pixels around 128 cost: rows for ``report.prices``."""
    return [Price(f"{recipe.document}: noise around 128, for a net that knows [0, 1]",
                  float(np.median(maximized(s, recipe)["p_start"])),
                  float(np.median(corrected["p_start"])), digits=4,
                  quantity="confidence for the noise itself, before any step")
            for recipe in RECIPES]
