"""The gradient of a class's score with respect to pixels, batch by batch.

N images of C H W, K classes, S points per image. Only ways that lead to the pixels are computed: no
weight gradient, and the ``grad`` of parameters is never touched.
"""
import numpy as np

from ..autograd import Tensor, enable_grad, grad
from ..device import array_module
from .checks import as_count, as_images, as_targets, check_model, choose
from .scores import OUTPUTS, batches, check_output, run


def input_gradient(method, model, images, target, output, batch_size, prepare=None):
    """d score[target] / d pixel in the shape of ``images``, all arguments checked.

    ``prepare(scores)`` may change the recorded graph of a batch before its gradient is computed.
    """
    images, single = as_images(method, images)
    check_model(method, model)
    check_output(method, output)
    batch_size = as_count(method, "batch_size", batch_size)
    targets = as_targets(method, target, len(images))
    dx = batched_gradient(method, model, images, targets, output, batch_size, prepare)
    return dx[0] if single else dx


def batched_gradient(method, model, images, targets, output, batch_size, prepare=None):
    """The same of arguments that are checked: images (N, C, H, W), targets (N,) or None."""
    parts = []
    for part in batches(len(images), batch_size):
        x = Tensor(images[part], requires_grad=True)
        meant = None if targets is None else targets[part]
        scores, start = recorded_scores(method, model, x, meant, output)
        if prepare is not None:
            prepare(scores)
        parts.append(grad(scores, [x], grad_outputs=start, materialize_grads=True)[0].data)
    return array_module(images).concatenate(parts)


def recorded_scores(method, model, x, targets, output):
    """(scores (N, K) on the tape, the gradient to start with: 1 at each row's target).

    Raises
    ------
    ValueError
        If no gradient can flow back from the logits.
    """
    with enable_grad():
        logits = run(method, model, x)
        scores = OUTPUTS[output](logits)
    if not scores.requires_grad:
        raise ValueError(f"{method}: the model's logits are not connected to its input; it must "
                         "compute them with tensors, without no_grad(), detach() or .data")
    xp = array_module(scores.data)
    start = xp.zeros_like(scores.data)
    start[xp.arange(len(start)), xp.asarray(choose(method, targets, logits.data))] = 1
    return scores, Tensor(start)


def averaged_gradient(method, model, points, targets, output, batch_size, weights):
    """(N, C, H, W): sum over s of weights[s] * gradient at points[:, s], points (N, S, C, H, W)."""
    n, s, *image = points.shape
    gradients = batched_gradient(method, model, points.reshape(n * s, *image),
                                 np.repeat(targets, s), output, batch_size)
    xp = array_module(points)
    weights = xp.asarray(weights, dtype=points.dtype)
    # (N, C, H, W) = (N, S, C, H, W) . (S,)
    return xp.einsum("nschw,s->nchw", gradients.reshape(points.shape), weights)
