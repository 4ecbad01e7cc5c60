"""What stands in the cells of a table: numbers as text, and how a column is aligned."""
import math
import numbers
import re
from dataclasses import dataclass

import numpy as np

from .inline import clean

NUMBER = re.compile(r"[<>≈~±+−-]?\s*\d[\d,. ]*(e[+-]?\d+)?(\s?(%|s|ms|min|h|MB|KB|GB|px|x))?"
                    r"(\s*(±|to|\.\.|–)\s*[\d.,]+)?(\s*[(\[][^)\]]*[)\]])?(\s?(%|s|ms))?")
NOTHING = "–"  # no number is known


@dataclass
class Mark:
    """A cell with a verdict: ``kind`` is "good", "bad" or "open", shown by sign, word and color."""

    kind: str
    text: str

    SIGNS = {"good": "✓", "bad": "✗", "open": "○"}

    def __post_init__(self):
        if self.kind not in self.SIGNS:
            raise ValueError(f'Mark: kind must be "good", "bad" or "open", got "{self.kind}"')

    def __str__(self):
        return f"{self.SIGNS[self.kind]} {self.text}"


def number_text(value, digits=None):
    """A number as people write it; ``digits`` after the point, without it four significant ones.

    None gives a dash, what is not finite is named, whole numbers from 10,000 on get commas, and
    below 0 stands a minus sign.
    """
    if value is None:
        return NOTHING
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, numbers.Integral):
        text = f"{abs(int(value)):,}" if abs(value) >= 10_000 else str(abs(int(value)))
        return "−" * bool(value < 0) + text
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "infinite" if value > 0 else "−infinite"
    text = f"{value:.4g}" if digits is None else f"{value:.{digits}f}"
    return text.replace("-", "−", 1) if value < 0 else text


def column_texts(values, digits=None):
    """The cells of a column as texts; floats of one column get the same number of decimals."""
    floats = [float(v) for v in values if _is_float(v) and math.isfinite(v)]
    if digits is None and floats:
        digits = _decimals(floats)
    return [number_text(v, digits) if v is None or _is_number(v) else v if isinstance(v, Mark)
            else clean(v) for v in values]


def _decimals(floats):
    """Decimals that show all of these, four at most; None where four would hide one."""
    sizes = [abs(v) for v in floats if v]
    if sizes and (min(sizes) < 1e-3 or max(sizes) >= 1e7):
        return None
    texts = [f"{v:.4f}".rstrip("0") for v in floats]
    return max(len(text) - text.index(".") - 1 for text in texts)


def is_numeric(texts):
    """True for a column whose cells all are numbers, with units or intervals perhaps, or empty."""
    known = [str(text) for text in texts if str(text) not in ("", NOTHING)]
    numeric = ("NaN", "infinite", "−infinite")
    return bool(known) and all(text in numeric or NUMBER.fullmatch(text) for text in known)


def _is_number(value):
    return isinstance(value, (numbers.Number, np.bool_)) or (
        isinstance(value, np.ndarray) and value.ndim == 0)


def _is_float(value):
    return _is_number(value) and not isinstance(value, (numbers.Integral, np.bool_))
