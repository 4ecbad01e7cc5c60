"""Image pull: an image that looks like one digit and is taken for another.

N images of C H W.
"""
from dataclasses import dataclass

import numpy as np

from ..autograd import Tensor
from ..device import to_cpu
from ..interpret.checks import as_count
from .activation_maximization import LEVEL, MIDDLE, ActivationMaximization, motion, noise
from .ascent import climb
from .checks import PIXELS, as_bounds, as_classes, as_number, as_pixels
from .problem import Problem, Watch
from .result import AttackResult, result_of


class ImagePull(ActivationMaximization):
    """x <- clip(x + step * dC/dx, low, high);  C = objective - beta * mean (x - image)^2."""

    def __init__(self, targets, objective, start, image, beta, **options):
        super().__init__(targets, objective, start, **options)
        self.image, self.beta = Tensor(image), beta

    def cost(self, logits, x):
        """The objective minus the pull."""
        return super().cost(logits, x) - self.beta * ((x - self.image) ** 2).mean((1, 2, 3))


@dataclass(repr=False, eq=False)
class ImagePullResult(AttackResult):
    """An AttackResult with the images that were pulled towards.

    Attributes
    ----------
    references : array, (N, C, H, W)
        What the result shall look like.
    beta : float
        Weight of the mean squared difference.
    """

    references: np.ndarray = None
    beta: float = 0.0

    @property
    def mse(self):
        """Mean squared difference from the references, (N,), in squared pixels."""
        return ((self.images - self.references) ** 2).mean(axis=(1, 2, 3))

    def __str__(self):
        return (f"{super().__str__()}\nmedian MSE to the references {np.median(self.mse):.4g}, "
                f"at the start {self._mse_at_start():.4g}; beta = {self.beta:g}")

    def _mse_at_start(self):
        return np.median(((self.start - self.references) ** 2).mean(axis=(1, 2, 3)))

    __repr__ = __str__


def every_pair(classes=10):
    """All pairs of different classes, two int arrays: (looks like, predicted as).

    90 of ten classes, in rows of one "looks like" each: 0 as 1, 0 as 2 ... 9 as 8.
    """
    k = as_count("every_pair", "classes", classes)
    looks, predicted = np.nonzero(~np.eye(k, dtype=bool))
    return looks, predicted


def image_pull(model, images, targets, beta, *, mean=MIDDLE, std=LEVEL, start=None, step=0.05,
               iterations=1000, bounds=PIXELS, max_change=None, momentum=0.0, objective="logit",
               region=None, every=None, images_every=None, batch_size=128, progress=False):
    """Noise that climbs a class's logit while it is pulled towards an image.

    X <- X + step * dC/dX with C = logit[target] - beta * MSE(X, image), MSE the mean over an
    image's pixels. Both in one unit: with pixels in [0, 1] a pull is felt from a beta of about
    100 on, since the mean of 784 squares has slopes of 2/784. A logit is never large enough, so
    it keeps working against the pull; a "log_probability" is content once the target has won, and
    ends nearer to the image at the same success.

    Parameters
    ----------
    model : callable
        As for ``fgsm``.
    images : array, (N, C, H, W)
        What the result shall look like; within the bounds.
    targets : int or (N,) ints
        What it shall be taken for.
    beta : float
        Weight of the pull, in logits per squared pixel.
    start : array, (N, C, H, W), optional
        Begin here instead of at N(mean, std) noise; ``images`` themselves, say.
    mean, std, step, iterations, bounds, max_change, momentum, objective, region
        As for ``activation_maximization``.
    every, images_every, batch_size, progress
        As for ``pgd``.

    Shape
    -----
    images (N, C, H, W), targets (N,), result.images (N, C, H, W) in the dtype of the images.

    Returns
    -------
    ImagePullResult
        ``seen_by(second_model)`` says what another net takes the images for.

    Raises
    ------
    ValueError, TypeError, RuntimeError
        As ``activation_maximization``, and for images outside the bounds.
    """
    attack = "image_pull"
    bounds, beta = as_bounds(attack, bounds), as_number(attack, "beta", beta, low=0)
    references = as_pixels(attack, images, bounds)
    targets = as_classes(attack, "targets", targets, len(references))
    if start is None:
        start = noise(attack, model, references.shape, mean, std, bounds, references.dtype)
    start = as_pixels(attack, start, bounds, "start")
    _check_start(start, references)
    options = motion(attack, bounds, step, max_change, momentum)
    problem = Problem(attack, model, start, targets, objective=objective, region=region,
                      bounds=bounds, iterations=iterations,
                      watch=Watch(every, images_every, batch_size, progress))

    def ascent_for(rows):
        return ImagePull(problem.targets_of(rows), problem.objective, problem.images[rows],
                         references[rows], beta, **options)

    found = climb(problem, problem.images, ascent_for, iterations)
    return result_of(problem, found, ImagePullResult, references=to_cpu(references), beta=beta)


def _check_start(start, references):
    if start.shape != references.shape:
        raise ValueError(f"image_pull: start has shape {start.shape}, the images "
                         f"{references.shape}; they must be equal")
