"""The nets of "A beginner's introduction to Neural Networks: four case studies on MNIST" (2020).

The table holds all there is to know about the 19 of its first chapter:

convolutions  channels, with kernel 5 and padding 2; 16k8p2 has kernel 8 and padding 2
after each    the layers that follow each of them (pools follow the first two at most)
hidden        outputs of the linear layers before the last one, which has 10
after each    the layers that follow each of them
once          the layers between the convolutions and the linear layers; without convolutions, those
              after the first hidden layer
optimizer     what it is trained with

Images are normalized, (x - 0.1307) / 0.3081.
"""
import re
from collections import Counter, OrderedDict
from dataclasses import astuple, dataclass, replace

from .. import nn

TABLE = """
net   convolutions   after each      hidden           after each  once  optimizer
1     -              -               512-512          relu        -     SGD
2     -              -               512-512          bn relu     -     Adam
3     -              -               512-256-128-128  bn sigmoid  -     SGD
4     -              -               512-512-512-512  bn relu     drop  SGD
5     -              -               512-512-512-512  relu        -     Adam
6     -              -               512-256-256-256  bn relu     drop  Adam
7     -              -               512-256-256-256  bn mish     drop  Adadelta
8.1   32-64          relu max        1000             relu        drop  Adam
8.2   32-64          relu max        1000             relu        drop  SGD
9.1   64-256         relu avg        5000-1000        relu        -     Adam
9.2   64-256         relu avg        5000-1000        relu        -     SGD
10.1  8-16           relu avg        500-250          bn relu     -     Adam
10.2  8-16           relu avg        500-250          bn relu     -     SGD
11.1  16k8p2-32k6p2  bn relu avg     512-512          bn relu     -     Adam
11.2  16k8p2-32k6p2  bn relu avg     512-512          bn relu     -     SGD
12.1  16             bn relu         1024-512         bn relu     -     Adam
12.2  16             bn relu         1024-512         bn relu     -     SGD
13.1  16-32          bn avg mish bn  512              bn mish     -     Adadelta
13.2  16-32          bn avg mish bn  512              bn mish     -     SGD
"""

PLAIN = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "mish": nn.Mish, "drop": nn.Dropout}
POOLS = {"max": nn.MaxPool2d, "avg": nn.AvgPool2d}


@dataclass(frozen=True)
class Plan:
    """One line of the table, each column as it is written there; ``replace`` makes variants."""

    convolutions: str
    after_convolution: str
    hidden: str
    after_hidden: str
    once: str
    optimizer: str


def read_table(text):
    """The lines of a table like the one above, the first one left out, as {name: Plan}."""
    rows = [re.split(r" {2,}", line) for line in text.strip().splitlines()[1:]]
    return {name: Plan(*columns) for name, *columns in rows}


GUIDE_NETS = read_table(TABLE)
GUIDE_NETS |= {
    "8.1 without dropout": replace(GUIDE_NETS["8.1"], once="-"),
    "11.1 with five convolutions": replace(
        GUIDE_NETS["11.1"], convolutions="16k8p2-32k6p2-32k3p1-32k3p1-32k3p1"),
    "augmentation 1": GUIDE_NETS["4"],
    "augmentation 2": replace(GUIDE_NETS["10.1"], once="bn drop"),
}


class GuideNet(nn.Sequential):
    """A net of the guide: its layers one after the other, named conv1, bn1, relu1 ... fc1 ...

    Parameters
    ----------
    plan : str or Plan
        A name such as "8.1" (``GUIDE_NETS`` has all), or a line of the table of your own.

    Attributes
    ----------
    plan : Plan

    Shape: images (N, 1, 28, 28), normalized -> logits (N, 10).

    Raises
    ------
    ValueError
        For an unknown name, a plan that cannot be read, or images of another shape.
    """

    def __init__(self, plan):
        if isinstance(plan, str) and plan not in GUIDE_NETS:
            raise ValueError(f"GuideNet: there is no net {plan!r}; there are "
                             f"{', '.join(GUIDE_NETS)}")
        plan = GUIDE_NETS[plan] if isinstance(plan, str) else plan
        super().__init__(OrderedDict(_Builder(plan).layers))
        self.plan = plan

    def forward(self, x):
        """Logits (N, 10) of images (N, 1, 28, 28)."""
        if tuple(x.shape[1:]) != (1, 28, 28):
            raise ValueError("GuideNet: images must have shape (N, 1, 28, 28), got "
                             f"{tuple(x.shape)}; a single image needs its N too: image[None]")
        return super().forward(x)


class _Builder:
    """Follows the shape of an image, (channels, side, side), through the layers of a plan."""

    def __init__(self, plan):
        self.layers, self.count = [], Counter()
        self.channels, self.side = 1, 28
        convolutions, after_convolution, hidden, after_hidden, once, _ = map(_parts, astuple(plan))
        for i, text in enumerate(convolutions):
            self.convolution(text)
            self.follow([name for name in after_convolution if i < 2 or name not in POOLS])
        if convolutions:
            self.follow(once)
        self.layers.append(("flatten", nn.Flatten()))
        self.channels, self.side = self.channels * self.side ** 2, 0
        for i, width in enumerate(hidden):
            self.linear(width)
            self.follow(after_hidden)
            self.follow([] if i or convolutions else once)
        self.linear("10")

    def add(self, name, layer):
        self.count[name] += 1
        self.layers.append((f"{name}{self.count[name]}", layer))

    def convolution(self, text):
        found = re.fullmatch(r"(\d+)(?:k(\d+)p(\d+))?", text)
        if not found:
            raise ValueError(f'GuideNet: a convolution is written as in "32" or "16k8p2", not '
                             f"{text!r}")
        outputs, kernel, padding = map(int, found.groups() if found[2] else (text, 5, 2))
        self.add("conv", nn.Conv2d(self.channels, outputs, kernel, padding=padding))
        self.channels, self.side = outputs, self.side + 2 * padding - kernel + 1

    def linear(self, text):
        self.add("fc", nn.Linear(self.channels, int(text)))
        self.channels = int(text)

    def follow(self, names):
        """Add layers that stand for themselves."""
        for name in names:
            if name == "bn":
                norm = nn.BatchNorm2d if self.side else nn.BatchNorm1d
                self.add(name, norm(self.channels))
            elif name in POOLS:
                self.add("pool", POOLS[name](2))
                self.side //= 2
            elif name in PLAIN:
                self.add(name, PLAIN[name]())
            else:
                raise ValueError(f"GuideNet: there is no layer {name!r}; there are bn, "
                                 f"{', '.join([*POOLS, *PLAIN])}")


def _parts(text):
    """The parts of "512-256" or "bn relu"; "-" has none."""
    return [] if text == "-" else re.split(r"[ -]", text)
