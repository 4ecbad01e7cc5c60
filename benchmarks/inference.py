"""ImageNet nets forward in eval mode, images of 224 x 224: ours against torchvision's.

Both have the same random weights, and random statistics in their batch norms.

    python benchmarks/inference.py [--net resnet18 vgg16 ...] [--batch 1 8]
"""
import argparse
from contextlib import suppress

import numpy as np
import torch
from contest import LAYOUTS, THREADS, threads
from peak import fma_peak
from timing import compare, machine, ratios, table, verify

import minitorch_cnn as mt
from minitorch_cnn import kernels, models

from nets import flops, to_torch

NETS = ("resnet18", "resnet50", "mobilenet_v2", "vgg16")
SIZE = 224
TOLERANCE = 1e-4


def our_net(name):
    """A net with random weights and random statistics in its batch norms."""
    with mt.nn.init.skipped():
        net = getattr(models, name)().eval()
    rng = np.random.default_rng(0)
    some = rng.standard_normal(1 << 20, dtype=np.float32)
    for key, value in net.state_dict().items():
        if key.endswith("running_mean"):
            value.data[...] = rng.normal(0, 0.1, value.shape)
        elif key.endswith("running_var"):
            value.data[...] = rng.uniform(0.7, 1.4, value.shape)
        elif value.ndim > 1:    # the same million numbers again and again, of the usual size
            value.data[...] = np.resize(some, value.shape) * (2 / value.data[0].size) ** 0.5
    return net


def torchvisions():
    """torchvision.models; a CPU build of torch lacks ops that it registers fakes for."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        with suppress(RuntimeError):  # they are there
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision.models
    return torchvision.models


def their_net(name, make, state):
    """torchvision's, with our weights."""
    with torch.device("meta"):
        net = getattr(make, name)()
    net.load_state_dict(to_torch(state), assign=True)
    return net.eval()


def ours(net, images):
    """Eager and compiled."""
    x, compiled = mt.from_numpy(images), mt.compile(net)

    def run(model):
        with mt.no_grad():
            return model(x).numpy()
    return {"eager": lambda: run(net), "compiled": lambda: run(compiled)}


def theirs(nets, images):
    """PyTorch in both layouts."""
    arms = {}
    for arm, layout in LAYOUTS.items():
        x = torch.from_numpy(images).contiguous(memory_format=layout)

        def run(net=nets[arm], x=x):
            with torch.no_grad():
                return net(x).numpy()
        arms[arm] = run
    return arms


def row(name, batch, net, nets, peak):
    """A line of the table: ratios first, then milliseconds, then shares of the peak."""
    images = np.random.default_rng(1).standard_normal((batch, 3, SIZE, SIZE)).astype(np.float32)
    mine, arms = ours(net, images), theirs(nets, images)
    right = arms["torch"]()
    for _ in range(4):      # a compiled net is replayed from the third call on
        for arm, run in mine.items():
            verify(f"{name}, batch {batch}, {arm}", run(), right, TOLERANCE)
    seconds, quiet = compare(mine | arms, 9, 8.0)
    columns = {"net, batch": f"{name}, {batch}"} | ratios(seconds, mine, arms)
    work, _ = flops(nets["torch"], torch.from_numpy(images[:1]))
    nets["torch"].eval()
    columns["compiled: of the peak"] = f"{batch * work / seconds['compiled'] / peak:.0%}"
    return columns | {"quiet": f"{quiet:.0%}"}


def rows(name, batches, make, peak):
    """The lines of a net."""
    net = our_net(name)
    nets = {arm: their_net(name, make, net.state_dict()).to(memory_format=layout)
            for arm, layout in LAYOUTS.items()}
    return [row(name, batch, net, nets, peak) for batch in batches]


def main():
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--net", nargs="+", default=NETS)
    parser.add_argument("--batch", nargs="+", type=int, default=[1, 8])
    args = parser.parse_args()
    threads()
    make = torchvisions()
    peak = fma_peak(THREADS)
    print(machine())
    print(f"{kernels.describe()}; peak {peak / 1e9:.0f} GFLOP/s\n", flush=True)
    found = [one for name in args.net for one in rows(name, args.batch, make, peak)]
    print(table(list(found[0]), [list(one.values()) for one in found]))


if __name__ == "__main__":
    main()
