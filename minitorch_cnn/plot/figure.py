"""matplotlib, for figures in files: no window, no global state."""
from pathlib import Path


def new_figure(width, height):
    """A matplotlib Figure of this size in inches, to be saved with ``save_figure``.

    Raises
    ------
    ImportError
        Where matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("plot: figures need matplotlib; install it with "
                          "`pip install matplotlib`") from error
    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure, path):
    """Write the figure to ``path`` (its suffix names the format), making folders; returns the path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    return path
