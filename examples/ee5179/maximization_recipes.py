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
FASTER, QUICK = 10, 30  # for the prices of a corrected page; with --quick, too few for most digits


def maximized(s, recipe):
    """The ten images of a recipe, and what the net says of them as they were meant: over 255."""
    model = document_net(s, recipe.net)
    steps = recipe.iterations // (QUICK if s.quick else 1 if s.as_written else FASTER)

    def compute():
        result = activation_maximization(model, range(10), mean=128.0, std=1.0, step=recipe.step,
                                         iterations=steps, progress=True, **recipe.options)
        meant = predict(model, here(s, np.clip(result.images / 255, 0, 1)))
        return facts(result) | {"p_meant": meant.probability_of(result.targets)}

    return kept_for(s, model, f"activation_maximization/{recipe.document}-{steps}", compute)


def prices(s, corrected):
    """What pixels around 128, a claim and a name cost: rows for ``report.prices``."""
    rows = [Price("the sheet: \"non-targeted\", though a class is asked for", "non-targeted",
                  "activation maximization", cost="the name", quantity="name of the attack")]
    for recipe in RECIPES:
        both = (maximized(s, recipe), corrected)
        rows += [Price(f"{recipe.document}: noise around 128, for a net that knows [0, 1]",
                       *(float(np.median(f["p_start"])) for f in both), digits=4,
                       quantity="confidence for the noise itself, before any step"),
                 Price(f"{recipe.document}: \"the cost always increases\", not counted",
                       *(10 * f["falls"].sum() / f["steps"] for f in both), digits=1,
                       quantity="steps in which it fell, in % (of {:,}, of {:,})".format(
                           *(10 * f["steps"] for f in both)))]
    return rows
