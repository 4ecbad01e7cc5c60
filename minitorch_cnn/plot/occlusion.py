"""What occlusion found, beside the image: probability, arg-max class and drop for every patch.

N images, C channels, H rows, W columns of pixels; OH x OW positions of the patch; K classes.
"""
from collections import Counter

import numpy as np

from .board import Board, as_pixels, stretched
from .figure import CLASS_COLORS, DPI, FONT, MISSING, color_map, limits, numbers, text_width

MARGIN = 0.15  # inches
TICKS = 0.35  # numbers of the rows left of a map; of the columns below it
BAR = 0.75
HEAD = 0.26
MAPS = {"probability": "p(true class)", "class": "predicted class", "drop": "drop of p"}


def draw_occlusion(images, probabilities, classes=None, drops=None, titles=None, class_names=None,
                   scale="unit", cmap="inferno", title="", size=1.7, dpi=DPI):
    """The image beside its occlusion maps: probability, arg-max class, drop of the probability.

    Element [j, k] of a map belongs to the patch in row j and column k of its positions.

    Parameters
    ----------
    images : array or Tensor (C, H, W), or N of these
        Pixels in [0, 1]; every image is a row of the figure.
    probabilities : array or Tensor (OH, OW), or N of these
        Of the true class, for every position of the patch.
    classes : array of int (OH, OW), or N of these, optional
        The class with the highest probability; negative where there is none.
    drops : array or Tensor (OH, OW), or N of these, optional
        By how much the probability fell; drawn symmetric around 0.
    titles : str, or N of these, optional
        Above each row.
    class_names : sequence of str, optional
        K; without it the numbers of the classes.
    scale : str or (float, float)
        Of the probabilities: "unit", "shared" by all rows, "private" of each, or the two ends.
    cmap : str
        matplotlib's color map of the probabilities.
    title : str
        Above the figure.
    size : float
        Longest side of a picture in inches.
    dpi : float
        Pixels an inch.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        For wrong shapes, or numbers of images and maps that differ.
    """
    single = getattr(probabilities, "ndim", 3) == 2
    rows = _rows(single, images, probabilities, classes, drops, titles)
    values = [row["probability"] for row in rows]
    for row, ends in zip(rows, limits(values, scale)):
        row["ends"] = ends
    if drops is not None:
        for row, ends in zip(rows, limits([row["drop"] for row in rows], "centered")):
            row["drop ends"] = ends
    return _Occlusion(rows, _Palette(rows, class_names), cmap, title, size).draw(dpi)


def _rows(single, images, probabilities, classes, drops, titles):
    """A dict for each row: image, title, probability, class, drop."""
    given = {"image": images, "probability": probabilities, "class": classes, "drop": drops,
             "title": titles}
    given = {name: [each] if single else list(each)
             for name, each in given.items() if each is not None}
    counts = {name: len(each) for name, each in given.items()}
    if len(set(counts.values())) != 1 or not counts["image"]:
        raise ValueError("draw_occlusion: as many images as maps are needed, got "
                         + ", ".join(f"{n} of {name}" for name, n in counts.items()))
    rows = []
    for i in range(counts["image"]):
        row = {name: each[i] for name, each in given.items()}
        row["image"] = as_pixels(numbers(row["image"]))
        for name in MAPS.keys() & row.keys():
            row[name] = numbers(row[name]).astype(np.float64)
            if row[name].ndim != 2 or row[name].size == 0:
                raise ValueError(f"draw_occlusion: a map of {name} must have shape (OH, OW), got "
                                 f"{row[name].shape}")
        rows.append(row)
    return rows


class _Palette:
    """A color for each class that occurs; beyond ten, the rarest share one as "other"."""

    def __init__(self, rows, names):
        found = Counter(int(k) for row in rows if "class" in row
                        for k in row["class"][np.isfinite(row["class"])] if k >= 0)
        ranked = [k for k, _ in found.most_common()]
        few = all(k < len(CLASS_COLORS) for k in ranked)
        order = range(len(CLASS_COLORS)) if few else ranked[:len(CLASS_COLORS) - 1]
        self.place = {k: i for i, k in enumerate(order)}
        self.names = names

    def index(self, k):
        return self.place.get(int(k), len(CLASS_COLORS) - 1)

    def name(self, i):
        known = {place: k for k, place in self.place.items()}
        if i not in known:
            return "other"
        return str(known[i] if self.names is None else self.names[known[i]])

    def paint(self, classes):
        """((OH, OW) places in the palette or NaN, [(place, share)] from the most frequent on)."""
        known = np.isfinite(classes) & (classes >= 0)
        places = np.full(classes.shape, np.nan)
        places[known] = [self.index(k) for k in classes[known]]
        counts = Counter(places[known].astype(int).tolist())
        return places, [(i, n / classes.size) for i, n in counts.most_common()]


