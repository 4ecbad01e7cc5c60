"""The whole homework: every figure, table and discussion of the sheet, on one page.

You will see the parts run one after the other; what is done already is not done again, so an
interrupted study goes on where it stopped. The page is runs/cs5787/full/report.html. Fifty
minutes on two cores, nearly all for CIFAR-10; ``--quick`` takes two. ``--root`` names the folder
of the pets, ``--cifar`` that of CIFAR-10; without them they are fetched.
"""
import time

from minitorch_cnn import kernels
from minitorch_cnn.report import Report, earlier

import cifar
import classify
import feature_maps
import fooling
import robustness
import transfer
from common import settings

PARTS = (classify, feature_maps, transfer, cifar, fooling, robustness)
SUBTITLE = """CS5787 Deep Learning, homework 2.

Every number was measured by the run that made this page."""


def main(arguments=None):
    s = settings(__doc__, arguments)
    report = Report("Pretrained nets, transfer, CIFAR-10 and fooling", SUBTITLE)
    seconds, found = {}, {}
    for part in PARTS:
        print(f"-- {part.__name__}")
        before = earlier() + time.perf_counter()
        try:
            found[part.__name__] = part.study(s, report)
        except FileNotFoundError as error:  # data or weights that nobody gave or could fetch
            report.note(f"{part.__name__} is missing: {error}")
            print(f"   left out: {error}")
        seconds[part.__name__] = earlier() + time.perf_counter() - before
    report.section("How it was made")
    report.machine((0,), seconds, kernels=kernels.describe())
    print(f"{sum(seconds.values()):.0f} s; page: {report.save(s.folder)}")
    return found


if __name__ == "__main__":
    main()
