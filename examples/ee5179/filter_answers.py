"""Do the filters show patterns? Words for it, whatever the numbers are."""
from filter_parts import PARTS


def answer(shares, chance, alike):
    """What is unusual in each layer, and whether conv2 repeats conv1."""
    odd = {name: " and ".join(unusual(shares[name], chance[name])) for name in ("conv1", "conv2")}
    said = [f"{name} has {parts or 'no part in an unusual share'}" for name, parts in odd.items()]
    more = alike["conv2"] - alike["untrained"]
    repeats = ("hardly more or less than" if abs(more) < 0.02 else
               "more than" if more > 0 else "less than")
    return ("Edges in several directions, lines and spots can be picked out in conv1. But nine "
            "weights always look like something, so they are counted, beside random weights: "
            f"{'; '.join(said)}.\n\nconv1's filters lie on the image itself and can be read as "
            "what they look for. Those of conv2 lie on 32 maps each, so that a single one says "
            f"little. They resemble a filter of conv1 with a cosine of {alike['conv2']:.2f}, "
            f"{repeats} random weights do ({alike['untrained']:.2f}).")


def unusual(shares, chance):
    """The parts whose share random weights do not have, in words."""
    return [f"{'more' if share > high else 'less'} {part} ({100 * share:.0f} %)"
            for part, share, (low, high) in zip(PARTS, shares, chance) if not low <= share <= high]
