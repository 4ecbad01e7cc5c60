"""What the guide concludes, each conclusion as two settings that differ in one thing alone."""
from dataclasses import dataclass, replace

from minitorch_cnn.models import GUIDE_NETS


@dataclass(frozen=True)
class Claim:
    """``better`` is better than ``worse``: (name, Plan) each.

    ``gap``: better is what is less ahead on training images. ``rates``: what loses less when the
    learning rate is a tenth or ten times of what it should be.
    """

    text: str
    better: tuple
    worse: tuple
    gap: bool = False
    rates: bool = False


def net(name, **changed):
    """(name, plan) of a net of the guide, or of one that differs in one thing."""
    what = "".join(f", {'none' if value == '-' else value}" for value in changed.values())
    return name.split(" with")[0] + what, replace(GUIDE_NETS[name], **changed)


def pairs(text, names, column, better, worse, **kind):
    """The same claim about several nets; they differ in one column of the table."""
    return [Claim(text, net(name, **{column: better}), net(name, **{column: worse}), **kind)
            for name in names]


CLAIMS = [
    *pairs("Adam is better than SGD", ("1", "8.1", "10.1", "11.1", "12.1", "13.1"),
           "optimizer", "Adam", "SGD"),
    *pairs("Adam is more robust than SGD", ("1", "10.1", "11.1"), "optimizer", "Adam", "SGD",
           rates=True),
    *pairs("Adadelta is better than SGD", ("7", "13.1"), "optimizer", "Adadelta", "SGD"),
    *pairs("Mish is better than ReLU", ("3", "6", "7"), "after_hidden", "bn mish", "bn relu"),
    *pairs("ReLU is better than sigmoid", ("3", "6"), "after_hidden", "bn relu", "bn sigmoid"),
    *pairs("BN is better than none", ("5", "6"), "after_hidden", "bn relu", "relu"),
    *pairs("BN reduces overfitting", ("5", "6"), "after_hidden", "bn relu", "relu", gap=True),
    *pairs("dropout is better than none", ("8.1", "6"), "once", "drop", "-"),
    *pairs("dropout reduces overfitting", ("8.1", "6"), "once", "drop", "-", gap=True),
    *pairs("five convolutions are better than two", ("11.1",), "convolutions",
           GUIDE_NETS["11.1 with five convolutions"].convolutions, "16k8p2-32k6p2"),
    *pairs("more channels are better", ("10.1",), "convolutions", "32-64", "8-16"),
    *pairs("larger filters are better", ("11.1",), "convolutions", "16k8p2-32k6p2", "16-32"),
]
