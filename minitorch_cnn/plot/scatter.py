"""Points in the plane, one color for each class: maps of images, made by t-SNE or PCA.

N points.
"""
import math
from dataclasses import dataclass

import numpy as np

from .figure import CLASS_COLORS, DPI, FONT, new_figure, numbers

OUTLINED = 2_000  # points up to which each is large enough for an outline


@dataclass
class Scatter:
    """One pair of axes.

    Attributes
    ----------
    title : str
    points : array or Tensor (N, 2)
    classes : sequence of int (N,)
        Which color; the same class has the same color everywhere.
    box : (left, bottom, right, top), optional
        A rectangle to be shown.
    """

    title: str
    points: object
    classes: object
    box: tuple | None = None


def draw_scatter(panels, class_names=None, columns=2, title="", size=4.6, dpi=DPI):
    """Panels of colored points with a legend for all of them.

    Parameters
    ----------
    panels : Scatter or list of Scatter
    class_names : sequence of str, optional
        Without it the numbers of the classes.
    columns : int
        At most this many beside each other.
    title : str
        Above the figure.
    size : float
        Of a panel's side in inches.
    dpi : float
        Pixels an inch.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        For no panel, points of another shape, or a class that has no color or no name.
    """
    panels = [panels] if isinstance(panels, Scatter) else list(panels)
    if not panels:
        raise ValueError("draw_scatter: there is nothing to draw; give at least one Scatter")
    read = [_read(panel) for panel in panels]
    names = _names(class_names, read)
    columns = max(1, min(columns, len(panels)))
    rows = math.ceil(len(panels) / columns)
    figure = new_figure(size * columns, (size + 0.3) * rows + 0.4 + 0.3 * bool(title), dpi)
    figure.suptitle(title, fontsize=FONT + 2, parse_math=False)
    for i, (panel, (points, classes)) in enumerate(zip(panels, read)):
        _draw(figure.add_subplot(rows, columns, i + 1), panel, points, classes)
    _add_legend(figure, names)
    return figure


def _read(panel):
    points, classes = numbers(panel.points), numbers(panel.classes)
    if points.ndim != 2 or points.shape[1] != 2 or classes.shape != points.shape[:1]:
        raise ValueError(f'draw_scatter: "{panel.title}" needs points (N, 2) and N classes, got '
                         f"{points.shape} and {classes.shape}")
    if len(classes) and not 0 <= classes.min() <= classes.max() < len(CLASS_COLORS):
        raise ValueError(f'draw_scatter: "{panel.title}" has classes {classes.min()} to '
                         f"{classes.max()}; there are colors for 0 to {len(CLASS_COLORS) - 1}")
    return points, classes


def _names(class_names, read):
    """{class: name} of the classes that occur."""
    found = sorted({int(c) for _, classes in read for c in np.unique(classes)})
    if class_names is not None and found and found[-1] >= len(class_names):
        raise ValueError(f"draw_scatter: there are {len(class_names)} class_names but a class "
                         f"{found[-1]}")
    return {c: str(c if class_names is None else class_names[c]) for c in found}


def _draw(axes, panel, points, classes):
    few = len(points) <= OUTLINED
    order = np.random.default_rng(0).permutation(len(points))  # so that no class lies above others
    axes.scatter(*points[order].T, c=[CLASS_COLORS[int(c)] for c in classes[order]],
                 s=14 if few else 4, edgecolors="#333333" if few else "none", linewidths=0.25)
    if panel.box is not None:
        left, bottom, right, top = panel.box
        axes.plot((left, right, right, left, left), (bottom, bottom, top, top, bottom),
                  color="#000000", linewidth=1.4)
    axes.set_title(panel.title, fontsize=FONT + 1, parse_math=False)
    axes.tick_params(labelsize=FONT - 2)
    axes.spines[["top", "right"]].set_visible(False)


def _add_legend(figure, names):
    from matplotlib.lines import Line2D
    marks = [Line2D([], [], marker="o", linestyle="", color=CLASS_COLORS[c], label=name,
                    markeredgecolor="#333333", markeredgewidth=0.4) for c, name in names.items()]
    if marks:
        legend = figure.legend(handles=marks, loc="outside lower center", ncols=len(marks),
                               fontsize=FONT - 1, frameon=False, columnspacing=1, handletextpad=0)
        for text in legend.get_texts():
            text.set_parse_math(False)
