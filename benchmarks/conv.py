"""The convolution kernels alone: share of the measured multiply-add peak, ours and PyTorch's.

Operations are those of the definition: a kernel that needs fewer (Winograd's) can exceed the peak.
Channels-last memory on both sides.

    python benchmarks/conv.py [--direct]        the second without Winograd's
"""
import sys

import numpy as np
import torch
from contest import THREADS, threads
from peak import fma_peak
from timing import compare, machine, table, verify

from minitorch_cnn import kernels

# batch, input channels, size, output channels, kernel, stride, padding, groups
LAYERS = ((128, 1, 28, 32, 3, 1, 1, 1), (128, 32, 14, 32, 3, 1, 1, 1),
          (32, 3, 32, 64, 11, 1, 5, 1), (32, 64, 16, 128, 3, 1, 1, 1),
          (32, 128, 16, 128, 3, 1, 1, 1), (8, 64, 56, 64, 3, 1, 1, 1),
          (8, 256, 14, 256, 3, 1, 1, 1), (8, 64, 56, 256, 1, 1, 0, 1),
          (8, 128, 28, 128, 3, 2, 1, 1), (2, 3, 224, 64, 7, 2, 3, 1),
          (16, 10, 28, 20, 5, 1, 0, 1), (8, 96, 56, 96, 3, 1, 1, 96))


def channels_last(array):
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def row(layer, peak):
    """Our three kernels against oneDNN's, channels_last on both sides, as shares of the peak."""
    n, c, size, f, k, s, p, g = layer
    rng = np.random.default_rng(0)
    x = channels_last(rng.random((n, c, size, size), dtype=np.float32))
    w = rng.random((f, c // g, k, k), dtype=np.float32)
    options = ((s, s), ((p, p), (p, p)), (1, 1), g)
    y = kernels.conv2d_forward(x, w, None, *options)
    last = {"memory_format": torch.channels_last}
    tx, tw = torch.from_numpy(x).to(**last), torch.from_numpy(w).to(**last)
    ty = torch.nn.functional.conv2d(tx, tw, None, s, p, 1, g)
    verify(str(layer), y, ty.numpy(), 1e-4)

    def torch_backward(mask):
        return torch.ops.aten.convolution_backward(
            ty, tx, tw, None, [s, s], [p, p], [1, 1], False, [0, 0], g, mask)
    seconds, _ = compare({
        "forward": lambda: kernels.conv2d_forward(x, w, None, *options),
        "torch forward": lambda: torch.nn.functional.conv2d(tx, tw, None, s, p, 1, g),
        "dx": lambda: kernels.conv2d_input_gradient(y, w, (size, size), *options),
        "torch dx": lambda: torch_backward([True, False, False]),
        "dw": lambda: kernels.conv2d_weight_gradient(x, y, (k, k), *options),
        "torch dw": lambda: torch_backward([False, True, False])}, rounds=7, seconds=2.5)
    flops = 2 * y.size * (c // g) * k * k
    return [f"{n}x{c}x{size}x{size}, {f} @ {k}x{k}, stride {s}, groups {g}",
            *[f"{flops / value / peak:.0%}" for value in seconds.values()]]


def main():
    threads()
    peak = fma_peak(THREADS)
    print(machine())
    print(f"measured peak {peak / 1e9:.0f} GFLOP/s on {THREADS} threads")
    with kernels.winograd("--direct" not in sys.argv):
        rows = [row(layer, peak) for layer in LAYERS]
    print(table(("layer", "forward", "torch's", "dx", "torch's", "dw", "torch's"),
                rows))


if __name__ == "__main__":
    main()
