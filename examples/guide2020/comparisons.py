"""The guide's comparisons, each as an experiment: one thing changes, the seeds stay the same.

The guide compares single trainings of nets that differ in several things at once. Here each claim
has two settings that differ in one thing, trained with the same seeds: from the same initial
weights, where shapes allow it, on images in the same order.
"""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.plot import Compared

from claims import CLAIMS
from data import few_images
from stats import accuracies, effect
from training import trained

SEEDS, RATES = 6, (0.1, 10)


def study(s, report):
    """Adds the table of all experiments; returns {claim: its verdicts}."""
    seeds, rows, found, shown = range(s.scaled(SEEDS, 2)), [], {}, []
    for claim in CLAIMS:
        measure = loss_by_rates if claim.rates else lead if claim.gap else accuracy
        better, worse = (measure(s, plan, seeds) for _, plan in (claim.better, claim.worse))
        sign = -1 if claim.gap or claim.rates else 1
        gain = effect(sign * better, sign * worse)
        names = f"{claim.better[0]} / {claim.worse[0]}"
        rows.append((claim.text, names, better.mean(), worse.mean(), str(gain), gain.verdict()))
        shown.append(Compared(f"{claim.text}: {claim.better[0]}", gain.mean, (gain.low, gain.high)))
        found.setdefault(claim.text, []).append(gain.verdict())
    report.subsection("What the guide concludes, one thing at a time")
    report.table(("claim", "nets", "with", "without", "gain in points", "verdict"), rows,
                 f"One thing changed, {len(seeds)} seeds, {few_images(s)[0]:,} images, points of "
                 "test accuracy; 95 % interval of the difference between runs with the same seed. "
                 "Overfitting: how far the accuracy on training images is ahead. Robust: how much "
                 "is lost on average with a tenth and ten times the learning rate.", digits=2)
    report.figure(plot.draw_comparison(shown, x_label="gain in points"),
                  "Gains with their intervals, one line for each experiment",
                  "The same as a picture: left of zero the guide's claim is wrong for that net.")
    report.question("Which of the guide's conclusions hold?", answer(found))
    return found


def accuracy(s, plan, seeds, **options):
    """Test accuracies in %, one for each seed."""
    return np.array(accuracies([trained(s, plan, seed, *few_images(s), **options)
                                for seed in seeds]))


def lead(s, plan, seeds):
    """How far the accuracy on training images is ahead of that on test images."""
    results = [trained(s, plan, seed, *few_images(s)) for seed in seeds]
    return np.subtract(accuracies(results, "train_accuracy"), accuracies(results))


def loss_by_rates(s, plan, seeds):
    """Accuracy lost with learning rates that are off."""
    off = np.mean([accuracy(s, plan, seeds, faster=rate) for rate in RATES], axis=0)
    return accuracy(s, plan, seeds) - off


def answer(found):
    said = []
    for claim, verdicts in found.items():
        counts = {word: verdicts.count(word) for word in ("supported", "not supported", "opposite")}
        said.append(f"**{claim}**: " + ", ".join(
            word if len(verdicts) == 1 else f"{word} for {n} of {len(verdicts)} nets"
            for word, n in counts.items() if n))
    return ". ".join(said) + (". Single trainings, as the guide compares them, differ by a point "
                              "for no other reason than chance.")
