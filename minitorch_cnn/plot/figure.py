"""matplotlib, for figures in files: no window, no global state, colors for every eye."""
import functools
import io
from pathlib import Path

import numpy as np

from ..autograd import Tensor
from ..device import to_cpu

DPI = 144
FONT = 9  # points; a figure is shown at its size in inches, so this is the size on the page

# Okabe and Ito, "Color Universal Design" (2008): told apart with any color vision. Their yellow is
# left out, for it is faint on white.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
RIGHT, WRONG, MISSING = "#0072B2", "#D55E00", "#B8B8B8"

# Paul Tol's "muted" scheme, https://personal.sron.nl/~pault/: nine hues for areas, and a grey.
CLASS_COLORS = ("#CC6677", "#332288", "#DDCC77", "#117733", "#88CCEE", "#882255", "#44AA99",
                "#999933", "#AA4499", "#DDDDDD")

MOST_PIXELS = 2 ** 16 - 1  # a side; what matplotlib's renderer can hold


def new_figure(width, height, dpi=DPI):
    """A matplotlib Figure of this size in inches, to be saved with ``save_figure``.

    Raises
    ------
    ImportError
        Where matplotlib is not installed.
    ValueError
        If ``dpi`` is not positive, or a side has more pixels than can be drawn.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("plot: figures need matplotlib; install it with "
                          "`pip install matplotlib`") from error
    if not dpi > 0:
        raise ValueError(f"plot: dpi must be positive, got {dpi}; {DPI} is the default")
    if max(width, height) * dpi > MOST_PIXELS:
        raise ValueError(f"plot: {width:.0f} x {height:.0f} inches at dpi={dpi} is more than "
                         f"{MOST_PIXELS} pixels a side; pass a smaller dpi or draw fewer at once")
    return Figure(figsize=(width, height), dpi=dpi, layout="constrained", facecolor="white")


def save_figure(figure, path, dpi=None):
    """Write the figure to ``path`` (its suffix names the format), making folders; returns the path.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What a drawing function returned.
    path : str or Path
        PNG, SVG or PDF file.
    dpi : float, optional
        Pixels an inch, where it shall differ from the figure's own.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=dpi or "figure")
    return path


def png_bytes(figure, dpi=None):
    """The figure as the bytes of a PNG file.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What a drawing function returned.
    dpi : float, optional
        Pixels an inch, where it shall differ from the figure's own.
    """
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dpi or "figure", metadata={"Software": None})
    return stream.getvalue()


def numbers(values):
    """A Tensor, array or nested list as a NumPy array on the CPU."""
    return np.asarray(to_cpu(values.data if isinstance(values, Tensor) else values))


def color_map(name):
    """matplotlib's color map of this name, transparent for what is not a number.

    Raises
    ------
    ValueError
        For a name that matplotlib does not know.
    """
    from matplotlib import colormaps
    if name not in colormaps:
        raise ValueError(f'plot: there is no color map "{name}"; "gray", "viridis", "inferno", '
                         '"hot" and "RdBu_r" are some that exist')
    return colormaps[name].with_extremes(bad=(0, 0, 0, 0))


@functools.lru_cache(maxsize=4096)
def text_width(text, size=FONT):
    """Width in inches of the longest line of ``text`` at ``size`` points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path
    font = FontProperties(size=size)
    lines = [line for line in str(text).split("\n") if line]
    return max((text_to_path.get_text_width_height_descent(line, font, ismath=False)[0]
                for line in lines), default=0) / 72


def text_height(text, size=FONT):
    """Height in inches that the lines of ``text`` take at ``size`` points; 0 for no text."""
    return len(str(text).split("\n")) * 1.35 * size / 72 if text else 0


def limits(maps, scale):
    """(lowest, highest) value of the color scale, for every map.

    Parameters
    ----------
    maps : list of ndarray
        What is drawn together.
    scale : str or (float, float)
        "unit" is 0 to 1, "shared" the range of all maps together, "private" the range of each,
        "centered" the range of all made symmetric around 0; or the two ends themselves.

    Raises
    ------
    ValueError
        For another word.
    """
    if not isinstance(scale, str):
        low, high = (float(end) for end in scale)
        return [(low, high)] * len(maps)
    if scale == "unit":
        return [(0.0, 1.0)] * len(maps)
    if scale == "private":
        return [_range(each) for each in maps]
    if scale not in ("shared", "centered"):
        raise ValueError(f'plot: scale must be "unit", "shared", "private", "centered" or '
                         f'(low, high), got "{scale}"')
    together = np.concatenate([np.ravel(each) for each in maps]) if maps else np.zeros(0)
    if scale == "shared":
        return [_range(together)] * len(maps)
    finite = np.abs(together[np.isfinite(together)])
    most = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    return [(-most, most)] * len(maps)


def _range(values):
    """Lowest and highest finite value; a constant is put into the middle of its range."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)
