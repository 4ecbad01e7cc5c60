"""The MNIST net's training step in tinygrad, for ``peers.py``: with its TinyJit."""
import sys
from importlib.metadata import version

import numpy as np
from rivals import serve
from tinygrad import Tensor, TinyJit, nn

LAYERS = "0", "3", "7", "9"


class Net:
    """The same layers."""

    def __init__(self, problem):
        self.layers = [nn.Conv2d(1, 32, 3, padding=1), nn.Conv2d(32, 32, 3, padding=1),
                       nn.Linear(1568, 500), nn.Linear(500, 10)]
        for name, layer in zip(LAYERS, self.layers):
            layer.weight = Tensor(problem[f"{name}_weight"], requires_grad=True)
            layer.bias = Tensor(problem[f"{name}_bias"], requires_grad=True)

    def __call__(self, x):
        """Logits."""
        conv1, conv2, linear1, linear2 = self.layers
        x = conv1(x).relu().max_pool2d()
        x = conv2(x).relu().max_pool2d().flatten(1)
        return linear2(linear1(x).relu())


def main():
    problem = np.load(sys.argv[1])
    net = Net(problem)
    x, y = Tensor(problem["images"]), Tensor(problem["labels"].astype(np.int32))
    optimizer = nn.optim.SGD(nn.state.get_parameters(net), lr=0.01)

    @TinyJit
    @Tensor.train()
    def step():
        optimizer.zero_grad()
        loss = net(x).sparse_categorical_crossentropy(y).backward()
        optimizer.step()
        return loss.realize()
    serve({"tinygrad": lambda: step().item()}, version=version("tinygrad"))


if __name__ == "__main__":
    main()
