"""Upsampling layers."""
from . import functional as F
from .module import Module

__all__ = ["Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"]


class Upsample(Module):
    """Enlarges the spatial dimensions of (N, C, ...).

    Parameters
    ----------
    size : int or sequence of int, optional
        Size of the result; either this or scale_factor.
    scale_factor : float or tuple of float, optional
        Size of the result as a multiple.
    mode : str
        See ``functional.interpolate``.
    align_corners : bool, optional
        Whether the corner pixels of input and result lie on each other.
    recompute_scale_factor : bool, optional
        Compute with the ratio of the sizes instead of scale_factor.
    """

    def __init__(self, size=None, scale_factor=None, mode="nearest", align_corners=None,
                 recompute_scale_factor=None):
        super().__init__()
        self.size = size
        if isinstance(scale_factor, (tuple, list)):
            self.scale_factor = tuple([float(factor) for factor in scale_factor])
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input):
        return F.interpolate(input, self.size, self.scale_factor, self.mode, self.align_corners,
                             self.recompute_scale_factor)

    def extra_repr(self):
        shown = "size" if self.scale_factor is None else "scale_factor"
        return f"{shown}={getattr(self, shown)!r}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Enlarges (N, C, H, W) by repeating pixels.

    Parameters
    ----------
    size, scale_factor
        As for ``Upsample``.
    """

    def __init__(self, size=None, scale_factor=None):
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Enlarges (N, C, H, W) bilinearly with ``align_corners=True``.

    Parameters
    ----------
    size, scale_factor
        As for ``Upsample``.
    """

    def __init__(self, size=None, scale_factor=None):
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
