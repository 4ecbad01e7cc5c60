"""Curves of training: loss, accuracy, error rate, over iterations or epochs, of one or many seeds.

S seeds, T points.
"""
import math
from dataclasses import dataclass, field

import numpy as np

from .figure import COLORS, DPI, FONT, new_figure, numbers, text_width

DASHES = ("-", "--", "-.", ":")
FEW = 40  # points up to which each is marked
MANY = 6  # entries of a legend above which it does not fit into the axes


@dataclass
class Curve:
    """One line of a panel.

    Attributes
    ----------
    label : str
        In the legend.
    values : array or Tensor (T,), (S, T), or a list of S sequences
        Several seeds are drawn as their mean with their spread; runs may end at different points.
    x : sequence of float, optional
        T; 1, 2, ... without it. Epochs among iterations: ``x=epoch_ends``.
    smooth : int
        Average over this many points up to each; the raw values stay visible behind.
    color : int, optional
        Number of the color; curves that belong together share one. By default the curve's place.
    dashes : int, optional
        Number of the line style.
    """

    label: str
    values: object
    x: object = None
    smooth: int = 1
    color: int | None = None
    dashes: int | None = None

    def runs(self):
        """(S, T) float64; NaN after the end of a shorter run.

        Raises
        ------
        ValueError
            For no value, another shape, or another number of points in ``x``.
        """
        runs = self._seeds()
        if any(run.ndim != 1 for run in runs) or not sum(map(len, runs)):
            shapes = ", ".join(str(run.shape) for run in runs)
            raise ValueError(f'draw_curves: the values of "{self.label}" must have shape (T,) or '
                             f"(S, T) and not be empty, got runs of {shapes}")
        padded = np.full((len(runs), max(map(len, runs))), np.nan)
        for row, run in zip(padded, runs):
            row[:len(run)] = run
        if self.x is not None and len(self.x) != padded.shape[1]:
            raise ValueError(f'draw_curves: "{self.label}" has {padded.shape[1]} points but its x '
                             f"has {len(self.x)}")
        return padded

    def _seeds(self):
        """A list of S arrays; a single run may come without its axis S."""
        if isinstance(self.values, (list, tuple)) and any(np.ndim(run) for run in self.values):
            return [numbers(run) for run in self.values]
        values = numbers(self.values)
        return list(values) if values.ndim > 1 else [values]


@dataclass
class Panel:
    """One pair of axes.

    Attributes
    ----------
    title : str
    curves : list of Curve
    x_label, y_label : str
    log : bool
        Logarithmic upright axis.
    references : dict of str to float
        Numbers drawn as level dotted lines, such as those of a document.
    """

    title: str
    curves: list
    x_label: str = "epoch"
    y_label: str = ""
    log: bool = False
    references: dict = field(default_factory=dict)


def draw_curves(panels, columns=2, title="", spread="range", width=4.8, height=3.3, dpi=DPI):
    """Panels of curves with legends; panels of the same many curves share one, below.

    Parameters
    ----------
    panels : Panel or list of Panel
        What to draw.
    columns : int
        At most this many beside each other.
    title : str
        Above the figure.
    spread : str
        What is shaded around the mean of several seeds: "range" from the lowest to the highest,
        "std" one standard deviation either side.
    width, height : float
        Of a panel, in inches.
    dpi : float
        Pixels an inch.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        For no panel, a panel without curves, empty curves, another word for ``spread``.
    """
    panels = [panels] if isinstance(panels, Panel) else list(panels)
    if not panels or not all(panel.curves for panel in panels):
        raise ValueError("draw_curves: there is nothing to draw; give at least one panel, and each "
                         "panel at least one Curve")
    if spread not in ("range", "std"):
        raise ValueError(f'draw_curves: spread must be "range" or "std", got "{spread}"')
    columns = max(1, min(columns, len(panels)))
    rows = math.ceil(len(panels) / columns)
    below = _legend_below(panels, width * columns)
    figure = new_figure(width * columns, height * rows + 0.35 * bool(title) + 0.25 * below, dpi)
    figure.get_layout_engine().set(h_pad=0.08, w_pad=0.08)
    figure.suptitle(title, fontsize=FONT + 2, parse_math=False)
    for i, panel in enumerate(panels):
        axes = figure.add_subplot(rows, columns, i + 1)
        _draw_panel(axes, panel, spread)
        if not below:
            _add_legend(axes, _entries(panel))
    if below:
        handles, labels = figure.axes[0].get_legend_handles_labels()
        _plain(figure.legend(handles, labels, loc="outside lower center", fontsize=FONT - 1,
                             ncols=math.ceil(len(labels) / below), frameon=False))
    return figure


