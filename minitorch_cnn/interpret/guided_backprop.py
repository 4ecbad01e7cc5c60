"""Guided backpropagation: only what excites an excited unit is sent back."""
from ..autograd.function import edge_of
from ..ops.activation import ReLU
from .gradient import input_gradient


def guided_backprop(model, images, target=None, *, output="logit", batch_size=128):
    """The gradient, with the negative part cut off at every ReLU on the way back.

    At a ReLU y = max(x, 0):  dx = dy where y > 0 and dy > 0, else 0.
    Springenberg et al., "Striving for Simplicity", arXiv 1412.6806.

    The rule is put on the recorded graph of this one pass, not on the model: ``nn.ReLU`` and
    ``F.relu`` are both found, and nothing has to be restored. A sharp picture, but mind that it
    depends little on the weights (Adebayo et al., "Sanity Checks for Saliency Maps",
    arXiv 1810.03292).

    Parameters
    ----------
    model, images, target, output, batch_size
        As for ``saliency``.

    Returns
    -------
    array
        Shape and dtype of ``images``, with its sign.

    Raises
    ------
    ValueError
        If the model has no ReLU, and as ``saliency``.
    TypeError
        As ``saliency``.
    """
    return input_gradient("guided_backprop", model, images, target, output, batch_size, _guide)


def _guide(scores):
    """Let only positive gradients into every ReLU behind ``scores``."""
    relus = [op for op in ops_behind(scores) if isinstance(op, ReLU)]
    if not relus:
        raise ValueError("guided_backprop: the model runs no ReLU, so there is nothing to guide; "
                         "saliency() gives its plain gradient")
    for relu in relus:
        relu.hooks = {**(relu.hooks or {}), "guided_backprop": _positive_part}


def _positive_part(dy):
    return dy.data * (dy.data > 0)


def ops_behind(tensor):
    """Every op of the recorded graph that ``tensor`` was computed by."""
    found, stack = set(), [edge_of(tensor)]
    while stack:
        op = stack.pop()
        if op is not None and hasattr(op, "edges") and op not in found:
            found.add(op)
            stack.extend(op.edges)
    return found
