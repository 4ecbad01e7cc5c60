"""What is said about the first training, whatever the numbers are."""
import numpy as np

ENOUGH = 99.0  # % of the test images


def jumps(seeds):
    """By how many points the validation accuracy goes down in its worst epoch after the third."""
    accuracy = 100 * np.array([[e["validation_accuracy"] for e in h.epochs] for h in seeds])
    return float(np.clip(-np.diff(accuracy[:, 2:]), 0, None).max())


def outside(s, mean, scores, falls):
    """Why a row is below what is expected; nothing if it is not."""
    if mean >= ENOUGH:
        return ""
    if s.quick:
        return "a tenth of the images, so a tenth of the steps"
    reached = ", ".join(f"{score:.2f}" for score in scores)
    return (f"the seeds reach {reached} %; the validation accuracy still falls by up to "
            f"{falls:.2f} points from one epoch to the next, so one run may well end at 99.07")


def answer(rows, falls):
    """The report's number, and what comes closer to it or beyond."""
    last, mean, more_steps, both = rows
    gain, steps = mean.ours - last.ours, more_steps.ours - last.ours
    circling = (", because at a constant rate they circle around a minimum and their mean lies "
                "nearer to it" if gain > 0 else "")
    return (f"{last.ours:.2f} % as the report does it; its one run has {last.document:.2f} %. From "
            "one epoch to the next the validation accuracy still falls by up to "
            f"{falls:.2f} points, so where the last step ends is luck. The mean of the weights of "
            f"the last epoch changes that by {gain:+.2f} points{circling}. Batches of 64 instead "
            f"of 128, twice as many steps in the same eight epochs, change it by {steps:+.2f}. "
            f"Together they give {both.ours:.2f} %.")


def short(rows):
    """One sentence for the summary."""
    last, mean, *_, both = rows
    return (f"The net of the sheet, eight epochs of SGD at 0.08: {last.ours:.2f} % of the test "
            f"images right as in the report of 2019, {mean.ours:.2f} % with the mean of the last "
            f"epoch's weights, {both.ours:.2f} % with batches of 64 as well.")
