"""Ours, eager and compiled, against PyTorch in its configurations: what the scripts share.

PyTorch runs as it comes and channels_last; with ``--tuned`` both once more in a second process
whose allocator keeps its memory (GLIBC_TUNABLES=glibc.malloc.hugetlb=1), taking turns with the
first. The fastest of them is "best" in the tables. Both sides run on two threads.
"""
import argparse
import sys

import numpy as np
import torch
from peak import fma_peak
from rivals import Rival, serve
from timing import compare, machine, ratios, table

import minitorch_cnn as mt
from minitorch_cnn import kernels

from nets import NETS, flops, to_torch

THREADS = 2
LAYOUTS = {"torch": torch.contiguous_format, "channels_last": torch.channels_last}
TUNING = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


def threads():
    """As many on both sides."""
    mt.set_num_threads(THREADS)
    torch.set_num_threads(THREADS)


def data(name, batch):
    """Images, labels, and our net, always the same."""
    make, shape, _ = NETS[name]
    rng = np.random.default_rng(0)
    mt.manual_seed(0)
    return rng.random((batch, *shape), dtype=np.float32), rng.integers(0, 10, batch), make(mt.nn)


class Contest:
    """Some work on a net that both sides do.

    Attributes
    ----------
    nets, batches : list
        What is measured when nothing is said; batches None: those of the net.
    """

    nets, batches = list(NETS), None

    def arm(self, library, net, images, labels, wrap=None):
        """A function that does the work once and returns a result to be compared, or a number.

        ``wrap`` is ``minitorch_cnn.compile`` or None.
        """
        raise NotImplementedError

    def flops(self, forward, step):
        """Operations, from those of a forward pass and of a training step."""
        raise NotImplementedError

    def check(self, name, arms):
        """Stop if the arms do not compute the same."""
        raise NotImplementedError

    def ours(self, name, batch):
        """Eager and compiled."""
        arms = {}
        for arm, wrap in (("eager", None), ("compiled", mt.compile)):
            images, labels, net = data(name, batch)
            arms[arm] = self.arm(mt, net, mt.from_numpy(images), mt.from_numpy(labels), wrap)
        return arms

    def theirs(self, name, batch):
        """PyTorch in both layouts."""
        images, labels, model = data(name, batch)
        arms = {}
        for arm, layout in LAYOUTS.items():
            net = NETS[name][0](torch.nn)
            net.load_state_dict(to_torch(model.state_dict()))
            x = torch.from_numpy(images.copy()).contiguous(memory_format=layout)
            arms[arm] = self.arm(torch, net.to(memory_format=layout), x, torch.from_numpy(labels))
        return arms

    def row(self, name, batch, tuned, peak):
        """A line of the table: ratios first, then milliseconds, then shares of the peak."""
        ours, arms = self.ours(name, batch), self.theirs(name, batch)
        self.check(name, ours | arms)
        rival = None
        if tuned:
            rival = Rival([sys.executable, sys.argv[0], "--serve", name, str(batch)], TUNING)
            arms |= {f"{arm}, tuned": run for arm, run in rival.arms().items()}
        seconds, quiet = compare(ours | arms)
        if rival:
            rival.close()
        columns = {"work": f"{name}, batch {batch}"} | ratios(seconds, ours, arms)
        make, shape, _ = NETS[name]
        work = self.flops(*flops(make(torch.nn), torch.zeros(batch, *shape)))
        columns |= {f"{arm}: of the peak": f"{work / seconds[arm] / peak:.0%}" for arm in ours}
        return columns | {"quiet": f"{quiet:.0%}"}

    def main(self, doc):
        """Read the arguments; measure, or serve another process that does."""
        parser = argparse.ArgumentParser(description=doc.splitlines()[0])
        parser.add_argument("--net", nargs="+", default=self.nets, choices=list(NETS))
        parser.add_argument("--batch", nargs="+", type=int, default=self.batches)
        parser.add_argument("--tuned", action="store_true", help="PyTorch with a tuned malloc, too")
        parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
        args = parser.parse_args()
        threads()
        if args.serve:
            serve(self.theirs(args.serve[0], int(args.serve[1])))
            return
        peak = fma_peak(THREADS)
        print(machine())
        print(f"{kernels.describe()}; peak {peak / 1e9:.0f} GFLOP/s\n", flush=True)
        rows = [self.row(name, batch, args.tuned, peak) for name in args.net
                for batch in args.batch or NETS[name][2]]
        print(table(list(rows[0]), [list(one.values()) for one in rows]))
