"""What an audit found: about every argument of every op, and the verdict."""
from dataclasses import dataclass, field

from .table import size_text, text_table


@dataclass
class ArgumentAudit:
    """What was found about the gradient of one argument.

    Attributes
    ----------
    name : str
    shape : tuple of int
    difference : float or None
        Relative error against finite differences, along a random direction; None where kinks
        leave nothing to compare.
    kinks, outputs : int
        Outputs left out because of a kink, of how many.
    torch : float or None
        Largest error against PyTorch, relative to the largest gradient.
    own : float or None
        Largest error of the op in its own precision against float64, likewise.
    problem : str or None
        What is wrong.
    """

    name: str
    shape: tuple
    difference: float | None = 0.0
    kinks: int = 0
    outputs: int = 0
    torch: float | None = None
    own: float | None = None
    problem: str | None = None


@dataclass
class OpAudit:
    """What was found about one op.

    Attributes
    ----------
    number : int
        Position in the order in which the ops ran, from 1.
    op : str
    shape : tuple of int
        Of the result.
    origin : str
        The line that ran it.
    arguments : list of ArgumentAudit
        Those that have a gradient.
    problem : str or None
        The first thing that is wrong.
    """

    number: int
    op: str
    shape: tuple
    origin: str
    arguments: list = field(default_factory=list)
    problem: str | None = None

    def blame(self, problem):
        """Note what is wrong; the first problem stays."""
        self.problem = self.problem or problem


@dataclass
class Audit:
    """What ``audit`` found; ``str()`` of it is a table and a verdict.

    Attributes
    ----------
    ops : list of OpAudit
    leaves : list of ArgumentAudit
        The whole net's gradients for the input and the parameters, against differences.
    torch : str or None
        PyTorch's version, if it was compared with.
    """

    ops: list
    leaves: list
    torch: str | None

    @property
    def first_wrong(self):
        """The first op that is wrong, or None."""
        return next((op for op in self.ops if op.problem), None)

    @property
    def ok(self):
        """Whether everything agrees."""
        return self.first_wrong is None and not any(leaf.problem for leaf in self.leaves)

    @property
    def kinks(self):
        """How many outputs were left out because of a kink."""
        return sum(argument.kinks for op in self.ops for argument in op.arguments)

    @property
    def verdict(self):
        """One or two lines: all right, or the first wrong op and element."""
        if op := self.first_wrong:
            return (f"WRONG: op {op.number}, {op.op} with result {size_text(op.shape)}: "
                    f"{op.problem}\n{op.origin}")
        if leaf := next((leaf for leaf in self.leaves if leaf.problem), None):
            return f"WRONG: every op is right alone, but {leaf.problem}"
        other = f"PyTorch {self.torch}" if self.torch else "PyTorch (not installed) not"
        return (f"{len(self.ops)} ops agree with finite differences and {other}; {self.kinks} "
                "outputs on kinks were left out")

    def __str__(self):
        header = ["op", "argument", "result", "no.", "differences", "torch", "own dtype", "kinks",
                  ""]
        rows = [row for op in self.ops for row in _op_rows(op)]
        rows += [["whole net", leaf.name, size_text(leaf.shape), None, _error(leaf.difference),
                  None, None, None, _leaf_mark(leaf)] for leaf in self.leaves]
        return f"{text_table(header, rows, left=3)}\n\n{self.verdict}"


def _op_rows(op):
    """A row per argument; a problem that belongs to none of them stands in the first row."""
    arguments = op.arguments or [ArgumentAudit("-", op.shape, difference=None)]
    general = op.problem if op.problem not in [a.problem for a in arguments] else None
    return [[op.op, a.name, size_text(op.shape), op.number, _error(a.difference), _error(a.torch),
             _error(a.own), f"{a.kinks}/{a.outputs}", _mark(a.problem or (not i and general))]
            for i, a in enumerate(arguments)]


def _leaf_mark(leaf):
    return "kinks" if leaf.difference is None else _mark(leaf.problem)


def _mark(problem):
    return "WRONG" if problem else "ok"


def _error(value):
    return "-" if value is None else f"{value:.0e}"
