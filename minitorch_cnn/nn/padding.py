"""Padding layers.

``padding`` is a number for all sides, or (left, right), (left, right, top, bottom) ... as in
``functional.pad``, the last dimension first. A negative number cuts off.
"""
from . import functional as F
from .module import Module

__all__ = ["CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d",
           "ConstantPad3d", "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d",
           "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d", "ZeroPad1d", "ZeroPad2d",
           "ZeroPad3d"]


class _Pad(Module):
    """``_sides`` is how many numbers the padding has, ``_mode`` its name in ``functional.pad``."""

    _sides = 4
    _mode = "constant"

    def __init__(self, padding):
        super().__init__()
        if not isinstance(padding, (tuple, list)):
            padding = (padding,) * self._sides
        if len(padding) != self._sides:
            raise ValueError(f"{type(self).__name__}: padding must be an int or {self._sides} of "
                             f"them (last dimension first), got {tuple(padding)}")
        self.padding = tuple(padding)

    def forward(self, input):
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self):
        return f"{self.padding}"


class _ConstantPad(_Pad):

    def __init__(self, padding, value):
        super().__init__(padding)
        self.value = value

    def forward(self, input):
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self):
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """Pads the last dimension with ``value``."""

    _sides = 2


class ConstantPad2d(_ConstantPad):
    """Pads the last two dimensions with ``value``."""


class ConstantPad3d(_ConstantPad):
    """Pads the last three dimensions with ``value``."""

    _sides = 6


class ZeroPad1d(_Pad):
    """Pads the last dimension with zeros."""

    _sides = 2


class ZeroPad2d(_Pad):
    """Pads the last two dimensions with zeros."""


class ZeroPad3d(_Pad):
    """Pads the last three dimensions with zeros."""

    _sides = 6


class ReflectionPad1d(_Pad):
    """Pads (N, C, L) or (C, L) with its mirror image, the edge itself not repeated."""

    _sides, _mode = 2, "reflect"


class ReflectionPad2d(_Pad):
    """Pads (N, C, H, W) or (C, H, W) with its mirror image, the edge itself not repeated."""

    _mode = "reflect"


class ReflectionPad3d(_Pad):
    """Pads (N, C, D, H, W) or (C, D, H, W) with its mirror image, the edge itself not repeated."""

    _sides, _mode = 6, "reflect"


class ReplicationPad1d(_Pad):
    """Pads (N, C, L) or (C, L) with its outermost values."""

    _sides, _mode = 2, "replicate"


class ReplicationPad2d(_Pad):
    """Pads (N, C, H, W) or (C, H, W) with its outermost values."""

    _mode = "replicate"


class ReplicationPad3d(_Pad):
    """Pads (N, C, D, H, W) or (C, D, H, W) with its outermost values."""

    _sides, _mode = 6, "replicate"


class CircularPad1d(_Pad):
    """Pads (N, C, L) or (C, L) with what stands at the opposite end."""

    _sides, _mode = 2, "circular"


class CircularPad2d(_Pad):
    """Pads (N, C, H, W) or (C, H, W) with what stands at the opposite end."""

    _mode = "circular"


class CircularPad3d(_Pad):
    """Pads (N, C, D, H, W) or (C, D, H, W) with what stands at the opposite end."""

    _sides, _mode = 6, "circular"
