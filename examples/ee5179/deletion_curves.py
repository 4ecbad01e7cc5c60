"""Deletion and insertion: does a map rank the pixels first that the net really uses?"""
import numpy as np

from minitorch_cnn import plot
from minitorch_cnn.interpret import deletion, insertion

from nets import here, kept_for

DONE = {"deletion": "blackened", "insertion": "shown"}


def curve(s, model, name, images, labels, maps):
    """Mean curves, and areas under them, where pixels go in the order of ``maps`` (N, 28, 28)."""
    def compute():
        x = here(s, images)
        found = {"deletion": deletion(model, x, maps, labels, step=28),
                 "insertion": insertion(model, x, maps, labels, step=28)}
        return {"share": found["deletion"].share,
                **{kind: np.asarray(c.probability).mean(0) for kind, c in found.items()},
                **{f"{kind}_auc": float(c.auc.mean()) for kind, c in found.items()}}

    return kept_for(s, model, f"occlusion/{name.replace(', ', '-')}-{len(images)}", compute)


def draw(report, curves, count):
    """Both kinds of curves of all maps."""
    panels = [plot.Panel(kind.capitalize(), [
        plot.Curve(f"{name}: area {c[f'{kind}_auc']:.2f}", c[kind], 100 * c["share"])
        for name, c in curves.items()], f"pixels {done} in %", "mean p(true class)")
        for kind, done in DONE.items()]
    report.figure(plot.draw_curves(panels), "Falling curves of deletion, rising ones of insertion",
                  f"{count} images: the pixels that a map ranks highest are blackened first, or "
                  "shown first on a blurred image. The area is the mean probability on the way.")
