"""A document's numbers beside ours, each with a verdict; what a document's mistakes cost."""
import math
from dataclasses import dataclass

from .cells import NOTHING, Mark, number_text


@dataclass
class Verdict:
    """One number of ours beside a document's.

    Within means: inside ``accepted`` where that is given; else equal where ``exact`` is set (counts
    and shapes); else the document's number lies in our interval.

    Attributes
    ----------
    name : str
    ours : float
    document : float or None
        None where the document gives no number.
    interval : (float, float), optional
        Around ours.
    accepted : (float or None, float or None), optional
        Where ours is expected; None for an open end.
    exact : bool
    why : str
        The explanation, above all of a number outside.
    digits : int
        After the point.
    unit : str
    """

    name: str
    ours: float
    document: float | None = None
    interval: tuple | None = None
    accepted: tuple | None = None
    exact: bool = False
    why: str = ""
    digits: int = 2
    unit: str = "%"

    @property
    def within(self):
        """True, False, or None where there is nothing to judge by."""
        if self.accepted is not None:
            low, high = self.accepted
            return (low is None or self.ours >= low) and (high is None or self.ours <= high) and (
                not math.isnan(self.ours))
        if self.document is None:
            return None
        if self.exact:
            return self.ours == self.document
        if self.interval is None:
            return None
        return self.interval[0] <= self.document <= self.interval[1]

    def cells(self):
        """(name, document's number, ours with interval, expected, verdict)."""
        ours = self._text(self.ours)
        if self.interval is not None:
            ours += f" [{self._text(self.interval[0])}, {self._text(self.interval[1])}]"
        return (self.name, self._text(self.document) + self._unit(self.document),
                ours + self._unit(self.ours), self._expected(), self._mark())

    def _text(self, value):
        if value is None or self.exact:
            return number_text(value, self.digits)
        return number_text(float(value), self.digits)

    def _unit(self, value):
        known = value is not None and math.isfinite(value)
        return f" {self.unit}" if self.unit and known else ""

    def _expected(self):
        if self.accepted is None:
            return "equal" if self.exact else NOTHING
        low, high = self.accepted
        if low is None or high is None:
            return (f"≥ {self._text(low)}" if high is None else f"≤ {self._text(high)}"
                    ) + self._unit(0)
        return f"{self._text(low)} to {self._text(high)}{self._unit(0)}"

    def _mark(self):
        why = f": {self.why}" if self.why else ""
        if self.within is None:
            return Mark("open", f"nothing to judge by{why}")
        if self.within:
            return Mark("good", ("equal" if self.exact and self.accepted is None else "within")
                        + why)
        return Mark("bad", f"outside{why or ', not explained'}")


@dataclass
class Price:
    """One mistake of a document and what it costs.

    Attributes
    ----------
    mistake : str
        In words.
    as_written, corrected : float, str or None
        The same quantity measured both ways.
    cost : str
        In words; without it the difference, where both are numbers.
    quantity : str
        What was measured, such as "test accuracy in %".
    digits : int
        After the point.
    """

    mistake: str
    as_written: object
    corrected: object
    cost: str = ""
    quantity: str = ""
    digits: int = 2

    def cells(self):
        """(mistake, quantity, as written, corrected, price)."""
        return (self.mistake, self.quantity, self._text(self.as_written),
                self._text(self.corrected), self.cost or self._difference())

    def _text(self, value):
        if isinstance(value, str) or value is None:
            return number_text(value) if value is None else value
        whole = self.digits == 0 and math.isfinite(value)
        return number_text(round(value) if whole else value, self.digits)

    def _difference(self):
        both = (self.as_written, self.corrected)
        if any(value is None or isinstance(value, str) for value in both):
            return NOTHING
        difference = float(self.as_written) - float(self.corrected)
        text = self._text(abs(difference))
        return text if difference == 0 else f"{'+' if difference > 0 else '−'}{text}"
