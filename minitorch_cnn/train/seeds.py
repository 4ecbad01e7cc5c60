"""The same experiment with several seeds: what is the result, and what is chance?"""
import math
import statistics
from dataclasses import dataclass

from ..inspect.table import text_table
from ..random import get_rng_state, manual_seed, set_rng_state


@dataclass(frozen=True)
class Spread:
    """One quantity over the seeds.

    Attributes
    ----------
    name : str
    values : tuple of float
        One per seed.
    """

    name: str
    values: tuple

    @property
    def mean(self):
        """Arithmetic mean."""
        return statistics.fmean(self.values)

    @property
    def std(self):
        """Sample standard deviation (n - 1); NaN of a single seed."""
        return statistics.stdev(self.values) if len(self.values) > 1 else math.nan

    @property
    def low(self):
        """The smallest value."""
        return min(self.values)

    @property
    def high(self):
        """The largest value."""
        return max(self.values)

    @property
    def median(self):
        """The middle value: the honest one for times."""
        return statistics.median(self.values)

    def __str__(self):
        if len(self.values) == 1:
            return f"{self.mean:.4g}"
        return f"{self.mean:.4g} +- {self.std:.2g}"


class SeedTable:
    """What ``over_seeds`` found; ``str()`` of it is a table, ``table[name]`` a Spread.

    Attributes
    ----------
    seeds : list of int
    results : list of dict
        What the runs returned, as numbers.
    """

    def __init__(self, seeds, results):
        self.seeds, self.results = list(seeds), list(results)

    def __getitem__(self, name):
        if name not in self.results[0]:
            raise KeyError(f"SeedTable: the runs did not measure {name!r}, only "
                           f"{', '.join(self.results[0])}")
        return Spread(name, tuple(result[name] for result in self.results))

    @property
    def rows(self):
        """A Spread for every quantity."""
        return [self[name] for name in self.results[0]]

    def __str__(self):
        header = ["", *[f"seed {seed}" for seed in self.seeds], "mean", "std", "min", "max"]
        rows = [[row.name, *[f"{v:.6g}" for v in row.values], f"{row.mean:.6g}",
                 "" if math.isnan(row.std) else f"{row.std:.2g}", f"{row.low:.6g}",
                 f"{row.high:.6g}"] for row in self.rows]
        return text_table(header, rows)


def over_seeds(run, seeds=3):
    """Call ``run(seed)`` for several seeds and gather what it measures.

    ``manual_seed(seed)`` is called before each run; afterwards the random streams are as before.

    Parameters
    ----------
    run : callable
        seed -> dict of numbers by name (what ``float()`` takes, a Proportion too), or one number.
    seeds : int or iterable of int
        A number n means 0 to n - 1.

    Returns
    -------
    SeedTable

    Raises
    ------
    ValueError
        If there is no seed, or the runs measure different things.
    TypeError
        If a run returns no numbers.
    """
    seeds = list(range(seeds)) if isinstance(seeds, int) else list(seeds)
    if not seeds:
        raise ValueError("over_seeds: there is no seed; pass at least one")
    before, results = get_rng_state(), []
    try:
        for seed in seeds:
            manual_seed(seed)
            results.append(_numbers(run(seed), seed))
            if results[-1].keys() != results[0].keys():
                raise ValueError(
                    f"over_seeds: the run with seed {seed} measured {', '.join(results[-1])}, the "
                    f"first {', '.join(results[0])}; all must return the same names")
    finally:
        set_rng_state(before)
    return SeedTable(seeds, results)


def _numbers(result, seed):
    named = result if isinstance(result, dict) else {"result": result}
    try:
        return {name: float(value) for name, value in named.items()}
    except (TypeError, ValueError):
        raise TypeError(f"over_seeds: run({seed}) must return a number or a dict of numbers, got "
                        f"{result!r:.80}") from None
