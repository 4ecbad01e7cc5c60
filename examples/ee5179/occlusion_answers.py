"""Is the learning meaningful? Words for it, whatever the numbers are."""
import numpy as np

NAMES = {0.5: "grey", 0.0: "black", "mean": "the image's mean", "noise": "noise",
         "blur": "the blurred image"}
ALIKE = 1.05  # times; what is closer counts as equal


def answer(over, curves):
    """What a patch costs over the digit and beside it, and what ranking the pixels shows."""
    ratio = {fill: m.digit.mean() / m.background.mean() for fill, m in over.items()}
    more = [each > ALIKE for each in ratio.values()]
    start = ("Yes, whatever covers" if all(more) else "It depends on what covers" if any(more) else
             "Not by these patches")
    said = "; ".join(f"{NAMES[fill]} costs {m.digit.mean():.4f} over the digit and "
                     f"{m.background.mean():.4f} beside it, {word(ratio[fill])}"
                     for fill, m in over.items())
    return (f"{start}. On average over the pixels of an image, {said}. Black alone is no control: "
            "on the black ground it changes nothing, so it cannot cost anything there. Grey and "
            "noise draw a stroke where there is none, and it costs what the net reads out of empty "
            f"places.\n\n{told(over, curves)}")


def word(ratio):
    """Digit against background."""
    return "more" if ratio > ALIKE else "less" if ratio < 1 / ALIKE else "as much"


def told(over, curves):
    """The ranking of pixels by the black patch, against chance."""
    black, chance = (curves[name] for name in ("occlusion, black", "chance"))
    good = (black["deletion_auc"] < chance["deletion_auc"]
            and black["insertion_auc"] > chance["insertion_auc"])
    share = 100 * np.mean(over["mean"].difference > 0)
    return ("The ranking of the pixels can be tested without a patch. Blackening first what a "
            f"black patch ranks first leaves a mean probability of {black['deletion_auc']:.2f} on "
            f"the way, pixels by chance {chance['deletion_auc']:.2f}; showing it first gives "
            f"{black['insertion_auc']:.2f}, chance {chance['insertion_auc']:.2f}. "
            f"{'So the net does use' if good else 'This does not show that the net uses'} the "
            f"strokes; a patch of the image's mean costs more over the digit in {share:.0f} % of "
            "the images.")


def short(over):
    """One sentence for the summary."""
    grey, black = (over[fill] for fill in (0.5, 0.0))
    return (f"Occlusion: on average a small grey patch costs {grey.digit.mean():.4f} of the "
            f"probability over the digit and {grey.background.mean():.4f} beside it, a black one "
            f"{black.digit.mean():.4f} and {black.background.mean():.4f}.")
