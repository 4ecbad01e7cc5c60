"""Is the net fooled, and does the result look like the image? Numbers, table and words for it."""
import numpy as np

from minitorch_cnn.train import Proportion


def best_beta(betas, sweep):
    """The beta with which most pairs reach both aims; of equal ones the nearest to the images."""
    return max(betas, key=lambda beta: (both(sweep[beta]).mean(), -np.median(sweep[beta]["mse"])))


def both(f):
    """Where both aims are reached: the net sees the target, a second net the image's digit."""
    return f["rounded"] & (f["seen"] == f["looks"])


def table(report, found, what):
    """A row for each cost and beta: ``found`` is a dict of dicts."""
    rows = []
    for cost, beta, f in ((c, beta, f) for c, betas in found.items() for beta, f in betas.items()):
        shares = [f"{100 * np.mean(each):.0f}" for each in (
            f["rounded"], f["seen"] == f["looks"], f["seen"] == f["targets"], both(f))]
        rows.append((cost.replace("_", " "), beta, *shares, float(np.median(f["mse"]))))
    report.table(("cost", "beta", "fooled, %", "second net: the image's, %",
                  "second net: the target, %", "both aims, %", "median MSE"), rows, (
        f"{what}. Fooled: after rounding to 8 bits the net says the target. Then what a second net "
        "says: the digit of the image, or the target too. Both aims: the net is fooled and the "
        "second net sees the image's digit. MSE in squared pixels of [0, 1]."))


def answer(found, sweep):
    """The answer from the two costs' numbers on all pairs, and from the betas that were tried."""
    said = []
    for cost, f in found.items():
        rate = Proportion(int(f["rounded"].sum()), len(f["rounded"]))
        like, target = (int((f["seen"] == f[name]).sum()) for name in ("looks", "targets"))
        said.append(f"With the {cost.replace('_', ' ')} it is, in {rate.correct} of {rate.count} "
                    f"pairs (95 % interval {100 * rate.low:.0f} to {100 * rate.high:.0f} %), at a "
                    f"median distance of {255 * np.sqrt(np.median(f['mse'])):.0f} grey levels. A "
                    f"second net sees the image's digit in {like} and the target in {target}.")
    ends = "; ".join(
        f"{cost.replace('_', ' ')}, beta {first:g} to {last:g}: fooled "
        f"{100 * betas[first]['rounded'].mean():.0f} to {100 * betas[last]['rounded'].mean():.0f} %"
        f", median MSE {np.median(betas[first]['mse']):.2g} to {np.median(betas[last]['mse']):.2g}"
        for cost, betas in sweep.items() for first, *_, last in [betas])
    why = (" A logit pays for more even when the target has won long ago; the log probability "
           "stops paying there, so the pull can do the rest."
           if both(found["log_probability"]).mean() > both(found["logit"]).mean() else "")
    return f"{' '.join(said)}\n\nThe pull decides between the two aims ({ends}).{why}"


def short(found):
    """One sentence for the summary."""
    return "Pull towards an image: " + "; ".join(
        f"with the {cost.replace('_', ' ')} the net is fooled in {f['rounded'].sum()} of "
        f"{len(f['rounded'])} pairs, and a second net still sees the image's digit in "
        f"{(f['seen'] == f['looks']).sum()}" for cost, f in found.items()) + "."
