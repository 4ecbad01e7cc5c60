"""Small pictures with captions, in sections: what grids, sheets and strips are made of."""
from dataclasses import dataclass, field

import numpy as np

from .board import Board, as_pixels, stretched
from .figure import DPI, FONT, limits, text_height, text_width

MARGIN, GAP = 0.12, 0.08  # inches
BAR = 0.85  # a color bar with its numbers and its label


@dataclass
class Tile:
    """One small picture (H, W) or (H, W, 3), None for an empty place; ``ends``: its own scale."""

    pixels: np.ndarray | None
    caption: str = ""
    frame: str | None = None
    ends: tuple | None = None


@dataclass
class Section:
    """Tiles under a heading, or beside it where ``beside`` is set."""

    tiles: list
    heading: str = ""
    beside: bool = False


@dataclass
class Sheet:
    """Sections of tiles, and how they are drawn.

    Attributes
    ----------
    sections : list of Section
    columns : int
    size : float
        Longest side of a tile in inches.
    scale, cmap : str
        See ``figure.limits`` and matplotlib's color maps.
    bar : str or None
        Label of the color bar; None for no bar.
    tops : list of str
        Names of the columns.
    together : bool
        One scale and one bar for all sections; else one for each.
    """

    sections: list
    columns: int
    size: float = 1.0
    scale: object = "unit"
    cmap: str = "gray"
    title: str = ""
    bar: str | None = None
    tops: list = field(default_factory=list)
    together: bool = True

    def __post_init__(self):
        if self.columns < 1:
            raise ValueError(f"plot: columns must be at least 1, got {self.columns}")
        tiles = self._tiles()
        if not tiles:
            raise ValueError("plot: there is nothing to draw: no image was given")
        shapes = [tile.pixels.shape for tile in tiles if tile.pixels is not None] or [(1, 1)]
        height, width = max(s[0] for s in shapes), max(s[1] for s in shapes)
        unit = self.size / max(height, width)
        self.tile = (width * unit, height * unit)
        captions = [tile.caption for tile in tiles]
        self.cell = (max([self.tile[0]] + [text_width(c) for c in captions + self.tops]) + GAP,
                     self.tile[1] + max(text_height(c) for c in captions) + GAP)
        beside = [text_width(s.heading, FONT + 1) for s in self.sections if s.beside]
        self.left = max(beside, default=0) + MARGIN + (GAP if beside else 0)

    def _tiles(self):
        return [tile for section in self.sections for tile in section.tiles]

    def draw(self, dpi=DPI):
        """The figure."""
        top = MARGIN + text_height(self.title, FONT + 2)
        tops = max(map(text_height, self.tops), default=0)
        heights = [self._height(section) for section in self.sections]
        used = min(self.columns, max(len(section.tiles) for section in self.sections))
        right = self.left + used * self.cell[0]
        width = max(right + MARGIN + (BAR if self.bar is not None else 0),
                    text_width(self.title, FONT + 2) + 2 * MARGIN,
                    max(text_width(s.heading, FONT + 1) for s in self.sections) + 2 * MARGIN)
        tall = max(sum(heights), self._bar_height(0) + GAP)
        board = Board(width, top + tops + tall + MARGIN, dpi)
        board.text(MARGIN, MARGIN, self.title, FONT + 2, "left")
        for i, name in enumerate(self.tops):
            board.text(self.left + (i + 0.5) * self.cell[0], top + tops - 0.04, name, up="bottom")
        self._draw_sections(board, right + GAP, top + tops, heights)
        return board.figure

    def _draw_sections(self, board, right, top, heights):
        ends, y, drawn = self._ends(), top, None
        for section, height in zip(self.sections, heights):
            new = self._draw_section(board, section, y, ends)
            if not self.together:
                below = self._height(section, heading=False)
                self._draw_bar(board, new, right, y + height - below, below)
            y, drawn = y + height, new or drawn
        if self.together:
            self._draw_bar(board, drawn, right, top, sum(heights))

    def _ends(self):
        """Iterator over the ends of the scale of every tile that has none of its own."""
        for group in [self.sections] if self.together else [[each] for each in self.sections]:
            yield from limits([tile.pixels for section in group for tile in section.tiles
                               if tile.pixels is not None and tile.ends is None], self.scale)

    def _height(self, section, heading=True):
        rows = -(-len(section.tiles) // self.columns)
        above = text_height(section.heading, FONT + 1) if heading and not section.beside else 0
        return above + rows * self.cell[1] + (GAP if section.heading else 0)

    def _draw_section(self, board, section, y, ends):
        """Returns the last grey image drawn, for the color bar."""
        drawn = None
        if section.beside:
            board.text(self.left - GAP, y + self.tile[1] / 2, section.heading, FONT + 1, "right",
                       "center")
        else:
            board.text(MARGIN, y, section.heading, FONT + 1, "left")
            y += text_height(section.heading, FONT + 1)
        for i, tile in enumerate(section.tiles):
            row, column = divmod(i, self.columns)
            x = self.left + column * self.cell[0] + (self.cell[0] - self.tile[0]) / 2
            drawn = self._draw_tile(board, tile, x, y + row * self.cell[1], ends) or drawn
        return drawn

    def _draw_tile(self, board, tile, x, y, ends):
        width, height = self.tile
        board.text(x + width / 2, y + height + 0.03, tile.caption, color=tile.frame or "black")
        if tile.pixels is None:
            return None
        unit = min(width / tile.pixels.shape[1], height / tile.pixels.shape[0])
        box = (x + (width - unit * tile.pixels.shape[1]) / 2,
               y + (height - unit * tile.pixels.shape[0]) / 2,
               unit * tile.pixels.shape[1], unit * tile.pixels.shape[0])
        end = tile.ends or next(ends)
        drawn = board.image(stretched(tile.pixels, end), *box, end,
                            "gray" if tile.ends else self.cmap)
        board.box(*box, "none", tile.frame or "#999999", 2.5 if tile.frame else 0.5)
        return drawn if tile.pixels.ndim == 2 and tile.ends is None else None

    def _draw_bar(self, board, drawn, x, y, height):
        """A bar for an image that was drawn in grey, if there is one."""
        if self.bar is None or drawn is None:
            return
        bar = board.bar(drawn, x, y, self._bar_height(height), self._bar_label())
        if self._private():
            bar.set_ticks(drawn.get_clim(), labels=["min", "max"])

    def _private(self):
        return isinstance(self.scale, str) and self.scale == "private"

    def _bar_label(self):
        return f"{self.bar}, each on its own scale" if self._private() else self.bar

    def _bar_height(self, height):
        """As the tiles beside it, within reason; never shorter than its label."""
        if self.bar is None:
            return 0
        return max(min(height - GAP, 3.0), 0.7, text_width(self._bar_label(), FONT - 1))


def tiles_of(images, captions=None, frames=None, what="images"):
    """A Tile for each image, with what is written below it and the color of its frame.

    Raises
    ------
    ValueError
        Where the numbers of images and captions differ, or a shape is wrong.
    """
    images = list(images)
    captions = _one_each(captions, images, "captions", "")
    frames = _one_each(frames, images, "frames", None)
    return [Tile(as_pixels(image, what), str(caption), frame)
            for image, caption, frame in zip(images, captions, frames)]


def _one_each(values, images, name, default):
    values = [default] * len(images) if values is None else list(values)
    if len(values) != len(images):
        raise ValueError(f"plot: there are {len(images)} images but {len(values)} {name}; give "
                         "one for each")
    return values
