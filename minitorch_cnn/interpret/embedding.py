"""Embedding: what a net makes of images just before it decides, as feature vectors."""
import math

from ..autograd import Tensor, no_grad
from ..device import array_module
from ..nn import Linear
from .checks import as_count, as_images, check_model, check_module
from .layers import layer_named, layers_of_kind, watch
from .scores import batches


@no_grad()
def embedding(model, images, layer=None, *, l2=False, batch_size=256):
    """Feature vectors (N, D) of images.

    Parameters
    ----------
    model : Module
        In eval mode.
    images : Tensor or array, (N, C, H, W) or (C, H, W)
        Floats of any range.
    layer : str or Module, optional
        Whose output is taken, flattened. None takes the last hidden layer as the classifier sees
        it: what goes into the last Linear that runs, after the activation before it.
    l2 : bool
        Divide each vector by its length; a zero vector stays zero.
    batch_size : int
        Images in one forward.

    Returns
    -------
    array, (N, D)
        (D,) for a single image.

    Raises
    ------
    ValueError
        For a model in training mode, without a Linear, or without that layer.
    TypeError
        If the model is no Module.
    """
    check_module("embedding", model)
    check_model("embedding", model)
    images, single = as_images("embedding", images)
    candidates = (layers_of_kind("embedding", model, Linear) if layer is None
                  else [layer_named("embedding", model, layer)])
    vectors = array_module(images).concatenate(
        [_features(model, candidates, images[part], layer is None)
         for part in batches(len(images), as_count("embedding", "batch_size", batch_size))])
    if l2:
        length = (vectors ** 2).sum(axis=1, keepdims=True) ** 0.5
        vectors = vectors / array_module(vectors).where(length > 0, length, 1)
    return vectors[0] if single else vectors


def _features(model, candidates, images, before):
    """What went into (``before``) or came out of the last of the layers that ran, (N, D)."""
    seen = []

    def see(name, args, output):
        seen.append((args[0] if before else output).data)

    with watch("embedding", candidates, see):
        model(Tensor(images))
    if not seen:
        raise ValueError(f"embedding: layer {candidates[-1][0]!r} did not run in the forward pass; "
                         "name another one with layer=")
    n, *rest = seen[-1].shape
    return seen[-1].reshape(n, math.prod(rest))
