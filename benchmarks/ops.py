"""Ops one by one, forward and backward, through the tape: ours against PyTorch.

"best" is the faster of PyTorch's two memory layouts; ours gets channels-last memory, as it lies in
a net. Shares are of the measured multiply-add peak for products (with the operations of the
definition, so Winograd's may exceed it), else of the measured bandwidth of memory (what is read and
written at least; what comes from the cache may exceed it).

    python benchmarks/ops.py [part of a name ...]
"""
import sys

import numpy as np
import torch
from contest import THREADS, threads
from peak import bandwidth, fma_peak
from timing import compare, machine, table, verify

import minitorch_cnn as mt
from minitorch_cnn import kernels

from nets import mnist, to_torch


class Case:
    """One op.

    Parameters
    ----------
    name : str
    function : callable
        ``function(functional, x, *parameters)``.
    shapes : sequence
        Of x and the parameters.
    passes : tuple of float
        For ops bound by memory: how often forward and backward go over an array as large as x.
    """

    def __init__(self, name, function, *shapes, passes=None):
        self.name, self.function, self.passes = name, function, passes
        rng = np.random.default_rng(0)
        self.arrays = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]

    def work(self, y):
        """What forward and backward have to do, in operations or bytes."""
        x = self.arrays[0]
        if self.passes:
            return tuple(passes * x.nbytes for passes in self.passes)
        transposed = "transposed" in self.name
        once = 2 * (x.size if transposed else y.size) * self.arrays[1][0].size
        return once, 2 * once

    def arms(self, library, layout):
        """Functions that run forward and backward, and the result with all gradients."""
        inputs = [self._tensor(library, array, layout) for array in self.arrays]
        grad = library.autograd.grad
        y = self.function(library.nn.functional, *inputs)
        dy = np.random.default_rng(1).standard_normal(tuple(y.shape)).astype(np.float32)
        dy = self._tensor(library, dy, layout).detach()

        def forward():
            return self.function(library.nn.functional, *inputs)

        def backward():
            return grad(y, inputs, dy, retain_graph=True)
        return forward, backward, lambda: [t.detach().numpy() for t in (forward(), *backward())]

    @staticmethod
    def _tensor(library, array, layout):
        last = layout == "channels_last" and array.ndim == 4
        if last:
            array = np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
        return library.from_numpy(array).requires_grad_()

    def row(self, limits):
        """A line of the table."""
        ours = self.arms(mt, "channels_last")
        theirs = {name: self.arms(torch, name) for name in ("torch", "channels_last")}
        results = ours[2]()
        for a, b in zip(results, theirs["torch"][2]()):
            verify(self.name, a, b, 2e-4)
        arms = {"ours": ours} | theirs
        cells, shares = [], []
        for way, work in enumerate(self.work(results[0])):
            seconds, _ = compare({name: arm[way] for name, arm in arms.items()}, 7, 1.5)
            best = min(seconds["torch"], seconds["channels_last"])
            cells += [f"{1e3 * seconds['ours']:.3g}", f"{seconds['ours'] / seconds['torch']:.2f}",
                      f"{seconds['ours'] / best:.2f}"]
            shares.append(f"{work / seconds['ours'] / limits[bool(self.passes)]:.0%}")
        return [self.name, *cells, ", ".join(shares), which(lambda: (ours[0](), ours[1]()))]


def which(run):
    """The kernels that ran, and the first one's reasons; those in NumPy by name."""
    found = kernels.explain(run)
    slow = sorted({choice.kernel for choice in found if choice.language == "reference"})
    text = f"{found[0].kernel}: {found[0].why}" if found else "no kernel: NumPy expressions"
    return text + (f"; **in NumPy: {', '.join(slow)}**" if slow else "")


