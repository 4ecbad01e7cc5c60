"""The whole assignment: every figure, table and question of the sheet, on one page.

You will see the parts run one after the other; what is done already is not done again, so an
interrupted study goes on where it stopped. The page is runs/ee5179/full/report.html. Twelve minutes
on two cores for three seeds; ``--quick`` takes a minute, or two where the kernels are compiled
first; ``--as-written`` keeps the documents' mistakes.
"""
import time

from minitorch_cnn import kernels
from minitorch_cnn.report import Report, earlier

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
from common import price_table, settings

PARTS = (train, optimizers, batch_norm, best_net, filters, activations, occlusion,
         activation_maximization, image_pull, noise_transfer)
SUBTITLE = """EE5179 Deep Learning for Imaging, assignment 2, with its solutions of 2019 and 2023.

Every number was measured by the run that made this page. Where a document has one, it stands beside
ours with an interval and a verdict."""
AS_WRITTEN = """

**As written**: this page repeats the documents' mistakes, to show what they lead to."""
QUICK = """

**Quick**: a tenth of the images and one seed, so most accuracies lie below the documents'."""


def main(arguments=None):
    s = settings(__doc__, arguments)
    report = Report("Convolutional nets on MNIST" + ", as written" * s.as_written,
                    SUBTITLE + AS_WRITTEN * s.as_written + QUICK * s.quick, s.as_written)
    seconds, found = {}, {}
    for part in PARTS:
        print(f"-- {part.__name__}", flush=True)
        before = earlier() + time.perf_counter()
        found[part.__name__] = part.study(s, report)
        seconds[part.__name__] = earlier() + time.perf_counter() - before
    summary(report, [each["short"] for each in found.values() if "short" in each])
    if s.as_written:
        report.text("What these mistakes cost stands on the corrected page: run `all.py` without "
                    "`--as-written`.")
    else:
        price_table(report, [row for each in found.values() for row in each.get("prices", ())])
    report.section("How it was made")
    report.machine(range(s.seeds), seconds, kernels=kernels.describe())
    page = report.save(s.folder, "report_as_written" if s.as_written else "report")
    print(f"{sum(seconds.values()):.0f} s; page: {page}")
    return found


def summary(report, sentences):
    """The results in short, above everything else."""
    rest = report.blocks[:]
    report.blocks.clear()
    report.section("In short")
    report.bullets(sentences)
    report.blocks += rest


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("interrupted; the same command goes on where it stopped") from None
