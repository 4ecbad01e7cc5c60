"""Looks at a matplotlib Figure without eyes: where its texts are, what color its pixels have."""
import io
from unittest import mock

import numpy as np
from PIL import Image


def rendered(figure):
    """(height, width, 3) uint8 pixels."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi="figure")
    return np.asarray(Image.open(stream).convert("RGB"))


def texts(figure):
    """{text: its boxes in pixels} of every text that is drawn."""
    drawn = {}

    def record(artist, renderer):
        if artist.get_visible() and artist.get_text().strip():
            drawn[artist] = artist.get_window_extent(renderer)

    with mock.patch("matplotlib.text.Text.draw", record):
        figure.savefig(io.BytesIO(), format="png", dpi="figure")
    found = {}
    for artist, box in drawn.items():
        found.setdefault(artist.get_text(), []).append(box)
    return found


def check_texts(figure, slack=1.0):
    """No text is cut by the figure's edge; returns the set of texts."""
    width, height = figure.get_size_inches() * figure.dpi
    found = texts(figure)
    for text, boxes in found.items():
        for box in boxes:
            inside = (box.x0 >= -slack and box.y0 >= -slack and box.x1 <= width + slack
                      and box.y1 <= height + slack)
            assert inside, f"{text!r} is cut: {box} in {width} x {height}"
    return set(found)


def check_apart(figure, some):
    """The texts for which ``some(text)`` holds do not overlap."""
    boxes = [box for text, each in texts(figure).items() if some(text) for box in each]
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert (a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1 or a.y1 <= b.y0 + 1
                    or b.y1 <= a.y0 + 1), f"{a} overlaps {b}"


def pixel(figure, axes_image, row, column):
    """The rendered color at the middle of an image's pixel."""
    left, right, bottom, top = axes_image.get_extent()
    rows, columns = axes_image.get_array().shape[:2]
    x = left + (column + 0.5) / columns * (right - left)
    y = top + (row + 0.5) / rows * (bottom - top)
    at = axes_image.axes.transData.transform((x, y))
    picture = rendered(figure)
    return tuple(int(v) for v in picture[picture.shape[0] - 1 - int(at[1]), int(at[0])])


def images(figure):
    """All images of a figure but its color bars', in the order in which they were drawn."""
    return [image for axes in figure.axes for image in axes.get_images()]
