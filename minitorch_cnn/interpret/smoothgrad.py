"""SmoothGrad: the gradient averaged over noisy copies of the image."""
import numpy as np

from ..device import array_module
from ..random import numpy_generator
from .checks import as_count, as_images, check_model
from .gradient import averaged_gradient
from .scores import batches, check_output, predict


def smoothgrad(model, images, target=None, *, samples=50, noise=0.15, generator=None,
               output="logit", batch_size=128):
    """Mean of d score[target] / d pixel over ``samples`` copies with Gaussian noise.

    Smilkov et al., "SmoothGrad: removing noise by adding noise", arXiv 1706.03825.

    Parameters
    ----------
    model, images, target, output
        As for ``saliency``; with target None it is the class predicted without noise.
    samples : int
        Noisy copies of each image.
    noise : float
        Standard deviation of the noise as a share of the image's own range, max - min (the paper
        finds 0.1 to 0.2 best). Noisy pixels are not clipped.
    generator : Generator or int, optional
        Where the noise comes from; None is the stream "attack" of ``manual_seed``.
    batch_size : int
        Noisy copies in one forward and backward.

    Returns
    -------
    array
        Shape and dtype of ``images``, with its sign.

    Raises
    ------
    ValueError
        For negative noise, and as ``saliency``.
    TypeError
        As ``saliency``.
    """
    method = "smoothgrad"
    images, single = as_images(method, images)
    check_model(method, model)
    check_output(method, output)
    samples = as_count(method, "samples", samples)
    batch_size = as_count(method, "batch_size", batch_size)
    if not noise >= 0:
        raise ValueError(f"{method}: noise must be at least 0, a share of the image's range, got "
                         f"{noise}")
    targets, _ = predict(method, model, images, target, output, batch_size)
    rng = numpy_generator(generator, "attack")
    means = [averaged_gradient(method, model, _noisy(images[part], samples, noise, rng),
                               targets[part], output, batch_size, np.full(samples, 1 / samples))
             for part in batches(len(images), max(1, batch_size // samples))]
    mean = array_module(images).concatenate(means)
    return mean[0] if single else mean


def _noisy(images, samples, noise, rng):
    """(N, S, C, H, W): S copies of each image with noise."""
    xp = array_module(images)
    n, *image = images.shape
    if n == 0:
        return images.reshape(0, 1, *image).repeat(samples, axis=1)
    spread = (images.max(axis=(1, 2, 3)) - images.min(axis=(1, 2, 3))).reshape(n, 1, 1, 1, 1)
    draws = xp.asarray(rng.standard_normal((n, samples, *image), np.float32), dtype=images.dtype)
    return images[:, None] + noise * spread * draws
