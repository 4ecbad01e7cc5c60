"""The six trainings epoch by epoch and digit by digit, beside what the notebook printed."""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.train import class_report, confusion_matrix

from notebook_numbers import PRINTED
from scores import histories, number_of_seeds, predicted, test_labels

COLUMNS = {"train_loss": ("training loss", 1, 3), "validation_loss": ("validation loss", 1, 3),
           "validation_accuracy": ("accuracy, %", 100, 2)}  # name, factor, digits


def epoch_by_epoch(s, report, results):
    """Item 1 in numbers: losses and accuracy of every training and epoch."""
    rows = []
    for name, each in results.items():
        for column, (words, factor, digits) in COLUMNS.items():
            ours = factor * np.mean([[epoch[column] for epoch in history.epochs]
                                     for history in histories(each)], axis=0)
            rows.append((name, words, *(f"{a:.{digits}f} ({b:.{digits}f})" for a, b
                                        in zip(ours, getattr(PRINTED[name], column)))))
    report.table(("training", "after epoch", *map(str, range(1, 6))), rows,
                 "Losses, and the accuracy on validation images: ours, with eval() and "
                 f"{number_of_seeds(s)}; in brackets the notebook's.")


def per_class(s, report, results):
    """Item 7: precision, recall, F1 and support of every digit; the confusion matrix."""
    labels = test_labels(s)
    found = {name: class_report(predicted(s, each[0]), labels) for name, each in results.items()}
    report.table(("digit", "precision", "recall", "F1", "support"),
                 [(row.name, row.precision, row.recall, row.f1, row.support) for row in (
                     *found["Adam"].classes, found["Adam"].macro, found["Adam"].weighted)],
                 "Adam, digit by digit.", digits=4)
    report.table(("digit", *found), [
        (digit, *(f"{each.classes[digit].f1:.2f} ({PRINTED[name].f1[digit]:.2f})"
                  for name, each in found.items())) for digit in range(10)],
        "F1 of every digit for the six trainings, the first seed; in brackets the notebook's.")
    report.figure(plot.draw_confusion(confusion_matrix(predicted(s, results["Adam"][0]), labels)),
                  "Confusion matrix of ten digits", "Adam's confusion matrix on the test images.")
