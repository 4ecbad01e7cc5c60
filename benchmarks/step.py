"""One training step of the MNIST net and of the CIFAR net: ours against PyTorch, two threads each.

Three arms take turns in one process: ours, PyTorch as it comes, PyTorch channels_last. With
``--tuned`` the same once more in a second process whose allocator keeps its memory
(GLIBC_TUNABLES=glibc.malloc.hugetlb=1), which is where PyTorch is fastest.

    python benchmarks/step.py [--net mnist mnist_bn cifar] [--batch 64 128 512] [--tuned]
"""
import argparse
import os
import subprocess
import sys

import numpy as np
import torch
from timing import compare, machine, table, verify

import minitorch_cnn as mt

THREADS = 2


def mnist(nn, batch_norm=False):
    """The assignment's net; ``nn`` is torch.nn or minitorch_cnn.nn."""
    def norm(layer):
        return [layer] if batch_norm else []
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), *norm(nn.BatchNorm2d(32)), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, padding=1), *norm(nn.BatchNorm2d(32)), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1568, 500), *norm(nn.BatchNorm1d(500)), nn.ReLU(),
        nn.Linear(500, 10))


def cifar(nn):
    """conv 64 @ 11x11, conv 128, conv 128, average over the map, softmax over 10."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, padding=5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3, padding=1), nn.ReLU(), nn.Conv2d(128, 128, 3, padding=1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


NETS = {"mnist": (mnist, (1, 28, 28)), "mnist_bn": (lambda nn: mnist(nn, True), (1, 28, 28)),
        "cifar": (cifar, (3, 32, 32))}


def arms(name, batch):
    """The three arms, from the same weights and data; checked to make the same first step."""
    make, shape = NETS[name]
    rng = np.random.default_rng(0)
    images = rng.random((batch, *shape), dtype=np.float32)
    labels = rng.integers(0, 10, batch)
    mt.manual_seed(0)
    ours = make(mt.nn)
    steps = {"ours": step(mt, ours, mt.from_numpy(images), mt.from_numpy(labels))}
    for arm, layout in (("torch", torch.contiguous_format), ("channels_last", torch.channels_last)):
        theirs = make(torch.nn)
        theirs.load_state_dict(to_torch(ours.state_dict()))
        data = torch.from_numpy(images).to(memory_format=layout)
        steps[arm] = step(torch, theirs.to(memory_format=layout), data, torch.from_numpy(labels))
    for i in range(2):
        losses = {arm: run() for arm, run in steps.items()}
        verify(f"{name}, loss {i}", losses["ours"], losses["torch"], 1e-4)
    return steps


def to_torch(state):
    """A state dict of ours with torch's tensors."""
    return {name: torch.from_numpy(value.data.copy()) for name, value in state.items()}


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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--net", nargs="+", default=list(NETS), choices=list(NETS))
    parser.add_argument("--batch", nargs="+", type=int, default=[64, 128, 512])
    parser.add_argument("--tuned", action="store_true")
    args = parser.parse_args()
    mt.set_num_threads(THREADS)
    torch.set_num_threads(THREADS)
    print(machine(), flush=True)
    rows = []
    for name in args.net:
        for batch in args.batch if name != "cifar" else [128]:
            seconds, quiet = compare(arms(name, batch))
            ms = {arm: 1e3 * value for arm, value in seconds.items()}
            rows.append((name, batch, *[f"{ms[arm]:.2f}" for arm in ms],
                         f"{ms['ours'] / ms['torch']:.2f}",
                         f"{ms['ours'] / ms['channels_last']:.2f}", f"{quiet:.0%}"))
    print(table(("net", "batch", "ours ms", "torch ms", "channels_last ms", "ours / torch",
                 "ours / channels_last", "quiet turns"), rows), flush=True)
    if args.tuned:
        environment = os.environ | {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
        command = [sys.executable, __file__, "--net", *args.net, "--batch", *map(str, args.batch)]
        subprocess.run(command, env=environment, check=True)


if __name__ == "__main__":
    main()
