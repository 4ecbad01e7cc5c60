"""Everything that is done to PIL images, by Pillow, as torchvision does it: Pillow's one home.

Pillow is imported when it is needed. H rows, W columns; Pillow itself counts (W, H).
"""
import numpy as np

_INTEGER = {"I": np.int32, "I;16": np.int16, "F": np.float32}


def pillow(what="PIL images"):
    """The module ``PIL``, with the parts that are used here.

    Raises
    ------
    ImportError
        If Pillow is not installed.
    """
    try:
        import PIL.Image
        import PIL.ImageEnhance
        import PIL.ImageOps
    except ImportError:
        raise ImportError(f"{what}: this needs Pillow; `pip install pillow`") from None
    return PIL


def to_array(img):
    """The pixels as an array (H, W, C) of the mode's dtype; mode "1" is 0 and 255."""
    array = np.array(img, _INTEGER.get(img.mode, np.uint8))
    if img.mode == "1":
        array *= 255
    return array.reshape(img.height, img.width, len(img.getbands()))


def from_array(array, mode=None):
    """An array (H, W) or (H, W, C) as an image; the mode follows from shape and dtype."""
    image = pillow("to_pil_image").Image.fromarray(np.ascontiguousarray(array))
    if mode is None or mode == image.mode:
        return image
    raw = array.tobytes()
    return pillow().Image.frombytes(mode, image.size, raw)


def fill_color(op, img, fill):
    """A number or a sequence as the color that Pillow wants for an image.

    Raises
    ------
    ValueError
        If a sequence has neither one number nor one per channel.
    """
    channels = len(img.getbands())
    fill = 0 if fill is None else fill
    if isinstance(fill, (tuple, list)):
        check_fill_length(op, fill, channels)
        fill = tuple(fill) * (channels if len(fill) == 1 else 1)
    elif channels > 1:
        fill = (fill,) * channels
    if img.mode == "F":
        return fill
    return tuple([int(value) for value in fill]) if isinstance(fill, tuple) else int(fill)


def check_fill_length(op, fill, channels):
    """Refuse a color of another number of channels.

    Raises
    ------
    ValueError
        Naming both numbers.
    """
    if len(fill) not in (1, channels):
        raise ValueError(f"{op}: fill has {len(fill)} numbers, the image {channels} channels; pass "
                         "one number, or one per channel")


# geometry -----------------------------------------------------------------------------------------

def affine(img, matrix, interpolation, fill):
    """Through the first two rows of a map from output to input positions."""
    image = pillow().Image
    return img.transform(img.size, image.Transform.AFFINE, [*matrix[0], *matrix[1]], interpolation,
                         fillcolor=fill_color("affine", img, fill))


def rotate(img, angle, interpolation, expand, center, fill):
    """Counter-clockwise, in degrees."""
    return img.rotate(angle, interpolation, expand, center,
                      fillcolor=fill_color("rotate", img, fill))


def perspective(img, coefficients, interpolation, fill):
    """Through (a x + b y + c, d x + e y + f) / (g x + h y + 1)."""
    image = pillow().Image
    return img.transform(img.size, image.Transform.PERSPECTIVE, coefficients, interpolation,
                         fillcolor=fill_color("perspective", img, fill))


def flip(img, horizontal):
    """Mirrored left to right, or top to bottom."""
    ways = pillow().Image.Transpose
    return img.transpose(ways.FLIP_LEFT_RIGHT if horizontal else ways.FLIP_TOP_BOTTOM)


def crop(img, top, left, height, width):
    """A box of the image; black outside."""
    return img.crop((left, top, left + width, top + height))


def resize(img, height, width, interpolation):
    """To another size, with antialiasing."""
    return img.resize((width, height), interpolation)


def pad(img, sides, fill, mode):
    """``sides`` (left, top, right, bottom), negative ones crop; ``mode`` is NumPy's name."""
    left, top, right, bottom = sides
    if mode == "constant":
        padded = pillow().ImageOps.expand(img, border=tuple(sides),
                                          fill=fill_color("pad", img, fill))
    else:
        img = img.crop((max(-left, 0), max(-top, 0), img.width - max(-right, 0),
                        img.height - max(-bottom, 0)))
        array = np.asarray(img)
        width = [(max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0))]
        padded = pillow().Image.fromarray(np.pad(array, width + [(0, 0)] * (array.ndim - 2), mode))
    if img.mode == "P":
        padded.putpalette(img.getpalette())
    return padded


# color --------------------------------------------------------------------------------------------

def enhance(img, kind, factor):
    """``kind``: "Brightness", "Contrast", "Color" or "Sharpness"."""
    return getattr(pillow().ImageEnhance, kind)(img).enhance(factor)


def operate(img, name, *args):
    """One of ``ImageOps``: "invert", "posterize", "solarize", "autocontrast" or "equalize"."""
    return getattr(pillow().ImageOps, name)(img, *args)


def adjust_hue(img, factor):
    """The hue, one byte, turned around by ``factor``; grey images have none."""
    if img.mode in {"L", "1", "I", "F"}:
        return img
    hue, saturation, value = img.convert("HSV").split()
    turned = np.array(hue) + np.int32(factor * 255).astype(np.uint8)  # wraps around, as meant
    hue = pillow().Image.fromarray(turned)
    return pillow().Image.merge("HSV", (hue, saturation, value)).convert(img.mode)


def adjust_gamma(img, gamma, gain):
    """Through a table of 255 * gain * (i / 255) ** gamma."""
    table = [int((255 + 1 - 1e-3) * gain * (i / 255) ** gamma) for i in range(256)] * 3
    return img.convert("RGB").point(table).convert(img.mode)


def to_grayscale(img, num_output_channels):
    """Luma, once or three times."""
    grey = img.convert("L")
    return grey if num_output_channels == 1 else pillow().Image.merge("RGB", [grey] * 3)
