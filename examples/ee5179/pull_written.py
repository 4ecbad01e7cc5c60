"""The figures, numbers and answers of the pull towards an image as the documents did it."""
from minitorch_cnn import plot

from nets import proof
from pull_recipes import RECIPES, pulled


def study_written(s, report):
    """Item 13 as written."""
    found = {recipe.document: pulled(s, recipe) for recipe in RECIPES}
    for name, f in found.items():
        report.figure(picture(f), f"Noisy grey images for {len(f['looks'])} pairs of digits",
                      f"{name}: beta {f['beta']:g}, {f['steps']:,} steps from noise around 128; "
                      "each on its own scale; below each the target's probability, a cross "
                      "where the net says something else.")
    report.table(("document", "beta", "steps", "fooled", "of", "moved by the pull",
                  "distance from the image", "looks like it, %"),
                 [(name, f"{f['beta']:g}", f["steps"], int(f["success"].sum()), len(f["looks"]),
                   f"{f['moved']:.2g}", f["far"],
                   f"{100 * (f['seen'] == f['looks']).mean():.0f}")
                  for name, f in found.items()], digits=0, caption=(
                     "How far the pull moves a pixel on average, against the same steps with a "
                     "beta of 0, and the RMS distance that remains, both in grey levels of 255. "
                     "Looks like it: to a second net."))
    report.question("Do the images look like the digit that they are pulled to?", answer(found))
    proof(report, *found.values())
    return found | {"short": "The pull towards an image moves a pixel, on average, by " + ", ".join(
        f"{f['moved']:.2g} of the {f['far']:.0f} grey levels that are missing ({name})"
        for name, f in found.items()) + "."}


def picture(f):
    if len(f["looks"]) > 9:
        return plot.draw_pairs(f["images"], f["looks"], f["targets"], f["success"], f["p_target"],
                               scale="private", size=0.6)
    captions = [f"like {looks}\nas {target}: {p:.4f}" for looks, target, p
                in zip(f["looks"], f["targets"], f["p_target"])]
    return plot.draw_images(f["images"], captions, 5, "private")


def answer(found):
    said = "; ".join(f"{name}: {f['moved']:.2g} grey levels of the {f['far']:.0f} that are missing"
                     for name, f in found.items())
    seen = max(f["moved"] / f["far"] for f in found.values())
    return (f"{'They cannot' if seen < 0.02 else 'Hardly'}. The pull moves a pixel by this much: "
            f"{said}. With X in 0 .. 255 and the image in 0 .. 1 it pulls every pixel towards "
            "black, and far too weakly to be seen. What the net is sure of has nothing to do with "
            "the image.")