class _Occlusion:
    """A figure of rows: image | probability | arg-max class | drop."""

    def __init__(self, rows, palette, cmap, title, size):
        self.rows, self.palette, self.cmap, self.title, self.size = rows, palette, cmap, title, size
        self.maps = [name for name in MAPS if name in rows[0]]
        labels = [self._label(i, share) for row in rows if "class" in row
                  for i, share in palette.paint(row["class"])[1]]
        self.side = max([BAR] + [0.36 + text_width(label, FONT - 1) for label in labels])

    def _label(self, i, share):
        return f"{self.palette.name(i)} ({f'{100 * share:.0f}' if share >= 0.01 else '< 1'} %)"

    def draw(self, dpi):
        first = MARGIN + HEAD * 1.2 * bool(self.title)
        tall = HEAD + self.size + TICKS + HEAD * ("title" in self.rows[0])
        step = TICKS + self.size + self.side + MARGIN
        heads = [text_width(str(row.get("title", "")), FONT + 1) for row in self.rows]
        width = max([MARGIN + self.size + MARGIN + len(self.maps) * step,
                     text_width(self.title, FONT + 2) + 2 * MARGIN]
                    + [head + 2 * MARGIN for head in heads])
        board = Board(width, first + tall * len(self.rows), dpi)
        board.text(MARGIN, MARGIN / 2, self.title, FONT + 2, "left")
        for i, row in enumerate(self.rows):
            y = first + i * tall
            if "title" in row:
                board.text(MARGIN, y, str(row["title"]), FONT + 1, "left")
                y += HEAD
            self._draw_image(board, row["image"], y)
            for k, name in enumerate(self.maps):
                self._draw_map(board, row, name, 2 * MARGIN + self.size + TICKS + k * step, y)
        return board.figure

    def _draw_image(self, board, image, y):
        board.text(MARGIN + self.size / 2, y, "image")
        board.image(stretched(image, (0, 1)), *self._fit(image, MARGIN, y + HEAD))

    def _fit(self, values, x, y):
        unit = self.size / max(values.shape[:2])
        height, width = values.shape[0] * unit, values.shape[1] * unit
        return x + (self.size - width) / 2, y + (self.size - height) / 2, width, height

    def _draw_map(self, board, row, name, x, y):
        values, cmap, ends = row[name], self.cmap, row["ends"]
        if name == "class":
            values, found = self.palette.paint(values)
            cmap, ends = None, (-0.5, len(CLASS_COLORS) - 0.5)
        elif name == "drop":
            cmap, ends = "RdBu_r", row["drop ends"]
        board.text(x + self.size / 2, y, MAPS[name])
        box = self._fit(values, x, y + HEAD)
        drawn = self._panel(board, values, cmap, ends, box)
        beside = x + self.size + 0.08
        if name == "class":
            self._draw_legend(board, found, beside, y + HEAD)
        else:
            board.bar(drawn, beside, box[1], box[3])

    @staticmethod
    def _panel(board, values, cmap, ends, box):
        from matplotlib.colors import ListedColormap
        axes = board.panel(*box)
        colors = color_map(cmap) if cmap else ListedColormap(CLASS_COLORS)
        if np.isnan(values).any():
            axes.patch.set(hatch="//////", edgecolor=MISSING)
        axes.tick_params(labelsize=FONT - 2, length=2)
        drawn = axes.imshow(values, cmap=colors, vmin=ends[0], vmax=ends[1], aspect="auto",
                            interpolation="nearest")
        axes.locator_params(nbins=5, integer=True)
        return drawn

    def _draw_legend(self, board, found, x, y):
        for line, (i, share) in enumerate(found):
            at = y + line * min(0.17, self.size / len(found))
            board.box(x, at + 0.02, 0.12, 0.12, CLASS_COLORS[i], "#555555", 0.5)
            board.text(x + 0.18, at, self._label(i, share), FONT - 1, "left")
