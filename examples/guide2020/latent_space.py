"""Chapter 3, continued: where in the space of z do the digits lie?

You will see what z looks like, ways from one digit to another (straight, and along the sphere on
which z lives), maps of 1,000 and 10,000 digits and of their z by t-SNE, PCA beside them, and what
lies in a rectangle of the map. Five minutes on two cores once the GAN is trained.
"""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.plot import Scatter

from common import corrected, run_alone
from gan_digits import digits, fixed, judge
from gan_study import generator
from histograms import histograms
from interpolation import interpolation
from maps import inside, neighbors_agree, pca, rectangle, tsne

COUNTS = 1_000, 10_000


def study(s, report):
    report.section("Chapter 3: the latent space")
    (model, _), judged = generator(s), judge(s)
    histograms(report)
    found = {"ways": interpolation(s, report, model, judged)}
    for count in s.scaled(COUNTS, (200, 500)):
        z = fixed(count, seed=3)
        images = digits(model, z)
        classes = judged(images).classes
        placed, found[count] = maps(corrected(s), report, z, images, classes)
    read_out(report, placed, images, classes)
    report.question("Are the digits already sorted in z?", answer(found[count]))
    return found


def maps(s, report, z, images, classes):
    """t-SNE and PCA of G(z) and of z; (map of the digits, how often neighbors agree)."""
    panels, found = [], {}
    for name, points in (("G(z)", images), ("z", z)):
        flat, share = pca(points)
        for kind, placed in ((f"t-SNE of {name}", tsne(s, name[0], points)),
                             (f"PCA of {name}, {100 * share:.0f} % of the variance", flat)):
            found[kind.partition(",")[0]] = neighbors_agree(placed, classes)
            panels.append(Scatter(kind, placed, classes))
    report.figure(plot.draw_scatter(panels), "Four maps; by t-SNE digits form islands, z do not",
                  f"{len(z):,} digits and their z; the color is what net 11.1 reads.")
    found["chance"] = float(((np.bincount(classes) / len(classes)) ** 2).sum())
    rows = [(kind, 100 * share) for kind, share in found.items()]
    report.table(("map", "nearest neighbor of the same digit in %"), rows,
                 f"{len(z):,} points; chance: of two digits drawn at random.", digits=1)
    return panels[0].points, found


def read_out(report, placed, images, classes):
    """What lies in a rectangle of the map, around the middle of the most frequent digit."""
    digit = int(np.bincount(classes).argmax())
    box = rectangle(placed, classes, digit)
    chosen = np.flatnonzero(inside(placed, box))
    counts = np.bincount(classes[chosen], minlength=10)
    report.figure(plot.draw_scatter(Scatter("t-SNE of G(z)", placed, classes, box), size=5.5),
                  "The map with a rectangle", f"A rectangle around the middle of digit {digit}.")
    report.figure(plot.draw_images(images[chosen[:40]], [str(c) for c in classes[chosen[:40]]], 10),
                  "Digits in the rectangle, nearly all alike", "What lies in the rectangle: "
                  + ", ".join(f"{n} of digit {d}" for d, n in enumerate(counts) if n) + ".")


def answer(found):
    percent = {name: f"{100 * share:.0f} %" for name, share in found.items()}
    return (f"No. In the t-SNE map of G(z) the nearest neighbor is the same digit for "
            f"{percent['t-SNE of G(z)']} of the points, in that of z for {percent['t-SNE of z']}; "
            f"chance gives {percent['chance']}. z is a featureless cloud; it is the generator that "
            "makes islands of it.")


if __name__ == "__main__":
    run_alone(__doc__, study)
