"""Activation maximization: which image does the net take most surely for each digit?

You will see noise that climbs the logit of each digit, freely and with a wish for smoothness; the
cost on its way, and whether it ever fell; and what a second net, trained independently, takes the
images for. Seconds; as written, with 15,000 and 10,000 steps, a minute.
"""
from minitorch_cnn import plot
from minitorch_cnn.attacks import activation_maximization

from common import run_alone
from maximization_answers import increasing, likeness, looks, short, tables
from maximization_recipes import prices
from maximization_written import study_written
from nets import facts, judge, kept_for, net_of, proof

KINDS = {"free": {}, "smooth": {"tv": 100.0}}  # cost: the logit, minus 100 times the roughness
STEP, SMALL, LARGE = 0.1, 0.01, 1.0
ITERATIONS = 400


def study(s, report):
    report.section("Activation maximization")
    if s.as_written:
        return study_written(s, report)
    kinds = {kind: maximized(s, kind, **options) for kind, options in KINDS.items()}
    small, large = (maximized(s, f"step-{step:g}", step) for step in (SMALL, LARGE))
    steps = {SMALL: small, STEP: kinds["free"], LARGE: large}
    alike = {kind: likeness(s, f) for kind, f in kinds.items()}
    for kind, f in kinds.items():
        pictures(report, kind.capitalize(), f)
    tables(report, kinds, alike, steps)
    report.question("Do the images look like digits? Which one, and why?", looks(kinds, alike))
    report.question("Is the cost increasing?", increasing(steps))
    proof(report, *kinds.values(), *steps.values())
    return kinds | {"steps": steps, "likeness": alike, "prices": prices(s, kinds["free"]),
                    "short": short(kinds)}


def maximized(s, name, step=STEP, **options):
    """Ten images from noise around 128/255, pixels in [0, 1]; what the net and the second see."""
    model, second = net_of(s), judge(s)

    def compute():
        result = activation_maximization(model, range(10), step=step, every=5,
                                         iterations=ITERATIONS, **options)
        seen = result.seen_by(second)
        return facts(result) | {"seen": seen.classes, "p_seen": seen.confidence}

    return kept_for(s, model, f"activation_maximization/{name}", compute)


def pictures(report, kind, f):
    captions = [f"{k}: {p:.4f}\nsecond net: {seen} ({p_seen:.2f})" for k, (p, seen, p_seen)
                in enumerate(zip(f["p_target"], f["seen"], f["p_seen"]))]
    report.figure(plot.draw_images(f["images"], captions, 5),
                  "Ten images that the net takes for the digits 0 to 9",
                  f"{kind}: {f['steps']} steps from noise around 128/255, pixels in [0, 1]. Below "
                  "each the net's confidence, and what a second net sees.")
    cost, p = ([plot.Curve(str(k), f[name][:, k], f["iteration"]) for k in range(10)]
               for name in ("cost", "p_way"))
    report.figure(plot.draw_curves([plot.Panel("Cost", cost, "step", "cost"),
                                    plot.Panel("Confidence", p, "step", "p(digit)")]),
                  "Ten curves of the cost, and ten of the confidence, over the steps",
                  f"{kind}: the way of each digit.")


if __name__ == "__main__":
    run_alone(__doc__, study)
