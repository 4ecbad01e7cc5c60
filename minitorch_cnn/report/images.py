"""PNG files as bytes: made from a figure, their size read from their header."""
import struct
from dataclasses import dataclass
from pathlib import Path

from ..plot.figure import png_bytes

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SCREEN = 96  # CSS pixels an inch
INCH = 0.0254


@dataclass
class Picture:
    """A PNG file.

    Attributes
    ----------
    data : bytes
    pixels : (int, int)
        Width and height.
    shown : (int, int)
        The same in CSS pixels: its size in inches, so that its text is as large as the page's.
    """

    data: bytes
    pixels: tuple
    shown: tuple


def as_picture(figure):
    """A matplotlib Figure, the bytes of a PNG file or its path as a Picture.

    Raises
    ------
    TypeError
        For anything else.
    ValueError
        If the bytes are no PNG file.
    """
    if hasattr(figure, "savefig"):
        data = png_bytes(figure)
    elif isinstance(figure, (str, Path)):
        data = Path(figure).read_bytes()
    elif isinstance(figure, (bytes, bytearray)):
        data = bytes(figure)
    else:
        raise TypeError("report: a figure must be a matplotlib Figure, the bytes of a PNG file or "
                        f"its path, got {type(figure).__name__}")
    pixels, density = _header(data)
    return Picture(data, pixels, tuple(max(1, round(n * SCREEN / density)) for n in pixels))


def _header(data):
    """((width, height), pixels an inch) of a PNG file, https://www.w3.org/TR/png-3/."""
    if not data.startswith(SIGNATURE) or data[12:16] != b"IHDR" or len(data) < 33:
        raise ValueError("report: these bytes are no PNG file; pass what plot.png_bytes returned, "
                         "or save the figure as .png")
    return struct.unpack(">II", data[16:24]), _density(data)


def _density(data):
    """What the pHYs chunk says, 96 without one; it stands before the first IDAT."""
    at = data.find(b"pHYs", 33, max(data.find(b"IDAT"), 33))
    if at < 0 or len(data) < at + 13 or data[at + 12] != 1:
        return SCREEN
    return struct.unpack(">I", data[at + 4:at + 8])[0] * INCH or SCREEN
