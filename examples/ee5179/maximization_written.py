"""The figures, numbers and answers of activation maximization as two solutions did it."""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.attacks import predict
from minitorch_cnn.report import Verdict

from maximization_answers import likeness, missing
from maximization_recipes import RECIPES, maximized
from nets import here, judge, proof


def study_written(s, report):
    """The documents' figures and numbers, as written."""
    found = {recipe.document: maximized(s, recipe) for recipe in RECIPES}
    for name, f in found.items():
        captions = [f"{k}: {p:.4f}" for k, p in enumerate(f["p_target"])]
        low, high = float(f["images"].min()), float(f["images"].max())
        report.figure(plot.draw_images(f["images"], captions, 5, "private"),
                      "Ten noisy grey images, one for each digit, with the net's confidence",
                      f"{name}, {f['steps']:,} steps from noise around 128; pixels reach from "
                      f"{low:.0f} to {high:.0f}, and each image is drawn on a scale of its own.")
        curves = [plot.Curve(str(k), f["cost"][:, k], f["iteration"]) for k in range(10)]
        report.figure(plot.draw_curves(plot.Panel(name, curves, "step", "cost = logit")),
                      "Ten rising cost curves", f"{name}: the way of each digit's cost.")
        rare = bool(f["falls"].sum() < 0.01 * 10 * f["steps"])
        report.question(f"Is the cost of {name} increasing?", (
            f"It fell in {f['falls'].sum():,} of {10 * f['steps']:,} steps (by "
            f"{f['largest_fall'].max():.2g} at most)." + rare * " Far outside [0, 1] the net is as "
            "good as linear, so there is hardly anything to overshoot."))
    rows = [confident(name, f) for name, f in found.items()]
    report.verdicts(rows, "The documents give 1.0000 to every digit.")
    report.question("Do the images look like digits? Which one, and why?", looks(s, found))
    report.note(artefact(found))
    proof(report, *found.values())
    return found | {"short": "Activation maximization: " + "; ".join(
        f"{name}, {row.ours} of 10 digits reach a confidence of 0.99, and the noise alone is some "
        f"digit with {f['p_start'].min():.4f} or more" for (name, f), row
        in zip(found.items(), rows)) + "."}


def confident(name, f):
    """A row: how many digits the net is sure of, and why not of all."""
    return Verdict(f"{name}: digits at a confidence of 0.99", int((f["p_target"] >= 0.99).sum()),
                   10, exact=True, unit="", why=missing(f))


def looks(s, found):
    """What the stretched images look like to a second net, and which is most like its digit."""
    said = []
    for name, f in found.items():
        low, high = (end((1, 2, 3), keepdims=True) for end in (f["images"].min, f["images"].max))
        seen = predict(judge(s), here(s, (f["images"] - low) / (high - low))).classes
        alike = likeness(s, f)
        said.append(f"{name}: stretched to [0, 1], {(seen == np.arange(10)).sum()} of 10 are "
                    f"recognized by a second net; the {alike.argmax()} is most like the mean of "
                    f"its digit (correlation {alike.max():.2f})")
    return "; ".join(said) + (". Where the net is linear and pixels are free, the steps add up to "
                              "a multiple of one gradient: bright where the digit must have a "
                              "stroke, dark where it must not, on a ground that is never black.")


def artefact(found):
    """Why a confidence of 1.0000 says nothing here."""
    return " ".join(
        f"{name}: the noise itself, before any step, is one digit or another with a confidence of "
        f"at least {f['p_start'].min():.4f}. After {f['steps']:,} steps the median confidence is "
        f"{np.median(f['p_target']):.4f}; for the same pictures brought to [0, 1], where the net "
        f"was trained, {np.median(f['p_meant']):.2f}." for name, f in found.items())
