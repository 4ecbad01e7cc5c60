"""A pretrained ImageNet net says what is on four photographs.

You will see the three most probable classes of each with their probabilities, and what the
preprocessing is worth: the same net on pixels that were not normalized. Takes seconds.
"""
from minitorch_cnn import plot

from common import percent, run_alone
from pretrained import PHOTOS, names_of, net_of, photographs, top


def study(s, report):
    net, model, weights = net_of(s)
    names, images = names_of(weights), photographs(weights)
    report.section("Classification")
    accuracy = " and ".join(f"{a} %" for a in weights.accuracy) or "unknown"
    report.text(f"`{weights}`: {sum(p.numel() for p in net.parameters()):,} parameters, "
                f"{weights.license}; top-1 and top-5 accuracy on ImageNet as published: {accuracy}."
                f" Each photograph is scaled to {weights.resize} pixels on its shorter side, "
                f"cropped to {weights.crop}x{weights.crop} in the middle and normalized.")
    classes, p = top(model, images)
    captions = [f"{name}\n" + "\n".join(f"{names[k]} {percent(q)}" for k, q in zip(*row))
                for name, *row in zip(PHOTOS, classes, p)]
    report.figure(plot.draw_images(images, captions, 4, size=1.8), "Four photographs",
                  "What the net saw, and its three most probable classes.")
    rows = [(name, *(f"{names[k]} {percent(q)}" for k, q in zip(*row)))
            for name, *row in zip(PHOTOS, classes, p)]
    report.table(("photograph", "first", "second", "third"), rows,
                 "The three most probable of 1000 classes.")
    wrong, q = top(net, images, 1)
    report.question("Does the preprocessing matter?", without(names, classes, wrong, q))
    return {name: (names[k[0]], float(q[0])) for name, k, q in zip(PHOTOS, classes, p)}


def without(names, classes, wrong, q):
    same = sum(int(a[0] == b[0]) for a, b in zip(classes, wrong))
    said = "; ".join(f"{name}: {names[k[0]]} {percent(p[0])}"
                     for name, k, p in zip(PHOTOS, wrong, q))
    return (f"Fed with pixels in [0, 1], without the normalization it was trained with, the net "
            f"gives the same first class for {same} of {len(classes)} photographs ({said}).")


if __name__ == "__main__":
    run_alone(__doc__, study)
