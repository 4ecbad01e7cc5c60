"""What is said about the first training, whatever the numbers are."""
import numpy as np

ENOUGH = 99.0  # % of the test images


def jumps(seeds):
    """By how many points the validation accuracy goes down in its worst epoch after the third."""
    accuracy = 100 * np.array([[e["validation_accuracy"] for e in h.epochs] for h in seeds])
    return float(np.clip(-np.diff(accuracy[:, 2:]), 0, None).max())


def outside(s, mean, scores, seeds):
    """Why a row is below what is expected; nothing if it is not."""
    if mean >= ENOUGH:
        return ""
    if s.quick:
        return "a tenth of the images, so a tenth of the steps"
    reached = ", ".join(f"{score:.2f}" for score in scores)
    return (f"the seeds reach {reached} %; at this constant rate the validation accuracy still "
            f"falls by up to {jumps(seeds):.2f} points from one epoch to the next, so where the "
            "last step ends is luck")


def answer(rows, seeds):
    """The two numbers, and why they differ."""
    last, mean = rows
    gain = mean.ours - last.ours
    why = (f" At a constant rate the weights circle around a minimum (from one epoch to the next "
           f"the validation accuracy still falls by up to {jumps(seeds):.2f} points), and their "
           "mean lies nearer to it. The steps are the same: nothing of the training is changed."
           if gain > 0 else " Here the mean is no better: the weights were still on their way.")
    return (f"{last.ours:.2f} % with the last weights, as the report does it (its one run: "
            f"{last.document:.2f} %); {mean.ours:.2f} % with the mean of the weights of the last "
            f"four epochs, {gain:+.2f} points.{why}")
