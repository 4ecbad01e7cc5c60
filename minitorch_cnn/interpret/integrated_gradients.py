"""Integrated gradients: the gradient averaged along the way from a baseline to the image."""
from dataclasses import dataclass

import numpy as np

from ..device import array_module
from .checks import as_count, as_images, broadcast_to_images, check_model
from .gradient import averaged_gradient
from .scores import batches, check_output, predict


@dataclass
class IntegratedGradients:
    """What ``integrated_gradients`` returns; without N for a single image.

    Attributes
    ----------
    attribution : array, (N, C, H, W)
        Contribution of each pixel to score(image) - score(baseline).
    delta : array, (N,)
        How far the contributions miss that difference, sum - difference: 0 but for the error of
        the integral. More steps make it smaller.
    target : array of int, (N,)
        The class explained.
    """

    attribution: np.ndarray
    delta: np.ndarray
    target: np.ndarray


def _gauss_legendre(steps):
    nodes, weights = np.polynomial.legendre.leggauss(steps)  # on [-1, 1]
    return (nodes + 1) / 2, weights / 2


def _riemann(place):
    """The sum with each of the equal steps evaluated at ``place`` (0 its start, 1 its end)."""
    return lambda steps: ((np.arange(steps) + place) / steps, np.full(steps, 1 / steps))


METHODS = {"gausslegendre": _gauss_legendre, "riemann_left": _riemann(0),
           "riemann_middle": _riemann(0.5), "riemann_right": _riemann(1)}


def integrated_gradients(model, images, target=None, *, baseline=0.0, steps=50,
                         method="gausslegendre", output="logit", batch_size=128):
    """(x - x0) * integral over a in [0, 1] of d score[target](x0 + a (x - x0)) / d pixel.

    The contributions add up to score(x) - score(x0) (completeness).
    Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks", arXiv 1703.01365.

    Parameters
    ----------
    model, images, target, output
        As for ``saliency``; with target None it is the class predicted for the image itself.
    baseline : float or array
        x0, the image that stands for "nothing there"; an array broadcasts to ``images``. A black
        baseline gives black pixels no contribution, whatever they mean.
    steps : int
        Points at which the gradient is computed.
    method : {"gausslegendre", "riemann_left", "riemann_middle", "riemann_right"}
        How the integral is approximated.
    batch_size : int
        Points in one forward and backward.

    Returns
    -------
    IntegratedGradients

    Raises
    ------
    ValueError
        For a method that does not exist, a baseline of another shape, and as ``saliency``.
    TypeError
        As ``saliency``.
    """
    name = "integrated_gradients"
    images, single = as_images(name, images)
    check_model(name, model)
    check_output(name, output)
    if method not in METHODS:
        raise ValueError(f"{name}: method must be one of {', '.join(METHODS)}, got {method!r}")
    baseline = broadcast_to_images(name, "baseline", baseline, images)
    places, weights = METHODS[method](as_count(name, "steps", steps))
    batch_size = as_count(name, "batch_size", batch_size)
    targets, at_image = predict(name, model, images, target, output, batch_size)
    _, at_baseline = predict(name, model, baseline, targets, output, batch_size)

    xp = array_module(images)
    places = xp.asarray(places, dtype=images.dtype)[:, None, None, None]
    slopes = []
    for part in batches(len(images), max(1, batch_size // steps)):
        x, x0 = images[part, None], baseline[part, None]          # (n, 1, C, H, W)
        slopes.append(averaged_gradient(name, model, x0 + places * (x - x0), targets[part],
                                        output, batch_size, weights))
    attribution = (images - baseline) * xp.concatenate(slopes)
    delta = attribution.sum(axis=(1, 2, 3)) - (at_image - at_baseline)
    if single:
        return IntegratedGradients(attribution[0], delta[0], targets[0])
    return IntegratedGradients(attribution, delta, targets)
