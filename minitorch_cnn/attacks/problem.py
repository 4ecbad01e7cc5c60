"""An attack's arguments, checked, before anything is computed. N images of C H W, K classes."""
from dataclasses import dataclass

import numpy as np

from ..device import device_of, move
from ..interpret.checks import as_count, check_model
from ..interpret.scores import logits_of
from .checks import PIXELS, as_classes, as_pixels, as_region, check_classes
from .objectives import as_objective
from .weights import WeightGuard

RECORDS = 100  # of a trajectory, by default


@dataclass
class Watch:
    """How an attack is run and observed, the options that all attacks share.

    Parameters
    ----------
    every, images_every : int or None
        How often numbers and images are recorded. None: about 100 records, and no images.
    batch_size : int
        Images in one forward and backward.
    progress : bool
        Show a bar.
    """

    every: int | None = None
    images_every: int | None = None
    batch_size: int = 128
    progress: bool = False

    def check(self, attack, iterations):
        """Put numbers in place of None.

        Raises
        ------
        TypeError, ValueError
            For what is no integer of at least 1.
        """
        every = max(1, iterations // RECORDS) if self.every is None else self.every
        self.every = as_count(attack, "every", every)
        self.images_every = 0 if self.images_every is None \
            else as_count(attack, "images_every", self.images_every)
        self.batch_size = as_count(attack, "batch_size", self.batch_size)


class Problem:
    """What is attacked, with which aim.

    Parameters
    ----------
    attack : str
        Name for messages.
    model : callable
        Tensor (N, C, H, W) -> Tensor of logits (N, K).
    images : array-like, (N, C, H, W)
        Where changes are measured from.
    classes : array-like of int, (N,) or one for all
        Targets, or the true classes if not ``targeted``.
    iterations : int
    name : str
        What the public function calls ``classes``.

    Attributes
    ----------
    images : array, (N, C, H, W)
        A copy.
    targets : array of int, (N,)
        On the CPU.
    region : array of bool (N, C, H, W) or None
    before : array, (N, K)
        Logits of the images, on the device of the images.
    """

    def __init__(self, attack, model, images, classes, *, iterations, watch, targeted=True,
                 objective="logit", region=None, bounds=PIXELS, name="targets"):
        check_model(attack, model)
        self.attack, self.model, self.bounds = attack, model, bounds
        self.images = as_pixels(attack, images, bounds)
        self.targeted = bool(targeted)
        self.targets = as_classes(attack, name, classes, len(self.images))
        self.objective = as_objective(attack, objective)
        self.region = as_region(attack, region, self.images)
        self.iterations = as_count(attack, "iterations", iterations)
        watch.check(attack, self.iterations)
        self.watch = watch
        self.guard = WeightGuard(attack, model)
        self.before = logits_of(attack, model, self.images, watch.batch_size)
        check_classes(attack, name, self.targets, self.before.shape[1])

    def targets_of(self, rows):
        """The targets of a batch on the device of the images."""
        return move(self.targets[rows], device_of(self.images))

    def as_like(self, array):
        """A NumPy array in the dtype and on the device of the images."""
        return move(np.asarray(array, self.images.dtype), device_of(self.images))
