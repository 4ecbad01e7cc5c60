"""What is said about the optimizers, whatever the numbers are."""
import numpy as np

from minitorch_cnn.report import Verdict

LEARNING = 0.3  # points of validation accuracy in the last epoch: it is still learning then


def outside(s, run, scores, histories):
    """Why a mean lies outside of where it was expected; nothing if it does not."""
    if Verdict("", float(np.mean(scores)), accepted=run.accepted).within:
        return ""
    if s.quick:
        return "a tenth of the images, so a tenth of the steps"
    last, before = (100 * np.mean([h.epochs[i]["validation_accuracy"] for h in histories])
                    for i in (-1, -2))
    seeds = ", ".join(f"{score:.2f}" for score in scores)
    progress = (f"the last epoch still brings {last - before:.1f} points of validation accuracy, "
                "so a little faster or slower a start shows" if last - before > LEARNING else
                f"the last epoch changes the validation accuracy by {last - before:+.2f} points, "
                "as much as single epochs jump")
    return f"the seeds reach {seeds} %; {progress}"


def answer(verdicts, seconds):
    """Which one, by how much, and how sure that is."""
    best, *others = sorted(verdicts, key=lambda v: -v.ours)
    close = [v.name for v in others if v.interval[1] >= best.interval[0]]
    slowest, fastest = (choose(seconds, key=seconds.get) for choose in (max, min))
    said = (f"no worse than {' and '.join(close)}, as far as these seeds and images can tell"
            if close else "better than all others")
    return (f"{best.name} with {best.ours:.2f} % of the test images, {said}; {others[-1].name} is "
            f"last with {others[-1].ours:.2f} %. {fastest} takes the least time, {slowest} "
            f"{seconds[slowest] / seconds[fastest]:.1f} times as much.")


def fair(rates):
    """What a learning rate of its own does to each optimizer."""
    gaps = [100 * (max(each) - min(each)) for each in (
        [r["at_0.001"] for r in rates.values()], [r["best"] for r in rates.values()])]
    said = "; ".join(f"{name} {100 * r['at_0.001']:.1f} % at 0.001, {100 * r['best']:.1f} % at "
                     f"{r['rate']:g}" for name, r in rates.items())
    verdict = ("No: most of the distance is the learning rate's" if gaps[1] < gaps[0] / 2 else
               "Only in part" if gaps[1] < gaps[0] else "Yes, as far as one epoch can tell")
    return (f"{verdict}. After one epoch, on validation images: {said}. From the best to the last "
            f"of the four it is {gaps[0]:.1f} points with one rate for all, and {gaps[1]:.1f} "
            "when each has its own.")
