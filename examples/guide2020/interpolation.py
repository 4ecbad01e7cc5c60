"""Ways from one z to another: straight, and along the sphere."""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.plot import Curve, Panel

from gan_digits import digits, fixed

SHARES, PAIRS, SHOWN = np.linspace(0, 1, 11), 100, 4


def linear(a, b, share):
    """share * a + (1 - share) * b, as the guide does it: half-way it is shorter by 1 - 0.707."""
    return share * a + (1 - share) * b


def spherical(a, b, share):
    """Along the great circle from b to a: as long as they are. White, arXiv 1609.04468."""
    cosine = (a * b).sum(-1, keepdims=True) / (
        np.linalg.norm(a, axis=-1, keepdims=True) * np.linalg.norm(b, axis=-1, keepdims=True))
    angle = np.arccos(np.clip(cosine, -1, 1))
    return (np.sin(share * angle) * a + np.sin((1 - share) * angle) * b) / np.sin(angle)


WAYS = {"linear": linear, "spherical": spherical}


def interpolation(s, report, model, judged):
    """Adds both ways as sheets and as curves; {way: (length, sure)} half-way."""
    a, b = fixed(PAIRS, seed=4), fixed(PAIRS, seed=5)
    rows, lengths, sure, found = {}, [], [], {}
    for name, way in WAYS.items():
        z = np.float32([way(a, b, share) for share in SHARES])             # (11, PAIRS, 100)
        images = digits(model, z.reshape(-1, z.shape[-1])).reshape(len(SHARES), PAIRS, 28, 28)
        for pair in range(SHOWN):
            rows[f"{name}, pair {pair + 1}"] = images[:, pair]
        lengths.append(Curve(name, np.linalg.norm(z, axis=-1).mean(1), SHARES))
        shares = [100 * judged(each).sure for each in images]
        sure.append(Curve(name, shares, SHARES))
        found[name] = float(lengths[-1].values[5]), shares[5]
    rows = dict(sorted(rows.items(), key=lambda row: row[0].partition(", ")[2]))
    report.figure(plot.draw_heat_maps(rows, None, len(SHARES), (0, 1), "gray", None, size=0.7),
                  "Rows of eleven digits; one turns into another",
                  "From one digit to another in eleven steps: z = a z1 + (1 - a) z2, a = 0, 0.1 "
                  ".. 1, and along the sphere.")
    panels = [Panel("Length of z", lengths, "a", "mean |z|"),
              Panel("Digits that net 11.1 is sure of", sure, "a", "% with confidence above 0.9")]
    report.figure(plot.draw_curves(panels), "The straight way dips in the middle",
                  f"{PAIRS} pairs. The straight way leaves the sphere: half-way z is 0.707 times "
                  "as long, where the generator has seen no z.")
    return found
