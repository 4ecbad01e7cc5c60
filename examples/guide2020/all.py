"""The guide's four case studies: every net, figure and table, on one page.

You will see the parts run one after the other; what is done already is not done again, so an
interrupted study goes on where it stopped, and a part that fails does not lose the others. The page
is report.html in runs/guide2020/full/corrected. An hour on two cores; ``--quick`` takes three
minutes, ``--as-written`` keeps the guide's mistakes, ``--all`` adds net 9 on all images.
"""
import sys
import time
import traceback

from minitorch_cnn import kernels
from minitorch_cnn.report import Report, earlier

import augmentation
import fgsm_transfer
import gan
import latent_space
import mistakes
import nets
from common import settings

PARTS = (nets, augmentation, gan, latent_space, fgsm_transfer, mistakes)
SUBTITLE = """After the guide "A beginner's introduction to Neural Networks" (R. Senofieni, 2020).

Every number was measured by the run that made this page. Where the guide has one, it stands beside
ours with an interval and a verdict."""


def main(arguments=None):
    s = settings(__doc__, arguments)
    report = Report("Four case studies on MNIST", SUBTITLE, as_written=s.as_written)
    seconds, found = {}, {}
    for part in PARTS:
        name = part.__name__
        print(f"-- {name}", file=sys.stderr)
        before = earlier() + time.perf_counter()
        try:
            found[name] = part.study(s, report)
        except Exception as error:  # the other parts must not be lost
            traceback.print_exc()
            report.note(f"{name}.py stopped: {error}. Run it again; what it did is kept.")
        seconds[name] = earlier() + time.perf_counter() - before
    report.section("How it was made")
    report.machine(range(s.seeds), seconds, kernels=kernels.describe())
    page = report.save(s.folder)
    print(f"{sum(seconds.values()):.0f} s; page: {page}")
    return found


if __name__ == "__main__":
    main()
