"""Saliency: how strongly the score of a class reacts to each pixel."""
from .gradient import input_gradient


def saliency(model, images, target=None, *, abs=True, output="logit", batch_size=128):
    """|d score[target] / d pixel|: the gradient with respect to the input.

    Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks", arXiv 1312.6034.

    Parameters
    ----------
    model : callable
        Tensor of images (N, C, H, W) -> Tensor of logits (N, K); a Module in eval mode.
    images : Tensor or array, (N, C, H, W) or (C, H, W)
        Floats of any range.
    target : int, (N,) ints or None
        The class to explain; None takes the one predicted for each image.
    abs : bool
        The magnitude (the paper's definition); False keeps the sign: the gradient itself.
    output : {"logit", "probability", "log_probability"}
        The score to differentiate.
    batch_size : int
        Images in one forward and backward.

    Returns
    -------
    array
        Shape and dtype of ``images``. The paper's map is its maximum over the channels.

    Raises
    ------
    ValueError
        For a model in training mode, a class that does not exist, a wrong shape.
    TypeError
        For pixels that are not floats, targets that are not integers.
    """
    dx = input_gradient("saliency", model, images, target, output, batch_size)
    return dx.__abs__() if abs else dx
