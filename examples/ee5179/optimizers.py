"""Four optimizers, with and without batch norm, as in the 2023 notebook; and each at its best rate.

You will see the notebook's table of accuracies beside ours for several seeds, loss curves,
precision and recall of every digit, the confusion matrix; then a fair comparison, where every
optimizer gets its own learning rate, chosen on validation images. Seven minutes on two cores.
"""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.report import Verdict

from common import run_alone
from optimizer_answers import answer, fair, outside
from optimizer_prices import prices
from optimizer_tables import epoch_by_epoch, per_class
from runs import NOTEBOOK2023, trained
from scores import bands, histories, mean_interval, spread_of_seeds, test_accuracy, test_labels
from sweep import best_rates

SECONDS = (45.65, 37.86, 37.95, 38.98, 39.25, 39.96)    # the notebook's, on a GPU


def study(s, report):
    report.section("Optimizers")
    results = {run.name: [trained(s, run, seed) for seed in range(s.seeds)] for run in NOTEBOOK2023}
    verdicts = [verdict(s, run, results[run.name]) for run in NOTEBOOK2023]
    report.verdicts(verdicts, "Test accuracy after five epochs of batches of 64, learning rate "
                    f"0.001: {spread_of_seeds(s)}.", "notebook2023")
    rows = [plot.Compared(v.name, v.ours, v.interval, v.document) for v in verdicts]
    report.figure(plot.draw_comparison(rows, document="notebook2023", near_100=True),
                  "Accuracies of six trainings, ours with intervals, the notebook's as diamonds",
                  "The six trainings; the axis is stretched towards 100 %.")
    report.figure(plot.draw_training({n: histories(r) for n, r in results.items()}, per="epoch"),
                  "Loss and accuracy of six trainings",
                  f"The six trainings, epoch by epoch{bands(s)}.")
    epoch_by_epoch(s, report, results)
    means = {v.name: v.ours for v in verdicts}
    seconds = {name: float(np.median([r["seconds"] for r in rs])) for name, rs in results.items()}
    report.table(("training", "test accuracy in %", "seconds", "seconds in the notebook"),
                 list(zip(results, means.values(), seconds.values(), SECONDS)), "Accuracy, and the "
                 "time of five epochs: median of the seeds here, a GPU there.", digits=2)
    per_class(s, report, results)
    found = {**means, "short": answer(verdicts, seconds)}
    report.question("Which optimizer is the best one?", found["short"])
    if s.as_written:
        return found
    rates = best_rates(s, report)
    report.question("Was that a fair comparison?", fair(rates))
    return found | {"prices": prices(s, results, rates)}


def verdict(s, run, results):
    """One row of the table, with the reason if it is outside."""
    scores = [test_accuracy(s, result) for result in results]
    mean, interval = mean_interval(scores, len(test_labels(s)))
    return Verdict(run.name, mean, run.document, interval, run.accepted,
                   why=outside(s, run, scores, histories(results)))


if __name__ == "__main__":
    run_alone(__doc__, study)
