"""Occlusion: the probability of the digit as a function of where a patch covers it.

You will see maps for grey squares of seven sizes on ten test images, what the net takes the covered
digits for, the 14x14 patch of report2019 with its matrices of numbers, and whether what the net has
learned is meaningful: does it rely on the digit, or on the background? Takes seconds.
"""
from minitorch_cnn import plot

from common import run_alone, test_images
from nets import net_of
from occlusion_maps import DIGITS, NOTEBOOK, REPORT, REPORT_POSITIONS, SHEET, occluded
from occlusion_score import study_score
from occlusion_written import prices, study_written


def study(s, report):
    report.section("Occlusion")
    if s.as_written:
        return study_written(s, report)
    model = net_of(s)
    maps = {size: occluded(s, model, DIGITS, size) for size in sorted({*SHEET, *NOTEBOOK})}
    report.figure(plot.draw_heat_maps(
        {f"{size} x {size} pixels": found.probability for size, found in maps.items()}, DIGITS, 10,
        "unit", "hot", "p(true class)", size=0.62),
        "Heat maps of ten digits for seven sizes of patch, darker where the patch hurts",
        "Probability of the true class, for each position of a grey patch (value 0.5, stride 1).")
    beside(s, report, maps[7], DIGITS, "A grey 7x7 patch: probability of the true class, the class "
           "with the highest one, and by how much the probability drops.", size=1.0)
    found = occluded(s, model, **REPORT)
    positions(report, maps, found.drop.shape[1])
    beside(s, report, found, REPORT["digits"], "report2019's patch: 14x14, black, stride 2. "
           "Element [j, k] is the patch [2j : 2j + 14, 2k : 2k + 14].")
    matrices(report, found)
    score = study_score(s, report, model)
    sides = {size: each.drop.shape[1:] for size, each in maps.items()}
    return {"prices": prices(s, score["over"]), "positions": sides,
            "report2019": found.drop.shape[1:], **score}


def positions(report, maps, side):
    rows = [(f"notebook2023, {size}x{size}", 1, wrong, maps[size].drop.shape[1],
             28 - size + 1) for size, wrong in NOTEBOOK.items()]
    rows.append(("report2019, 14x14", 2, REPORT_POSITIONS, side, (28 - 14) // 2 + 1))
    report.table(("patch", "stride", "document", "ours", "floor((28 - size) / stride) + 1"), rows,
                 "Positions a side. The documents take ceil((28 - size) / stride), so that the "
                 "patch never reaches the last row and column.")


def beside(s, report, found, digits, caption, size=1.5):
    """The images beside their three maps."""
    titles = [f"{k}: p {p:.4f} without a patch" for k, p in zip(digits, found.base)]
    report.figure(plot.draw_occlusion(test_images(s, digits), found.probability, found.argmax,
                                      found.drop, titles, size=size),
                  f"{len(titles)} digits, each beside its maps of probability, class and drop",
                  caption)


def matrices(report, found):
    for k, p in zip(REPORT["digits"], found.probability):
        report.figure(plot.draw_matrix(p, 2, y_label="j", x_label="k", scale="unit"),
                      f"A matrix of {p.shape[0]} by {p.shape[1]} probabilities",
                      f"The same probabilities for the {k} as a matrix.")


if __name__ == "__main__":
    run_alone(__doc__, study)
