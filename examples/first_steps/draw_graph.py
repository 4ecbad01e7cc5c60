"""Draw the graph that the tape recorded for a small net.

Every op that ran is a box with the shape of its result; parameters and other leaves are blue.
Forward runs along the arrows, ``backward()`` against them. You will find the picture and the same
graph as Graphviz text in runs/first_steps/. Takes two seconds.
"""
import argparse
from pathlib import Path

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.inspect import to_dot, trace_graph
from minitorch_cnn.plot import draw_graph


class SmallNet(nn.Module):
    """conv - ReLU - pool, a shortcut around a second convolution, linear."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8 * 14 * 14, 10)

    def forward(self, x):
        h = nn.functional.max_pool2d(nn.functional.relu(self.conv1(x)), 2)
        h = nn.functional.relu(h + self.bn(self.conv2(h)))
        return self.fc(h.flatten(1))


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/first_steps"))
    out = parser.parse_args(arguments).out

    mt.manual_seed(0)
    model = SmallNet()
    x = mt.rand(4, 1, 28, 28, requires_grad=True)
    loss = nn.functional.cross_entropy(model(x), [3, 1, 4, 1])

    nodes = trace_graph(loss, [("image", x), *model.named_parameters()])
    for node in nodes:
        if not node.is_leaf:
            print(f"{node.label:14} {node.shape}")
    picture = draw_graph(nodes, out / "graph.png", title="What the tape recorded")
    (out / "graph.dot").write_text(to_dot(nodes), encoding="utf-8")
    print(f"\npicture: {picture}   Graphviz: {out / 'graph.dot'}")
    return nodes


if __name__ == "__main__":
    main()
