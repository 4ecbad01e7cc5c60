"""The matrices of chapter 4, and accuracy against strength."""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.attacks import normalized
from minitorch_cnn.plot import Curve, Panel

from data import STD
from fgsm_cells import DEFENDED
from guide import CLEAN, EPS, WHITE_BOX


def size(eps):
    """A strength in both units."""
    pixel = normalized(eps, std=STD)
    return f"eps {eps:g} = {pixel.value:.3f} of the pixel range = {pixel.grey_levels:.0f} levels"


def matrices(report, models, found, clean):
    names = [name.replace(DEFENDED, "trained on attacks") for name in models]
    counted = "only images count that the attacked net read right" if report.as_written else \
        "all cells count the same images"
    for eps, each in found.items():
        rows = np.vstack([list(clean.values()), np.asarray(each["percent"])])
        report.figure(plot.draw_matrix(rows, 1, ["clean", *names], names, "evaluated", "attacked",
                                       size(eps), (0, 100), bar="accuracy in %"),
                      "A matrix of accuracies, lowest on its diagonal",
                      f"{size(eps)}: row attacked, column evaluated; {counted}.",
                      name=f"fgsm-{eps:g}")


def white_box(report, own, clean, strengths):
    x, places = [0, *strengths], list(own)
    curves = {name: Curve(name, [clean[name], *values], x, color=i)
              for i, (name, values) in enumerate(own.items())}
    both = [curves[name] for name in (*WHITE_BOX, DEFENDED)] + [
        Curve(f"{name}, guide", [CLEAN[name], *values], [0, *EPS], dashes=1,
              color=places.index(name)) for name, values in WHITE_BOX.items()]
    report.figure(plot.draw_curves([
        Panel("Six nets and the seventh", list(curves.values()), "eps, normalized",
              "accuracy in %"),
        Panel("Beside the guide's", both, "eps, normalized", "accuracy in %")], 1, width=7),
        "Accuracies fall steeply between 0.2 and 1", "Each net on images made against it.")
    rows = []
    for name, values in own.items():
        half = knee(values, strengths)
        rows.append((name, knee(WHITE_BOX.get(name), EPS), half,
                     None if half is None else half * STD))
    report.table(("net", "guide, normalized", "ours, normalized", "ours, share of pixel range"),
                 rows, "The strength at which half of the images are read wrongly.", digits=3)


def knee(values, strengths):
    """Where the accuracy falls through 50 %, or None."""
    if values is None or min(values) > 50 or values[0] < 50:
        return None
    return float(np.interp(-50, -np.asarray(values), strengths))