def conv(n, c, size, f, k, stride=1, padding=None, groups=1):
    padding = k // 2 if padding is None else padding
    kind = "" if groups == 1 else "depthwise " if groups == c else f"{groups} groups, "
    return Case(f"{kind}conv {k}x{k}, stride {stride}, {n}x{c}x{size}x{size} to {f}",
                lambda F, x, w, b: F.conv2d(x, w, b, stride, padding, 1, groups),
                (n, c, size, size), (f, c // groups, k, k), (f,))


def transposed(n, c, size, f, k, stride):
    return Case(f"transposed conv {k}x{k}, stride {stride}, {n}x{c}x{size}x{size} to {f}",
                lambda F, x, w, b: F.conv_transpose2d(x, w, b, stride, 1),
                (n, c, size, size), (c, f, k, k), (f,))


def batch_norm(training):
    def function(F, x, w, b):
        library = torch if F is torch.nn.functional else mt
        state = library.zeros(64), library.ones(64)
        return F.batch_norm(x, *state, w, b, training)
    name = "training" if training else "evaluation"
    return Case(f"batch norm, {name}", function, LARGE, (64,), (64,),
                passes=(3, 5) if training else (2, 3))


LARGE = (64, 64, 56, 56)    # 51 MB
CASES = [
    conv(128, 1, 28, 32, 3), conv(128, 32, 14, 32, 3), conv(32, 64, 28, 64, 3),
    conv(32, 128, 16, 128, 3), conv(32, 3, 32, 64, 11), conv(8, 3, 112, 64, 7, 2),
    conv(32, 64, 28, 128, 1), conv(32, 64, 28, 128, 1, 2), conv(32, 64, 28, 128, 3, 2),
    conv(32, 32, 28, 64, 5), conv(32, 10, 28, 17, 3), conv(32, 17, 28, 100, 5),
    conv(32, 64, 28, 64, 3, groups=64), conv(32, 64, 28, 64, 3, 2, groups=64),
    conv(32, 64, 28, 64, 3, groups=4), transposed(32, 64, 14, 32, 4, 2),
    Case("linear 128x1568 to 500", lambda F, x, w, b: F.linear(x, w, b), (128, 1568), (500, 1568),
         (500,)),
    Case("linear 64x100 to 10", lambda F, x, w, b: F.linear(x, w, b), (64, 100), (10, 100), (10,)),
    Case("max-pool 2", lambda F, x: F.max_pool2d(x, 2), LARGE, passes=(1.25, 1.25)),
    Case("max-pool 3, stride 2", lambda F, x: F.max_pool2d(x, 3, 2, 1), LARGE, passes=(1.25, 1.25)),
    Case("average pool 2", lambda F, x: F.avg_pool2d(x, 2), LARGE, passes=(1.25, 1.25)),
    Case("average over the map", lambda F, x: F.adaptive_avg_pool2d(x, 1), LARGE, passes=(1, 1)),
    batch_norm(True), batch_norm(False),
    Case("ReLU", lambda F, x: F.relu(x), LARGE, passes=(2, 3)),
    Case("ReLU6", lambda F, x: F.relu6(x), LARGE, passes=(2, 3)),
    Case("sigmoid", lambda F, x: F.sigmoid(x), LARGE, passes=(2, 3)),
    Case("x + x", lambda F, x: x + x, LARGE, passes=(2, 2)),
    Case("cross-entropy 4096x1000", lambda F, x: F.cross_entropy(x, labels(F)), (4096, 1000),
         passes=(1, 2))]
OPTIMIZERS = {"SGD": {}, "SGD with momentum": {"momentum": 0.9}, "RMSprop": {}, "Adam": {},
              "Adadelta": {}}
# arrays as large as the parameters that are read and written
TRAFFIC = {"SGD": 3, "SGD with momentum": 5, "RMSprop": 5, "Adam": 7, "Adadelta": 7}


def labels(F):
    library = torch if F is torch.nn.functional else mt
    return library.from_numpy(LABELS)


LABELS = np.arange(4096) % 1000


def optimizer_row(name, limits):
    """Updates of the MNIST net's 800,000 parameters."""
    def arm(library, net):
        net(library.zeros(1, 1, 28, 28)).sum().backward()
        kind = getattr(library.optim, name.split()[0])
        return kind(net.parameters(), lr=1e-6, **OPTIMIZERS[name]).step
    mt.manual_seed(0)
    ours, theirs = mnist(mt.nn), mnist(torch.nn)
    theirs.load_state_dict(to_torch(ours.state_dict()))
    arms = {"ours": arm(mt, ours), "torch": arm(torch, theirs)}
    for run in arms.values():
        run()
    for a, b in zip(ours.parameters(), theirs.parameters()):
        verify(name, a.detach().numpy(), b.detach().numpy(), 1e-4)
    seconds, _ = compare(arms, 7, 1.5)
    ratio = f"{seconds['ours'] / seconds['torch']:.2f}"
    traffic = TRAFFIC[name] * 4 * sum(p.numel() for p in theirs.parameters())
    return [f"{name}, the MNIST net", f"{1e3 * seconds['ours']:.3g}", ratio, ratio, "", "", "",
            f"{traffic / seconds['ours'] / limits[True]:.0%}", which(arms["ours"])]


def main():
    threads()
    limits = fma_peak(THREADS), bandwidth()
    print(machine())
    print(f"peak {limits[0] / 1e9:.0f} GFLOP/s, memory {limits[1] / 1e9:.0f} GB/s\n", flush=True)
    wanted = sys.argv[1:] or [""]
    rows = [case.row(limits) for case in CASES if any(part in case.name for part in wanted)]
    rows += [optimizer_row(name, limits) for name in OPTIMIZERS
             if any(part in f"{name}, optimizer" for part in wanted)]
    print(table(("op", "forward ms", "/ torch", "/ best", "backward ms", "/ torch", "/ best",
                 "share", "kernel"), rows))


if __name__ == "__main__":
    main()
