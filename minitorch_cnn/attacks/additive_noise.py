"""Additive noise: one noise per image, optimised until the target wins; then put on other images.

N images of C H W.
"""
from dataclasses import dataclass

import numpy as np

from ..device import array_module, to_cpu
from .ascent import Ascent, climb
from .checks import PIXELS, as_number, as_pixels
from .problem import Problem, Watch
from .result import AttackResult, Prediction, predict, result_of


class AdditiveNoise(Ascent):
    """x <- clip(x + lr * dC/dx, 0, 1) until the target has the highest logit; noise = x - x0."""

    def __init__(self, targets, objective, lr):
        super().__init__(targets, objective)
        self.lr = lr
        self.needed = np.full(len(targets), -1)  # steps; -1 while the target has not won

    def step(self, x, dx):
        """Uphill, for images whose target has not won."""
        xp = array_module(x)
        active = xp.asarray(self.needed < 0).reshape(-1, 1, 1, 1)
        return xp.where(active, xp.clip(x + self.lr * dx, *PIXELS), x)

    def arrived(self, iteration, logits):
        """Note whose target wins; stop when all have won."""
        wins = to_cpu(logits.argmax(axis=1) == self.targets.data)
        self.needed[wins & (self.needed < 0)] = iteration
        return bool((self.needed >= 0).all())


@dataclass(repr=False, eq=False)
class AdditiveNoiseResult(AttackResult):
    """An AttackResult; ``start`` are the clean images and ``noise`` is what was found.

    Attributes
    ----------
    needed : array of int, (N,)
        Iterations until the target won; -1 where it did not.
    others : array, (N, C, H, W) or None
        The other images.
    others_with_noise : array, (N, C, H, W) or None
        Image i of the others with noise i, clipped to [0, 1].
    others_before, others_after : Prediction or None
        Of the others without and with the noise.
    """

    needed: np.ndarray = None
    others: np.ndarray | None = None
    others_with_noise: np.ndarray | None = None
    others_before: Prediction | None = None
    others_after: Prediction | None = None


def additive_noise(model, images, targets, others=None, *, lr=0.1, iterations=1000,
                   objective="log_probability", region=None, every=None, images_every=None,
                   batch_size=128, progress=False):
    """A noise for each image, by gradient steps until the target class has the highest probability.

    Szegedy et al., "Intriguing properties of neural networks", arXiv 1312.6199, ask for the
    smallest such noise; here it starts at 0 and stops as soon as the target wins.

    Parameters
    ----------
    model : callable
        As for ``fgsm``.
    images : array, (N, C, H, W)
        Pixels in [0, 1]; image + noise stays there.
    targets : int or (N,) ints
        What image + noise shall be taken for.
    others : array, (N, C, H, W), optional
        Image i gets noise i too: does the noise work on an image that it was not made for?
    lr : float
        Factor of the gradient.
    iterations : int
        At most.
    objective, region, batch_size
        As for ``fgsm``.
    every, images_every, progress
        As for ``pgd``.

    Shape
    -----
    images, others (N, C, H, W), targets (N,), result.noise (N, C, H, W).

    Returns
    -------
    AdditiveNoiseResult

    Raises
    ------
    ValueError
        For a model in training mode, pixels outside [0, 1], a class that does not exist, sizes that
        do not fit.
    TypeError
        For pixels that are not floats, targets that are not integers.
    RuntimeError
        If a weight changed.
    """
    attack, ascents = "additive_noise", []
    lr = as_number(attack, "lr", lr, low=0)
    problem = Problem(attack, model, images, targets, objective=objective, region=region,
                      iterations=iterations,
                      watch=Watch(every, images_every, batch_size, progress))
    if others is not None:
        others = _checked_others(others, problem.images)

    def ascent_for(rows):
        ascents.append(AdditiveNoise(problem.targets_of(rows), problem.objective, lr))
        return ascents[-1]

    found = climb(problem, problem.images, ascent_for, iterations)
    more = {} if others is None else _on_others(problem, found.images, others)
    needed = np.concatenate([ascent.needed for ascent in ascents])
    return result_of(problem, found, AdditiveNoiseResult, needed=needed, **more)


def _checked_others(others, images):
    others = as_pixels("additive_noise", others, name="others")
    if others.shape != images.shape:
        raise ValueError(f"additive_noise: others has shape {others.shape}, images {images.shape}; "
                         "they must be equal, image i of the others gets noise i")
    return others


def _on_others(problem, found, others):
    noise = problem.as_like(found) - problem.images
    noisy = array_module(others).clip(others + noise, *PIXELS).astype(others.dtype)
    seen = [predict(problem.model, images, problem.watch.batch_size, caller=problem.attack)
            for images in (others, noisy)]
    return {"others": to_cpu(others), "others_with_noise": to_cpu(noisy),
            "others_before": seen[0], "others_after": seen[1]}
