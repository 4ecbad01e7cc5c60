"""What is chance, and what is an effect? Intervals over seeds and images, paired comparisons."""
from dataclasses import dataclass

import numpy as np

from minitorch_cnn.train import History

# Student's t: 95 % of samples of n lie within so many standard errors, by degrees of freedom n - 1
T95 = (np.inf, 12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)


def mean_interval(percents, images):
    """Mean over seeds; where it would lie in 95 % of repetitions with other images and seeds."""
    p, n = np.mean(percents) / 100, len(percents)
    of_seeds = np.var(percents, ddof=1) / n / 1e4 if n > 1 else 0
    half = 100 * np.hypot(1.96 * (p * (1 - p) / images) ** 0.5,
                          T95[n - 1] * of_seeds ** 0.5 if n > 1 else 0)
    return float(100 * p), (float(100 * p - half), float(min(100, 100 * p + half)))


@dataclass
class Effect:
    """How much better one setting is than another, in percentage points, with an interval."""

    mean: float
    low: float
    high: float

    def verdict(self):
        """Of the claim that it is above 0."""
        if self.low > 0:
            return "supported"
        return "opposite" if self.high < 0 else "not supported"

    def __str__(self):
        return f"{self.mean:+.2f} [{self.low:+.2f}, {self.high:+.2f}]"


def effect(better, worse):
    """Of two lists of values, one for each seed, that were made with the same seeds."""
    differences = np.subtract(better, worse)
    mean, n = differences.mean(), len(differences)
    half = T95[n - 1] * differences.std(ddof=1) / n ** 0.5 if n > 1 else np.inf
    return Effect(float(mean), float(mean - half), float(mean + half))


def accuracies(results, name="accuracy"):
    """In %, one for each seed."""
    return [float(result[name]) for result in results]


def histories(results):
    """The History of each training."""
    made = [History() for _ in results]
    for history, result in zip(made, results):
        history.load_state_dict(result["history"])
    return made
