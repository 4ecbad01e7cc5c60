"""The filters of both convolutions: do they show patterns?

You will see the 32 filters of conv1, and those of conv2 for three of its 32 input channels, each on
a shared grey scale and on one of its own; and what they consist of, beside what random weights do.
Takes seconds once the net is trained.
"""
import minitorch_cnn as mt
from minitorch_cnn import plot
from minitorch_cnn.interpret import filters
from minitorch_cnn.models import MnistCNN
from minitorch_cnn.report import Price

from common import run_alone
from filter_answers import answer
from filter_parts import PARTS, by_chance, by_energy, likeness, shares_of
from nets import net_of


def study(s, report):
    model = net_of(s)
    conv1 = filters(model, "conv1", channels=0, scale=None)  # (32, 3, 3)
    conv2 = filters(model, "conv2", scale=None)              # (32, 32, 3, 3)
    chosen = [0] if s.as_written else by_energy(conv2)
    report.section("Filters")
    pictures(report, conv1, conv2, chosen)
    mt.manual_seed(0)
    layers = {"conv1": conv1, "conv2": conv2.reshape(-1, 3, 3),
              "untrained": filters(MnistCNN(), "conv2", scale=None).reshape(-1, 3, 3)}
    shares = {name: shares_of(w) for name, w in layers.items()}
    chance = {name: by_chance(len(w)) for name, w in layers.items()}
    alike = {name: likeness(w, conv1) for name, w in layers.items() if name != "conv1"}
    table(report, layers, shares, chance, alike)
    report.question("Do the filters show interesting patterns?", answer(shares, chance, alike))
    return {"shares": shares, "chance": chance, "likeness": alike, "channels": chosen,
            "prices": [] if s.as_written else [price(conv2, chosen)]}


def pictures(report, conv1, conv2, chosen):
    which = "input channel 0 only, a 32nd of them" if len(chosen) == 1 else (
        "of the input channels with the most, the median and the least energy")
    for scale, words in (("shared", "one grey scale for all, to compare their strengths"),
                         ("private", "each on its own scale, to see the weak ones")):
        report.figure(plot.draw_filters(conv1, 8, scale, size=0.6),
                      "32 grey 3x3 filters in 8 columns", f"The filters of conv1, {words}.")
        groups = {f"input channel {c}": conv2[:, c] for c in chosen}
        report.figure(plot.draw_heat_maps(groups, None, 8, scale, "gray", "weight", size=0.4),
                      "32 grey 3x3 filters in 8 columns for each input channel shown",
                      f"The filters of conv2, {which}; {words}.")


def table(report, layers, shares, chance, alike):
    rows = [(name, len(w), float(abs(w).mean()),
             *(f"{100 * p:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
               for p, (low, high) in zip(shares[name], chance[name])), alike.get(name))
            for name, w in layers.items()]
    report.table(("layer", "filters", "mean |weight|", *(f"{part} in %" for part in PARTS),
                  "likeness to conv1"), rows,
                 "Shares in the energy of the 3x3 filters, and in brackets where 95 % of random "
                 "weights lie. Likeness: the largest cosine with a filter of conv1, on average.",
                 digits=3)


def price(conv2, chosen):
    """What it costs to index the filters of conv2 without their input channels."""
    energy = (conv2 ** 2).sum((0, 2, 3)) / (conv2 ** 2).sum()  # of each input channel
    share = [100 * float(energy[some].sum()) for some in ([0], chosen)]
    return Price("notebook2023: filters by child index, input channel 0 only", *share, digits=1,
                 quantity=f"share of conv2's energy in the filters shown, in %: 1 or {len(chosen)} "
                 "of 32 channels")


if __name__ == "__main__":
    run_alone(__doc__, study)
