"""Transform: the base of all of them, and how many images are transformed at once."""
from ..nn import Module
from .image import choose, rng, unchanged, unit_batch


class Transform(Module):
    """A transform is called with one image (or a batch that is to be treated as one).

    ``t(image)`` takes a PIL image, a Tensor or an array (..., C, H, W) and draws parameters once.
    ``t.batched(images)`` takes many images and draws parameters for each of them.

    Subclasses write ``forward`` for an image and, unless that does for many, ``on_batch``.
    """

    one_by_one = False  # True where it cannot be applied to many images at once

    @property
    def batched(self):
        """``batched(images)`` -> Tensor float32 (n, C, H, W): transform n images, each on its own.

        ``images`` is a uint8 array (n, H, W) or (n, H, W, C), which becomes floats in [0, 1] first,
        or a Tensor of floats (n, C, H, W). What torchvision does to a tensor is done to each image,
        in floats: nothing is rounded to grey levels in between, as it is with PIL images.

        A transform that has to see every image alone has no such attribute.
        """
        if self.one_by_one:
            raise AttributeError("batched")
        return self._batched

    def __getattr__(self, name):
        if name == "batched":
            raise AttributeError(f"{type(self).__name__}.batched: as it is set, this transform can "
                                 "only be applied image by image")
        return super().__getattr__(name)

    def _batched(self, images):
        images, white = unit_batch(images)
        return self.on_batch(images, white)

    def on_batch(self, images, white):
        """(n, C, H, W) in [0, 1] -> the same, transformed.

        ``white`` is what 1 was before the images became floats: the unit of ``fill`` and the like.
        """
        return self.forward(images)

    def white_after(self, white):
        """The ``white`` of a transform that comes next."""
        return white


class Sometimes(Transform):
    """A transform that happens with probability ``p``; subclasses write ``change``."""

    def __init__(self, p):
        super().__init__()
        self.p = check_probability(type(self).__name__, p)

    def change(self, img):
        """What happens to an image, or to many."""
        raise NotImplementedError(f"{type(self).__name__}.change is not written")

    def forward(self, img):
        """The changed image, or the image itself."""
        return self.change(img) if rng().random() < self.p else unchanged(img)

    def on_batch(self, images, white):
        """Each image changed with probability p."""
        return choose(rng().random(len(images)) < self.p, self.change(images), images)

    def __repr__(self):
        return f"{type(self).__name__}(p={self.p})"


def check_probability(op, p):
    """``p`` if it is a number from 0 to 1.

    Raises
    ------
    ValueError
        If it is not.
    """
    if isinstance(p, bool) or not isinstance(p, (int, float)) or not 0 <= p <= 1:
        raise ValueError(f"{op}: p is a probability, from 0 to 1; got {p!r}")
    return p
