"""What the scripts of this study share: options, and results that are kept.

Whatever takes long is computed once and kept in the study's folder: an interrupted study goes on
where it stopped, and a script that needs a trained net finds it (or trains it first).
"""
import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from minitorch_cnn import report as reports
from minitorch_cnn.report import Report
from minitorch_cnn.report.options import at_least_one, place, writable


@dataclass(frozen=True)
class Settings:
    """What the command line says. ``quick``: a tenth of the work, to see everything in minutes."""

    out: Path = Path("runs/guide2020")
    as_written: bool = False
    quick: bool = False
    seeds: int = 3
    device: str = "cpu"
    all: bool = False

    @property
    def folder(self):
        """Where results are kept, quick ones apart, and those with the guide's mistakes."""
        return self.out / ("quick" if self.quick else "full") / (
            "as_written" if self.as_written else "corrected")

    @property
    def many(self):
        """How many runs there are of trainings that take seconds."""
        return 2 if self.quick else self.seeds + 2

    def scaled(self, full, quick):
        """One of two numbers."""
        return quick if self.quick else full


def run_alone(doc, study, arguments=None):
    """Run one part of the study as a script: print its report, and write it as a page."""
    s = settings(doc, arguments)
    report = Report(doc.splitlines()[0], as_written=s.as_written)
    study(s, report)
    print(report.to_markdown())
    print("page:", report.save(s.folder, Path(sys.argv[0]).stem))


def settings(doc, arguments=None):
    """The options every script of this study understands."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--out", type=writable, default=str(Settings.out),
                        help="folder for all results")
    parser.add_argument("--as-written", action="store_true", help="with the guide's mistakes")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, one seed")
    parser.add_argument("--seeds", type=at_least_one, default=Settings.seeds,
                        help="runs of each training")
    parser.add_argument("--device", type=place, default=Settings.device, help='"cpu" or "cuda"')
    parser.add_argument("--all", action="store_true", help="net 9 on 60,000 images too: hours")
    args = vars(parser.parse_args(arguments))
    return Settings(**args | ({"seeds": 1} if args["quick"] else {}))


def kept(s, name, compute):
    """What ``compute()`` returned when it ran for the first time: a dict of Tensors and numbers."""
    def announced():
        print(f"   {name}", file=sys.stderr)
        return compute()
    return reports.kept(s.folder / "results" / f"{name}.safetensors", announced)


def corrected(s):
    """The same settings, without the guide's mistakes."""
    return replace(s, as_written=False)
