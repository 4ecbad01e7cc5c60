"""The pull towards an image as the documents did it: X in 0 .. 255, the image in 0 .. 1.

In C = logit[target] - beta * MSE(X, image) the pull's slope is beta * 2 / 784 * (X - image). With
the documents' betas it moves a pixel by a fraction of a grey level in thousands of steps. To
measure that, nine pairs climb once more, from the same noise, with a beta of 0.
"""
from dataclasses import dataclass, field

import numpy as np

from minitorch_cnn.attacks import every_pair, image_pull, predict
from minitorch_cnn.report import Price

from common import test_images
from nets import document_net, facts, here, judge, kept_for

QUICK = 100  # iterations with --quick
# report2019's pairs: what the image looks like, what it is taken for.
NINE = ((0, 1, 1, 3, 4, 5, 7, 7, 9), (5, 5, 6, 1, 9, 2, 1, 8, 4))


@dataclass(frozen=True)
class Recipe:
    """What a document did, and to which of its nets."""

    document: str
    net: str
    beta: float
    step: float
    iterations: int
    fewer: int  # iterations for the prices of a corrected page
    pairs: tuple
    options: dict = field(default_factory=dict, hash=False)


RECIPES = (Recipe("the sheet", "report2019", 1e-4, 0.1, 670, 670, NINE, {"bounds": None}),
           Recipe("report2019", "report2019", 0.185, 0.1, 670, 670, NINE, {"bounds": None}),
           Recipe("notebook2023", "Adam+BN", 0.001, 0.05, 5_000, 500, every_pair(),
                  {"bounds": (0, 255), "max_change": 0.3}))


def pulled(s, recipe):
    """The images of a recipe, and by how many grey levels the pull has moved the first nine."""
    model, second = document_net(s, recipe.net), judge(s)
    looks, targets = map(np.array, recipe.pairs)
    images = test_images(s, looks)
    steps = QUICK if s.quick else recipe.iterations if s.as_written else recipe.fewer
    options = dict(step=recipe.step, progress=True, iterations=steps, **recipe.options)

    def compute():
        result = image_pull(model, here(s, images), targets, recipe.beta, mean=128.0, std=1.0,
                            **options)
        without = image_pull(model, here(s, images[:9]), targets[:9], 0.0,
                             start=here(s, result.start[:9]), **options)
        seen = predict(second, here(s, np.clip(result.images / 255, 0, 1)))
        return facts(result) | {
            "looks": looks, "seen": seen.classes, "beta": recipe.beta,
            "moved": float(np.abs(result.images[:9] - without.images).mean()),
            "far": float(np.sqrt(((result.images - 255 * images) ** 2).mean()))}

    return kept_for(s, model, f"image_pull/{recipe.document.replace(' ', '-')}-{steps}", compute)


def prices(s, corrected):
    """What two units in one cost cost: rows for ``report.prices``."""
    rows = []
    for recipe in RECIPES[1:]:
        f = pulled(s, recipe)
        mistake = f"{recipe.document}: X in 0 .. 255, the image in 0 .. 1 ({f['steps']:,} steps)"
        rows += [Price(mistake, f["far"], float(255 * np.sqrt(corrected["mse"].mean())),
                       quantity="RMS distance from the image in grey levels", digits=1),
                 Price(mistake, 100 * float((f["seen"] == f["looks"]).mean()),
                       100 * float((corrected["seen"] == corrected["looks"]).mean()), digits=0,
                       quantity="share that a second net takes for the image's digit, in %")]
    return rows
