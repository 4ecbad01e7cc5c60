"""One training step on a GPU: ours, eager and as a CUDA graph, against PyTorch.

    python benchmarks/gpu_step.py [--net mnist cifar resnet18] [--precision highest high]

PyTorch runs eager, eager in channels_last, and as one CUDA graph; all in this process, in turns,
timed by events on the GPU. Images lie on the GPU. Both sides compute with the same precision: in
"high" convolutions use TF32, linear layers float32, on both. The losses of the first steps must
agree, or nothing is timed. Without a GPU it says so and ends.
"""
import argparse
import statistics
import sys

import numpy as np
import torch
from timing import table, verify

import minitorch_cnn as mt
from minitorch_cnn import models
from minitorch_cnn.device import cupy

from nets import NETS, flops, to_torch

WORK = {"mnist": 128, "cifar": 128, "resnet18": 64}     # images in a batch
TOLERANCE = {"highest": 2e-4, "high": 1e-2}             # of a loss
LR = 0.001      # with 0.01 and random labels PyTorch's two layouts soon differ by 4e-3 themselves
ROUNDS, SECONDS = 9, 0.1    # turns of each arm, and how long one takes at least


def make(name, library):
    """(a net of one library, the shape of an image, how many classes)."""
    if name == "resnet18":
        if library is torch:
            import torchvision
            return torchvision.models.resnet18(), (3, 224, 224), 1000
        return models.resnet18(), (3, 224, 224), 1000
    return NETS[name][0](library.nn), NETS[name][1], 10


def data(name, batch):
    """Images, labels and weights, always the same."""
    mt.manual_seed(0)
    net, shape, classes = make(name, mt)
    rng = np.random.default_rng(0)
    return rng.random((batch, *shape), dtype=np.float32), rng.integers(0, classes, batch), net


def step_of(library, net, images, labels):
    """A training step; its loss stays on the GPU."""
    optimizer = library.optim.SGD(net.parameters(), lr=LR, momentum=0.9)

    def step():
        optimizer.zero_grad()
        loss = library.nn.functional.cross_entropy(net(images), labels)
        loss.backward()
        optimizer.step()
        return loss
    return step


def ours(name, batch, where="cuda"):
    """Eager and compiled."""
    arms = {}
    for arm, wrap in (("eager", lambda step: step), ("compiled", mt.compile)):
        images, labels, net = data(name, batch)
        arms[arm] = wrap(step_of(mt, net.to(where), mt.from_numpy(images).to(where),
                                 mt.from_numpy(labels).to(where)))
    return arms


def theirs(name, batch, where="cuda"):
    """PyTorch eager in both layouts; on a GPU a graph, too."""
    arms = {}
    for arm, layout in (("torch", torch.contiguous_format), ("channels_last", torch.channels_last),
                        ("graph", torch.contiguous_format)):
        images, labels, model = data(name, batch)
        net = make(name, torch)[0]
        net.load_state_dict(to_torch(model.state_dict()))
        x = torch.from_numpy(images).to(where).contiguous(memory_format=layout)
        step = step_of(torch, net.to(where, memory_format=layout), x,
                       torch.from_numpy(labels).to(where))
        if arm != "graph":
            arms[arm] = step
        elif where == "cuda":
            arms[arm] = as_graph(step)
    return arms


