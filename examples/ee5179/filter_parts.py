"""What a 3x3 filter consists of: the sum of a blur, an edge, and a line or spot.

The blur is its mean, the edge what changes sign under a half turn, the line or spot the rest: 1, 4
and 4 of its nine dimensions. (Frei and Chen, "Fast boundary detection", 1977, take the same three.)
"""
import numpy as np

PARTS = ("blur", "edge", "line or spot")


def shares_of(w):
    """Shares of the three parts in the energy of filters (N, 3, 3)."""
    total, blur = (w ** 2).sum(), 9 * (w.mean((1, 2)) ** 2).sum()
    edge = (((w - w[:, ::-1, ::-1]) / 2) ** 2).sum()
    return [float(part / total) for part in (blur, edge, total - blur - edge)]


def by_chance(count, draws=200):
    """For each part (low, high): where its share lies for 95 % of ``count`` random filters."""
    rng = np.random.default_rng(0)
    drawn = [shares_of(rng.uniform(-1, 1, (count, 3, 3))) for _ in range(draws)]
    return np.percentile(drawn, (2.5, 97.5), axis=0).T.tolist()


def likeness(w, others):
    """Largest cosine of a filter (N, 3, 3) with one of the others (M, 3, 3), on average."""
    unit, their_unit = (v.reshape(-1, 9) / np.linalg.norm(v.reshape(-1, 9), axis=1, keepdims=True)
                        for v in (w, others))
    return float((unit @ their_unit.T).max(1).mean())


def by_energy(weight):
    """Input channels of (F, C, 3, 3) whose filters have the most, the median, the least energy."""
    order = np.argsort(-(weight ** 2).sum((0, 2, 3)))
    return [int(order[i]) for i in (0, len(order) // 2, -1)]
