"""Image pull: an image that looks like one digit and is taken for another.

You will see noise that climbs a digit's logit while it is pulled towards an image, for all 90 pairs
on one sheet; how often the net is fooled, how far the result stays from the image, and what a
second net, trained independently, takes it for. Half a minute; as written, with 5,000 steps of 90
pairs, two minutes.
"""
from minitorch_cnn import plot
from minitorch_cnn.attacks import every_pair, image_pull

from common import run_alone, test_images
from nets import facts, here, judge, kept_for, net_of, proof
from pull_answers import answer, best_beta, short, table
from pull_recipes import prices
from pull_written import study_written

LOOKS, TARGETS = every_pair()
BETAS = {"logit": (300, 1000, 1800, 3200), "log_probability": (10, 30, 100, 300)}
STEPS = 80


def study(s, report):
    report.section("Targeted, with a pull towards an image")
    if s.as_written:
        return study_written(s, report)
    some, steps = slice(None, None, 9 if s.quick else 4), STEPS if s.quick else 2 * STEPS
    sweep = {cost: {beta: pulled(s, cost, beta, STEPS, some) for beta in betas}
             for cost, betas in BETAS.items()}
    table(report, sweep, f"{len(LOOKS[some])} of the 90 pairs, {STEPS} steps")
    chosen = {cost: best_beta(betas, sweep[cost]) for cost, betas in BETAS.items()}
    found = {cost: pulled(s, cost, beta, steps) for cost, beta in chosen.items()}
    for cost, f in found.items():
        sheet(s, report, cost, chosen[cost], f)
    table(report, {cost: {chosen[cost]: f} for cost, f in found.items()},
          f"All 90 pairs, {steps} steps")
    report.question("Is the net fooled, and what do the images look like?", answer(found, sweep))
    proof(report, *found.values())
    return found | {"beta": chosen, "prices": prices(s, found["logit"]), "short": short(found)}


def pulled(s, cost, beta, steps, pairs=slice(None)):
    """Pairs pulled from noise around 128/255; all pixels, and the pull, in [0, 1]."""
    model, second = net_of(s), judge(s)
    looks, targets = LOOKS[pairs], TARGETS[pairs]

    def compute():
        result = image_pull(model, here(s, test_images(s, looks)), targets, beta, objective=cost,
                            momentum=0.9, iterations=steps)
        return facts(result) | {"mse": result.mse, "rounded": result.success_after_rounding,
                                "seen": result.seen_by(second).classes, "looks": looks}

    return kept_for(s, model, f"image_pull/{cost}-{beta}-{len(looks)}", compute)


def sheet(s, report, cost, beta, f):
    originals = dict(enumerate(test_images(s, range(10))))
    report.figure(plot.draw_pairs(f["images"], f["looks"], f["targets"], f["rounded"],
                                  f["p_target"], originals=originals, size=0.62),
                  "A sheet of 90 digits, a row for each that they look like",
                  f"Cost: {cost.replace('_', ' ')} minus {beta} MSE. Rows look like a digit, "
                  "columns are taken for one; below each the target and its probability, a cross "
                  "where the net says something else.")


if __name__ == "__main__":
    run_alone(__doc__, study)
