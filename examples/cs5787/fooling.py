"""Fooling the net: changes that nobody sees make four photographs a space shuttle.

You will see each photograph, the noise and the result with what the net says of them; three other
targets; what remains after saving as PNG; and why the sheet's objective, the probability itself,
stands still where its logarithm and the logit climb. Half a minute on two cores.
"""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.attacks import weights_checksum

from attacking import EPS, OBJECTIVES, ascent_curves, fooled, saved_and_seen
from common import kept, percent, run_alone
from pretrained import PHOTOS, names_of, net_of, photographs

SHUTTLE, OTHERS = 812, (954, 291, 817)  # space shuttle; banana, lion, sports car


def study(s, report):
    _, model, weights = net_of(s)
    names, images, before = names_of(weights), photographs(weights), weights_checksum(model)
    report.section("Fooling the net")
    results = {k: kept(s, f"fooling/{s.model}-{k}", lambda k=k: fooled(s, model, images, k))
               for k in (SHUTTLE, *OTHERS)}
    figure(report, names, images, results[SHUTTLE])
    rows = []
    for target, f in results.items():
        saved = saved_and_seen(s, model, f["images"].data, target)
        rows.append((names[target], *(percent(p) for p in f["p"].data), sum(saved),
                     255 * float(abs(f["images"].data - images).max())))
    report.table(("target", *PHOTOS, "still so as PNG", "largest change, grey levels"), rows,
                 "Probability of the target after the attack, and for how many of the four it is "
                 "the first class after saving as 8-bit PNG and reading again.", digits=2)
    curves = kept(s, f"fooling/{s.model}-curves", lambda: ascent_curves(s, model, images, SHUTTLE))
    panel = plot.Panel("P(space shuttle) of the peppers",
                       [plot.Curve(name, curves[name].data) for name in OBJECTIVES], "step", "P")
    report.figure(plot.draw_curves(panel), "Three curves of the probability of the target",
                  "The sheet's update X' <- X' + step * dC/dX' with C = P, log P and the logit, "
                  "from the same image and with the same step.")
    report.question("Why is the probability a bad objective?", answer(curves))
    if weights_checksum(model) != before:
        raise RuntimeError("a weight changed, though only pixels may")
    report.text(f"No weight changed: SHA-256 before and after `{before[:16]}…`.")
    return {names[k]: [int(n) for n in f["classes"].data] for k, f in results.items()}


def figure(report, names, images, f):
    """Four rows of three: the original, the noise, the result."""
    shown, captions = [], []
    noise = f["images"].data - images
    for i, name in enumerate(PHOTOS):
        shown += [images[i], 0.5 + noise[i] / (2 * EPS.value), f["images"].data[i]]
        captions += [f"{name}: {names[f['before'].data[i]]} {percent(f['p_before'].data[i])}",
                     f"noise, enlarged {1 / (2 * EPS.value):.0f} times",
                     f"{names[f['classes'].data[i]]} {percent(f['p_after'].data[i])}"]
    report.figure(plot.draw_images(shown, captions, 3, size=1.9), "Four rows of three pictures",
                  "The original, the noise, the result, with the class the net sees and its "
                  f"probability. No pixel changes by more than {EPS.grey_levels:g} of 255 grey "
                  f"levels; on average by {255 * np.abs(noise).mean():.2f}.")


def answer(curves):
    first, reached = float(curves["P"].data[0]), {n: curves[n].data.max() for n in OBJECTIVES}
    said = ", ".join(f"{name}: {reached[name]:.2g}" for name in OBJECTIVES)
    return (f"At the start P is {first:.1e}. Since dP = P (1 - P) d(margin), the slope is as small "
            "as P itself: with the same step, the update by dP does not move the image by a grey "
            f"level. The logarithm and the logit keep their slope. Highest P reached: {said}. "
            "An ever larger step would move P too, until P is 1 and the slope is gone again.")


if __name__ == "__main__":
    run_alone(__doc__, study)