def _entries(panel):
    """What stands in the legend of a panel."""
    return [curve.label for curve in panel.curves] + list(panel.references)


def _legend_below(panels, width):
    """Lines of a legend below all panels; 0 where each panel gets its own."""
    entries = _entries(panels[0])
    if len(panels) == 1 or len(entries) <= MANY or any(_entries(p) != entries for p in panels):
        return 0
    fits = max(1, int(width / (max(map(text_width, entries)) + 0.6)))
    lines = math.ceil(len(entries) / fits)
    return lines + lines % 2 if lines > 1 else 1  # even, so that pairs stay in one column


def _draw_panel(axes, panel, spread):
    for i, curve in enumerate(panel.curves):
        _draw_curve(axes, curve, i, spread)
    for name, value in panel.references.items():
        axes.axhline(value, color="#555555", linestyle=":", linewidth=1.2,
                     label=f"{name}: {value:g}")
    if panel.log:
        _make_log(axes, np.concatenate([curve.runs().ravel() for curve in panel.curves]))
    axes.set_title(panel.title, fontsize=FONT + 1, parse_math=False)
    axes.set_xlabel(panel.x_label, fontsize=FONT, parse_math=False)
    axes.set_ylabel(panel.y_label, fontsize=FONT, parse_math=False)
    axes.tick_params(labelsize=FONT - 1)
    axes.grid(color="#DDDDDD", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if "epoch" in panel.x_label:
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)


def _add_legend(axes, entries):
    """Where it hides least; beside the axes where it would hide much."""
    beside = {"loc": "upper left", "bbox_to_anchor": (1, 1)} if len(entries) > MANY else {}
    _plain(axes.legend(fontsize=FONT - 1, framealpha=0.85, **beside))


def _plain(legend):
    """A dollar sign is a dollar sign."""
    for text in legend.get_texts():
        text.set_parse_math(False)


def _make_log(axes, values):
    """A logarithmic upright axis with plain numbers; nothing where no value is above 0."""
    from matplotlib.ticker import LogLocator, NullFormatter
    values = values[(values > 0) & np.isfinite(values)]
    if values.size == 0:
        return
    axes.set_yscale("log")
    decades = np.log10(values.max() / values.min())
    subs = range(1, 10) if decades < 1 else (1, 2, 5) if decades < 3 else (1,)
    axes.yaxis.set_major_locator(LogLocator(subs=subs))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())


def _draw_curve(axes, curve, place, spread):
    runs = curve.runs()
    x = np.arange(1, runs.shape[1] + 1) if curve.x is None else numbers(curve.x)
    color = COLORS[(place if curve.color is None else curve.color) % len(COLORS)]
    dashes = DASHES[(place // len(COLORS) if curve.dashes is None else curve.dashes) % len(DASHES)]
    if curve.smooth > 1:
        axes.plot(x, _mean(runs), color=color, alpha=0.25, linewidth=0.7)
        runs = np.stack([_running_mean(run, curve.smooth) for run in runs])
    middle = _mean(runs)
    axes.plot(x, middle, color=color, linestyle=dashes, linewidth=1.6, label=curve.label,
              marker="o" if len(x) <= FEW else None, markersize=3.5)
    if len(runs) > 1:
        low, high = _spread(runs, middle, spread)
        axes.fill_between(x, low, high, color=color, alpha=0.18, linewidth=0)


def _mean(runs):
    """Over the seeds that have a finite value; NaN where none has."""
    return np.ma.masked_invalid(runs).mean(axis=0).filled(np.nan)


def _spread(runs, middle, spread):
    known = np.ma.masked_invalid(runs)
    if spread == "range":
        return known.min(axis=0).filled(np.nan), known.max(axis=0).filled(np.nan)
    deviation = known.std(axis=0).filled(np.nan)
    return middle - deviation, middle + deviation


def _running_mean(run, width):
    """Mean of the finite ones among each point and the ``width - 1`` before it."""
    known, window = np.isfinite(run), np.ones(width)
    total = np.convolve(np.where(known, run, 0), window)[:len(run)]
    count = np.convolve(known, window)[:len(run)]
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
