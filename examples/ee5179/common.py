"""What the scripts of this study share: options, the data, and results that are kept.

A script that needs the trained net finds it in the study's folder, or trains it first.
"""
import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from minitorch_cnn.report import Report
from minitorch_cnn.report.options import at_least_one, place, writable

from images import loaders, split, test_images
from results import kept


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
        """Where results are kept, quick ones apart."""
        return self.out / ("quick" if self.quick else "full")


def run_alone(doc, study, arguments=None):
    """Run one part of the study as a script: print its report, and write it as a page."""
    s = settings(doc, arguments)
    report = Report(doc.splitlines()[0], as_written=s.as_written)
    found = study(s, report)
    price_table(report, found.get("prices"))
    print(report.to_markdown())
    print("page:", report.save(s.folder, Path(sys.argv[0]).stem + "_as_written" * s.as_written))


def price_table(report, rows):
    """What the documents' mistakes cost, at the end of a page that measured it."""
    if rows:
        report.section("What the documents' mistakes cost")
        report.prices(rows)


def settings(doc, arguments=None):
    """The options every script of this study understands."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--out", type=writable, default=str(Settings.out),
                        help="folder for all results")
    parser.add_argument("--as-written", action="store_true", help="with the documents' mistakes")
    parser.add_argument("--quick", action="store_true", help="a tenth of the data, one seed")
    parser.add_argument("--seeds", type=at_least_one, default=Settings.seeds,
                        help="runs of each training")
    parser.add_argument("--device", type=place, default=Settings.device, help='"cpu" or "cuda"')
    args = vars(parser.parse_args(arguments))
    return Settings(**args | ({"seeds": 1} if args["quick"] else {}))


__all__ = ["Settings", "kept", "loaders", "price_table", "run_alone", "settings", "split",
           "test_images"]
