"""BIM, MI-FGSM and PGD: many small steps that stay in a ball of radius eps around the image.

N images of C H W, d = C*H*W pixels of one image.
"""
import math

import numpy as np

from .. import random
from ..device import array_module
from ..interpret.checks import as_count
from .ascent import Ascent, Climb, climb
from .checks import PIXELS, as_number
from .problem import Problem, Watch
from .result import result_of
from .trajectory import chosen
from .units import as_quantity


class LinfBall:
    """No pixel changes by more than the radius."""

    largest = 1

    def __init__(self, radius):
        self.radius = radius

    def direction(self, dx):
        """The unit step that rises fastest: sign(dx)."""
        return array_module(dx).sign(dx)

    def project(self, change):
        """The nearest change inside the ball."""
        return array_module(change).clip(change, -self.radius, self.radius)

    def sample(self, rng, shape):
        """Changes drawn uniformly from the ball."""
        return rng.uniform(-self.radius, self.radius, shape)


class L2Ball:
    """The Euclidean norm of an image's change is at most the radius."""

    largest = math.inf

    def __init__(self, radius):
        self.radius = radius

    def direction(self, dx):
        """The unit step that rises fastest: dx / ||dx||, 0 for a gradient of 0."""
        norm = _norms(dx)
        return dx / array_module(dx).where(norm > 0, norm, 1)

    def project(self, change):
        """The nearest change inside the ball."""
        norm = _norms(change)
        outside = norm > self.radius
        return change * array_module(change).where(outside, self.radius / (norm + ~outside), 1)

    def sample(self, rng, shape):
        """Changes drawn uniformly from the ball: a direction, and a radius with density r^(d-1)."""
        normal = rng.standard_normal(shape)
        n, *image = shape
        radius = self.radius * rng.uniform(size=(n, 1, 1, 1)) ** (1 / math.prod(image))
        return normal * (radius / _norms(normal))


def _norms(dx):
    """Euclidean norm of each image: (N, C, H, W) -> (N, 1, 1, 1)."""
    return array_module(dx).sqrt((dx * dx).sum(axis=(1, 2, 3), keepdims=True))


BALLS = {"linf": LinfBall, "l2": L2Ball}


class PGD(Ascent):
    """x <- clip(x0 + project(x + alpha * direction(v) - x0), 0, 1).

    v = dC/dx, or with a momentum m: v <- m * v + dC/dx / mean |dC/dx|.
    """

    def __init__(self, targets, objective, targeted, clean, ball, alpha, momentum):
        super().__init__(targets, objective, targeted)
        self.clean, self.ball, self.alpha = clean, ball, alpha
        self.momentum, self.velocity = momentum, 0

    def step(self, x, dx):
        """Uphill, and back into the ball and the pixel range."""
        if self.momentum:
            dx = self.velocity = self.momentum * self.velocity + _scaled(dx)
        change = self.ball.project(x + self.alpha * self.ball.direction(dx) - self.clean)
        return array_module(x).clip(self.clean + change, *PIXELS)


def _scaled(dx):
    """dx over its mean magnitude; the paper's L1 norm but for the factor d, which cancels."""
    xp = array_module(dx)
    size = xp.abs(dx).mean(axis=(1, 2, 3), keepdims=True)
    return dx / xp.where(size > 0, size, 1)


