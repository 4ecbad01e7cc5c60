"""Chapter 2: nine augmentations of 1,000 images, two nets, 100 epochs.

You will see what each augmentation does to the digits, test accuracies of both nets beside the
guide's and beside the control that the guide left out (100 epochs without augmentation), and the
curves of the loss. A quarter of an hour on two cores.
"""
from minitorch_cnn import plot
from minitorch_cnn.plot import Curve, Panel

from augmentation_runs import BASELINE, EPOCHS, runs
from augmentation_sheets import sheets
from augmentations import AUGMENTATIONS, CONTROL, NETS
from common import run_alone
from guide import AUGMENTED
from stats import accuracies, effect, histories, mean_interval


def study(s, report):
    report.section("Chapter 2: augmentation")
    sheets(report)
    results = {net: {a.name: runs(s, net, a) for a in AUGMENTATIONS} for net in NETS}
    found = {net: table(s, report, net, column, results[net]) for column, net in enumerate(NETS)}
    curves(report, results)
    report.question("Which augmentation is the best?", best(s, results))
    return found


def table(s, report, net, column, results):
    """Adds the accuracies of a net; returns {augmentation: mean}."""
    rows, found = [], {}
    short = runs(s, net, CONTROL, BASELINE)
    for name, done in {"baseline": short, **results}.items():
        mean, (low, high) = mean_interval(accuracies(done), len(done[0]["logits"]))
        gain = effect(accuracies(done), accuracies(results["none"]))
        rows.append((name, AUGMENTED.get(name, (None, None))[column], mean,
                     f"{low:.2f} to {high:.2f}", "–" if name == "none" else str(gain)))
        found[name] = mean
    report.table(("augmentation", "guide", "ours", "95 % interval", "against none"), rows,
                 f"Test accuracy of {net} in %, {s.many} seeds, {s.scaled(EPOCHS, 5)} epochs; the "
                 f"baseline, as the guide's, after {s.scaled(BASELINE, 1)}. What is above may be "
                 'due to longer training alone: "none" is the control with as many epochs. '
                 "Against none: points, with a 95 % interval over seeds.", digits=2)
    return found


def curves(report, results):
    panels = []
    for net, by_name in results.items():
        lines = [Curve(name, [h.column("train_loss") for h in histories(done)])
                 for name, done in by_name.items()]
        panels.append(Panel(net, lines, y_label="training loss", log=True))
    report.figure(plot.draw_curves(panels, 1, width=8),
                  "Curves of the training loss of both nets, one for each augmentation",
                  "The training loss: what is augmented is harder to learn, and not learned by "
                  "heart. MixUp's loss cannot become 0, for its labels are mixtures.")


def best(s, results):
    """Is T8 the best, as the guide found?"""
    said = []
    for net, by_name in results.items():
        means = {name: mean_interval(accuracies(done), 1)[0] for name, done in by_name.items()}
        first = max(means, key=means.get)
        behind = effect(accuracies(by_name[first]), accuracies(by_name["T8"]))
        gain = effect(accuracies(by_name["T8"]), accuracies(by_name["none"]))
        said.append(f"{net}: {first} with {means[first]:.2f} %" + (
            ", as the guide found" if first == "T8" else
            f"; T8, the guide's best, with {means['T8']:.2f} % is "
            + ("within noise of it" if behind.low <= 0 else "behind it")
            + f" (difference {behind})") + f". T8 against no augmentation: {gain}: "
            f"{gain.verdict()}.")
    return "\n\n".join(said)


if __name__ == "__main__":
    run_alone(__doc__, study)
