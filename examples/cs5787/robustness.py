"""Do the fooling images survive a mirror, a crop, a turn, the loss of color? And can they?

You will see what the net says of the four fooling images after each change, as a table and a
figure; then of four that were made to survive: their gradient is averaged over many changed views
(expectation over transformations). A minute on two cores.
"""
import numpy as np

import minitorch_cnn as mt
from minitorch_cnn import plot
from minitorch_cnn.attacks import robustness as changed

from attacking import EPS, fooled
from common import kept, percent, run_alone
from fooling import SHUTTLE
from many_views import EPS_VIEWS, fooled_in_many_views
from pretrained import PHOTOS, names_of, net_of, photographs


def study(s, report):
    _, model, weights = net_of(s)
    names, images = names_of(weights), photographs(weights)
    report.section("Robustness of the fooling images")
    made = {"the photographs": {"images": mt.Tensor(images)},
            f"fooled, eps {EPS.grey_levels:g}/255": kept(
                s, f"fooling/{s.model}-{SHUTTLE}", lambda: fooled(s, model, images, SHUTTLE)),
            f"fooled in many views, eps {EPS_VIEWS.grey_levels:g}/255": kept(
                s, f"robustness/{s.model}",
                lambda: fooled_in_many_views(s, model, images, SHUTTLE))}
    found = {title: changed(model, f["images"].data, SHUTTLE) for title, f in made.items()}
    rows = [(title, name, *(f"{names[k]} {percent(p)}" for k, p in
                            zip(r.classes[:, i], r.confidence[:, i])))
            for title, r in found.items() for i, name in enumerate(PHOTOS)]
    changes = next(iter(found.values())).changes
    report.table(("images", "photograph", *changes), rows,
                 "The class the net sees and its probability, after each change: mirrored left to "
                 "right; the middle 80 % of the area, resized back; turned by 30 degrees; grey in "
                 "all three channels.")
    for title, r in list(found.items())[1:]:
        captions = [f"{change}\n{names[k]}\n{percent(p)}" for change, *row in
                    zip(changes, r.classes, r.confidence) for k, p in zip(*row)]
        order = np.arange(len(captions)).reshape(len(changes), -1).T.ravel()
        pictures = r.images.reshape(-1, *r.images.shape[2:])
        report.figure(plot.draw_images(pictures[order], [captions[i] for i in order],
                                       len(changes), size=1.3), "Four rows of five pictures",
                      f"The images {title}, and what is seen after each change.")
    survive = {title: (r.classes[1:] == SHUTTLE).sum(0) for title, r in found.items()}
    report.question("Are the fooling images robust?", answer(found, survive, changes))
    return {title: [int(n) for n in counts] for title, counts in survive.items()}


def answer(found, survive, changes):
    _, plain, views = found
    share = {title: [int((r.classes[t] == SHUTTLE).sum()) for t in range(1, len(changes))]
             for title, r in found.items()}
    by_change = ", ".join(f"{change} {n} of 4" for change, n in zip(changes[1:], share[plain]))
    return (f"Hardly: of the four changes an image survives {survive[plain].mean():.2f} on "
            f"average ({by_change}). The noise is worked out for these very pixels: moved or "
            "turned, it no longer meets the filters it was made for, and the photograph under it "
            "takes over. A change that leaves every pixel in its place, such as grey, disturbs it "
            "least. If the attack maximizes the mean over many changed views, with eps "
            f"{EPS_VIEWS.grey_levels:g}/255, {survive[views].mean():.2f} of 4 changes are survived "
            "on average: what protects is not that such images do not exist, but that the simple "
            "attack does not look for them.")


if __name__ == "__main__":
    run_alone(__doc__, study)
