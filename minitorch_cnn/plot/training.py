"""How training went, from the histories of a Trainer: losses, accuracy and error rate."""
import numpy as np

from .curves import Curve, Panel, draw_curves
from .figure import DPI

SMOOTH = 0.01  # of all iterations: the window of the running mean


def draw_training(histories, title="", spread="range", per="both", dpi=DPI):
    """Loss, accuracy and error rate of one or several trainings, by iteration and by epoch.

    Every training has a color; validation is a full line, training a dashed one. The accuracy on
    training data is a mean over the epoch, while the weights changed, so it lags behind.

    Parameters
    ----------
    histories : dict of str to History, or to a list of History
        A list holds the seeds of one setting: the mean is drawn with its spread.
    title : str
        Above the figure.
    spread : str
        "range" or "std", see ``draw_curves``.
    per : str
        "epoch", "iteration" or "both".
    dpi : float
        Pixels an inch.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        For no history, one without a complete epoch, or another word for ``per``.
    """
    if per not in ("epoch", "iteration", "both"):
        raise ValueError(f'draw_training: per must be "epoch", "iteration" or "both", got "{per}"')
    runs = {name: list(seeds) if isinstance(seeds, (list, tuple)) else [seeds]
            for name, seeds in histories.items()}
    if not runs or not all(seeds and all(h.epochs for h in seeds) for seeds in runs.values()):
        raise ValueError("draw_training: every training needs a History with at least one "
                         "complete epoch")
    panels = []
    if per != "epoch" and all(h.iterations for seeds in runs.values() for h in seeds):
        panels += [_iterations(runs, "loss", "training loss", 1, log=True),
                   _iterations(runs, "accuracy", "training accuracy in %", 100)]
    if per != "iteration" or not panels:
        panels += [_epochs(runs, "loss", "loss", lambda loss: loss, log=True),
                   _epochs(runs, "accuracy", "accuracy in %", lambda share: 100 * share),
                   _epochs(runs, "accuracy", "error rate in %", lambda share: 100 * (1 - share),
                           log=True)]
    return draw_curves(panels, 2, title, spread, dpi=dpi) if len(panels) != 3 else draw_curves(
        panels, 3, title, spread, width=3.6, dpi=dpi)


def _iterations(runs, name, y_label, unit, log=False):
    curves = []
    for i, (label, seeds) in enumerate(runs.items()):
        values = [unit * history.column(name, "iterations") for history in seeds]
        window = max(1, round(SMOOTH * max(map(len, values))))
        curves.append(Curve(label, values, smooth=window, color=i))
    return Panel(f"{y_label.partition(' in ')[0].capitalize()} per iteration", curves, "iteration",
                 y_label, log)


def _epochs(runs, name, y_label, of, log=False):
    curves = []
    for i, (label, seeds) in enumerate(runs.items()):
        for dashes, part in enumerate(("validation", "train")):
            if not all(_known(history, f"{part}_{name}") for history in seeds):
                continue
            values = [of(history.column(f"{part}_{name}")) for history in seeds]
            kind = "training" if part == "train" else part
            curves.append(Curve(f"{label}, {kind}" if label else kind, values, color=i,
                                dashes=dashes))
    return Panel(f"{y_label.partition(' in ')[0].capitalize()} per epoch", curves, "epoch",
                 y_label, log)


def _known(history, name):
    return any(name in record and np.isfinite(record[name]) for record in history.epochs)
