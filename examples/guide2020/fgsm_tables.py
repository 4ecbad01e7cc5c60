"""The matrices of chapter 4, and accuracy against strength."""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.attacks import normalized
from minitorch_cnn.plot import Curve, Panel

from data import STD
from fgsm_models import DEFENDED
from guide import EPS, WHITE_BOX


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


def white_box(report, own, clean, strengths, as_guide):
    """Each net on images made against it: ours, ours as the guide clips them, the guide's."""
    curves = [Curve(name, [clean[name], *values], [0, *strengths]) for name, values in own.items()]
    both = [Curve(name + more, values[name], EPS, dashes=dashes, color=i)
            for dashes, (more, values) in enumerate(((", ours", as_guide), (", guide", WHITE_BOX)))
            for i, name in enumerate(WHITE_BOX)]
    report.figure(plot.draw_curves([
        Panel("Six nets and the seventh", curves, "eps, normalized", "accuracy in %"),
        Panel("Clipped as the guide does", both, "eps, normalized", "accuracy in %")], 1, width=7),
        "Accuracies fall steeply between 0.2 and 1", "Each net on images made against it. The "
        "guide clips the normalized image to [0, 1], which takes away what eps below 0.42 adds to "
        "a black background: hence its plateau and its late fall, and ours if we do the same.")
    rows = [(name + more, *values[name], knee(values[name], EPS)) for name in WHITE_BOX
            for more, values in ((", guide", WHITE_BOX), (", ours, clipped alike", as_guide))]
    rows += [(f"{name}, ours", *(dict(zip(strengths, values)).get(eps) for eps in EPS),
              knee(values, strengths)) for name, values in own.items()]
    report.table(("net", *(f"{eps:g}" for eps in EPS), "half are wrong at"), rows,
                 "Accuracy in % of each net on images made against it, by eps in units of the "
                 f"normalized image (times {STD}: of the pixel range).", digits=2)


def knee(values, strengths):
    """Where the accuracy falls through 50 %, or None."""
    if values is None or min(values) > 50 or values[0] < 50:
        return None
    return float(np.interp(-50, -np.asarray(values), strengths))
