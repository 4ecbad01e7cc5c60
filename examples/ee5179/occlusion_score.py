"""Is the learning meaningful? Drops over digit and background, with five fillings of the patch.

No filling is neutral: black hides a stroke but changes nothing on a black ground, grey and noise
draw something of their own.
"""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.interpret import meaningful

from common import loaders
from deletion_curves import curve, draw
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
        {f"filling: {fill}": [drop[i] for i in shown] for fill, drop in drops.items()},
        [f"a {labels[i]}" for i in shown], 3, "centered", "RdBu_r", "drop of p", size=0.8),
        "Maps of the drop for three digits and five fillings, red where the patch hurts",
        f"The same {SIZE}x{SIZE} patch with five fillings: which pixels matter depends on it.")
    report.table(("filling", "drop over the digit", "over the background",
                  "more over the digit, %"),
                 [(str(fill), float(m.digit.mean()), float(m.background.mean()),
                   f"{100 * (m.difference > 0).mean():.0f}") for fill, m in over.items()],
                 f"Mean drop of the true class's probability by a {SIZE}x{SIZE} patch with stride "
                 f"{STRIDE}, {count} images; and how many images have more of it over the digit.",
                 digits=4)
    maps = {"occlusion, grey": drops[0.5], "occlusion, black": drops[0.0],
            "brightness": images[:, 0], "chance": np.random.default_rng(0).random(drops[0.5].shape)}
    curves = {name: curve(s, model, name, images, labels, each) for name, each in maps.items()}
    draw(report, curves, count)
    report.question("Is the learning meaningful?", answer(over, curves))
    return {"over": {fill: (float(m.digit.mean()), float(m.background.mean()))
                     for fill, m in over.items()},
            "auc": {name: (c["deletion_auc"], c["insertion_auc"]) for name, c in curves.items()}}


def answer(over, curves):
    more = {fill: "more" if m.digit.mean() > m.background.mean() else "less"
            for fill, m in over.items()}
    drop = {fill: f"{m.digit.mean():.4f} over the digit, {m.background.mean():.4f} over the "
            "background" for fill, m in over.items()}
    black, chance = (curves[name] for name in ("occlusion, black", "chance"))
    return (f"It depends on what covers. A grey patch costs {more[0.5]} probability over the digit "
            f"than beside it ({drop[0.5]}): on the black ground it draws a stroke that is not "
            f"there, and the net reads empty places too. A black patch costs {more[0.0]} over "
            f"the digit ({drop[0.0]}), but on a black ground it changes nothing, so that is no "
            f"control. With the image's mean it is {more['mean']} ({drop['mean']}), with noise "
            f"{more['noise']}, with the blurred image {more['blur']}.\n\nThe ranking of the pixels "
            "can be tested without a patch. Blackening first what the black patch ranks first "
            f"leaves an area of {black['deletion_auc']:.2f} under the curve, pixels by chance "
            f"{chance['deletion_auc']:.2f}; showing it first gives {black['insertion_auc']:.2f} "
            f"against {chance['insertion_auc']:.2f}. Low and high are good: the net uses the "
            "strokes.")
