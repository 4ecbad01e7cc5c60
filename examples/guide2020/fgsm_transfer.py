"""Chapter 4: adversarial images by FGSM, and whether they fool other nets too.

You will see six nets attacked at six strengths, each attack tried on all of them; accuracy against
strength, beside the guide's; the images themselves; a map of them; and a seventh net that was
trained on attacks. A quarter of an hour on two cores.
"""
import numpy as np

from minitorch_cnn.report import Verdict

from common import run_alone
from fgsm_cells import cells, white_box_as_written
from fgsm_models import DEFENDED, nets
from fgsm_pictures import pictures
from fgsm_tables import matrices, white_box
from guide import CLEAN, EPS, expected, explained


def study(s, report):
    report.section("Chapter 4: FGSM transfer")
    models = nets(s)
    strengths = s.scaled(EPS, (0.2, 0.5, 1.0))
    found = {eps: cells(s, models, eps) for eps in strengths}
    clean = dict(zip(models, np.asarray(found[strengths[0]]["clean"])))
    report.verdicts([Verdict(name, clean[name], CLEAN.get(name), None,
                             expected(s, CLEAN.get(name)), why=explained(s, name))
                     for name in models], "Accuracy on clean images.", "guide")
    matrices(report, models, found, clean)
    own = {name: [float(np.asarray(found[eps]["percent"])[i, i]) for eps in strengths]
           for i, name in enumerate(models)}
    as_guide = white_box_as_written(s, models)
    white_box(report, own, clean, strengths, as_guide)
    pictures(s, report, models)
    report.question("Do adversarial images transfer?", answer(found, list(models)))
    return {"clean": clean, "own": own, "as_guide": as_guide}


def answer(found, names):
    """What the matrices say, in numbers."""
    six, said = len(names) - 1, []
    for eps, each in found.items():
        percent = np.asarray(each["percent"])[:six, :six]
        others = percent[~np.eye(six, dtype=bool)].mean()
        said.append(f"At eps {eps:g} a net reads {np.diag(percent).mean():.1f} % of the images "
                    f"made against it, and the other nets {others:.1f} % of them")
    seventh = np.asarray(found[max(found)]["percent"])[:, names.index(DEFENDED)]
    twins = np.asarray(found[max(found)]["percent"])[[1, 0, 3, 2, 5, 4], range(6)].mean()
    return (". ".join(said) + ". So they do transfer, the stronger the more, though less than they "
            f"fool the net they were made against. At eps {max(found):g} twins, trained alike from "
            f"other weights, read {twins:.1f} % of each other's. The net that was trained on "
            f"attacks reads {seventh[:six].mean():.1f} % of those made against others and "
            f"{seventh[six]:.1f} % of those made against itself.")


if __name__ == "__main__":
    run_alone(__doc__, study)
