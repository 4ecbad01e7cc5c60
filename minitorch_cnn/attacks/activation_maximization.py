"""Activation maximization: which image does the net take most surely for a class?

N images of C H W.
"""
import math

import numpy as np

from .. import random
from ..device import array_module, move
from .ascent import Ascent, climb
from .checks import (
    PIXELS,
    as_bounds,
    as_classes,
    as_image_shape,
    as_number,
    as_pixels,
    dtype_and_device,
)
from .problem import Problem, Watch
from .result import result_of
from .units import Quantity, as_quantity, px

MIDDLE, LEVEL = px(128), px(1)  # the sheet's Gaussian around 128
BLUR_EVERY = 4  # steps; Yosinski et al., arXiv 1506.06579, blur now and then, not always


class ActivationMaximization(Ascent):
    """x <- clip(x + v, low, high);  v <- m * v + clip(step * dC/dx, -max_change, max_change).

    C = objective - l2 * mean (x - center)^2 - tv * mean (difference of neighbors)^2, m momentum.
    """

    def __init__(self, targets, objective, start, step, bounds=None, max_change=None, momentum=0.0,
                 l2=0.0, center=0.0, tv=0.0, blur=0.0, eps=None):
        super().__init__(targets, objective)
        self.start, self.eps, self.bounds = start, eps, bounds
        self.size, self.max_change, self.momentum = step, max_change, momentum
        self.l2, self.center, self.tv, self.blur = l2, center, tv, blur
        self.velocity, self.count = 0, 0

    def cost(self, logits, x):
        """The objective minus what is to be kept small."""
        cost = super().cost(logits, x)
        if self.l2:
            cost = cost - self.l2 * ((x - self.center) ** 2).mean((1, 2, 3))
        if self.tv:
            cost = cost - self.tv * total_variation(x)
        return cost

    def step(self, x, dx):
        """Uphill; every fourth time the image is blurred a little, if at all."""
        v = self.size * dx
        if self.max_change is not None:
            v = array_module(x).clip(v, -self.max_change, self.max_change)
        if self.momentum:
            v = self.velocity = self.momentum * self.velocity + v
        x = x + v
        self.count += 1
        if self.blur and self.count % BLUR_EVERY == 0:
            x = blurred(x, self.blur)
        return self._bounded(x)

    def _bounded(self, x):
        xp = array_module(x)
        if self.eps is not None:
            x = self.start + xp.clip(x - self.start, -self.eps, self.eps)
        return x if self.bounds is None else xp.clip(x, *self.bounds)


def total_variation(x):
    """Mean squared difference of neighbors, down plus across: Tensor (N, C, H, W) -> (N,).

    Mahendran and Vedaldi, arXiv 1412.0035, with beta = 2.
    """
    n, c, h, w = x.shape
    down = ((x[:, :, 1:] - x[:, :, :-1]) ** 2).sum((1, 2, 3)) / max(1, c * (h - 1) * w)
    across = ((x[:, :, :, 1:] - x[:, :, :, :-1]) ** 2).sum((1, 2, 3)) / max(1, c * h * (w - 1))
    return down + across


