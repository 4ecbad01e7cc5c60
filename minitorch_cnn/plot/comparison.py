"""Ours beside a document's numbers, as points with intervals."""
from dataclasses import dataclass

import numpy as np

from .figure import DPI, FONT, RIGHT, WRONG, new_figure, text_width


@dataclass
class Compared:
    """One row: a number of ours with its interval, and the document's.

    Attributes
    ----------
    name : str
    ours : float
    interval : (float, float), optional
        Around ours.
    document : float, optional
        None where it gives no number.
    accepted : (float, float), optional
        Where ours is expected.
    """

    name: str
    ours: float
    interval: tuple | None = None
    document: float | None = None
    accepted: tuple | None = None


def draw_comparison(rows, x_label="test accuracy in %", document="document", title="",
                    near_100=False, width=8.0, dpi=DPI):
    """A line for each row: ours as a dot with its interval, the document's number as a diamond.

    Parameters
    ----------
    rows : sequence of Compared
        From top to bottom.
    x_label : str
        What is compared, with its unit.
    document : str
        Name of the document, for the legend.
    title : str
        Above the figure.
    near_100 : bool
        For percentages: the axis is logarithmic in what is missing to 100, so that 99.0 and 99.5
        stand as far apart as 80 and 90.
    width : float
        In inches.
    dpi : float
        Pixels an inch.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        For no row, or with ``near_100`` a number above 100.
    """
    rows = list(rows)
    if not rows:
        raise ValueError("draw_comparison: there is nothing to draw: no row was given")
    values = np.array([v for row in rows for v in _values(row)])
    if near_100 and (values > 100).any():
        raise ValueError("draw_comparison: near_100 is for percentages, got "
                         f"{values[values > 100][0]:g}")
    names = max(text_width(row.name) for row in rows)
    figure = new_figure(max(width, names + 4), 1.2 + 0.36 * len(rows) + 0.3 * bool(title), dpi)
    axes = figure.add_subplot()
    for y, row in enumerate(rows):
        _draw_row(axes, row, y)
    axes.set_yticks(range(len(rows)), [row.name for row in rows], fontsize=FONT, parse_math=False)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    if near_100:
        _stretch_near_100(axes, values)
    axes.set_xlabel(x_label, fontsize=FONT, parse_math=False)
    axes.set_title(title, fontsize=FONT + 2, parse_math=False)
    axes.tick_params(labelsize=FONT - 1)
    axes.tick_params(axis="y", labelsize=FONT)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    _add_legend(figure, rows, document)
    return figure


def _values(row):
    ends = (row.interval or ()) + (row.accepted or ())
    return [v for v in (row.ours, row.document, *ends) if v is not None and np.isfinite(v)]


def _draw_row(axes, row, y):
    if row.accepted:
        axes.barh(y, row.accepted[1] - row.accepted[0], left=row.accepted[0], height=0.62,
                  color="#D9D9D9")
    if row.interval:
        axes.plot(row.interval, (y, y), color=RIGHT, linewidth=2.4, solid_capstyle="butt")
    axes.plot(row.ours, y, "o", color=RIGHT, markersize=6)
    if row.document is not None:
        axes.plot(row.document, y, "D", markerfacecolor="none", markeredgecolor=WRONG,
                  markeredgewidth=1.6, markersize=7)


def _stretch_near_100(axes, values):
    """An axis that is logarithmic in 100 minus the value; 100 itself is drawn at the end."""
    missing = 100 - values
    least = max(min(missing[missing > 0], default=1) / 2, 0.01)
    axes.set_xscale("function", functions=(lambda v: -np.log10(np.maximum(100 - v, least)),
                                           lambda t: 100 - 10.0 ** -t))
    low = min(max(missing.max() * 1.4, least * 4), 100)
    high = least * 0.8 if missing.min() > 0 else least
    marks = _marks(low, least)
    axes.set_xlim(100 - low, 100 - high)
    axes.set_xticks([100 - m for m in marks], [f"{100 - m:g}" for m in marks])
    axes.minorticks_off()


def _marks(low, least):
    """Round numbers from ``least`` to ``low``, far enough apart for their labels."""
    found = []
    for m in (.01, .02, .05, .1, .2, .3, .5, 1, 2, 3, 5, 10, 20, 30, 50, 70, 80, 90, 100):
        if least <= m <= low and (not found or m / found[-1] > (low / least) ** 0.05):
            found.append(m)
    return found


def _add_legend(figure, rows, document):
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    handles = [Line2D([], [], marker="o", color=RIGHT, linewidth=2.4, label="ours, with interval")]
    if any(row.document is not None for row in rows):
        handles.append(Line2D([], [], marker="D", linestyle="", markerfacecolor="none",
                              markeredgecolor=WRONG, markeredgewidth=1.6, label=document))
    if any(row.accepted for row in rows):
        handles.append(Patch(color="#D9D9D9", label="expected"))
    legend = figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=FONT - 1,
                           frameon=False)
    for text in legend.get_texts():
        text.set_parse_math(False)
