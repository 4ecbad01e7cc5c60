"""Gradient ascent on pixels, the loop that every attack shares: x <- step(x, dC/dx).

An attack is a class with two methods that stand side by side: ``cost``, what it makes large, and
``step``, how it moves. N images of C H W, K classes; plain arrays but in ``cost``.
"""
from dataclasses import dataclass

import numpy as np

from ..autograd import Tensor, enable_grad, grad, no_grad
from ..device import array_module, to_cpu
from ..interpret.scores import batches, run
from ..progress import progress_bar
from .trajectory import Recorder, Trajectory, joined


class Ascent:
    """A batch of images on its way up; one subclass for each attack.

    Parameters
    ----------
    targets : array of int, (N,)
    objective : callable
        (logits (N, K), targets (N,)) -> (N,), see ``objectives``.
    targeted : bool
        False makes the objective small instead.
    """

    def __init__(self, targets, objective, targeted=True):
        self.targets = Tensor(targets)
        self.objective = objective
        self.targeted = targeted

    def cost(self, logits, x):
        """C (N,), which the attack makes large, from logits (N, K) and images: Tensors."""
        score = self.objective(logits, self.targets)
        return score if self.targeted else -score

    def step(self, x, dx):
        """The next images from these and dC/dx, all (N, C, H, W)."""
        raise NotImplementedError(f"{type(self).__name__}.step is not written")

    def arrived(self, iteration, logits):
        """Whether to stop here, where the model says ``logits`` (N, K)."""
        return False


@dataclass
class Climb:
    """Where an attack arrived: arrays on the CPU."""

    images: np.ndarray      # (N, C, H, W)
    logits: np.ndarray      # (N, K)
    trajectory: Trajectory


@enable_grad()
def climb(problem, start, ascent_for, iterations):
    """Run an attack on all images, batch by batch.

    Parameters
    ----------
    problem : Problem
    start : array, (N, C, H, W)
        Where to begin.
    ascent_for : callable
        slice of the images -> Ascent.
    iterations : int

    Returns
    -------
    Climb
    """
    parts = batches(len(start), problem.watch.batch_size)
    steps = iterations * len(parts)
    with progress_bar(steps, problem.attack, "iterations", problem.watch.progress) as bar:
        climbs = [_climb_batch(problem, rows, start[rows], ascent_for(rows), iterations, bar)
                  for rows in parts]
    return Climb(np.concatenate([c.images for c in climbs]),
                 np.concatenate([c.logits for c in climbs]),
                 joined([c.trajectory for c in climbs]))


def _climb_batch(problem, rows, x, ascent, iterations, bar):
    """One batch from its start ``x`` to a Climb; pixels outside the region stay as they were."""
    origin, watch = problem.images[rows], problem.watch
    region = None if problem.region is None else problem.region[rows]
    recorder = Recorder(origin, problem.targets_of(rows), watch.every, watch.images_every)
    for i in range(iterations):
        cost, logits, dx = cost_gradient(problem, ascent, x)
        arrived = ascent.arrived(i, logits)
        recorder.note(i, x, cost, logits, arrived)
        if arrived:
            break
        if region is None:
            x = ascent.step(x, dx)
        else:
            x = array_module(x).where(region, ascent.step(x, dx * region), origin)
        bar.update()
    else:
        cost, logits = _cost(problem, ascent, x)
        ascent.arrived(iterations, logits)
        recorder.note(iterations, x, cost, logits, True)
    return Climb(to_cpu(x), to_cpu(logits), recorder.trajectory())


def cost_gradient(problem, ascent, x):
    """(C (N,), logits (N, K), dC/dx (N, C, H, W)); no gradient of a weight is computed.

    Raises
    ------
    ValueError
        If no gradient can flow from the logits back to the pixels.
    """
    leaf = Tensor(x, requires_grad=True)
    logits = run(problem.attack, problem.model, leaf)
    cost = ascent.cost(logits, leaf)
    dx = None
    if logits.requires_grad:
        ones = array_module(x).ones_like(cost.data)
        dx, = grad(cost, leaf, ones, allow_unused=True)  # all images at once: each has its own C
    if dx is None:
        raise ValueError(f"{problem.attack}: the model's logits are not connected to its input; it "
                         "must compute them with tensors, without no_grad(), detach() or .data")
    return cost.data, logits.data, dx.data


@no_grad()
def _cost(problem, ascent, x):
    leaf = Tensor(x)
    logits = run(problem.attack, problem.model, leaf)
    return ascent.cost(logits, leaf).data, logits.data
