"""The MNIST net's training step in PyDyNet, for ``peers.py``."""
import sys
from importlib.metadata import version

import numpy as np
import pydynet
from pydynet import nn, optim
from pydynet.nn import functional as F
from rivals import serve

LAYERS = "0", "3", "7", "9"


class Net(nn.Module):
    """The same layers; PyDyNet's linear layer keeps its weights transposed."""

    def __init__(self, problem):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1, dtype=np.float32)
        self.conv2 = nn.Conv2d(32, 32, 3, padding=1, dtype=np.float32)
        self.linear1 = nn.Linear(1568, 500, dtype=np.float32)
        self.linear2 = nn.Linear(500, 10, dtype=np.float32)
        for name, layer in zip(LAYERS, (self.conv1, self.conv2, self.linear1, self.linear2)):
            w = problem[f"{name}_weight"]
            layer.weight.data = w if w.ndim == 4 else np.ascontiguousarray(w.T)
            layer.bias.data = problem[f"{name}_bias"].reshape(layer.bias.shape)

    def forward(self, x):
        """Logits."""
        x = F.max_pool2d(F.relu(self.conv1(x)), 2, 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2, 2)
        return self.linear2(F.relu(self.linear1(x.reshape(x.shape[0], -1))))


def main():
    problem = np.load(sys.argv[1])
    net, loss_of = Net(problem), nn.CrossEntropyLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.01)
    x, y = pydynet.Tensor(problem["images"]), pydynet.Tensor(problem["labels"])

    def step():
        loss = loss_of(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.data)
    serve({"pydynet": step}, version=version("pydynet"))


if __name__ == "__main__":
    main()
