"""What the tape, the checks and the way to the kernel cost: ops on next to no data, and small nets.

First, chains of ten equal ops on arrays so small that their arithmetic does not count: microseconds
an op, forward (recorded) and backward. Then whole nets on few images, where this cost is most of
the time: forward without a tape, and a training step.

    python benchmarks/overhead.py [--ops] [--nets]
"""
import argparse

import numpy as np
import torch
from timing import compare, machine, table, verify

import minitorch_cnn as mt

from nets import to_torch

THREADS = 2
LENGTH = 10     # ops in a chain
ROUNDS = 7
SECONDS = 2     # a row, where the machine is quiet


def chains(nn, tensor):
    """{name: (function from a tensor to one of its shape, the first tensor's shape)}."""
    F = nn.functional
    w, b, k = tensor((8, 8)), tensor((8,)), tensor((4, 4, 3, 3))
    return {
        "x * 2": (lambda x: x * 2, (4, 8)),
        "x + b": (lambda x: x + b, (4, 8)),
        "relu": (F.relu, (4, 8)),
        "reshape": (lambda x: x.reshape(4, 8), (4, 8)),
        "linear": (lambda x: F.linear(x, w, b), (4, 8)),
        "softmax": (lambda x: F.softmax(x, 1), (4, 8)),
        "conv2d": (lambda x: F.conv2d(x, k, padding=1), (1, 4, 5, 5)),
        "max_pool2d": (lambda x: F.max_pool2d(x, 3, 1, 1), (1, 4, 5, 5)),
    }


def runs(op, x):
    """(forward, forward and backward) of a chain of this op, as functions without arguments."""
    def forward():
        y = x
        for _ in range(LENGTH):
            y = op(y)
        return y

    def both():
        x.grad = None
        y = forward()
        y.backward(x)
        return x.grad
    return forward, both


def numbers(shape):
    """The same numbers for both sides."""
    return np.random.default_rng(len(shape)).normal(0, 0.3, shape).astype(np.float32)


def measure_ops():
    """Rows of microseconds an op."""
    ours = chains(mt.nn, lambda shape: mt.from_numpy(numbers(shape)))
    theirs = chains(torch.nn, lambda shape: torch.from_numpy(numbers(shape)))
    rows = []
    for name, (op, shape) in ours.items():
        x = mt.from_numpy(numbers(shape)).requires_grad_()
        t = torch.from_numpy(numbers(shape)).requires_grad_()
        arms = dict(zip(("ours forward", "ours both"), runs(op, x)))
        arms.update(zip(("torch forward", "torch both"), runs(theirs[name][0], t)))
        verify(name, arms["ours both"]().data, arms["torch both"]().numpy(), 1e-4)
        seconds, quiet = compare(arms, ROUNDS, SECONDS)
        us = {arm: 1e6 * value / LENGTH for arm, value in seconds.items()}
        backward = {side: us[f"{side} both"] - us[f"{side} forward"] for side in ("ours", "torch")}
        rows.append((name, f"{us['ours forward']:.1f}", f"{us['torch forward']:.1f}",
                     f"{backward['ours']:.1f}", f"{backward['torch']:.1f}",
                     f"{us['ours both'] / us['torch both']:.2f}", f"{quiet:.0%}"))
    return rows


def perceptron(nn):
    """784 - 128 - 64 - 10."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64),
                         nn.ReLU(), nn.Linear(64, 10))


def small(nn):
    """Two convolutions of 8 and 16 channels."""
    return nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3),
                         nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 10))


def measure_nets():
    """Rows of microseconds: forward alone, and a step of SGD."""
    rows = []
    for make in (perceptron, small):
        for batch in (1, 8, 32):
            arms = net_arms(make, batch)
            seconds, quiet = compare(arms, ROUNDS, SECONDS)
            us = {arm: 1e6 * value for arm, value in seconds.items()}
            ratios = [us[f"ours {what}"] / us[f"torch {what}"] for what in ("forward", "step")]
            rows.append((make.__name__, batch, *[f"{value:.0f}" for value in us.values()],
                         *[f"{ratio:.2f}" for ratio in ratios], f"{quiet:.0%}"))
    return rows


def net_arms(make, batch):
    """Forward and step of both sides, from the same weights and data."""
    rng = np.random.default_rng(0)
    images, labels = rng.random((batch, 1, 28, 28), np.float32), rng.integers(0, 10, batch)
    mt.manual_seed(0)
    ours, theirs = make(mt.nn), make(torch.nn)
    theirs.load_state_dict(to_torch(ours.state_dict()))
    arms = {"ours forward": no_tape(mt, ours, mt.from_numpy(images)),
            "torch forward": no_tape(torch, theirs, torch.from_numpy(images)),
            "ours step": step(mt, ours, mt.from_numpy(images), mt.from_numpy(labels)),
            "torch step": step(torch, theirs, torch.from_numpy(images), torch.from_numpy(labels))}
    verify(make.__name__, arms["ours forward"]().data, arms["torch forward"]().numpy(), 1e-4)
    for i in range(3):
        verify(f"{make.__name__}, loss {i}", arms["ours step"](), arms["torch step"](), 1e-4)
    return arms


def step(library, model, images, labels):
    """A function that makes one step of SGD and returns the loss."""
    optimizer = library.optim.SGD(model.parameters(), lr=0.01)

    def run():
        loss = library.nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()
    return run


def no_tape(library, model, images):
    """A function from nothing to the scores."""
    def run():
        with library.no_grad():
            return model(images)
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ops", action="store_true", help="the chains of ops alone")
    parser.add_argument("--nets", action="store_true", help="the nets alone")
    options = parser.parse_args()
    mt.set_num_threads(THREADS)
    torch.set_num_threads(THREADS)
    print(machine())
    if options.ops or not options.nets:
        print(table(("op, us", "forward", "torch", "backward", "torch", "ours / torch",
                     "quiet turns"), measure_ops()))
    if options.nets or not options.ops:
        print(table(("net, us", "batch", "forward", "torch", "step", "torch", "forward ratio",
                     "step ratio", "quiet turns"), measure_nets()))


if __name__ == "__main__":
    main()
