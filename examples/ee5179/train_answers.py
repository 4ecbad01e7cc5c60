"""The first training's accuracies, and what is said about them, whatever the numbers are."""
import numpy as np

from minitorch_cnn.report import Verdict

from scores import histories, mean_interval, percent_right, test_accuracy, test_labels

ENOUGH = 99.0  # % of the test images


def verdicts(s, run, results):
    """A row for the last weights, which is what a document has, and one for their mean."""
    scores = {"last weights": [test_accuracy(s, r) for r in results]}
    if not s.as_written:
        scores["mean of the weights"] = [
            percent_right(s, np.asarray(r["averaged"]["logits"]).argmax(1)) for r in results]
    for name, each in scores.items():
        mean, interval = mean_interval(each, len(test_labels(s)))
        yield Verdict(f"batches of {run.batch}, {name}", mean, run.document, interval, run.accepted,
                      why=outside(s, mean, each, results))


def falls(results):
    """By how many points the validation accuracy goes down in its worst epoch after the third."""
    accuracy = 100 * np.array([[e["validation_accuracy"] for e in h.epochs]
                               for h in histories(results)])
    return float(np.clip(-np.diff(accuracy[:, 2:]), 0, None).max())


def outside(s, mean, scores, results):
    """Why a row is below what is expected; nothing if it is not."""
    if mean >= ENOUGH:
        return ""
    if s.quick:
        return "a tenth of the images, so a tenth of the steps"
    reached = ", ".join(f"{score:.2f}" for score in scores)
    return (f"the seeds reach {reached} %; the validation accuracy still falls by up to "
            f"{falls(results):.2f} points from one epoch to the next, so it matters where the "
            "training stops")


def answer(rows, results):
    """The report's own number, what changes it and why, and what reaches 99.0 %."""
    last, *others = rows
    own = (f"{last.ours:.2f} % by the report's own recipe, whose one run reached "
           f"{last.document:.2f} %. From one epoch to the next its validation accuracy still falls "
           f"by up to {falls(results):.2f} points, so one run says little.")
    if not others:
        return own
    gain, steps, both = (row.ours - last.ours for row in others)
    circling = (" (at a constant rate they circle around a minimum, and their mean lies nearer to "
                "it)" if gain > 0 else "")
    further = " (twice as many steps get further)" if steps > 0 else ""
    enough = [f"{row.name} ({row.ours:.2f} %)" for row in rows if row.ours >= ENOUGH]
    return (f"{own} Two things were tried that leave the net, the optimizer, its rate and the "
            "eight epochs alone. The mean of the weights over the last epoch changes the accuracy "
            f"by {gain:+.2f} points{circling}; batches of 64 change it by {steps:+.2f}{further}; "
            f"both together by {both:+.2f}. At least 99.0 % is reached with "
            f"{' and with '.join(enough) or 'none of these four'}.")


def short(rows):
    """One sentence for the summary."""
    last, *others = rows
    better = "" if not others else (f", {others[-1].ours:.2f} % with batches of 64 and the mean of "
                                    "the last epoch's weights")
    return (f"The net of the sheet, eight epochs of SGD at 0.08: {last.ours:.2f} % of the test "
            f"images right by the recipe of the 2019 report{better}.")