def as_graph(step):
    """The whole step as PyTorch's CUDA graph, captured after three steps."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        first = [step() for _ in range(3)]
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = step()

    def replay():
        if first:
            return first.pop(0)
        graph.replay()
        return loss
    return replay


def check(name, arms, precision, steps=6):
    """The same losses from every arm; ours is a graph from the fourth step on."""
    for i in range(steps):
        losses = {arm: run().item() for arm, run in arms.items()}
        for arm, loss in losses.items():
            verify(f"{name}, {arm}, loss {i}", loss, losses["torch"], TOLERANCE[precision])


def milliseconds(run, repeats):
    """Of one run, between two events on the GPU; both libraries work on the default stream."""
    start, end = [torch.cuda.Event(enable_timing=True) for _ in range(2)]
    start.record()
    for _ in range(repeats):
        run()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) / repeats


def compare(arms):
    """Median milliseconds of each arm; they take turns."""
    repeats = {arm: max(3, int(1e3 * SECONDS / milliseconds(run, 10))) for arm, run in arms.items()}
    times = {arm: [] for arm in arms}
    for _ in range(ROUNDS):
        for arm, run in arms.items():
            times[arm].append(milliseconds(run, repeats[arm]))
    return {arm: statistics.median(values) for arm, values in times.items()}


def peaks():
    """What this GPU does at most, measured: operations a second by precision, bytes copied."""
    a, found = torch.randn(8192, 8192, device="cuda"), {}
    before = torch.backends.cuda.matmul.allow_tf32
    for precision, tf32 in (("highest", False), ("high", True)):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        found[precision] = 2 * 8192 ** 3 / min(milliseconds(lambda: a @ a, 5) for _ in range(5))
    torch.backends.cuda.matmul.allow_tf32 = before
    copy = torch.empty_like(a)
    found["bytes"] = 2 * a.nbytes / min(milliseconds(lambda: copy.copy_(a), 20) for _ in range(5))
    return {key: 1e3 * value for key, value in found.items()}


def traffic(net, images):
    """Bytes that a step moves at least, if every layer's result is stored.

    A result is written, read by the next layer and again on the way back, and so is its gradient,
    without the third time; a weight is read twice, its gradient written and read, its velocity and
    itself read and written.
    """
    sizes = []
    hooks = [layer.register_forward_hook(lambda *args: sizes.append(args[2].numel()))
             for layer in net.modules() if not list(layer.children())]
    with torch.no_grad():
        net.eval()(images)
    for hook in hooks:
        hook.remove()
    return 4 * (5 * sum(sizes) + 8 * sum(p.numel() for p in net.parameters()))


def row(name, batch, precision, peak):
    """A line of the table: ratios (above 1: ours is faster), milliseconds, shares of the peak."""
    arms = ours(name, batch) | theirs(name, batch)
    check(f"{name}, {precision}", arms, precision)
    times = compare(arms)
    images, _, _ = data(name, batch)
    net, x = make(name, torch)[0], torch.from_numpy(images)
    _, work = flops(net, x)
    compiled, best = times["compiled"] / 1e3, min(times["torch"], times["channels_last"])
    return {"work": f"{name}, batch {batch}, {precision}",
            "torch / eager": f"{times['torch'] / times['eager']:.2f}",
            "torch / compiled": f"{times['torch'] / times['compiled']:.2f}",
            "best eager / compiled": f"{best / times['compiled']:.2f}",
            "graph / compiled": f"{times['graph'] / times['compiled']:.2f}",
            **{f"{arm} ms": f"{value:.3g}" for arm, value in times.items()},
            "of the operations": f"{work / compiled / peak[precision]:.0%}",
            "of the copying": f"{traffic(net, x) / compiled / peak['bytes']:.0%}"}


def set_precision(precision):
    """The same on both sides: convolutions as asked, linear layers in float32."""
    mt.cuda.set_float32_matmul_precision(precision)
    torch.backends.cudnn.allow_tf32 = precision == "high"
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.benchmark = True


def main():
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--net", nargs="+", default=list(WORK), choices=list(WORK))
    parser.add_argument("--precision", nargs="+", default=list(TOLERANCE), choices=list(TOLERANCE))
    args = parser.parse_args()
    if not (mt.cuda.is_available() and torch.cuda.is_available()):
        sys.exit("gpu_step: needs a GPU, CuPy and a CUDA build of PyTorch; "
                 "python -m minitorch_cnn.doctor says what is missing")
    peak, rows = peaks(), []
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, CuPy {cupy().__version__}; "
          f"float32 {peak['highest'] / 1e12:.0f}, TF32 {peak['high'] / 1e12:.0f} TFLOP/s, "
          f"copies {peak['bytes'] / 1e12:.2f} TB/s", flush=True)
    for precision in args.precision:
        set_precision(precision)
        print(f"{precision}: TF32 in convolutions {precision == 'high'}, in linear layers False")
        rows += [row(name, WORK[name], precision, peak) for name in args.net]
    print("\n" + table(list(rows[0]), [list(one.values()) for one in rows]))


if __name__ == "__main__":
    main()
