"""What an attack hands back. N images of C H W, K classes; NumPy arrays throughout."""
import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..autograd import Tensor, no_grad
from ..device import move, to_cpu
from ..interpret.checks import as_images, check_model
from ..interpret.scores import logits_of
from ..nn import Module
from ..ops import softmax
from .checks import dtype_and_device
from .problem import Problem
from .trajectory import Trajectory
from .units import GREY_LEVELS, Quantity


@dataclass(frozen=True)
class Rate:
    """``count`` of ``total``."""

    count: int
    total: int

    @property
    def value(self):
        """The share; NaN of nothing."""
        return self.count / self.total if self.total else math.nan

    def __float__(self):
        return float(self.value)

    def __str__(self):
        share = f" ({self.value:.1%})" if self.total else ""
        return f"{self.count} of {self.total}{share}"


class Prediction:
    """What a model says of images.

    Attributes
    ----------
    logits, probabilities : array, (N, K)
    classes : array of int, (N,)
        The most probable one.
    confidence : array, (N,)
        Its probability.
    """

    def __init__(self, logits):
        self.logits = to_cpu(logits)

    @cached_property
    def probabilities(self):
        """softmax(logits)."""
        with no_grad():
            return softmax(Tensor(self.logits), 1).data

    @cached_property
    def classes(self):
        """The class with the highest logit."""
        return self.logits.argmax(axis=1)

    @property
    def confidence(self):
        """The highest probability."""
        return self.probabilities.max(axis=1)

    def probability_of(self, targets):
        """The probability of one class for each image: (N,) ints -> (N,)."""
        return self.probabilities[np.arange(len(self.logits)), targets]

    def __len__(self):
        return len(self.logits)

    def __repr__(self):
        return f"Prediction({len(self)} images, {self.logits.shape[1]} classes)"


def predict(model, images, batch_size=128, *, caller="predict"):
    """What ``model`` says of ``images`` (N, C, H, W) of any range: a Prediction.

    Raises
    ------
    ValueError
        If the model is in training mode or returns no logits (N, K).
    TypeError
        If it is not callable or returns no Tensor.
    """
    check_model(caller, model)
    array, _ = as_images(caller, images)
    if isinstance(model, Module):
        array = move(array, dtype_and_device(model)[1])
    return Prediction(logits_of(caller, model, array, batch_size))


def round_to_8_bits(images, bounds=(0.0, 1.0)):
    """The nearest images of 256 grey levels between ``bounds``, as a PNG file would hold them."""
    low, high = bounds
    levels = np.rint((np.clip(images, low, high) - low) * (GREY_LEVELS / (high - low)))
    return levels * ((high - low) / GREY_LEVELS) + low


@dataclass(eq=False)
class AttackResult:
    """The adversarial images and how they came about.

    Attributes
    ----------
    attack : str
        Its name.
    images : array, (N, C, H, W)
        The result.
    start : array, (N, C, H, W)
        What changes are measured from: the clean images, or the noise it began with.
    targets : array of int, (N,)
        Target classes, or the true ones if not ``targeted``.
    targeted : bool
    before, after : Prediction
        Of ``start`` and of ``images``.
    rounded : Prediction or None
        Of the images rounded to 8 bits; None where pixels have no bounds, so no grey levels.
    trajectory : Trajectory
        Numbers and images on the way.
    iterations : int
        How many were asked for; ``trajectory.iteration[-1]`` says how many there were.
    eps : Quantity or None
        The largest change allowed, with its unit.
    bounds : (float, float) or None
        Of the pixels.
    region : array of bool (N, C, H, W) or None
        The pixels that were allowed to change.
    weights : str or None
        Checksum of the model's weights, the same before and after; None if it is no Module.
    """

    attack: str
    images: np.ndarray
    start: np.ndarray
    targets: np.ndarray
    targeted: bool
    before: Prediction
    after: Prediction
    rounded: Prediction | None
    trajectory: Trajectory = field(repr=False)
    iterations: int = 0
    eps: Quantity | None = None
    bounds: tuple | None = None
    region: np.ndarray | None = None
    weights: str | None = None

    @property
    def noise(self):
        """What was added: images - start."""
        return self.images - self.start

    @property
    def linf(self):
        """The largest change of a pixel, (N,)."""
        return np.abs(self._flat_noise()).max(axis=1)

    @property
    def l2(self):
        """The Euclidean norm of the change, (N,)."""
        return np.sqrt((self._flat_noise() ** 2).sum(axis=1))

    def _flat_noise(self):
        return self.noise.reshape(len(self.images), math.prod(self.images.shape[1:]))

    def reached(self, prediction):
        """Whether the aim is reached in a Prediction: the target, or anything but the true class.

        Returns
        -------
        array of bool, (N,)
        """
        return (prediction.classes == self.targets) == self.targeted

    @property
    def success(self):
        """Whether the aim was reached, (N,)."""
        return self.reached(self.after)

    @property
    def success_after_rounding(self):
        """Whether it still is in the images rounded to 8 bits, (N,); None without bounds."""
        return None if self.rounded is None else self.reached(self.rounded)

    @property
    def success_rate(self):
        """Successes of all images: a Rate."""
        return Rate(int(self.success.sum()), len(self.images))

    @property
    def success_rate_after_rounding(self):
        """The same after rounding to 8 bits; None without bounds."""
        if self.rounded is None:
            return None
        return Rate(int(self.success_after_rounding.sum()), len(self.images))

    @property
    def success_rate_before(self):
        """Images of which the aim was true before anything was changed: a Rate."""
        return Rate(int(self.reached(self.before).sum()), len(self.images))

    def seen_by(self, model, batch_size=128):
        """What another model says of the result: a Prediction; errors as ``predict``."""
        return predict(model, self.images, batch_size, caller=f"{self.attack}.seen_by")

    def __str__(self):
        aim = "with the target predicted" if self.targeted else "misread"
        rounded = self.success_rate_after_rounding
        lines = [f"{self.attack}: {self.success_rate} images {aim}, "
                 f"{self.success_rate_before.count} before the attack; "
                 + ("no bounds, so no rounding" if rounded is None
                    else f"after rounding to 8 bits {rounded}")]
        if len(self.images):
            lines.append(f"largest change of a pixel {self.linf.max():.4g}, median L2 norm "
                         f"{np.median(self.l2):.4g}"
                         + (f"; eps = {self.eps!r}" if self.eps is not None else ""))
        done = int(self.trajectory.iteration[-1])
        lines.append(f"{done} of at most {self.iterations} iterations; weights "
                     + (f"unchanged (SHA-256 {self.weights[:12]}...)" if self.weights
                        else "not known (the model is no Module)"))
        return "\n".join(lines)

    __repr__ = __str__


def result_of(problem: Problem, climb, kind=AttackResult, **more):
    """The result of a finished climb; the model is checked to have stayed as it was.

    Raises
    ------
    RuntimeError
        If a weight or a buffer changed.
    """
    batch_size = problem.watch.batch_size
    rounded = None
    if problem.bounds is not None:
        images = problem.as_like(round_to_8_bits(climb.images, problem.bounds))
        rounded = Prediction(logits_of(problem.attack, problem.model, images, batch_size))
    return kind(
        attack=problem.attack, images=climb.images, start=to_cpu(problem.images),
        targets=problem.targets, targeted=problem.targeted, before=Prediction(problem.before),
        after=Prediction(climb.logits), rounded=rounded, trajectory=climb.trajectory,
        iterations=problem.iterations, bounds=problem.bounds,
        region=None if problem.region is None else to_cpu(problem.region),
        weights=problem.guard.check(), **more)
