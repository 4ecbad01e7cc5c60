"""The MNIST net's training step in DeZero, for ``peers.py``."""
import sys
from importlib.metadata import version

import dezero.functions as F
import dezero.layers as L
import numpy as np
from dezero import Model, Parameter, optimizers
from rivals import serve

LAYERS = "0", "3", "7", "9"


class Net(Model):
    """The same layers; DeZero's linear layer keeps its weights transposed."""

    def __init__(self, problem):
        super().__init__()
        self.conv1, self.conv2 = L.Conv2d(32, 3, pad=1), L.Conv2d(32, 3, pad=1)
        self.linear1, self.linear2 = L.Linear(500), L.Linear(10)
        for name, layer in zip(LAYERS, (self.conv1, self.conv2, self.linear1, self.linear2)):
            w = problem[f"{name}_weight"]
            layer.W = Parameter(w if w.ndim == 4 else np.ascontiguousarray(w.T), name="W")
            layer.b = Parameter(problem[f"{name}_bias"], name="b")

    def forward(self, x):
        """Logits."""
        x = F.pooling(F.relu(self.conv1(x)), 2, 2)
        x = F.flatten(F.pooling(F.relu(self.conv2(x)), 2, 2))
        return self.linear2(F.relu(self.linear1(x)))


def main():
    problem = np.load(sys.argv[1])
    net = Net(problem)
    optimizer = optimizers.SGD(lr=0.01).setup(net)
    x, y = problem["images"], problem["labels"]

    def step():
        loss = F.softmax_cross_entropy(net(x), y)
        net.cleargrads()
        loss.backward()
        optimizer.update()
        return float(loss.data)
    serve({"dezero": step}, version=version("dezero"))


if __name__ == "__main__":
    main()
