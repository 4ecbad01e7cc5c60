"""Activations: what the layers of a model compute, seen through forward hooks."""
import contextlib

from ..autograd import Tensor, no_grad
from ..device import array_module
from .checks import as_count, as_images, check_model, check_module
from .layers import layers_named, watch
from .scores import batches


@contextlib.contextmanager
def capture(model, layers=None):
    """Note the output of layers while the model runs in the ``with`` block.

    ::

        with capture(model, ["conv1", "bn1"]) as seen:
            model(images)
        before, after = seen["conv1"][0], seen["bn1"][0]

    Works in training mode too, and with ``F.relu`` between the layers (whose result is no layer's
    output: take ``np.maximum(before, 0)``). The hooks are removed at the end, after an error too.

    Parameters
    ----------
    model : Module
    layers : str or Module, or a list of them, optional
        Dotted names as in ``model.named_modules()``; None takes every layer without layers inside.

    Yields
    ------
    dict of str to list of array
        For each layer that ran, a copy of its output for every time it ran.

    Raises
    ------
    ValueError
        For a layer that does not exist.
    TypeError
        If the model is no Module, or a layer returns something else than a Tensor.
    """
    check_module("capture", model)
    seen = {}

    def note(name, args, output):
        seen.setdefault(name, []).append(output.data.copy())

    with watch("capture", layers_named("capture", model, layers), note):
        yield seen


@no_grad()
def activations(model, images, layers=None, *, batch_size=256):
    """Outputs of layers for images, by the layers' names and in the order in which they run.

    Parameters
    ----------
    model : Module
        In eval mode.
    images : Tensor or array, (N, C, H, W) or (C, H, W)
        Floats of any range.
    layers : str or Module, or a list of them, optional
        Names as in ``model.named_modules()``; None takes every layer without layers inside. "Before
        ReLU" is the output of the convolution or batch norm, "after" that of the ``nn.ReLU``.
    batch_size : int
        Images in one forward.

    Returns
    -------
    dict of str to array, (N, ...) each
        Without N for a single image. A layer that runs several times in one forward (one
        ``self.relu`` for all places) has "relu", "relu:2", "relu:3".

    Raises
    ------
    ValueError
        For a model in training mode, a layer that does not exist or did not run.
    TypeError
        If the model is no Module, or a layer returns something else than a Tensor.
    """
    check_module("activations", model)
    check_model("activations", model)
    images, single = as_images("activations", images)
    chosen = layers_named("activations", model, layers)
    parts = []
    for part in batches(len(images), as_count("activations", "batch_size", batch_size)):
        with capture(model, [module for _, module in chosen]) as seen:
            model(Tensor(images[part]))
        parts.append(_numbered(seen))
    missing = [name for name, _ in chosen if name not in parts[0]]
    if missing and layers is not None:
        raise ValueError(f"activations: layer {missing[0]!r} exists but did not run in the forward "
                         f"pass; {', '.join(parts[0]) or 'none of those asked for'} did")
    joined = {name: array_module(images).concatenate([part[name] for part in parts])
              for name in parts[0]}
    return {name: array[0] for name, array in joined.items()} if single else joined


def _numbered(seen):
    """Every run of a layer under a name of its own: "relu", "relu:2" ..."""
    return {name if i == 0 else f"{name}:{i + 1}": array
            for name, arrays in seen.items() for i, array in enumerate(arrays)}
