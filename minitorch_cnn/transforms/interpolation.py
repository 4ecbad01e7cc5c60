"""How values between the pixels are made up: torchvision's ``InterpolationMode``."""
from enum import Enum


class InterpolationMode(Enum):
    """Ways of interpolation; Pillow knows all of them, tensors the first four."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


_FROM_PIL = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming"}
_TO_PIL = {**{name: number for number, name in _FROM_PIL.items()}, "nearest-exact": 0}
WARP_MODES = (InterpolationMode.NEAREST, InterpolationMode.BILINEAR)
RESIZE_MODES = tuple(InterpolationMode)[:4]


def interpolation_mode(op, mode):
    """``mode`` (an InterpolationMode, its value, or Pillow's number) as an InterpolationMode.

    Raises
    ------
    TypeError
        For anything else.
    ValueError
        For a name or number that does not exist.
    """
    if isinstance(mode, InterpolationMode):
        return mode
    if isinstance(mode, bool) or not isinstance(mode, (int, str)):
        raise TypeError(f"{op}: interpolation must be an InterpolationMode, its name or Pillow's "
                        f"number for it, got {mode!r}")
    name = mode if isinstance(mode, str) else _FROM_PIL.get(int(mode))
    try:
        return InterpolationMode(name)
    except ValueError:
        names = ", ".join(f'"{it.value}"' for it in InterpolationMode)
        raise ValueError(f"{op}: there is no interpolation {mode!r}; use one of {names}") from None


def for_tensors(op, mode, known):
    """``interpolation_mode``, where it is among those ``known`` for tensors.

    Raises
    ------
    ValueError
        If it is not.
    """
    mode = interpolation_mode(op, mode)
    if mode not in known:
        names = " or ".join(f'"{it.value}"' for it in known)
        raise ValueError(f'{op}: interpolation "{mode.value}" does not work on tensors; use '
                         f"{names}")
    return mode


def for_pil(op, mode):
    """Pillow's number of a mode."""
    return _TO_PIL[interpolation_mode(op, mode).value]
