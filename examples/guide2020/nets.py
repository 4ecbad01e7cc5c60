"""Chapter 1: nineteen nets on 1,000 and on 60,000 images, and what the guide learns from them.

You will see the nets' sizes, the guide's test accuracies beside ours with intervals over seeds and
test images, curves of the loss; then each of the guide's comparisons as an experiment in which one
thing alone is changed. Half an hour on two cores, nearly all of it for the 60,000 images; net 9 is
trained on those only with --all, and with --quick not at all.
"""
from minitorch_cnn import plot
from minitorch_cnn.inspect import summary
from minitorch_cnn.models import GUIDE_NETS, GuideNet
from minitorch_cnn.plot import Curve, Panel
from minitorch_cnn.report import Verdict

import comparisons
from common import run_alone
from data import all_images, few_images
from guide import ACCURACY, expected, explained
from net_runs import BIG, NETS, runs
from stats import accuracies, histories, mean_interval

SHOWN = ("1", "2", "7", "10.2", "11.1", "13.1")


def study(s, report):
    report.section("Chapter 1: nineteen nets")
    sizes(report)
    small, whole = few_images(s), all_images(s)
    found = {"1k": table(s, report, small, 0), "60k": table(s, report, whole, 1)}
    curves(s, report, small)
    found["comparisons"] = comparisons.study(s, report)
    return found


def sizes(report):
    rows = []
    for name in NETS:
        plan, facts = GUIDE_NETS[name], summary(GuideNet(name), (1, 28, 28))
        text = " · ".join(part for part in (plan.convolutions, plan.after_convolution, plan.once,
                                            plan.hidden, plan.after_hidden) if part != "-")
        rows.append((name, text, plan.optimizer, facts.parameters, facts.multiply_adds))
    report.table(("net", "layers", "optimizer", "parameters", "multiply-adds an image"), rows,
                 "The nets. Batch norm stands before the activation; dropout (0.5) once, after the "
                 "first hidden layer, or between convolutions and linear layers.")


def table(s, report, setting, column):
    words = "{:,} images, {} epochs".format(*setting)
    rows, found = [], {}
    for name in NETS:
        guide = ACCURACY.get(name, (None, None))[column]
        if (column and guide is None) or (name in BIG and not s.all and (column or s.quick)):
            continue
        results = runs(s, name, setting)
        if not results:
            report.note(f"Net {name} on {words}: no training came to its end.")
            continue
        mean, interval = mean_interval(accuracies(results), len(results[0]["logits"]))
        rows.append(Verdict(name, mean, guide, interval, expected(s, guide),
                            why=explained(s, name)))
        found[name] = mean
    report.verdicts(rows, f"Test accuracy after {words}; up to {s.seeds} seeds, 95 % interval over "
                    "seeds and test images. Expected: at most a point below the guide.", "guide")
    return found


def curves(s, report, setting):
    lines = [Curve(f"net {name}", [h.column("train_loss") for h in histories(found)])
             for name in SHOWN if (found := runs(s, name, setting))]
    report.figure(plot.draw_curves(Panel("Few images", lines, y_label="training loss", log=True),
                                   width=7),
                  "Training loss of six nets over ten epochs",
                  "The loss of six nets as they learn 1,000 images; bands span the seeds.")


if __name__ == "__main__":
    run_alone(__doc__, study)
