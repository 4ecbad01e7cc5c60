"""Does batch normalization change the accuracy? Does it change the training time?

You will see both answered with several seeds: the same optimizer with and without batch norm, mean
and spread, and the median time of an epoch after the first one, which warms up. In a table: what it
costs never to call eval(), as the notebook does. No time if ``optimizers.py`` has run.
"""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.report import Price

from common import run_alone
from runs import NOTEBOOK2023, trained
from scores import histories, mean_interval, test_accuracy, test_labels

PAIRS = (("SGD", "SGD+BN"), ("Adam", "Adam+BN"))


def study(s, report):
    report.section("Batch normalization")
    runs = {run.name: run for run in NOTEBOOK2023}
    results = {name: [trained(s, runs[name], seed) for seed in range(s.seeds)]
               for pair in PAIRS for name in pair}
    rows, found = [], {}
    for without, with_bn in PAIRS:
        for name in (without, with_bn):
            scores = [test_accuracy(s, result) for result in results[name]]
            mean, (low, high) = mean_interval(scores, len(test_labels(s)))
            found[name] = {"accuracy": mean, "seconds": epoch_seconds(results[name])}
            rows.append((name, mean, f"{low:.2f} to {high:.2f}", found[name]["seconds"]))
    report.table(("training", "test accuracy in %", "95 % interval", "seconds an epoch"), rows,
                 f"With and without batch norm, {s.seeds} seeds; median epoch after the first.")
    curves = {name: histories(rs) for name, rs in results.items()}
    report.figure(plot.draw_training(curves, per="epoch"),
                  "Loss and accuracy with and without batch norm",
                  "Batch norm helps plain SGD from the first epoch on.")
    report.question("Does batch normalization improve the accuracy?", answer_accuracy(found))
    report.question("Does it change the training time?", answer_time(found))
    price(s, report, results)
    return found


def answer_accuracy(found):
    parts = [f"{name}: {found[name]['accuracy']:.2f} % without, "
             f"{found[with_bn]['accuracy']:.2f} % with" for name, with_bn in PAIRS]
    gain = [found[w]["accuracy"] - found[n]["accuracy"] for n, w in PAIRS]
    return (f"{'; '.join(parts)}. At this small rate plain SGD gains {gain[0]:.1f} points, "
            "because normalized activations let the same step go further. Adam, which scales its "
            f"steps itself, changes by {gain[1]:+.2f} points: within what seeds do.")


def answer_time(found):
    return "Yes: " + "; ".join(
        f"an epoch of {with_bn} takes {found[with_bn]['seconds'] / found[name]['seconds']:.2f} "
        f"times that of {name}" for name, with_bn in PAIRS) + (
        ". The statistics are two more passes over every map, in forward and in backward.")


def price(s, report, results):
    """What it costs that the notebook never calls eval()."""
    rows = []
    for name in ("SGD+BN", "Adam+BN"):
        written, corrected = (np.mean([test_accuracy(s, r, as_written) for r in results[name]])
                              for as_written in (True, False))
        moved = results[name][0]["buffers_moved"]
        rows.append(Price("validation and test without eval()", written, corrected, digits=3,
                          quantity=f"test accuracy of {name} in %; {moved} buffers moved by it"))
    report.prices(rows)


def epoch_seconds(results):
    """The median over seeds and epochs, without the first epoch of each, which warms up."""
    return float(np.median([e["train_seconds"] for h in histories(results) for e in h.epochs[1:]]))


if __name__ == "__main__":
    run_alone(__doc__, study)
