"""Input x gradient: what each pixel contributes to the score, to first order."""
from .checks import pixels_of
from .gradient import input_gradient


def input_x_gradient(model, images, target=None, *, output="logit", batch_size=128):
    """pixel * d score[target] / d pixel, with its sign.

    In a net of linear layers without bias, ReLU and max-pooling these contributions add up to the
    logit.  Shrikumar et al., "Not Just a Black Box", arXiv 1605.01713.

    Parameters
    ----------
    model, images, target, output, batch_size
        As for ``saliency``.

    Returns
    -------
    array
        Shape and dtype of ``images``.

    Raises
    ------
    ValueError, TypeError
        As ``saliency``.
    """
    dx = input_gradient("input_x_gradient", model, images, target, output, batch_size)
    return pixels_of(images) * dx
