"""What the guide's mistakes cost: the same nets as written and corrected.

You will see a table: a softmax before a loss that takes one itself; dropout and batch norm left in
training mode for the test. Half a minute on two cores.
"""
from dataclasses import replace

import numpy as np

from minitorch_cnn.models import GUIDE_NETS
from minitorch_cnn.report import Price

from common import run_alone
from data import few_images
from training import trained

SOFTMAX, MODE = ("1", "5", "8.1", "10.2"), ("4", "8.1", "10.1")


def study(s, report):
    report.section("The guide's mistakes")
    both = {name: [measured(replace(s, as_written=written), name) for written in (True, False)]
            for name in dict.fromkeys(SOFTMAX + MODE)}
    rows = [Price("softmax layer before the cross-entropy", both[name][0]["evaluated"],
                  both[name][1]["evaluated"], quantity=f"test accuracy of net {name} in %")
            for name in SOFTMAX]
    rows += [Price("test without eval()", both[name][0]["accuracy"], both[name][0]["evaluated"],
                   quantity=f"test accuracy of net {name} in %; orders of the test set differ by "
                            f"{both[name][0]['spread']:.2f}") for name in MODE]
    report.prices(rows)
    report.bullets([
        "The guide averages accuracies over re-shuffled test sets. In evaluation mode they are all "
        "the same number; they can differ only if dropout or batch norm ran in training mode.",
        "A softmax layer before the cross-entropy makes the logits of the loss lie in [0, 1]: it "
        "cannot fall below 1.46, and its gradient fades where the net is sure, right or wrong.",
        "Its table of nets has the labels of net 8 shifted by a line; ours are by optimizer.",
        "Chapter 2 compares baselines after 20 epochs with augmented trainings of 100; ours has "
        "the control with 100.",
        "The caption of chapter 4's matrices swaps attacked and evaluated net; its cells exceed "
        "the clean accuracy, since each row counts only images that the attacked net read right.",
        "Chapter 4's eps are units of the normalized image: 0.2 is 0.062 of the pixel range. It "
        "clips the normalized image to [0, 1], though its black is -0.42: chapter 4 shows that "
        "this makes the guide's plateau between 0.2 and 0.4."])
    return {name: [each["accuracy"] for each in pair] for name, pair in both.items()}


def measured(s, name):
    """Means over the seeds."""
    results = [trained(s, GUIDE_NETS[name], seed, *few_images(s)) for seed in range(s.seeds)]
    return {key: float(np.mean([r[key] for r in results]))
            for key in ("accuracy", "evaluated", "spread")}


if __name__ == "__main__":
    run_alone(__doc__, study)
