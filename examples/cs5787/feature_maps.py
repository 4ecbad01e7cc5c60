"""What the layers of a pretrained net see: five feature maps early, in the middle, near the end.

You will see them for the peppers, each scaled to [0, 1], with the name of their layer; and how they
change with depth: smaller, sparser, farther from the image. Takes seconds.
"""
import numpy as np

from minitorch_cnn import nn, plot
from minitorch_cnn.interpret import activations

from common import run_alone
from pretrained import net_of, photographs

STAGES, SHOWN, WHERE = ("early", "middle", "late"), 5, (0, 0.5, 1)


def study(s, report):
    _, model, weights = net_of(s)
    image = photographs(weights)[:1]
    report.section("Feature maps")
    found = {stage: strongest(model, image, layer) for stage, layer in
             zip(STAGES, three_layers(model, image))}
    maps = {f"{stage}: {f['layer']}, {f['count']} maps of {f['size']}": f["maps"]
            for stage, f in found.items()}
    report.figure(plot.draw_activations(maps, image[0], columns=SHOWN, scale="unit", cmap="gray"),
                  "Three rows of five grey maps", "The five maps with the largest variance of "
                  "three layers, each scaled to [0, 1].")
    rows = [(stage, f["layer"], f["count"], f["size"], 100 * f["zeros"], f["likeness"])
            for stage, f in found.items()]
    report.table(("stage", "layer", "maps", "size", "zeros in %", "likeness to the image"), rows,
                 "The layers, over all their maps. Likeness: the largest correlation of a map with "
                 "the brightness of the image at its size.", digits=2)
    report.question("What changes with depth?", answer(found))
    return found


def three_layers(model, image):
    """Names of activations (ReLU, ReLU6): the first, the one in the middle, the last 2-D one."""
    kinds = (nn.ReLU, nn.ReLU6)
    names = [name for name, layer in model.named_modules() if isinstance(layer, kinds)]
    ran = [name for name, maps in activations(model, image, names).items()
           if maps.ndim == 4 and maps.shape[2] > 1]
    return [ran[round(part * (len(ran) - 1))] for part in WHERE]


def strongest(model, image, layer):
    """The maps of a layer with the largest variance, scaled to [0, 1], and what all are like."""
    maps = activations(model, image, [layer.partition(":")[0]])[layer][0]    # (C, H, W)
    chosen = maps[np.argsort(-maps.var((1, 2)), kind="stable")[:SHOWN]]
    bright = shrunk(image[0].mean(0), maps.shape[1:])
    likeness = [abs(np.corrcoef(m.ravel(), bright.ravel())[0, 1]) for m in maps if m.std() > 0]
    low, high = (end((1, 2), keepdims=True) for end in (chosen.min, chosen.max))
    return {"layer": layer.removeprefix("model."), "count": len(maps), "zeros": (maps == 0).mean(),
            "size": f"{maps.shape[1]}x{maps.shape[2]}", "likeness": max(likeness, default=0.0),
            "maps": (chosen - low) / np.where(high > low, high - low, 1)}


def shrunk(picture, size):
    """The mean over the block of pixels behind each element of a map."""
    rows, columns = (np.linspace(0, n, m + 1).astype(int) for n, m in zip(picture.shape, size))
    sums = np.add.reduceat(np.add.reduceat(picture, rows[:-1], 0), columns[:-1], 1)
    return sums / np.outer(np.diff(rows), np.diff(columns))


def answer(found):
    early, middle, late = (found[stage] for stage in STAGES)
    return (f"From {early['size']} the maps shrink to {middle['size']} and {late['size']}, and "
            f"their number grows from {early['count']} to {late['count']}. {early['layer']} still "
            "shows the photograph, its edges and colors: one of its maps correlates with the "
            f"brightness by {early['likeness']:.2f}, of {late['layer']} at most "
            f"{late['likeness']:.2f}. Elements that are exactly 0: {100 * early['zeros']:.0f} %, "
            f"{100 * middle['zeros']:.0f} % and {100 * late['zeros']:.0f} %; late maps answer at "
            "few places, to parts of things rather than to light and dark.")


if __name__ == "__main__":
    run_alone(__doc__, study)
