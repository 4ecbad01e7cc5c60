"""Grad-CAM: which places of the last convolution's maps speak for a class."""
from dataclasses import dataclass

import numpy as np

from ..autograd import Tensor, grad, no_grad
from ..device import array_module
from ..nn import Conv2d
from ..ops import interpolate
from .checks import as_count, as_images, as_targets, check_model, check_module
from .gradient import recorded_scores
from .layers import layer_named, layers_of_kind, watch
from .scores import batches, check_output


@dataclass
class GradCAM:
    """What ``grad_cam`` returns; without N for a single image. F maps of h w in the layer.

    Attributes
    ----------
    map : array, (N, H, W)
        At least 0, in units of the score, bilinearly enlarged to the images.
    coarse : array, (N, h, w)
        The same before enlarging.
    weights : array, (N, F)
        How much the class gains when a map rises everywhere.
    layer : str
        The layer's name.
    explanation : list of str
        Why an image's map is 0 everywhere; "" for the others.
    """

    map: np.ndarray
    coarse: np.ndarray
    weights: np.ndarray
    layer: str
    explanation: list

    def normalized(self):
        """The map with its maximum at 1 for each image; a map of zeros stays zero."""
        peak = self.map.max(axis=(-2, -1), keepdims=True)
        return self.map / array_module(peak).where(peak > 0, peak, 1)


def grad_cam(model, images, target=None, layer=None, *, output="logit", batch_size=128):
    """ReLU of the layer's maps A, weighted by the mean gradient of the score over each map.

    weight[f] = mean over h, w of d score / d A[f, h, w];  map = ReLU(sum over f of weight[f] A[f])
    Selvaraju et al., "Grad-CAM", arXiv 1610.02391.

    Parameters
    ----------
    model : Module
        In eval mode.
    images, target, output, batch_size
        As for ``saliency``.
    layer : str or Module, optional
        The layer whose output (F, h, w) is looked at; None takes the last Conv2d that runs.

    Returns
    -------
    GradCAM

    Raises
    ------
    ValueError
        If there is no convolution or no such layer, it did not run or its output is no map, and as
        ``saliency``.
    TypeError
        If the model is no Module, and as ``saliency``.
    """
    check_module("grad_cam", model)
    check_model("grad_cam", model)
    check_output("grad_cam", output)
    images, single = as_images("grad_cam", images)
    targets = as_targets("grad_cam", target, len(images))
    candidates = (layers_of_kind("grad_cam", model, Conv2d) if layer is None
                  else [layer_named("grad_cam", model, layer)])
    parts = []
    for part in batches(len(images), as_count("grad_cam", "batch_size", batch_size)):
        meant = None if targets is None else targets[part]
        name, maps, slopes = _maps_and_slopes(model, candidates, images[part], meant, output)
        parts.append(_combine(maps, slopes))
    xp = array_module(images)
    signed, weights = [xp.concatenate(arrays) for arrays in zip(*parts)]
    coarse = signed * (signed > 0)
    with no_grad():
        map = interpolate(Tensor(coarse[:, None]), images.shape[2:], mode="bilinear").data[:, 0]
    result = GradCAM(map, coarse, weights, name, [_explain(*row) for row in zip(signed, weights)])
    return _first(result) if single else result


def _maps_and_slopes(model, candidates, images, targets, output):
    """(name of the layer, its maps A, d score / d A), both (N, F, h, w), of the last that ran."""
    seen = []
    with watch("grad_cam", candidates, lambda name, args, maps: seen.append((name, maps))):
        x = Tensor(images, requires_grad=True)
        scores, start = recorded_scores("grad_cam", model, x, targets, output)
    if not seen:
        raise ValueError(f"grad_cam: layer {candidates[0][0]!r} did not run in the forward pass; "
                         "name another one with layer=")
    name, maps = seen[-1]
    if maps.ndim != 4 or len(maps) != len(images) or not maps.requires_grad:
        raise ValueError(f"grad_cam: the output of layer {name!r} must be maps (N, F, h, w) "
                         f"computed from the images, got shape {maps.shape}; name a convolution")
    (slopes,) = grad(scores, [maps], grad_outputs=start, materialize_grads=True)
    return name, maps.data, slopes.data


def _combine(maps, slopes):
    """(weighted sum of the maps (N, h, w), weights (N, F))."""
    weights = slopes.mean(axis=(2, 3))
    # (N, h, w) = (N, F, h, w) . (N, F)
    return array_module(maps).einsum("nfhw,nf->nhw", maps, weights), weights


def _explain(signed, weights):
    if (signed > 0).any():
        return ""
    if not weights.any():
        return ("every weight is 0: on average over a map, the score does not change with the "
                "layer's output (the units behind it are inactive, or the score is saturated: use "
                'output="logit")')
    if not signed.any():
        return "the layer's maps are 0 wherever they have a weight: nothing is active there"
    return (f"the weighted maps are nowhere above 0 (lowest {float(signed.min()):.3g}): all that "
            "the layer sees speaks against this class, and the ReLU of Grad-CAM leaves nothing")


def _first(result):
    return GradCAM(result.map[0], result.coarse[0], result.weights[0], result.layer,
                   result.explanation[:1])
