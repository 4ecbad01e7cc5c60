"""What the scripts of this study share: options, the data, and results that are kept.

Whatever takes long is computed once and kept in the study's folder, so that an interrupted study goes
on where it stopped, and a script that needs the trained net finds it (or trains it first).
"""
import argparse
import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import minitorch_cnn as mt
from minitorch_cnn.data import DataLoader, Subset, random_split
from minitorch_cnn.datasets import MNIST
from minitorch_cnn.report import Report


@dataclass(frozen=True)
class Settings:
    """What the command line says. ``quick``: a tenth of the data, to see everything in a minute."""

    out: Path = Path("runs/ee5179")
    as_written: bool = False
    quick: bool = False
    seeds: int = 3
    device: str = "cpu"

    @property
    def folder(self):
        """Where results are kept: those of a quick run apart from the others."""
        return self.out / ("quick" if self.quick else "full")

    @property
    def mode(self):
        """Label of this mode in tables and figures."""
        return "as written" if self.as_written else "corrected"


def run_alone(doc, study, arguments=None):
    """Run one part of the study as a script: print its report, and write it as a page."""
    s = settings(doc, arguments)
    report = Report(doc.splitlines()[0], as_written=s.as_written)
    result = study(s, report)
    print(report.to_markdown())
    print("page:", report.save(s.folder / "parts", f"{study.__module__}_{s.mode.replace(' ', '_')}"))
    return result


def settings(doc, arguments=None):
    """The options every script of this study understands."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Settings.out, help="folder for all results")
    parser.add_argument("--as-written", action="store_true", help="with the documents' mistakes")
    parser.add_argument("--quick", action="store_true", help="a tenth of the data, one seed")
    parser.add_argument("--seeds", type=int, default=Settings.seeds, help="runs of each training")
    parser.add_argument("--device", default=Settings.device, help='"cpu" or "cuda"')
    args = parser.parse_args(arguments)
    seeds = 1 if args.quick else args.seeds
    return Settings(args.out, args.as_written, args.quick, seeds, args.device)


def kept(s, name, compute):
    """What ``compute()`` returned when it ran for the first time: a dict of Tensors and numbers."""
    path = s.folder / "results" / f"{name}.safetensors"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        mt.save(compute(), path)
    return mt.load(path)


@functools.cache
def split(quick=False):
    """(train, validation, test): 50,000, 10,000 and 10,000 images, the same in every run."""
    train, validation = random_split(MNIST(), [50_000, 10_000], mt.Generator().manual_seed(0))
    test = MNIST(train=False)
    if quick:
        train, validation, test = (Subset(d, range(len(d) // 10)) for d in (train, validation, test))
    return train, validation, test


def loaders(s, batch_size):
    """DataLoaders of the three parts; only the first is shuffled, anew in every epoch."""
    train, validation, test = split(s.quick)
    return (DataLoader(train, batch_size, shuffle=True), DataLoader(validation, 500),
            DataLoader(test, 500))


def test_images(s, digits, skip=0):
    """For each digit a test image of it, the first after ``skip`` others: (N, 1, 28, 28)."""
    images, labels = next(iter(DataLoader(split(s.quick)[2], 1_000)))
    return images.data[[np.flatnonzero(labels.data == digit)[skip] for digit in digits]]
