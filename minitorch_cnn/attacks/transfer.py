"""Transfer: do images made to fool one model fool others too? A table over models.

N images of C H W, A attacked and E evaluated models.
"""
from dataclasses import dataclass

import numpy as np

from ..device import device_of, move
from ..interpret.checks import check_model
from ..interpret.scores import logits_of
from .checks import as_classes, as_pixels, check_classes
from .result import AttackResult, Rate
from .weights import WeightGuard


@dataclass(eq=False)
class TransferResult:
    """The table; rows are the models that were attacked, columns those that were evaluated.

    Attributes
    ----------
    attacked, evaluated : list of str
        Names of the rows and columns.
    correct : array of int, (A, E)
        Images still read right; all cells count the same N images.
    clean : array of int, (E,)
        Images read right without any attack.
    total : int
        N.
    results : list
        What the attack returned for each row.
    """

    attacked: list
    evaluated: list
    correct: np.ndarray
    clean: np.ndarray
    total: int
    results: list

    @property
    def accuracy(self):
        """``correct`` as shares, (A, E)."""
        return self.correct / max(1, self.total)

    @property
    def clean_accuracy(self):
        """``clean`` as shares, (E,)."""
        return self.clean / max(1, self.total)

    def rate(self, attacked, evaluated):
        """One cell by the names of its row and column: a Rate."""
        row, column = self.attacked.index(attacked), self.evaluated.index(evaluated)
        return Rate(int(self.correct[row, column]), self.total)

    def __str__(self):
        width = max(map(len, ["attacked", "clean", *self.attacked]))
        columns = [max(8, len(name) + 2) for name in self.evaluated]
        rows = [("attacked", [name.rjust(w) for name, w in zip(self.evaluated, columns)])]
        for name, shares in [("clean", self.clean_accuracy), *zip(self.attacked, self.accuracy)]:
            rows.append((name, [f"{share:.2%}".rjust(w) for share, w in zip(shares, columns)]))
        lines = [name.ljust(width) + "".join(cells) for name, cells in rows]
        return "\n".join([f"accuracy on the same {self.total} images in every cell", *lines])

    __repr__ = __str__


def transfer(models, images, labels, attack, *, evaluated=None, batch_size=128):
    """Attack each model and evaluate all of them on the result.

    Liu et al., "Delving into Transferable Adversarial Examples and Black-box Attacks", arXiv
    1611.02770.

    Parameters
    ----------
    models : dict of str to callable
        The models to attack, by name.
    images : array, (N, C, H, W)
        Pixels in [0, 1].
    labels : (N,) ints
        The true classes.
    attack : callable
        (model, images, labels) -> AttackResult or array (N, C, H, W), as
        ``functools.partial(fgsm, eps=px(8))``.
    evaluated : dict of str to callable, optional
        The models to evaluate; those that were attacked if not given.
    batch_size : int
        Images in one forward of the evaluation.

    Shape
    -----
    images (N, C, H, W), labels (N,), result.correct (A, E).

    Returns
    -------
    TransferResult

    Raises
    ------
    ValueError
        For no models, a model in training mode, pixels outside [0, 1], a label that does not exist,
        or an attack that returns another shape.
    TypeError
        If models are not given by name.
    RuntimeError
        If a weight of any model changed.
    """
    evaluated = models if evaluated is None else evaluated
    for name, group in (("models", models), ("evaluated", evaluated)):
        _check_models(name, group)
    images = as_pixels("transfer", images)
    labels = as_classes("transfer", "labels", labels, len(images))
    guards = [WeightGuard("transfer", model) for model in [*models.values(), *evaluated.values()]]

    def correct(pixels):
        return [_count(model, pixels, labels, batch_size) for model in evaluated.values()]

    clean, results, table = correct(images), [], []
    for name, model in models.items():
        results.append(attack(model, images.copy(), labels.copy()))
        table.append(correct(_images_of(name, results[-1], images)))
    for guard in guards:
        guard.check()
    return TransferResult(list(models), list(evaluated), np.array(table), np.array(clean),
                          len(images), results)


def _check_models(name, models):
    if not isinstance(models, dict):
        raise TypeError(f'transfer: {name} must be a dict of models by name, {{"A": net}}, got '
                        f"{type(models).__name__}")
    if not models:
        raise ValueError(f"transfer: {name} is empty; name at least one model")
    for model in models.values():
        check_model("transfer", model)


def _count(model, images, labels, batch_size):
    """How many images the model reads right."""
    logits = logits_of("transfer", model, images, batch_size)
    check_classes("transfer", "labels", labels, logits.shape[1])
    return int((logits.argmax(axis=1) == move(labels, device_of(logits))).sum())


def _images_of(name, found, images):
    """The adversarial images in what an attack returned."""
    pixels = as_pixels("transfer", found.images if isinstance(found, AttackResult) else found,
                       name=f"the attack on {name}")
    if pixels.shape != images.shape:
        raise ValueError(f"transfer: the attack on {name} returned images of shape {pixels.shape} "
                         f"for {images.shape}; it must return one for each")
    return move(pixels.astype(images.dtype), device_of(images))
