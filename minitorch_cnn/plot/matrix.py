"""A matrix of colored cells with a text in each; every cell is as wide as its text needs."""
from dataclasses import dataclass

import numpy as np

from .board import Board
from .figure import DPI, FONT, color_map, limits, numbers, text_width

MARGIN = 0.12  # inches
LINE = 0.22
BAR = 0.85
SHORTEST = 0.7  # height of a color bar
DARK = 0.5  # luminance below which text is white


def draw_matrix(values, digits=2, row_labels=None, column_labels=None, x_label="", y_label="",
                title="", scale="shared", cmap="viridis", bar="", dpi=DPI):
    """A matrix as colors with its numbers written in.

    Parameters
    ----------
    values : array or Tensor (R, C)
        NaN is drawn hatched, with a dash.
    digits : int
        After the point; whole numbers of an integer matrix are written as they are.
    row_labels, column_labels : sequence of str, optional
        R and C; without them the indices.
    x_label, y_label, title : str
        Of the columns, of the rows, of the whole.
    scale : str or (float, float)
        "shared" from the lowest to the highest value, "unit", "centered", or the two ends.
    cmap : str
        matplotlib's color map.
    bar : str or None
        Label of the color bar; None for no bar.
    dpi : float
        Pixels an inch.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        For anything but two dimensions, or another number of labels.
    """
    values = numbers(values)
    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"draw_matrix: values must have shape (R, C), got {values.shape}")
    whole = values.dtype.kind in "iub"
    values = values.astype(np.float64)
    texts = [["–" if np.isnan(v) else f"{v:.0f}" if whole else f"{v:.{digits}f}" for v in row]
             for row in values]
    cells = colored(values, limits([values], scale)[0], cmap)
    return Cells(cells, texts, row_labels, column_labels, x_label, y_label, title,
                 None if bar is None else (bar, limits([values], scale)[0], cmap)).draw(dpi)


def colored(values, ends, cmap):
    """(R, C, 4) colors of values (R, C)."""
    share = (values - ends[0]) / (ends[1] - ends[0])
    return color_map(cmap)(np.ma.masked_invalid(np.clip(share, 0, 1)))


@dataclass
class Cells:
    """Colors (R, C, 4) and texts of a matrix, and what stands around it."""

    colors: np.ndarray
    texts: list
    row_labels: object = None
    column_labels: object = None
    x_label: str = ""
    y_label: str = ""
    title: str = ""
    bar: tuple | None = None  # (label, ends, cmap)

    def __post_init__(self):
        rows, columns = self.colors.shape[:2]
        self.row_labels = self._labels("row", self.row_labels, rows)
        self.column_labels = self._labels("column", self.column_labels, columns)
        widest = max(text_width(text) for row in self.texts for text in row)
        self.cell = (max(widest + 0.12, 0.3), 0.3)
        self.upright = max(map(text_width, self.column_labels)) > self.cell[0] - 0.05

    @staticmethod
    def _labels(what, labels, count):
        labels = [str(label) for label in (range(count) if labels is None else labels)]
        if len(labels) != count:
            raise ValueError(f"plot: the matrix has {count} {what}s but {len(labels)} {what} "
                             "labels were given")
        return labels

    def draw(self, dpi=DPI):
        """The figure."""
        rows, columns = self.colors.shape[:2]
        left = MARGIN + max(map(text_width, self.row_labels)) + 0.08 + LINE * bool(self.y_label)
        top = MARGIN + 1.3 * LINE * bool(self.title) + LINE * bool(self.x_label) + 0.06
        top += max(map(text_width, self.column_labels)) if self.upright else LINE
        width, height = columns * self.cell[0], rows * self.cell[1]
        right = max(left + width + MARGIN + (BAR if self.bar else 0),
                    self._middle(left, width, self.x_label) + text_width(self.x_label) / 2 + MARGIN,
                    text_width(self.title, FONT + 2) + 2 * MARGIN)
        bottom = max(top + height, top + text_width(self.y_label), top + self._bar_height(0))
        board = Board(right, bottom + MARGIN, dpi)
        board.text(MARGIN, MARGIN, self.title, FONT + 2, "left")
        self._draw_cells(board, left, top, width, height)
        self._draw_labels(board, left, top, width, height)
        if self.bar:
            self._draw_bar(board, left + width + 0.1, top, self._bar_height(height))
        return board.figure

    @staticmethod
    def _middle(start, length, label):
        """Where the label of a side is centered: in its middle, or further if it is longer."""
        return start + max(length, text_width(label)) / 2

    def _draw_cells(self, board, left, top, width, height):
        board.image(self.colors, left, top, width, height)
        board.box(left, top, width, height, "none", "#999999", 0.5)
        light = self.colors[..., :3] @ (0.299, 0.587, 0.114)
        light = np.where(self.colors[..., 3] == 0, 1, light)
        for i, row in enumerate(self.texts):
            for j, text in enumerate(row):
                board.text(left + (j + 0.5) * self.cell[0], top + (i + 0.52) * self.cell[1], text,
                           up="center", color="white" if light[i, j] < DARK else "black")

    def _draw_labels(self, board, left, top, width, height):
        turned = {"rotation": 90} if self.upright else {}
        for j, label in enumerate(self.column_labels):
            board.text(left + (j + 0.5) * self.cell[0], top - 0.05, label, up="bottom", **turned)
        for i, label in enumerate(self.row_labels):
            board.text(left - 0.06, top + (i + 0.52) * self.cell[1], label, across="right",
                       up="center")
        board.text(self._middle(left, width, self.x_label),
                   MARGIN + 1.3 * LINE * bool(self.title), self.x_label)
        board.text(MARGIN + LINE / 2, self._middle(top, height, self.y_label), self.y_label,
                   up="center", rotation=90 if len(self.y_label) > 1 else 0)

    def _draw_bar(self, board, x, y, height):
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize
        label, ends, cmap = self.bar
        board.bar(ScalarMappable(Normalize(*ends), color_map(cmap)), x, y, height, label)

    def _bar_height(self, height):
        return max(min(height, 3), SHORTEST, text_width(self.bar[0])) if self.bar else 0
