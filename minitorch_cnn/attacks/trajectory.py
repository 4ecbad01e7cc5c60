"""How an attack went: numbers of every k-th iteration, and whether the cost ever fell.

T recorded iterations, S recorded sets of images, N images of C H W, K classes.
"""
import math
from dataclasses import dataclass, fields

import numpy as np

from ..autograd import Tensor, no_grad
from ..device import array_module, to_cpu
from .objectives import logit, probability


@dataclass(eq=False)
class Trajectory:
    """An attack's way. Iteration 0 is the start, the last one the result.

    Attributes
    ----------
    iteration : array, (T,)
        Numbers of the recorded iterations.
    cost : array, (T, N)
        What was made large.
    logit, probability : array, (T, N)
        Of the target (for an attack that is not targeted: of the true class).
    l2, linf : array, (T, N)
        Size of the change so far, in pixels.
    image_iteration : array, (S,)
        Numbers of the iterations whose images were kept.
    images : array, (S, N, C, H, W)
    falls : array, (N,)
        In how many of all iterations, recorded or not, the cost was lower than in the one before.
    largest_fall : array, (N,)
        By how much at most: rounding alone makes falls of about 1e-7 of the cost.
    """

    iteration: np.ndarray
    cost: np.ndarray
    logit: np.ndarray
    probability: np.ndarray
    l2: np.ndarray
    linf: np.ndarray
    image_iteration: np.ndarray
    images: np.ndarray
    falls: np.ndarray
    largest_fall: np.ndarray

    def __repr__(self):
        return (f"Trajectory({len(self.iteration)} records of {self.cost.shape[1]} images, "
                f"iterations 0 to {self.iteration[-1]}, {len(self.images)} sets of images)")


COUNTED_BY = {"images": "image_iteration",  # axis 0 of these goes with time, axis 1 with the image
              **dict.fromkeys(["cost", "logit", "probability", "l2", "linf"], "iteration")}
TIMES = ("iteration", "image_iteration")


def joined(parts):
    """Trajectories of several batches as one; of a batch that ended sooner, its end is repeated."""
    times = {name: np.unique(np.concatenate([getattr(part, name) for part in parts]))
             for name in TIMES}
    values = dict(times)
    for field in fields(Trajectory):
        name = field.name
        if name in COUNTED_BY:
            counter = COUNTED_BY[name]
            rows = [getattr(part, name)[_latest(getattr(part, counter), times[counter])]
                    for part in parts]
            values[name] = np.concatenate(rows, axis=1)
        elif name not in TIMES:
            values[name] = np.concatenate([getattr(part, name) for part in parts])
    return Trajectory(**values)


def _latest(recorded, times):
    """For each time the position of the latest record until then."""
    return np.searchsorted(recorded, times, side="right") - 1


def chosen(mask, yes, no):
    """Where ``mask`` (N,) is True the trajectory ``yes``, elsewhere ``no``, both of one length."""
    values = {}
    for field in fields(Trajectory):
        a, b = getattr(yes, field.name), getattr(no, field.name)
        if field.name in COUNTED_BY:
            values[field.name] = np.where(mask.reshape(1, -1, *[1] * (a.ndim - 2)), a, b)
        else:
            values[field.name] = a if field.name in TIMES else np.where(mask, a, b)
    return Trajectory(**values)


class Recorder:
    """Collects a Trajectory while a batch of images climbs.

    Parameters
    ----------
    start : array, (N, C, H, W)
        What changes are measured from.
    targets : array, (N,)
    every, images_every : int
        How often numbers and images are kept; 0 keeps no images.
    """

    def __init__(self, start, targets, every, images_every):
        self.start, self.targets = start, targets
        self.every, self.images_every = every, images_every
        self.numbers, self.rows = [], []
        self.image_numbers, self.images = [], []
        self.previous = None
        xp = array_module(start)
        self.falls = xp.zeros(len(start), np.int64)
        self.lowest_rise = xp.zeros(len(start), start.dtype)

    def note(self, iteration, x, cost, logits, is_last=False):
        """Images x (N, C, H, W), cost (N,) and logits (N, K) of one iteration, as arrays."""
        if self.previous is not None:
            rise = cost - self.previous
            self.falls += rise < 0
            array_module(x).minimum(self.lowest_rise, rise, out=self.lowest_rise)
        self.previous = cost
        if is_last or iteration % self.every == 0:
            self.numbers.append(iteration)
            self.rows.append([to_cpu(row) for row in self._row(x, cost, logits)])
        if self.images_every and (is_last or iteration % self.images_every == 0):
            self.image_numbers.append(iteration)
            self.images.append(to_cpu(x.copy()))

    @no_grad()
    def _row(self, x, cost, logits):
        """cost, logit, probability, l2 and linf of one iteration, each (N,)."""
        n, *image = x.shape
        xp = array_module(x)
        change = xp.abs(x - self.start).reshape(n, math.prod(image))  # (N, C*H*W)
        logits, targets = Tensor(logits), Tensor(self.targets)
        return (cost, logit(logits, targets).data, probability(logits, targets).data,
                xp.sqrt((change * change).sum(axis=1)), change.max(axis=1))

    def trajectory(self):
        """What was collected."""
        images = np.empty((0, *self.start.shape), self.start.dtype)
        return Trajectory(np.array(self.numbers), *map(np.stack, zip(*self.rows)),
                          np.array(self.image_numbers, np.int64),
                          np.stack(self.images) if self.images else images,
                          to_cpu(self.falls), to_cpu(abs(self.lowest_rise)))
