"""What the scripts of this study share: options, and results that are kept.

Whatever takes long is computed once and kept in the study's folder: an interrupted study goes on
where it stopped.
"""
import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import minitorch_cnn as mt
from minitorch_cnn import report as reports
from minitorch_cnn.report import Report
from minitorch_cnn.report.options import existing, place, writable


@dataclass(frozen=True)
class Settings:
    """What the command line says. ``quick``: fewer images and steps, to see it all in minutes."""

    out: Path = Path("runs/cs5787")
    quick: bool = False
    model: str = "mobilenet_v2"
    weights: str = "IMAGENET1K_V1"
    root: Path | None = None
    cifar: Path | None = None
    device: str = "cpu"

    @property
    def folder(self):
        """Where results are kept, quick ones apart."""
        return self.out / ("quick" if self.quick else "full")


def settings(doc, arguments=None):
    """The options every script of this study understands."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--out", type=writable, default=str(Settings.out),
                        help="folder for all results")
    parser.add_argument("--quick", action="store_true", help="fewer images, steps and epochs")
    parser.add_argument("--model", default=Settings.model, help="net that is pretrained")
    parser.add_argument("--weights", help="its weights: a name, a file, or DEFAULT")
    parser.add_argument("--root", type=existing, help="folder of the Oxford-IIIT Pet dataset")
    parser.add_argument("--cifar", type=existing, help="folder of CIFAR-10; fetched without it")
    parser.add_argument("--device", type=place, default=Settings.device, help='"cpu" or "cuda"')
    args = vars(parser.parse_args(arguments))
    if args["weights"] is None:
        args["weights"] = Settings.weights if args["model"] == Settings.model else "DEFAULT"
    return Settings(**args)


def run_alone(doc, study, arguments=None):
    """Run one part of the study as a script: print its report, and write it as a page."""
    s = settings(doc, arguments)
    report = Report(doc.splitlines()[0])
    study(s, report)
    print(report.to_markdown())
    print("page:", report.save(s.folder, Path(sys.argv[0]).stem))


def kept(s, name, compute):
    """What ``compute()`` returned when it ran for the first time: a dict of Tensors and numbers."""
    def seeded():
        print(f"   {name}", file=sys.stderr)
        mt.manual_seed(0)
        return compute()
    return reports.kept(s.folder / "results" / f"{name}.safetensors", seeded)


def percent(p):
    """0.5 -> "50.0 %"; what is nearly 1 does not read 100.0 %."""
    return f"{100 * p:.1f} %" if p < 0.9995 else "> 99.9 %"
