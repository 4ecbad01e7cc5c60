"""Occlusion as two solutions made it: too few positions, and maps that are transposed.

notebook2023 occludes SGD+BN, though Adam was its best net; report2019 its only net.
"""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.interpret import meaningful, spread
from minitorch_cnn.report import Price, Verdict

from common import test_images
from nets import document_net
from occlusion_maps import DIGITS, NOTEBOOK, REPORT, REPORT_POSITIONS, occluded


def study_written(s, report):
    """Item 11 as written."""
    net = document_net(s, "SGD+BN")
    maps = {size: occluded(s, net, DIGITS, size).as_written("notebook2023") for size in NOTEBOOK}
    report.figure(plot.draw_images(test_images(s, DIGITS), list(map(str, DIGITS)), 10, size=0.62),
                  "Ten digits", "The test images.")
    report.figure(plot.draw_heat_maps(
        {f"{size} x {size} pixels": found.probability for size, found in maps.items()}, DIGITS, 10,
        "unit", "hot", "p(true class)", size=0.62),
        "Heat maps of ten digits for five sizes of patch, rows and columns swapped",
        "notebook2023: rows are the patch's columns, columns its rows.")
    found = occluded(s, document_net(s, "report2019"), **REPORT).as_written("report2019")
    report.figure(plot.draw_occlusion(test_images(s, REPORT["digits"]), found.probability,
                                      found.argmax, found.drop),
                  "Three digits beside their maps of 7 by 7 positions",
                  "report2019: a black 14x14 patch with stride 2, without the last position.")
    for k, p in zip(REPORT["digits"], found.probability):
        report.figure(plot.draw_matrix(p, 2, y_label="j", x_label="k", scale="unit"),
                      "A matrix of 7 by 7 probabilities",
                      f"The same probabilities for the {k} as a matrix.")
    sides = {f"notebook2023, {size}x{size}": (maps[size].drop.shape[1], n)
             for size, n in NOTEBOOK.items()}
    sides["report2019, 14x14"] = (found.drop.shape[1], REPORT_POSITIONS)
    report.verdicts([Verdict(name, ours, n, exact=True, unit="") for name, (ours, n)
                     in sides.items()], "Positions a side.")
    drawn, right, agree = transposed(s)
    report.question("Is the learning meaningful?", (
        f"{'These maps can hardly tell' if agree < 0.9 else 'Perhaps'}: as drawn they agree with "
        f"the right ones with a correlation of {agree:.2f}. Read as drawn, the drop by a 5x5 patch "
        f"over the digit minus that over the background is {drawn:+.3f}; with rows and columns put "
        f"right it is {right:+.3f}."))
    return {"positions": {size: found.drop.shape[1:] for size, found in maps.items()},
            "report2019": found.drop.shape[1:], "agree": agree, "short": (
                f"Occlusion: the 5x5 maps as drawn have a correlation of {agree:.2f} with the "
                "right ones.")}


def transposed(s):
    """Drop over digits minus over backgrounds by the 5x5 map as notebook2023 drew it, and by the
    right one; and how the two maps correlate."""
    found = occluded(s, document_net(s, "SGD+BN"), DIGITS, 5)
    drawn, right = found.as_written("notebook2023").drop, found.as_written("report2019").drop
    agree = np.mean([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(drawn, right)])
    digit = test_images(s, DIGITS)[:, 0, :27, :27] > 0.5
    excess = [float(meaningful(spread(drop, 5, 1, 27), digit).difference.mean())
              for drop in (drawn, right)]
    return *excess, float(agree)


def prices(s, over):
    """What the mistakes cost; ``over``: drops over digit and background for each filling."""
    return [Price(f"{document}: ceil((28 - size) / stride) positions", 784 - side ** 2, 0, digits=0,
                  quantity="pixels that no patch covers, of 784")
            for document, side in (("notebook2023", 27), ("report2019, stride 2", 26))] + [
        Price("notebook2023: maps transposed", transposed(s)[2], 1.0,
              quantity="correlation of the map as drawn with the right one, 5x5, SGD+BN"),
        Price("report2019: only a black patch, on a black ground", over[0.0][1], over[0.5][1],
              digits=4, quantity="drop of p by a 4x4 patch on the background: black, grey")]
