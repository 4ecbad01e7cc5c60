"""Is the learning meaningful? Drops over digit and background, with five fillings of the patch.

No filling is neutral: black hides a stroke but changes nothing on a black ground, grey and noise
draw something of their own.
"""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.interpret import meaningful

from common import loaders
from deletion_curves import curve, draw
from occlusion_answers import NAMES, answer, short
from occlusion_maps import REPORT, occluded

FILLS = (0.5, 0.0, "mean", "noise", "blur")
IMAGES = 200
SIZE, STRIDE = 4, 2  # this reaches the last row and column


def study_score(s, report, model):
    """Tables, figures and the answer; returns the numbers."""
    count = IMAGES // 2 if s.quick else IMAGES
    images, labels = (batch.data[:count] for batch in next(iter(loaders(s, 500)[2])))
    drops = {fill: occluded(s, model, labels, SIZE, STRIDE, fill, images).pixel_drop()
             for fill in FILLS}
    over = {fill: meaningful(drop, images[:, 0] > 0.5) for fill, drop in drops.items()}
    shown = [int(np.flatnonzero(labels == k)[0]) for k in REPORT["digits"]]
    report.figure(plot.draw_heat_maps(
        {f"filling: {NAMES[fill]}": [drop[i] for i in shown] for fill, drop in drops.items()},
        [f"a {labels[i]}" for i in shown], 3, "centered", "RdBu_r", "drop of p", size=0.8),
        "Maps of the drop for three digits and five fillings, red where the patch hurts",
        f"The same {SIZE}x{SIZE} patch with five fillings: which pixels matter depends on it.")
    report.table(("filling", "drop over the digit", "over the background",
                  "more over the digit, %"),
                 [(NAMES[fill], float(m.digit.mean()), float(m.background.mean()),
                   f"{100 * (m.difference > 0).mean():.0f}") for fill, m in over.items()],
                 f"Mean drop of the true class's probability by a {SIZE}x{SIZE} patch with stride "
                 f"{STRIDE}, {count} images; and how many images have more of it over the digit.",
                 digits=4)
    maps = {"occlusion, grey": drops[0.5], "occlusion, black": drops[0.0],
            "brightness": images[:, 0], "chance": np.random.default_rng(0).random(drops[0.5].shape)}
    curves = {name: curve(s, model, name, images, labels, each) for name, each in maps.items()}
    draw(report, curves, count)
    report.question("Is the learning meaningful?", answer(over, curves))
    return {"short": short(over),
            "over": {fill: (float(m.digit.mean()), float(m.background.mean()))
                     for fill, m in over.items()},
            "auc": {name: (c["deletion_auc"], c["insertion_auc"]) for name, c in curves.items()}}
