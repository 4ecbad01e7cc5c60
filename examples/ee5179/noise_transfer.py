"""Noise that makes the net see another digit: does it work on a second image too?

You will see ten triplets: a digit, the noise that makes the net take it for the next one, another
image of the digit with the same noise; and, for 100 triplets, how often it works there. Seconds.
"""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.attacks import additive_noise, predict
from minitorch_cnn.train import Proportion

from common import run_alone, test_images
from nets import facts, here, kept_for, net_of, proof

TIMES = (1, 2, 4, 8)  # how much stronger the noise is made for the other image


def study(s, report):
    report.section("Noise addition")
    found = noises(s)
    rows, captions = pictures_of(found)
    report.figure(plot.draw_attack(*rows[0], captions[0]), "A two by two of digits and noise",
                  "The first triplet: an image, and with noise; the noise, and on another image.")
    report.figure(plot.draw_attacks(rows, captions, size=1.0), "Ten rows of these four pictures",
                  "Ten triplets: the noise is made for the first image, and put on another one.")
    rates = {times: [Proportion(int((seen == found[aim]).sum()), len(seen))
                     for aim in ("targets", "digits")]
             for times, seen in zip(TIMES, found["others_seen"])}
    rows = [(times, *(f"{100 * r.value:.0f} [{100 * r.low:.0f}, {100 * r.high:.0f}]" for r in both),
             times * found["size"]) for times, both in rates.items()]
    report.table(("noise times", "the target, %", "still its digit, %", "noise, grey levels"), rows,
                 f"What {len(found['digits'])} other images are taken for with the noise, with "
                 "95 % intervals; and the noise's root mean square.", digits=1)
    report.question("Does the noise work on another image?", answer(found, rates))
    proof(report, found)
    return {**found, "rates": {times: both[0].value for times, both in rates.items()},
            "short": f"Noise addition: {answer(found, rates)}"}


def noises(s):
    """A noise for each image, and what the net says of the others with the same noises."""
    model, digits = net_of(s), np.tile(np.arange(10), 3 if s.quick else 10)
    images, others = (np.concatenate([test_images(s, range(10), 2 * r + k)
                                      for r in range(len(digits) // 10)]) for k in (0, 1))

    def compute():
        result = additive_noise(model, here(s, images), (digits + 1) % 10, here(s, others), lr=0.1)
        seen = [predict(model, here(s, np.clip(others + times * result.noise, 0, 1))).classes
                for times in TIMES]
        return facts(result) | {
            "noise": result.noise, "needed": result.needed, "digits": digits,
            "others_with_noise": result.others_with_noise, "others_seen": np.stack(seen),
            "seen": np.stack([p.classes for p in (result.before, result.after)]),
            "p": np.stack([p.confidence for p in (result.after, result.others_after)]),
            "size": 255 * float(np.sqrt((result.noise ** 2).mean()))}

    return kept_for(s, model, "noise_transfer/triplets", compute)


def pictures_of(f):
    """The four pictures of the first ten triplets, and their captions."""
    rows = list(zip(f["start"], f["images"], f["noise"], f["others_with_noise"]))[:10]
    captions = [(f"seen as {f['seen'][0, i]}", f"seen as {f['seen'][1, i]} ({f['p'][0, i]:.2f})",
                 f"steps: {f['needed'][i]}",
                 f"seen as {f['others_seen'][0, i]} ({f['p'][1, i]:.2f})") for i in range(10)]
    return rows, captions


def answer(found, rates):
    best = max(TIMES, key=lambda times: rates[times][0].value)
    why = (": it stops at the very border of the target for one image, and another lies elsewhere"
           if rates[1][0].value < 0.5 else "")
    return (f"On its own image the noise works in {found['success'].sum()} of "
            f"{len(found['digits'])} cases, after {np.median(found['needed']):.0f} steps (median), "
            f"with {found['size']:.0f} grey levels. On another image of the digit it works in "
            f"{rates[1][0].correct}{why}; at best, {best}-fold, in {rates[best][0].correct}.")


if __name__ == "__main__":
    run_alone(__doc__, study)
