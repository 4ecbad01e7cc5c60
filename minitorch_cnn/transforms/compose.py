"""Transforms made of transforms, in a row, by chance, or of a function."""
import numpy as np

from .image import choose, rng
from .sizes import is_number, is_sequence
from .transform import Transform, check_probability

__all__ = ["Compose", "Lambda", "RandomApply", "RandomChoice", "RandomOrder"]


class _Several(Transform):
    """Holds transforms; can do many images at once where all of them can."""

    def __init__(self, transforms):
        super().__init__()
        op = type(self).__name__
        if not hasattr(transforms, "__iter__"):
            raise TypeError(f"{op}: transforms must be a sequence of callables, got "
                            f"{type(transforms).__name__}")
        self.transforms = list(transforms)
        for t in self.transforms:
            if not callable(t):
                raise TypeError(f"{op}: every transform must be callable, got {t!r}")

    @property
    def one_by_one(self):
        """True where one of them has to see each image alone."""
        return not all(hasattr(t, "batched") for t in self.transforms)

    def white_after(self, white):
        """What the last of them leaves."""
        for t in self.transforms:
            white = _white_after(t, white)
        return white

    def _listed(self):
        return "".join(f"\n    {t}" for t in self.transforms)

    def __repr__(self):
        return f"{type(self).__name__}({self._listed()}\n)"


def _on_batch(transform, images, white):
    """One of ours, or one of someone else's that has ``batched``."""
    if isinstance(transform, Transform):
        return transform.on_batch(images, white)
    return transform.batched(images)


def _white_after(transform, white):
    return transform.white_after(white) if isinstance(transform, Transform) else white


class Compose(_Several):
    """One transform after the other.

    Parameters
    ----------
    transforms : sequence of callables

    Raises
    ------
    TypeError
        If it is no sequence of callables.

    Notes
    -----
    ``batched`` is there if all of them have it. Up to ``ToTensor``, a color such as ``fill`` is in
    grey levels there, 0 to 255, as for the PIL images that the transforms are called with one by
    one.

    Source: torchvision.transforms.Compose
    """

    def forward(self, img):
        """Anything that the first of them takes."""
        for t in self.transforms:
            img = t(img)
        return img

    def on_batch(self, images, white):
        """Each in turn, on all images."""
        for t in self.transforms:
            images = _on_batch(t, images, white)
            white = _white_after(t, white)
        return images


class Lambda(Transform):
    """A function as a transform.

    Parameters
    ----------
    lambd : callable

    Raises
    ------
    TypeError
        If it cannot be called.

    Source: torchvision.transforms.Lambda
    """

    one_by_one = True

    def __init__(self, lambd):
        super().__init__()
        if not callable(lambd):
            raise TypeError(f"Lambda: lambd must be callable, got {type(lambd).__name__}")
        self.lambd = lambd

    def forward(self, img):
        """What the function makes of it."""
        return self.lambd(img)

    def __repr__(self):
        return "Lambda()"


class RandomApply(_Several):
    """All of the transforms, with probability ``p``, or none.

    Parameters
    ----------
    transforms : sequence of callables
    p : float
        Probability.

    Source: torchvision.transforms.RandomApply
    """

    def __init__(self, transforms, p=0.5):
        super().__init__(transforms)
        self.p = check_probability("RandomApply", p)

    def forward(self, img):
        """The image after all of them, or the image itself."""
        if rng().random() < self.p:
            for t in self.transforms:
                img = t(img)
        return img

    def on_batch(self, images, white):
        """Each image with probability p."""
        chosen = rng().random(len(images)) < self.p
        changed = Compose(self.transforms).on_batch(images, white)
        return choose(chosen, changed, images)

    def __repr__(self):
        return f"RandomApply(\n    p={self.p}{self._listed()}\n)"


class RandomOrder(_Several):
    """All of the transforms, in random order.

    Parameters
    ----------
    transforms : sequence of callables

    Source: torchvision.transforms.RandomOrder
    """

    one_by_one = True

    def forward(self, img):
        """The image after all of them."""
        for i in rng().permutation(len(self.transforms)):
            img = self.transforms[i](img)
        return img


class RandomChoice(_Several):
    """One of the transforms.

    Parameters
    ----------
    transforms : sequence of callables
    p : sequence of numbers, optional
        How likely each is, in any unit; equally likely by default.

    Raises
    ------
    TypeError, ValueError
        If ``p`` is no sequence of as many numbers, 0 or more, not all 0.

    Source: torchvision.transforms.RandomChoice
    """

    def __init__(self, transforms, p=None):
        super().__init__(transforms)
        if not len(self.transforms):
            raise ValueError("RandomChoice: there is nothing to choose from; pass transforms")
        if p is not None:
            _check_weights(p, len(self.transforms))
        self.p = p

    def _draw(self, n):
        weights = np.ones(len(self.transforms)) if self.p is None else np.float64(self.p)
        return rng().choice(len(self.transforms), n, p=weights / weights.sum())

    def forward(self, *args):
        """What the one that was drawn makes of it."""
        return self.transforms[int(self._draw(1)[0])](*args)

    def on_batch(self, images, white):
        """Each image by a transform of its own."""
        drawn = self._draw(len(images))
        result = images
        for i, t in enumerate(self.transforms):
            result = choose(drawn == i, _on_batch(t, images, white), result)
        return result

    def __repr__(self):
        return f"{super().__repr__()}(p={self.p})"


def _check_weights(p, n):
    if not is_sequence(p) or not all(is_number(v) for v in p):
        raise TypeError(f"RandomChoice: p must be a sequence of numbers, got {p!r}")
    if len(p) != n or min(p) < 0 or sum(p) == 0:
        raise ValueError(f"RandomChoice: p needs {n} numbers, one per transform, 0 or more and not "
                         f"all 0; got {list(p)}")
