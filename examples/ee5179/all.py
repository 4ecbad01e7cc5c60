"""The whole assignment: every figure, table and question of the sheet, on one page.

You will see the parts run one after the other; what is done already is not done again, so an
interrupted study goes on where it stopped. The page is runs/ee5179/full/report.html. Twelve minutes
on two cores for three seeds; ``--quick`` takes a minute, ``--as-written`` keeps the documents'
mistakes.
"""
import time

from minitorch_cnn import kernels
from minitorch_cnn.report import Report

import activation_maximization
import activations
import batch_norm
import best_net
import filters
import image_pull
import noise_transfer
import occlusion
import optimizers
import train
from common import settings

PARTS = (train, optimizers, batch_norm, best_net, filters, activations, occlusion,
         activation_maximization, image_pull, noise_transfer)
SUBTITLE = """EE5179 Deep Learning for Imaging, assignment 2, with its solutions of 2019 and 2023.

Every number was measured by the run that made this page. Where a document has one, it stands beside
ours with an interval and a verdict."""


def main(arguments=None):
    s = settings(__doc__, arguments)
    report = Report("Convolutional nets on MNIST", SUBTITLE, as_written=s.as_written)
    seconds, found = {}, {}
    for part in PARTS:
        print(f"-- {part.__name__}")
        start = time.perf_counter()
        found[part.__name__] = part.study(s, report)
        seconds[part.__name__] = time.perf_counter() - start
    report.section("How it was made")
    report.machine(range(s.seeds), seconds, kernels=kernels.describe())
    page = report.save(s.folder, "report_as_written" if s.as_written else "report")
    print(f"{sum(seconds.values()):.0f} s; page: {page}")
    return found


if __name__ == "__main__":
    main()
