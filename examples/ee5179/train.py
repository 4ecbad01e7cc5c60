"""The assignment's net, trained as the 2019 report did it: its layers, its curves, its mistakes.

You will see the table of layers with their shapes, parameters and neurons; losses, error rate and
accuracy as training goes on; test images with their labels, and those that the net gets wrong. The
best model is saved and loaded again. Two minutes for three seeds on two cores.
"""
import numpy as np

import minitorch_cnn as mt
from minitorch_cnn import plot
from minitorch_cnn.inspect import summary
from minitorch_cnn.models import MnistCNN
from minitorch_cnn.report import Verdict

from common import loaders, run_alone
from runs import FALLING, REPORT2019, trained
from scores import histories, mean_interval, test_accuracy, test_labels

WHY = "the accuracy still jumps by half a point from epoch to epoch, in PyTorch as well"


def study(s, report):
    results = [trained(s, REPORT2019, seed) for seed in range(s.seeds)]
    report.section("The net and its training")
    the_net(report)
    report.figure(plot.draw_training({"SGD, lr 0.08": histories(results)}),
                  "Curves of loss, accuracy and error rate over iterations and epochs",
                  "Training and validation as training goes on; the band spans the seeds.")
    rows = []
    for run, name, why in ((REPORT2019, "SGD, lr 0.08", WHY), (FALLING, "at last 0.008", "")):
        scores = [test_accuracy(s, trained(s, run, seed)) for seed in range(s.seeds)]
        mean, interval = mean_interval(scores, len(test_labels(s)))
        rows.append(Verdict(name, mean, run.document, interval, run.accepted, why=why))
    report.verdicts(rows, f"Test accuracy after 8 epochs: mean of {s.seeds} seeds, 95 % interval.",
                    "report2019")
    test_pictures(s, report, results[0])
    saved_and_loaded(s, report, results[0])
    return {row.name: row.ours for row in rows}


def the_net(report):
    """Items 3 to 5: dimensions, parameters, neurons, and the totals that torchsummary prints."""
    plain = summary(MnistCNN(), (1, 28, 28))
    normed = summary(MnistCNN(batch_norm=True), (1, 28, 28))
    report.code(str(plain))
    fc = sum(layer.parameters for layer in plain.layers if layer.type == "Linear")
    exact = [("parameters", plain.parameters, 799_078), ("of the linear layers", fc, 789_510),
             ("with batch norm", normed.parameters, 800_206),
             ("neurons of the convolutions", plain.conv_neurons, 31_360),
             ("neurons of the linear layers", plain.linear_neurons, 510)]
    report.verdicts([Verdict(name, ours, sheet, exact=True, digits=0, unit="")
                     for name, ours, sheet in exact], "Counts, compared exactly.", "the sheet")
    report.note(f"A neuron is an element of a layer's output: {plain.neurons:,} in all. report2019 "
                "prints 9,564, which counts weights, and adds them up wrongly.")


def test_pictures(s, report, result):
    """Item 2: test images by chance, and the ones it gets wrong, with probabilities."""
    images = np.concatenate([x.data for x, _ in loaders(s, 500)[2]])
    labels, logits = test_labels(s), np.asarray(result["logits"])
    predicted, p = logits.argmax(1), mt.softmax(logits, 1).data
    wrong = np.flatnonzero(predicted != labels)
    chance = np.random.default_rng(0).choice(len(labels), 20, replace=False)
    for chosen, caption in ((chance, "Test images by chance."),
                            (wrong[:20], f"The first of {len(wrong)} misclassified test images.")):
        report.figure(plot.draw_predictions(images[chosen], labels[chosen], predicted[chosen],
                                            p[chosen]), "Digits with true and predicted label",
                      caption + " Under each: true label, prediction, probability.")


def saved_and_loaded(s, report, result):
    """Item 8: the best model of the report's run, on disk and back."""
    mt.save(result["model"], s.folder / "report2019_model.safetensors")
    model = MnistCNN()
    model.load_state_dict(mt.load(s.folder / "report2019_model.safetensors"))
    report.code(repr(model))


if __name__ == "__main__":
    run_alone(__doc__, study)
