"""Chapter 3: a generative adversarial net that writes digits.

You will see both nets, their losses, a sheet of digits after every epoch of the training, made of
the same ten z, and what net 11.1 reads in 1,000 new digits. Ten minutes on two cores.
"""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.inspect import summary
from minitorch_cnn.models import Discriminator, Generator
from minitorch_cnn.plot import Curve, Panel
from minitorch_cnn.report import Verdict

from common import run_alone
from gan_digits import digits, fixed, judge
from gan_study import generator
from gan_training import WIDTH

COUNT = 1_000


def study(s, report):
    report.section("Chapter 3: a GAN")
    report.code(f"{summary(Generator(WIDTH[0]), (100,))}\n\n"
                f"{summary(Discriminator(WIDTH[1], classes=10), (1, 28, 28))}")
    report.text("The discriminator tells real images from fake ones, and learns the names of the "
                "real digits on the way. The generator is asked for images that are taken for "
                "real, and for digits that can be named, all ten evenly.")
    model, record = generator(s)
    losses(report, np.asarray(record["losses"]))
    sheets = np.asarray(record["sheets"])
    report.figure(plot.draw_heat_maps(
        {f"epoch {i + 1}": sheet for i, sheet in enumerate(sheets)}, None, sheets.shape[1], (0, 1),
        "gray", None, size=0.7), "Rows of digits that become clearer from epoch to epoch",
        "The same ten z after every epoch, by the averaged generator.")
    return judged(s, report, model)


def losses(report, values):
    """(steps, 4): both losses; shares of real and of fake images that were told."""
    smooth = max(1, len(values) // 100)
    panels = [Panel("Losses", [Curve("discriminator", values[:, 0], smooth=smooth),
                               Curve("generator", values[:, 1], smooth=smooth)], "step", "loss"),
              Panel("Discriminator", [Curve("real images told", 100 * values[:, 2], smooth=smooth),
                                      Curve("fake images told", 100 * values[:, 3],
                                            smooth=smooth)], "step", "%")]
    report.figure(plot.draw_curves(panels), "Losses of both nets, and how often fakes are told",
                  "Neither wins: the loss of a GAN says nothing about its digits; what counts is "
                  "that the discriminator neither tells all nor nothing.")


def judged(s, report, model):
    images = digits(model, fixed(COUNT, seed=2))
    found = judge(s)(images)
    sure = 100 * found.sure
    half = 196 * (found.sure * (1 - found.sure) / COUNT) ** 0.5
    report.verdicts(
        [Verdict("with a confidence above 0.9", sure, None, (sure - half, sure + half), (90, None)),
         Verdict("digits that occur", int((found.counts > 0).sum()), 10, exact=True, digits=0,
                 unit="")], f"What net 11.1 reads in {COUNT:,} digits.", "there are")
    report.table(("digit", *map(str, range(10))), [("count", *found.counts.tolist())],
                 "How often each digit occurs; a tenth each would be even.")
    order = np.argsort(found.confidence)
    for chosen, words in ((np.arange(40), "as they come"), (order[:20], "the least certain ones")):
        report.figure(plot.draw_images(
            images[chosen], [f"{found.classes[i]}: {found.confidence[i]:.2f}" for i in chosen], 10),
            "Generated digits with what a net reads in them",
            f"Generated digits, {words}; under each what net 11.1 reads, and how confidently.")
    return {"sure": sure, "counts": found.counts.tolist()}


if __name__ == "__main__":
    run_alone(__doc__, study)
