"""History: what was measured while a model was trained, as records that go to CSV and JSON."""
import csv
import io
import json
import math
import os
from pathlib import Path

import numpy as np

from ..inspect.table import text_table

WHOLE = ("epoch", "iteration", "images")  # columns of whole numbers
TABLES = ("epochs", "iterations")


class History:
    """Records of training: one per iteration, one per epoch.

    Attributes
    ----------
    iterations : list of dict
        ``epoch`` and ``iteration`` (both from 1), ``loss`` and ``accuracy`` of the batch, ``lr``,
        ``images`` and ``seconds`` since the fit began its epoch.
    epochs : list of dict
        ``epoch``, ``train_loss``, ``train_accuracy`` (means over the epoch, while the weights
        changed), ``validation_loss``, ``validation_accuracy``, ``lr``, ``images``,
        ``train_seconds``, ``validation_seconds``. What is not known is NaN.
    stopped : str or None
        Why training ended before its last epoch.
    interrupted : bool
        Whether that was Ctrl-C.
    """

    def __init__(self, iterations=(), epochs=(), stopped=None):
        self.iterations, self.epochs = list(iterations), list(epochs)
        self.stopped, self.interrupted = stopped, False

    @property
    def epoch(self):
        """The number of the last complete epoch, 0 before the first."""
        return self.epochs[-1]["epoch"] if self.epochs else 0

    @property
    def seconds(self):
        """Time spent on training, without validation."""
        return sum(record["train_seconds"] for record in self.epochs)

    def column(self, name, per="epochs"):
        """One quantity as an array, NaN where a record lacks it.

        Parameters
        ----------
        name : str
        per : {"epochs", "iterations"}

        Raises
        ------
        ValueError
            If no record has it.
        """
        records = self._table(per)
        if records and not any(name in record for record in records):
            known = ", ".join(_names(records))
            raise ValueError(f"History: no column {name!r} per {per[:-1]}; there are {known}")
        return np.array([record.get(name, math.nan) for record in records])

    def error_rate(self, per="epochs", of="validation"):
        """1 - accuracy as an array; ``of`` is "validation" or "train" (per epoch only)."""
        return 1 - self.column("accuracy" if per == "iterations" else f"{of}_accuracy", per)

    def best(self, monitor="validation_accuracy"):
        """The epoch's record with the best value (the earliest of equals), or None.

        Of names that contain "loss" the smallest is best, of others the largest.
        """
        known = [r for r in self.epochs if not math.isnan(r.get(monitor, math.nan))]
        if "loss" in monitor:
            return min(known, key=lambda r: r[monitor], default=None)
        return max(known, key=lambda r: r[monitor], default=None)

    def forget_after(self, epoch):
        """Drop what was recorded after ``epoch``, a part of the next one for instance."""
        self.epochs = [r for r in self.epochs if r["epoch"] <= epoch]
        self.iterations = [r for r in self.iterations if r["epoch"] <= epoch]

    def _table(self, per):
        if per not in TABLES:
            raise ValueError(f'History: there are records per "epochs" and per "iterations", not '
                             f"per {per!r}")
        return getattr(self, per)

    # state ----------------------------------------------------------------------------------------

    def state_dict(self):
        """The records as arrays, one per column."""
        tables = {per: {name: self.column(name, per).astype(np.float64)
                        for name in _names(getattr(self, per))} for per in TABLES}
        return {**tables, "stopped": self.stopped}

    def load_state_dict(self, state):
        """Replace the records by those of a ``state_dict``."""
        for per in TABLES:
            columns = {name: list(map(float, values)) for name, values in state[per].items()}
            rows = [dict(zip(columns, values)) for values in zip(*columns.values())]
            setattr(self, per, [_whole(row) for row in rows])
        self.stopped, self.interrupted = state["stopped"], False

    # files ----------------------------------------------------------------------------------------

    def to_csv(self, path, per="epochs"):
        """Write one of the tables; a header line, then a line per record. Returns the path."""
        records, text = self._table(per), io.StringIO()
        writer = csv.DictWriter(text, _names(records), restval="nan", lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
        return _write(path, text.getvalue())

    def to_json(self, path):
        """Write everything; numbers that JSON lacks become "nan", "inf", "-inf". Returns the path.
        """
        tables = {per: [{name: _plain(value) for name, value in record.items()}
                        for record in getattr(self, per)] for per in TABLES}
        return _write(path, json.dumps({**tables, "stopped": self.stopped}, indent=1) + "\n")

    @classmethod
    def load(cls, path):
        """Read a file that ``to_json`` wrote, or one table that ``to_csv`` wrote.

        Raises
        ------
        ValueError
            If the file is neither.
        """
        text = Path(path).read_text(encoding="utf-8")
        try:
            if text.lstrip().startswith("{"):
                content = json.loads(text)
                tables = [[_whole(record) for record in content[per]]
                          for per in ("iterations", "epochs")]
                return cls(*tables, content["stopped"])
            reader = csv.DictReader(io.StringIO(text.strip()))
            records = [_whole(record) for record in reader]
            if reader.fieldnames and "epoch" not in reader.fieldnames:
                raise KeyError("epoch")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ValueError(f"History.load: {path} is no history; name a file that to_json or "
                             "to_csv wrote") from None
        per_iteration = bool(records) and "iteration" in records[0]
        return cls(records if per_iteration else (), () if per_iteration else records)

    def __str__(self):
        names = [n for n in _names(self.epochs) if n not in ("images", "lr")]
        rows = [[_cell(name, record.get(name, math.nan)) for name in names]
                for record in self.epochs]
        table = text_table([n.replace("_", " ") for n in names], rows, left=0) if rows else \
            "no epoch is complete"
        return table + (f"\n{self.stopped}" if self.stopped else "")


def _names(records):
    """All columns, in the order in which they first appear."""
    return list(dict.fromkeys(name for record in records for name in record))


def _whole(record):
    """Numbers of a record as they were: text to float, counts to int."""
    return {name: int(float(value)) if name in WHOLE else float(value)
            for name, value in record.items()}


def _plain(value):
    value = value if isinstance(value, int) else float(value)
    return value if math.isfinite(value) else str(value)


def _cell(name, value):
    if name in WHOLE:
        return value
    if math.isnan(value):
        return ""
    return f"{value:.2%}" if "accuracy" in name else f"{value:.4f}"


def _write(path, text):
    """Write beside ``path`` and rename: a reader never sees half a file."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path
