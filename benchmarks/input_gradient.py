"""The gradient of one logit with respect to one image, weights frozen: what every attack repeats.

    python benchmarks/input_gradient.py
"""
import numpy as np
import torch
from step import THREADS, mnist, to_torch
from timing import compare, machine, table, verify

import minitorch_cnn as mt


def gradient(library, model, tensor):
    """A function from nothing to d logit[3] / d image."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    model.eval()

    def run():
        image = tensor().requires_grad_()
        model(image)[0, 3].backward()
        return image.grad
    return run


def main():
    mt.set_num_threads(THREADS)
    torch.set_num_threads(THREADS)
    array = np.random.default_rng(0).random((1, 1, 28, 28), dtype=np.float32)
    mt.manual_seed(0)
    ours, theirs = mnist(mt.nn), mnist(torch.nn)
    theirs.load_state_dict(to_torch(ours.state_dict()))
    arms = {"ours": gradient(mt, ours, lambda: mt.Tensor(array)),
            "torch": gradient(torch, theirs, lambda: torch.from_numpy(array).clone())}
    verify("input gradient", arms["ours"]().data, arms["torch"]().numpy(), 1e-4)
    seconds, quiet = compare(arms)
    us = {arm: 1e6 * value for arm, value in seconds.items()}
    print(machine())
    print(table(("work", "ours us", "torch us", "ours / torch", "quiet turns"),
                [("input gradient, batch 1", f"{us['ours']:.0f}", f"{us['torch']:.0f}",
                  f"{us['ours'] / us['torch']:.2f}", f"{quiet:.0%}")]))


if __name__ == "__main__":
    main()
