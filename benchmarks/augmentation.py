"""The guide's augmentation T8 on MNIST images: a whole batch at once, against torchvision.

T8 is RandomPerspective(p=0.4), then RandomAffine((-20, 20), shear=[-20, 20, -5, 5]), then ToTensor
and Normalize. torchvision does it image by image, on PIL images (its fast way for small ones) or on
tensors. Both draw their own parameters, so what is verified first is one map of each kind.

    python benchmarks/augmentation.py
"""
from contextlib import suppress

import numpy as np
import torch
from PIL import Image
from timing import compare, machine, table, verify

import minitorch_cnn as mt
from minitorch_cnn import transforms as ours
from minitorch_cnn.datasets import MNIST

THREADS, ALONE = 2, 250
CORNERS = [[0, 0], [27, 0], [27, 27], [0, 27]], [[3, 1], [25, 4], [26, 27], [2, 22]]


def torchvisions():
    """torchvision.transforms; a CPU build of torch lacks ops that it registers fakes for."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        with suppress(RuntimeError):  # they are there
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision.transforms
    return torchvision.transforms


def t8(library, *last):
    return library.Compose([library.RandomPerspective(p=0.4),
                            library.RandomAffine((-20, 20), shear=[-20, 20, -5, 5]), *last,
                            library.Normalize((0.1307,), (0.3081,))])


def check(theirs, levels):
    """The same perspective and the same affine map of an image on both sides."""
    x = levels[:1].astype(np.float32) / 255
    for name, args in (("perspective", CORNERS), ("affine", (17, [0, 0], 1.0, [12, -4]))):
        mode = ours.InterpolationMode.BILINEAR, theirs.InterpolationMode.BILINEAR
        a = getattr(ours.functional, name)(x, *args, interpolation=mode[0])
        b = getattr(theirs.functional, name)(torch.from_numpy(x), *args, interpolation=mode[1])
        verify(name, a.data, b.numpy(), 1e-4)


def main():
    mt.set_num_threads(THREADS)
    torch.set_num_threads(THREADS)
    theirs, levels = torchvisions(), MNIST().data.data  # uint8 (60000, 28, 28)
    check(theirs, levels)
    batched, pil = t8(ours, ours.ToTensor()).batched, t8(theirs, theirs.ToTensor())
    tensor, pictures = t8(theirs), [Image.fromarray(image) for image in levels[:ALONE]]
    tensors = torch.from_numpy(levels[:ALONE, None] / np.float32(255))
    counts = {"ours, batches of 64": 64, "ours, batches of 1,000": 1_000,
              "torchvision, PIL images": ALONE, "torchvision, tensors": ALONE}
    runs = (lambda: batched(levels[:64]), lambda: batched(levels[:1_000]),
            lambda: torch.stack([pil(picture) for picture in pictures]),
            lambda: torch.stack([tensor(image) for image in tensors]))
    seconds, quiet = compare(dict(zip(counts, runs)), rounds=7)
    speed = {arm: counts[arm] / seconds[arm] for arm in counts}
    base = speed["torchvision, PIL images"]
    print(machine())
    print(table(("T8", "images a second", "of torchvision's on PIL images", "quiet turns"),
                [(arm, f"{value:,.0f}", f"{value / base:.2f}", f"{quiet:.0%}")
                 for arm, value in speed.items()]))


if __name__ == "__main__":
    main()
