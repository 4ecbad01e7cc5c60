"""What batch norm changes, in words, whatever the numbers are."""
import numpy as np

PAIRS = (("SGD", "SGD+BN"), ("Adam", "Adam+BN"))
SLOWER = 1.05  # times; less is the machine's unrest


def changed(found, name, with_bn):
    """By how much the accuracy changes, and whether that is more than chance."""
    a, b = (found[each] for each in (name, with_bn))
    gain = b["accuracy"] - a["accuracy"]
    chance = np.hypot(*(f["interval"][1] - f["accuracy"] for f in (a, b)))
    sure = ("which other seeds and images can do as well" if abs(gain) <= chance else
            "more than other seeds and images can do")
    return (f"{name} {'gains' if gain > 0 else 'loses'} {abs(gain):.2f} points with it "
            f"({a['accuracy']:.2f} to {b['accuracy']:.2f} %), {sure} (± {chance:.2f})")


def answer_accuracy(found):
    gain = [found[w]["accuracy"] - found[n]["accuracy"] for n, w in PAIRS]
    why = (" Normalized activations keep the gradients large, so the same small learning rate goes "
           "further; Adam scales its steps itself and has less to gain." if gain[0] > gain[1] else
           "")
    return "; ".join(changed(found, *pair) for pair in PAIRS) + "." + why


def answer_time(found):
    times = {with_bn: found[with_bn]["seconds"] / found[name]["seconds"] for name, with_bn in PAIRS}
    slower = all(each > SLOWER for each in times.values())
    return ("Yes: " if slower else "Not clearly: ") + "; ".join(
        f"an epoch with {name} takes {each:.2f} times as long as without batch norm"
        for name, each in times.items()) + (
        ". Mean and variance are one more pass over every map, normalizing another, and backward "
        "needs both again." if slower else ".")
