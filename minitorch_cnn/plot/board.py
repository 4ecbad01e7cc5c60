"""A figure on which every place is computed, in inches from the top left: nothing can overlap."""
import numpy as np

from .figure import DPI, FONT, MISSING, color_map, new_figure


class Board:
    """An empty figure, measured in inches from its top left corner.

    matplotlib's own layout takes seconds for a hundred panels; here a tile is one image artist.

    Parameters
    ----------
    width, height : float
        In inches.
    dpi : float
        Pixels an inch.
    """

    def __init__(self, width, height, dpi=DPI):
        self.width, self.height = width, height
        self.figure = new_figure(width, height, dpi)
        self.figure.set_layout_engine("none")
        self.axes = self.panel(0, 0, width, height)
        self.axes.set_axis_off()
        self.axes.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)

    def panel(self, x, y, width, height):
        """New axes that fill this box."""
        return self.figure.add_axes((x / self.width, 1 - (y + height) / self.height,
                                     width / self.width, height / self.height))

    def image(self, pixels, x, y, width, height, ends=(0, 1), cmap="gray"):
        """Pixels (H, W) or (H, W, 3 or 4) in this box; returns what a color bar needs."""
        if np.isnan(pixels).any() or pixels.shape[2:] == (4,):
            self.box(x, y, width, height, "white", MISSING, 0, hatch="//////", zorder=-1)
        small = pixels.shape[0] <= height * self.figure.dpi
        return self.axes.imshow(pixels, cmap=color_map(cmap), vmin=ends[0], vmax=ends[1],
                                extent=(x, x + width, y + height, y), aspect="auto",
                                interpolation="nearest" if small else None)

    def box(self, x, y, width, height, fill="none", edge="none", line=1.0, **style):
        """A rectangle."""
        from matplotlib.patches import Rectangle
        self.axes.add_patch(Rectangle((x, y), width, height, facecolor=fill, edgecolor=edge,
                                      linewidth=line, **style))

    def text(self, x, y, text, size=FONT, across="center", up="top", **style):
        """Text at this point; a dollar sign is a dollar sign."""
        self.axes.text(x, y, text, fontsize=size, ha=across, va=up, parse_math=False,
                       linespacing=1.25, **style)

    def bar(self, drawn, x, y, height, label="", width=0.14):
        """An upright color bar for a drawn image; its numbers need half an inch to the right."""
        bar = self.figure.colorbar(drawn, cax=self.panel(x, y, width, height))
        bar.ax.tick_params(labelsize=FONT - 1.5, length=2)
        bar.ax.locator_params(nbins=max(2, min(6, int(4 * height))))
        bar.set_label(label, fontsize=FONT - 1, parse_math=False)
        bar.outline.set_linewidth(0.4)
        return bar


def as_pixels(image, what="image"):
    """(H, W) or (H, W, 3) float array of an image (H, W), (1, H, W) or (3, H, W).

    Raises
    ------
    ValueError
        For another shape, or no pixels.
    """
    image = np.asarray(image)
    if image.dtype == np.uint8:
        image = image / 255
    image = image.astype(np.float64)
    if image.ndim == 3 and image.shape[0] == 1:
        image = image[0]
    elif image.ndim == 3 and image.shape[0] == 3:
        image = image.transpose(1, 2, 0)
    elif image.ndim != 2:
        raise ValueError(f"plot: {what} must have shape (H, W), (1, H, W) or (3, H, W), got "
                         f"{image.shape}; choose channels first, as in x[:, 0]")
    if image.size == 0:
        raise ValueError(f"plot: {what} has no pixels (shape {image.shape})")
    return image


def stretched(pixels, ends):
    """RGB pixels with ``ends`` moved to 0 and 1 (NaN: transparent); grey ones as they are."""
    if pixels.ndim == 2:
        return pixels
    moved = np.clip((pixels - ends[0]) / (ends[1] - ends[0]), 0, 1)
    missing = np.isnan(moved).any(axis=2, keepdims=True)
    if not missing.any():
        return moved
    return np.concatenate([np.where(missing, 0, moved), ~missing], axis=2)  # (H, W, 4)
