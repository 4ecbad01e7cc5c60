"""CIFAR-10: the asked net, the same with batch norm, and a better one.

You will see their losses epoch by epoch, their accuracies on the test images with intervals, their
hyper-parameters, and the 64 filters of 11x11x3 as one picture. Three quarters of an hour on two
cores, of which the better net takes half an hour. ``--quick`` trains for one epoch on 2,000 images,
to see that it runs.
"""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.interpret import tile
from minitorch_cnn.train import History, accuracy

from cifar_runs import ASKED, BATCH, BETTER, NORMED, RUNS, trained
from common import run_alone


def study(s, report):
    results = {run: trained(s, run) for run in RUNS}
    report.section("CIFAR-10")
    histories = {run: history_of(r) for run, r in results.items()}
    score = {run: accuracy(r["logits"], r["labels"].data) for run, r in results.items()}
    losses = [plot.Curve(run.name, [e["train_loss"] for e in h.epochs])
              for run, h in histories.items()]
    right = [plot.Curve(run.name, [100 * e["train_accuracy"] for e in h.epochs])
             for run, h in histories.items()]
    report.figure(plot.draw_curves([plot.Panel("loss on the training images", losses),
                                    plot.Panel("accuracy on them", right, y_label="%")]),
                  "Loss and accuracy of three trainings", "Epoch by epoch, averaged while the "
                  "weights change; the better net sees images that are changed each time.")
    rows = [(run.name, sum(p.numel() for p in run.net().parameters()), len(h.epochs), run.lr,
             run.decay, run.smoothing, f"{100 * score[run].value:.2f} [{100 * score[run].low:.2f}, "
             f"{100 * score[run].high:.2f}]", round(results[run]["seconds"]))
            for run, h in histories.items()]
    report.table(("net", "parameters", "epochs", "learning rate", "weight decay", "smoothing",
                  "test accuracy in %, 95 % interval", "seconds"), rows,
                 f"SGD with Nesterov momentum 0.9, batches of {BATCH}, the learning rate rises for "
                 "a fifth of the training and falls to 0; convolutions start Kaiming-normal, fan "
                 "in; linear layers uniform within 1 / sqrt(fan in), biases alike.")
    for run in (ASKED, NORMED):
        filters = np.asarray(results[run]["model"]["model.0.weight"].data)
        report.figure(plot.draw_images([sheet(filters)], size=7), "64 colored filters, 4 rows of "
                      "16", f"The 64 filters of 11x11x3 of the {run.name}, each stretched to "
                      "[0, 1].", name=f"filters-{run.name.replace(' ', '-')}")
    report.question("What do batch norm and the better net bring?", answer(score, histories))
    return {run.name: score[run].value for run in RUNS}


def history_of(result):
    history = History()
    history.load_state_dict(result["history"])
    return history


def sheet(filters):
    """(64, 3, 11, 11) as one RGB picture (3, H, W), 4 rows x 16 columns, each contrast-stretched.

    Minus the lowest, over the new highest; a constant filter stays 0.
    """
    low = filters.min((1, 2, 3), keepdims=True)
    high = (filters - low).max((1, 2, 3), keepdims=True)
    stretched = (filters - low) / np.where(high > 0, high, 1)
    return tile(stretched.transpose(0, 2, 3, 1), 16, rgb=True).transpose(2, 0, 1)


def answer(score, histories):
    a, n, b = (100 * score[run].value for run in (ASKED, NORMED, BETTER))
    loss = {run: histories[run].epochs[0]["train_loss"] for run in (ASKED, NORMED)}
    better = ("3x3 convolutions one after the other see as far as a large one with fewer weights "
              "and more ReLUs, residual blocks let the gradient through, and moved, mirrored, "
              "partly erased images keep it from learning the training images by heart"
              if b > max(a, n) else "it is not trained long enough to be better")
    return (f"After its first epoch the asked net has a loss of {loss[ASKED]:.2f}, with batch norm "
            f"{loss[NORMED]:.2f}, at a learning rate {NORMED.lr / ASKED.lr:g} times as large. On "
            f"the test images batch norm makes {n - a:+.1f} points, from {a:.1f} to {n:.1f} %. The "
            f"better net reaches {b:.1f} %: {better}.")


if __name__ == "__main__":
    run_alone(__doc__, study)