def blurred(x, sigma):
    """Images (N, C, H, W) under a Gaussian of ``sigma`` pixels; the border repeats its pixels."""
    xp = array_module(x)
    radius = max(1, math.ceil(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    weights = (weights / weights.sum()).tolist()
    h, w = x.shape[2:]
    edge = xp.pad(x, ((0, 0), (0, 0), (radius, radius), (radius, radius)), mode="edge")
    rows = sum(weight * edge[:, :, i:i + h] for i, weight in enumerate(weights))
    return sum(weight * rows[:, :, :, i:i + w] for i, weight in enumerate(weights))


def activation_maximization(model, targets, shape=(1, 28, 28), *, mean=MIDDLE, std=LEVEL,
                            start=None, step=0.1, iterations=500, bounds=PIXELS, max_change=None,
                            momentum=0.0, l2=0.0, tv=0.0, blur=0.0, eps=None, objective="logit",
                            region=None, dtype=None, every=None, images_every=None, batch_size=128,
                            progress=False):
    """Noise that climbs a class's logit: X <- X + step * dC/dX with C = logit[target].

    Erhan et al., "Visualizing Higher-Layer Features of a Deep Network", 2009; Simonyan, Vedaldi and
    Zisserman, arXiv 1312.6034. One image for each target, all in one batch.

    Parameters
    ----------
    model : callable
        As for ``fgsm``.
    targets : int or (N,) ints
        The class of each image, as ``range(10)``.
    shape : (C, H, W)
        Of an image.
    mean, std : Quantity or float
        X starts as N(mean, std) noise from the stream "attack" of ``manual_seed``, within the
        bounds. A Quantity is a share of the bounds (of [0, 1] without): ``px(128)`` is 128 in
        bounds of (0, 255). A float is a number of pixels as they are.
    start : array, (N, C, H, W), optional
        Begin here instead.
    step : float
        Factor of the gradient.
    iterations : int
    bounds : (low, high) or None
        Pixels are clipped to them after each step; None does not clip.
    max_change : Quantity or float, optional
        No pixel changes by more in one step; a float as for ``std``.
    momentum : float
        Share of a step that the next one repeats.
    l2, tv : float
        Weights of the mean squared distance from ``mean`` and of the mean squared difference of
        neighbors, both subtracted from C.
    blur : float
        Standard deviation in pixels of a blur after every fourth step.
    eps : Quantity or float, optional
        No pixel changes by more altogether; a float is a share of the pixel range.
    objective : str or callable
        "logit", "log_probability", "probability" (flat where it is 0 or 1), "margin" or a function
        of (logits, targets).
    region : array of bool, optional
        Only these pixels change.
    dtype : dtype, optional
        Of the images; the one of the model's weights if not given.
    every, images_every, batch_size, progress
        As for ``pgd``.

    Shape
    -----
    targets (N,), result.images (N, C, H, W).

    Returns
    -------
    AttackResult
        ``start`` is the noise; ``trajectory.falls`` tells whether the cost ever fell.

    Raises
    ------
    ValueError
        For a model in training mode, a class that does not exist, a start outside the bounds, sizes
        that do not fit, negative numbers.
    TypeError
        For targets that are not integers.
    RuntimeError
        If a weight changed.
    """
    attack = "activation_maximization"
    bounds = as_bounds(attack, bounds)
    if start is not None:
        start = as_pixels(attack, start, bounds, "start")
    targets = as_classes(attack, "targets", targets, None if start is None else len(start))
    if start is None:
        start = noise(attack, model, (len(targets), *as_image_shape(attack, shape)), mean, std,
                      bounds, dtype)
    eps = None if eps is None else as_quantity(attack, "eps", eps)
    options = motion(attack, bounds, step, max_change, momentum, l2, tv, blur, eps)
    options["center"] = _mean_pixel(attack, mean, bounds)
    problem = Problem(attack, model, start, targets, objective=objective, region=region,
                      bounds=bounds, iterations=iterations,
                      watch=Watch(every, images_every, batch_size, progress))

    def ascent_for(rows):
        return ActivationMaximization(problem.targets_of(rows), problem.objective,
                                      problem.images[rows], **options)

    found = climb(problem, problem.images, ascent_for, iterations)
    return result_of(problem, found, eps=eps)


def motion(attack, bounds, step, max_change, momentum, l2=0, tv=0, blur=0, eps=None):
    """The options of the class, checked, as a dict."""
    def size(name, value):
        return None if value is None else in_pixels(attack, name, value, bounds)

    return {"bounds": bounds, "step": as_number(attack, "step", step, low=0),
            "max_change": size("max_change", max_change), "eps": size("eps", eps),
            "momentum": as_number(attack, "momentum", momentum, low=0),
            "l2": as_number(attack, "l2", l2, low=0), "tv": as_number(attack, "tv", tv, low=0),
            "blur": as_number(attack, "blur", blur, low=0)}


def in_pixels(attack, name, value, bounds):
    """A distance as a number: of a Quantity its share of the bounds (of [0, 1] without)."""
    low, high = bounds or PIXELS
    if isinstance(value, Quantity):
        return value.value * (high - low)
    return as_number(attack, name, value, low=0)


def _mean_pixel(attack, mean, bounds):
    if isinstance(mean, Quantity):
        return (bounds or PIXELS)[0] + in_pixels(attack, "mean", mean, bounds)
    return as_number(attack, "mean", mean)


def noise(attack, model, shape, mean, std, bounds, dtype=None):
    """N(mean, std) noise (N, C, H, W) within the bounds, where the model's weights are."""
    mean, std = _mean_pixel(attack, mean, bounds), in_pixels(attack, "std", std, bounds)
    if bounds is not None and not bounds[0] <= mean <= bounds[1]:
        raise ValueError(f"{attack}: mean={mean:g} lies outside of the bounds [{bounds[0]:g}, "
                         f"{bounds[1]:g}], so hardly any noise would be left; write px(128) for "
                         "grey level 128 of 255, or pass bounds=(0, 255), or None for none")
    draws = random.generator("attack").standard_normal(shape) * std + mean
    own_dtype, device = dtype_and_device(model)
    draws = draws.astype(own_dtype if dtype is None else dtype)
    return move(draws if bounds is None else np.clip(draws, *bounds), device)