def pgd(model, images, labels, eps, alpha=None, steps=10, *, norm="linf", targeted=False,
        random_start=True, momentum=0.0, restarts=1, objective="log_probability", region=None,
        every=None, images_every=None, batch_size=128, progress=False):
    """Projected gradient descent: FGSM in small steps, from a random start in the ball.

    Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks", arXiv 1706.06083;
    with momentum Dong et al., "Boosting Adversarial Attacks with Momentum", arXiv 1710.06081.

    Parameters
    ----------
    model, images, labels, targeted, objective, region, batch_size
        As for ``fgsm``.
    eps, alpha : Quantity or float
        Radius of the ball and length of a step in its norm: ``px(8)``, ``unit(0.03)`` ... alpha is
        2.5 * eps / steps if not given (the paper's choice), enough to leave any start.
    steps : int
        Gradients computed for each image and start.
    norm : {"linf", "l2"}
        Of the ball. An L2 radius may be above 1.
    random_start : bool
        Start uniformly in the ball, from the stream "attack" of ``manual_seed``.
    momentum : float
        Weight of the earlier directions (the paper's mu, 1.0 there); 0 for none.
    restarts : int
        Random starts; each image keeps the best: one that succeeds, else the one of highest cost.
    every, images_every : int, optional
        Record numbers, and images, of every k-th step; by default about 100 records, no images.
    progress : bool
        Show a bar.

    Shape
    -----
    images (N, C, H, W), labels (N,), result.images (N, C, H, W) in the dtype of the images.

    Returns
    -------
    AttackResult

    Raises
    ------
    ValueError
        As ``fgsm``, and for an unknown norm, restarts without a random start, negative momentum.
    TypeError, RuntimeError
        As ``fgsm``.
    """
    return _descend("pgd", model, images, labels, eps, alpha, steps, norm, targeted, random_start,
                    momentum, restarts, objective, region,
                    Watch(every, images_every, batch_size, progress))


def bim(model, images, labels, eps, alpha=None, steps=10, *, norm="linf", targeted=False,
        momentum=0.0, objective="log_probability", region=None, every=None, images_every=None,
        batch_size=128, progress=False):
    """Basic iterative method: ``pgd`` that starts at the image itself; MI-FGSM with a momentum.

    Kurakin, Goodfellow and Bengio, "Adversarial examples in the physical world", arXiv 1607.02533.
    Parameters, shapes, result and errors are those of ``pgd``.
    """
    return _descend("bim", model, images, labels, eps, alpha, steps, norm, targeted, False,
                    momentum, 1, objective, region,
                    Watch(every, images_every, batch_size, progress))


def _descend(attack, model, images, labels, eps, alpha, steps, norm, targeted, random_start,
             momentum, restarts, objective, region, watch):
    """What ``pgd`` and ``bim`` share."""
    ball, eps, alpha = _ball(attack, norm, eps, alpha, as_count(attack, "steps", steps))
    momentum = as_number(attack, "momentum", momentum, low=0)
    if as_count(attack, "restarts", restarts) > 1 and not random_start:
        raise ValueError(f"{attack}: restarts={restarts} without a random start would repeat the "
                         "same attack; pass random_start=True")
    problem = Problem(attack, model, images, labels, targeted=targeted, objective=objective,
                      region=region, iterations=steps, name="labels", watch=watch)

    def ascent_for(rows):
        return PGD(problem.targets_of(rows), problem.objective, problem.targeted,
                   problem.images[rows], ball, alpha.value, momentum)

    best = None
    for _ in range(restarts):
        start = _random_start(problem, ball) if random_start else problem.images
        found = climb(problem, start, ascent_for, steps)
        best = found if best is None else _better(problem, best, found)
    return result_of(problem, best, eps=eps)


def _ball(attack, norm, eps, alpha, steps):
    if norm not in BALLS:
        raise ValueError(f"{attack}: norm must be one of {', '.join(BALLS)}, got {norm!r}")
    largest = BALLS[norm].largest
    eps = as_quantity(attack, "eps", eps, largest)
    alpha = as_quantity(attack, "alpha", 2.5 * eps.value / steps if alpha is None else alpha)
    return BALLS[norm](eps.value), eps, alpha


def _random_start(problem, ball):
    xp, shape = array_module(problem.images), problem.images.shape
    change = problem.as_like(ball.sample(random.generator("attack"), shape))
    start = xp.clip(problem.images + change, *PIXELS)
    return start if problem.region is None else xp.where(problem.region, start, problem.images)


def _better(problem, ours, other):
    """Of two climbs the better one for each image."""
    ours_won, other_won = _won(problem, ours), _won(problem, other)
    costs = ours.trajectory.cost[-1], other.trajectory.cost[-1]
    take = (other_won > ours_won) | ((other_won == ours_won) & (costs[1] > costs[0]))
    return Climb(np.where(take.reshape(-1, 1, 1, 1), other.images, ours.images),
                 np.where(take[:, None], other.logits, ours.logits),
                 chosen(take, other.trajectory, ours.trajectory))


def _won(problem, climb):
    return (climb.logits.argmax(axis=1) == problem.targets) == problem.targeted
