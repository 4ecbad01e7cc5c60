"""The assignment's net, trained as the 2019 report did it: its layers, its curves, its mistakes.

You will see the table of layers with their shapes, parameters and neurons; losses, error rate and
accuracy as training goes on; what smaller batches and the mean of the weights add; test images with
their labels, and those that the net gets wrong. Two minutes for three seeds on two cores.
"""
import numpy as np

import minitorch_cnn as mt
from minitorch_cnn import plot
from minitorch_cnn.report import Price

from common import loaders, run_alone
from layers import study_layers
from runs import HALVED, REPORT2019, trained
from scores import bands, histories, predicted, spread_of_seeds, test_labels
from train_answers import answer, short, verdicts


def study(s, report):
    report.section("The net and its training")
    prices = study_layers(report)
    runs = {run: [trained(s, run, seed) for seed in range(s.seeds)]
            for run in (REPORT2019, HALVED)[:1 if s.as_written else 2]}
    report.figure(plot.draw_training({f"batches of {run.batch}": histories(results)
                                      for run, results in runs.items()}),
                  "Curves of loss, accuracy and error rate over iterations and epochs",
                  f"SGD at 0.08, training and validation as training goes on{bands(s)}.")
    rows = [row for run, results in runs.items() for row in verdicts(s, run, results)]
    more = "" if s.as_written else (" The first row is the report's own recipe; the mean of the "
                                    "weights is taken over the steps of the last epoch.")
    report.verdicts(rows, "Test accuracy after eight epochs of SGD with a learning rate of 0.08, "
                    f"{spread_of_seeds(s)}.{more}", "report2019")
    report.question("What accuracy does the net reach?", answer(rows, runs[REPORT2019]))
    test_pictures(s, report, runs[REPORT2019][0])
    return {**{row.name: row.ours for row in rows}, "short": short(rows),
            "prices": [*prices, warm_up(runs[REPORT2019][0])]}


def test_pictures(s, report, result):
    """Item 2: test images by chance, and the ones it gets wrong, with probabilities."""
    images = np.concatenate([x.data for x, _ in loaders(s, 500)[2]])
    labels, classes = test_labels(s), predicted(s, result)
    p = mt.softmax(np.asarray(result["logits"]), 1).data
    wrong = np.flatnonzero(classes != labels)
    chance = np.random.default_rng(0).choice(len(labels), 20, replace=False)
    for chosen, caption in ((chance, "Test images by chance."),
                            (wrong[:20], f"The first of {len(wrong)} misclassified test images.")):
        report.figure(plot.draw_predictions(images[chosen], labels[chosen], classes[chosen],
                                            p[chosen]), "Digits with true and predicted label",
                      caption + " Under each: true label, prediction, probability.")


def warm_up(result):
    """The price of timing the first run from its first step on."""
    first, *others = [epoch["train_seconds"] for epoch in histories([result])[0].epochs]
    return Price("notebook2023: the first run's time contains the warm-up", first,
                 np.median(others), quantity="seconds of an epoch: the first, the others' median")


if __name__ == "__main__":
    run_alone(__doc__, study)
