"""The assignment's net, trained as the 2019 report did it: its layers, its curves, its mistakes.

You will see the table of layers with their shapes, parameters and neurons; losses, error rate and
accuracy as training goes on; what the mean of the weights adds to the last ones; test images with
their labels, and those that the net gets wrong. Two minutes for three seeds on two cores.
"""
import numpy as np

import minitorch_cnn as mt
from minitorch_cnn import plot
from minitorch_cnn.report import Price, Verdict

from common import loaders, run_alone
from layers import study_layers
from runs import REPORT2019, trained
from scores import (
    histories,
    mean_interval,
    number_of_seeds,
    percent_right,
    predicted,
    test_accuracy,
    test_labels,
)
from train_answers import answer, outside


def study(s, report):
    report.section("The net and its training")
    prices = study_layers(report)
    results = [trained(s, REPORT2019, seed) for seed in range(s.seeds)]
    report.figure(plot.draw_training({"SGD, lr 0.08": histories(results)}),
                  "Curves of loss, accuracy and error rate over iterations and epochs",
                  "Training and validation as training goes on; the band spans the seeds.")
    scores = {"the last weights": [test_accuracy(s, r) for r in results],
              "the mean of the weights": [
                  percent_right(s, np.asarray(r["averaged"]["logits"]).argmax(1)) for r in results]}
    rows = [verdict(s, name, each, histories(results)) for name, each in scores.items()]
    report.verdicts(rows, "Test accuracy after eight epochs of SGD with a learning rate of 0.08, "
                    f"{number_of_seeds(s)}, mean with 95 % interval. The mean of the weights is "
                    "over the steps of the last four epochs.", "report2019")
    report.question("What accuracy does the net reach?", answer(rows, histories(results)))
    test_pictures(s, report, results[0])
    return {**{row.name: row.ours for row in rows}, "prices": [*prices, warm_up(results[0])],
            "short": f"The net of the sheet, SGD at 0.08: {rows[0].ours:.2f} % of the test images "
            f"right with the last weights, {rows[1].ours:.2f} % with their mean."}


def verdict(s, name, scores, seeds):
    """A row of the table, with the reason if it is outside."""
    mean, interval = mean_interval(scores, len(test_labels(s)))
    return Verdict(name, mean, REPORT2019.document, interval, REPORT2019.accepted,
                   why=outside(s, mean, scores, seeds))


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
                 float(np.median(others)), quantity="seconds of an epoch: the very first, the "
                 "median of the others")


if __name__ == "__main__":
    run_alone(__doc__, study)
