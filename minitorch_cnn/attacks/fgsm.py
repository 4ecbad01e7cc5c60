"""FGSM: one step of size eps along the sign of the gradient. N images of C H W."""
from ..device import array_module
from .ascent import Ascent, climb
from .checks import PIXELS
from .problem import Problem, Watch
from .result import result_of
from .units import as_quantity


class FGSM(Ascent):
    """x' = clip(x + eps * sign(dC/dx), 0, 1)."""

    def __init__(self, targets, objective, targeted, eps):
        super().__init__(targets, objective, targeted)
        self.eps = eps

    def step(self, x, dx):
        """The only one."""
        xp = array_module(x)
        return xp.clip(x + self.eps * xp.sign(dx), *PIXELS)


def fgsm(model, images, labels, eps, *, targeted=False, objective="log_probability", region=None,
         batch_size=128):
    """Fast gradient sign method: the strongest change of at most eps if the model were linear.

    x' = clip(x + eps * sign(d cross-entropy(x, label) / dx), 0, 1); targeted with a minus.
    Goodfellow, Shlens and Szegedy, "Explaining and Harnessing Adversarial Examples", arXiv
    1412.6572.

    Parameters
    ----------
    model : callable
        Tensor of images (N, C, H, W) -> Tensor of logits (N, K); a Module in eval mode. One of
        normalized images is given its normalization with ``Preprocessed``.
    images : Tensor or array, (N, C, H, W)
        Pixels in [0, 1].
    labels : int or (N,) ints
        The true classes; with ``targeted`` those that shall be predicted.
    eps : Quantity or float
        ``px(8)``, ``unit(0.03)``, ``normalized(0.2, std=0.3081)``; a float is a share of the pixel
        range. At most 1.
    targeted : bool
        Towards ``labels`` instead of away from them.
    objective : str or callable
        What is made small (large if targeted) of the class: "log_probability" (minus the
        cross-entropy), "logit", "probability", "margin", or a function of (logits, targets).
    region : array of bool, optional
        Only these pixels change: (H, W), (C, H, W) or (N, C, H, W).
    batch_size : int
        Images in one forward and backward.

    Shape
    -----
    images (N, C, H, W), labels (N,), result.images (N, C, H, W) in the dtype of the images.

    Returns
    -------
    AttackResult

    Raises
    ------
    ValueError
        For a model in training mode, pixels outside [0, 1], a class that does not exist, an eps
        that is negative or has no unit, sizes that do not fit.
    TypeError
        For pixels that are not floats, labels that are not integers.
    RuntimeError
        If a weight changed.
    """
    eps = as_quantity("fgsm", "eps", eps, largest=1)
    problem = Problem("fgsm", model, images, labels, targeted=targeted, objective=objective,
                      region=region, name="labels", iterations=1, watch=Watch(1, None, batch_size))

    def ascent_for(rows):
        return FGSM(problem.targets_of(rows), problem.objective, problem.targeted, eps.value)

    return result_of(problem, climb(problem, problem.images, ascent_for, 1), eps=eps)
