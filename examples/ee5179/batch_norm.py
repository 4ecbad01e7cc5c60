"""Does batch normalization change the accuracy? Does it change the training time?

You will see both answered with several seeds: the same optimizer with and without batch norm, mean
and spread, and the median time of an epoch after the first one, which warms up. In the table of
prices: what it costs never to call eval(), as the notebook does. No time if ``optimizers.py`` ran.
"""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.report import Price

from batch_norm_answers import PAIRS, answer_accuracy, answer_time, changed
from common import run_alone
from runs import NOTEBOOK2023, trained
from scores import bands, histories, mean_interval, number_of_seeds, test_accuracy, test_labels


def study(s, report):
    report.section("Batch normalization")
    runs = {run.name: run for run in NOTEBOOK2023}
    results = {name: [trained(s, runs[name], seed) for seed in range(s.seeds)]
               for pair in PAIRS for name in pair}
    found = {}
    for name, each in results.items():
        mean, interval = mean_interval([test_accuracy(s, r) for r in each], len(test_labels(s)))
        found[name] = {"accuracy": mean, "interval": interval, "seconds": epoch_seconds(each)}
    report.table(("training", "test accuracy in %", "95 % interval", "seconds an epoch"), [
        (name, f["accuracy"], "{:.2f} to {:.2f}".format(*f["interval"]), f["seconds"])
        for name, f in found.items()],
        f"With and without batch norm, {number_of_seeds(s)}; median epoch after the first.",
        digits=2)
    report.figure(plot.draw_training({n: histories(r) for n, r in results.items()}, per="epoch"),
                  "Loss and accuracy with and without batch norm",
                  f"The same two optimizers with and without batch norm{bands(s)}.")
    report.question("Does batch normalization improve the accuracy?", answer_accuracy(found))
    report.question("Does it change the training time?", answer_time(found))
    return {**found, "prices": prices(s, results),
            "short": f"Batch norm: {changed(found, *PAIRS[0])}; {changed(found, *PAIRS[1])}."}


def prices(s, results):
    """What it costs that the notebook never calls eval()."""
    rows = []
    for name in ("SGD+BN", "Adam+BN"):
        both = [float(np.mean([test_accuracy(s, r, as_written) for r in results[name]]))
                for as_written in (True, False)]
        moved = results[name][0]["as_written"]["buffers_moved"]
        rows.append(Price("notebook2023: validates and tests without eval()", *both, digits=3,
                          quantity=f"test accuracy of {name} in %; testing changes {moved} "
                          "buffers"))
    return rows


def epoch_seconds(results):
    """The median over seeds and epochs, without the first epoch of each, which warms up."""
    return float(np.median([e["train_seconds"] for h in histories(results) for e in h.epochs[1:]]))


if __name__ == "__main__":
    run_alone(__doc__, study)
