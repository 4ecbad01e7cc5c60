"""What z looks like."""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.plot import Curve, Panel

from gan_digits import fixed


def histograms(report):
    edges = np.linspace(-4, 4, 33)
    middles = (edges[1:] + edges[:-1]) / 2
    normal = np.exp(-middles ** 2 / 2) / (2 * np.pi) ** 0.5
    curves = [Curve(name, np.histogram(z, edges, density=True)[0], middles) for name, z in
              (("one z, 100 numbers", fixed(1)), ("1,000 z", fixed(1_000)))]
    panels = [Panel("Numbers in z", [*curves, Curve("N(0, 1)", normal, middles)], "z", "density")]
    edges = np.linspace(7, 13, 31)
    lengths = np.linalg.norm(fixed(10_000), axis=1)
    panels.append(Panel("Length of z", [Curve("10,000 z", np.histogram(
        lengths, edges, density=True)[0], (edges[1:] + edges[:-1]) / 2)], "|z|", "density"))
    report.figure(plot.draw_curves(panels), "A bell curve around 0, and one around 10",
                  "Each number in z is from N(0, 1), so all z are about as long, 10: in 100 "
                  "dimensions a bell curve is a sphere.")
