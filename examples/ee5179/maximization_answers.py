"""Do the images of activation maximization look like digits? Numbers, table and words for it."""
import numpy as np

from minitorch_cnn.report import Verdict

from common import loaders

DIGITS = range(10)
LIKE = 0.5  # correlation with the mean of a digit's images, above which an image looks like it


def likeness(s, f):
    """For each digit the correlation of its image with the mean of that digit's test images."""
    images, labels = (batch.data for batch in next(iter(loaders(s, 500)[2])))
    means = [images[labels == k].mean(0).ravel() for k in DIGITS]
    return np.array([np.corrcoef(image.ravel(), mean)[0, 1]
                     for image, mean in zip(f["images"], means)])


def tables(report, kinds, alike, steps):
    """Confidence and looks of each kind of image; falls of the cost for each size of step."""
    rows = [(k, *(value for name, f in kinds.items() for value in (
        float(f["p_target"][k]), f"{f['seen'][k]} ({f['p_seen'][k]:.2f})", float(alike[name][k]))))
        for k in DIGITS]
    columns = [f"{what}, {kind}" for kind in kinds
               for what in ("confidence", "second net", "likeness")]
    report.table(("digit", *columns), rows, "What the net and a second net say of the images, and "
                 "how they correlate with the mean test image of their digit.", digits=4)
    report.verdicts([Verdict(f"lowest confidence, {kind}", float(f["p_target"].min()), 1.0,
                             accepted=(0.99, None), digits=4, unit="", why=missing(f))
                     for kind, f in kinds.items()],
                    "The documents report 1.0000 for every digit, far outside [0, 1].")
    report.table(("size of a step", "falls", "of steps", "largest fall", "digits at 0.99"), [
        (step, int(f["falls"].sum()), 10 * f["steps"], float(f["largest_fall"].max()),
         int((f["p_target"] >= 0.99).sum())) for step, f in steps.items()],
        "How often the cost was lower than a step before, all ten digits together.")


def missing(f):
    """Which digits are not there yet, in words."""
    below = ", ".join(map(str, np.flatnonzero(f["p_target"] < 0.99)))
    return below and f"{below} had not reached it after {f['steps']:,} steps"


def looks(kinds, alike):
    """Which images look like digits, and why."""
    said, known = [], {}
    for kind, f in kinds.items():
        right = np.flatnonzero(f["seen"] == np.array(DIGITS))
        known[kind], best = len(right), int(np.argmax(alike[kind]))
        names = ", ".join(map(str, right)) or "none"
        said.append(f"{kind}: the second net recognizes {len(right)} of 10 ({names}), and most "
                    f"like the mean of its digit is the {best} (correlation "
                    f"{alike[kind][best]:.2f})")
    best = max(alike[kind].max() for kind in kinds)
    helped = (" Asking for neighbors to be alike leaves more of that, and less that convinces the "
              "attacked net alone." if known["smooth"] > known["free"] else "")
    return (f"{'Some do' if best > LIKE else 'Only in pieces'}. {'; '.join(said).capitalize()}. "
            "A logit grows with everything that speaks for its class, anywhere in the image, and "
            "nothing asks for the one line that a pen draws: pieces of strokes fill the image. "
            f"What a second net recognizes in them is what nets have in common.{helped}")


def increasing(steps):
    """Whether the cost only rises."""
    said = [f"{f['falls'].sum():,} of {10 * f['steps']:,} steps of {step:g} (by at most "
            f"{f['largest_fall'].max():.2g})" for step, f in steps.items()]
    if not any(f["falls"].any() for f in steps.values()):
        return f"Yes, always. It fell in {', '.join(said)}."
    return (f"On the whole, but not in every step. It fell in {', '.join(said)}. The gradient "
            "promises a rise for small enough steps; larger ones overshoot, and clipping to [0, 1] "
            "takes away what some pixels have gained.")


def short(kinds):
    """One sentence for the summary."""
    return "Activation maximization in [0, 1]: " + "; ".join(
        f"{kind}, {(f['p_target'] >= 0.99).sum()} of 10 digits reach a confidence of 0.99 and "
        f"{(f['seen'] == np.array(DIGITS)).sum()} are recognized by a second net"
        for kind, f in kinds.items()) + "."
