"""Distances between pixels with their unit: px(8), unit(0.03), normalized(0.2, std=0.3081).

An eps without a unit is the commonest misunderstanding about adversarial examples: 0.2 is a fifth
of the pixel range, or 16 grey levels if the images were divided by a standard deviation of 0.3081.
"""
import math
import numbers
from dataclasses import dataclass, field

GREY_LEVELS = 255


@dataclass(frozen=True)
class Quantity:
    """A distance between pixels; made by ``px``, ``unit`` and ``normalized``.

    Attributes
    ----------
    value : float
        As a share of the pixel range, so for pixels in [0, 1]; at least 0.
    text : str
        As it was written.
    """

    value: float
    text: str = field(compare=False)

    @property
    def grey_levels(self):
        """The same in steps of images with pixels 0 to 255."""
        return self.value * GREY_LEVELS

    def __repr__(self):
        return f"{self.text} [{self.value:.4g} of the pixel range, {self.grey_levels:.4g}/255]"


def px(levels):
    """``levels`` grey levels of images with pixels 0 to 255: ``px(8)`` is 8/255.

    Raises
    ------
    ValueError
        If negative, infinite or NaN.
    TypeError
        If no number.
    """
    text = f"px({levels})"
    return Quantity(_checked(text, levels) / GREY_LEVELS, text)


def unit(share):
    """A share of the pixel range, for pixels in [0, 1]: ``unit(0.03)``.

    An L2 distance, over many pixels, may well be above 1. Errors as ``px``.
    """
    text = f"unit({share})"
    return Quantity(_checked(text, share), text)


def normalized(steps, std):
    """``steps`` in units of an image that was divided by ``std``: ``normalized(0.2, std=0.3081)``.

    Parameters
    ----------
    steps : float
        What was added to the normalized image.
    std : float
        The standard deviation it was divided by, in pixels of [0, 1].

    Raises
    ------
    ValueError
        If one is negative, infinite or NaN, or ``std`` is 0.
    TypeError
        If one is no number; give a color image's eps as px(8), one for all channels.
    """
    text = f"normalized({steps}, std={std})"
    if _checked(text, std) == 0:
        raise ValueError(f"{text}: std must be above 0; 0.3081 is that of MNIST")
    return Quantity(_checked(text, steps) * float(std), text)


def _checked(text, number):
    if isinstance(number, bool) or not isinstance(number, numbers.Real):
        raise TypeError(f"{text}: needs a number, got {type(number).__name__}; "
                        "one distance holds for all pixels and channels")
    if not 0 <= number < math.inf:
        raise ValueError(f"{text}: a distance must be finite and at least 0, got {number}")
    return float(number)


def as_quantity(attack, name, value, largest=math.inf):
    """``value`` with its unit: a Quantity as it is, a float as ``unit(value)``.

    Raises
    ------
    ValueError
        For an integer above 1 (which has no unit), negative values, and those above ``largest``.
    TypeError
        If it is no number.
    """
    if isinstance(value, Quantity):
        quantity = value
    elif isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{attack}: {name} must be px(8), unit(0.03), normalized(0.2, std=0.3081) "
                        f"or a float, got {type(value).__name__}")
    elif isinstance(value, numbers.Integral) and value > 1:
        raise ValueError(f"{attack}: {name}={value} has no unit; write px({value}) for {value} "
                         f"grey levels of 255, or unit({float(value)}) for that many times the "
                         "pixel range")
    elif not 0 <= value < math.inf:
        raise ValueError(f"{attack}: {name} must be finite and at least 0, got {value}; it is the "
                         "size of a change, whose direction the attack finds")
    else:
        quantity = unit(value)
    if quantity.value > largest:
        raise ValueError(f"{attack}: {name}={quantity!r} is more than the whole pixel range "
                         f"[0, 1]; write px(...) for grey levels of 255")
    return quantity
