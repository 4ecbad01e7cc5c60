"""Random changes of color, and conversion to grey."""
import numpy as np

from .color import (
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    check_outputs,
    invert,
    rgb_to_grayscale,
    solarize,
)
from .image import choose, get_dimensions, rng, uniform
from .sizes import is_number, is_sequence
from .transform import Sometimes, Transform

__all__ = ["ColorJitter", "Grayscale", "RandomGrayscale", "RandomInvert", "RandomSolarize"]

ADJUST = (adjust_brightness, adjust_contrast, adjust_saturation, adjust_hue)


class ColorJitter(Transform):
    """Change brightness, contrast, saturation and hue by random amounts, in random order.

    Parameters
    ----------
    brightness, contrast, saturation : number or (least, most)
        Of the factor; a number d is (max(0, 1 - d), 1 + d). 0 or more.
    hue : number or (least, most)
        Of the turn; a number d is (-d, d). Within -0.5 to 0.5.

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind or range.

    Source: torchvision.transforms.ColorJitter
    """

    def __init__(self, brightness=0, contrast=0, saturation=0, hue=0):
        super().__init__()
        self.brightness = _factors("brightness", brightness)
        self.contrast = _factors("contrast", contrast)
        self.saturation = _factors("saturation", saturation)
        self.hue = _factors("hue", hue, center=0, bounds=(-0.5, 0.5))

    @staticmethod
    def get_params(brightness, contrast, saturation, hue):
        """(order, brightness factor, contrast factor, saturation factor, hue factor).

        ``order`` is a permutation of 0 to 3, the four in that order; a factor is None where its
        range is.
        """
        order, factors = draw_factors(1, (brightness, contrast, saturation, hue))
        return order[0], *[None if f is None else float(f[0]) for f in factors]

    def _ranges(self):
        return self.brightness, self.contrast, self.saturation, self.hue

    def forward(self, img):
        """A PIL image or Tensor (a batch is changed as one)."""
        order, *factors = self.get_params(*self._ranges())
        for i in order:
            if factors[i] is not None:
                img = ADJUST[i](img, factors[i])
        return img

    def on_batch(self, images, white):
        """Every image by factors of its own, in an order of its own."""
        order, factors = draw_factors(len(images), self._ranges())
        used = [i for i in range(4) if factors[i] is not None]
        for step in range(4) if len(used) > 1 else [0]:
            for i in used:
                changed = ADJUST[i](images, factors[i][:, None, None, None])
                images = changed if len(used) == 1 else choose(order[:, step] == i, changed, images)
        return images

    def __repr__(self):
        return (f"ColorJitter(brightness={self.brightness}, contrast={self.contrast}, "
                f"saturation={self.saturation}, hue={self.hue})")


def _factors(name, value, center=1, bounds=(0, np.inf)):
    """(least, most), or None where that is one number that changes nothing."""
    if is_number(value):
        if value < 0:
            raise ValueError(f"ColorJitter: {name} as a single number must not be negative, got "
                             f"{value}")
        value = max(center - value, 0) if center else -value, center + value
    if not is_sequence(value) or len(value) != 2 or not all(is_number(v) for v in value):
        raise TypeError(f"ColorJitter: {name} must be a number or (least, most), got {value!r}")
    least, most = float(value[0]), float(value[1])
    if not bounds[0] <= least <= most <= bounds[1]:
        raise ValueError(f"ColorJitter: {name} must be (least, most) within {bounds}, got "
                         f"{(least, most)}")
    return None if least == most == center else (least, most)


def draw_factors(n, ranges):
    """n permutations of 0 to 3 (n, 4), and for each range n factors (n,), or None."""
    order = rng().permuted(np.tile(np.arange(4), (n, 1)), axis=1)
    return order, [None if it is None else uniform(it, n) for it in ranges]


class Grayscale(Transform):
    """Convert to grey.

    Parameters
    ----------
    num_output_channels : 1 or 3
        3 repeats it.

    Source: torchvision.transforms.Grayscale
    """

    def __init__(self, num_output_channels=1):
        super().__init__()
        check_outputs("Grayscale", num_output_channels)
        self.num_output_channels = num_output_channels

    def forward(self, img):
        """A PIL image or Tensor (..., 1 or 3, H, W)."""
        return rgb_to_grayscale(img, self.num_output_channels)

    def __repr__(self):
        return f"Grayscale(num_output_channels={self.num_output_channels})"


class RandomGrayscale(Sometimes):
    """Convert to grey with probability ``p``; the number of channels stays.

    Source: torchvision.transforms.RandomGrayscale
    """

    def __init__(self, p=0.1):
        super().__init__(p)

    def change(self, img):
        """The grey image."""
        return rgb_to_grayscale(img, get_dimensions(img)[0])


class RandomInvert(Sometimes):
    """White minus the image, with probability ``p``.

    Source: torchvision.transforms.RandomInvert
    """

    def __init__(self, p=0.5):
        super().__init__(p)

    def change(self, img):
        """The negative."""
        return invert(img)


class RandomSolarize(Sometimes):
    """Invert all pixels from ``threshold`` on, with probability ``p``.

    Parameters
    ----------
    threshold : number
        In the image's units (0 to 255 for PIL images and uint8).
    p : float
        Probability.

    Source: torchvision.transforms.RandomSolarize
    """

    def __init__(self, threshold, p=0.5):
        super().__init__(p)
        self.threshold = threshold

    def change(self, img):
        """Its bright parts inverted."""
        return solarize(img, self.threshold)

    def on_batch(self, images, white):
        """Each image with probability p."""
        chosen = rng().random(len(images)) < self.p
        return choose(chosen, solarize(images, self.threshold / white), images)

    def __repr__(self):
        return f"RandomSolarize(threshold={self.threshold},p={self.p})"
