"""One image, a patch at 784 places: how long until every probability is known.

    python benchmarks/occlusion.py
"""
import numpy as np
import torch
from step import THREADS, mnist, to_torch
from timing import compare, machine, table, verify

import minitorch_cnn as mt


def main():
    mt.set_num_threads(THREADS)
    torch.set_num_threads(THREADS)
    array = np.random.default_rng(0).random((784, 1, 28, 28), dtype=np.float32)
    mt.manual_seed(0)
    ours, theirs = mnist(mt.nn).eval(), mnist(torch.nn).eval()
    theirs.load_state_dict(to_torch(ours.state_dict()))
    images, torch_images = mt.from_numpy(array), torch.from_numpy(array)
    last = torch_images.to(memory_format=torch.channels_last)
    theirs_last = mnist(torch.nn).eval().to(memory_format=torch.channels_last)
    arms = {"ours": mt.no_grad()(lambda: ours(images)),
            "torch": torch.no_grad()(lambda: theirs(torch_images)),
            "channels_last": torch.no_grad()(lambda: theirs_last(last))}
    verify("occlusion", arms["ours"]().data, arms["torch"]().numpy(), 1e-4)
    seconds, quiet = compare(arms)
    ms = {arm: 1e3 * value for arm, value in seconds.items()}
    print(machine())
    print(table(("work", "ours ms", "torch ms", "channels_last ms", "ours / torch",
                 "ours / channels_last", "quiet turns"),
                [("784 occluded images, forward", *[f"{value:.2f}" for value in ms.values()],
                  f"{ms['ours'] / ms['torch']:.2f}", f"{ms['ours'] / ms['channels_last']:.2f}",
                  f"{quiet:.0%}")]))


if __name__ == "__main__":
    main()
