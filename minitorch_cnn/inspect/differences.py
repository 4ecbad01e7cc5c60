"""Is the gradient of one op call right? Finite differences along random directions, in float64.

x argument, y result, dy random upstream gradient, dx = backward(dy), u random direction, h step.
For every output two slopes along u are measured, (y(x + hu) - y(x)) / h to the right and
(y(x) - y(x - hu)) / h to the left. Where they differ there is a kink within the step (ReLU at 0, a
change of the maximum): such outputs get dy = 0, which takes them out on both sides, and are
counted. Of the others sum(dx u) must be sum(dy slope). If it is not, the support of u is halved
again and again, down to the first wrong element.
"""
from dataclasses import dataclass

import numpy as np

STEPS = (1e-6, 1e-5, 1e-4)  # a wrong gradient is wrong at every step; rounding is not
SMOOTH = 1e-4               # difference of two slopes that are called equal, relative
RTOL = 1e-5


@dataclass
class Check:
    """What the comparison of one argument's gradient found.

    Attributes
    ----------
    error : float
        |sum(dx u) - sum(dy slope)| relative to the size of the latter's terms.
    kinks, outputs : int
        Outputs left out, of how many.
    wrong : bool
    element : tuple of int or None
        The first wrong element.
    analytic, numeric : float
        The gradient there, by backward and by differences.
    dy : array or None
        The upstream gradient of these two.
    """

    error: float
    kinks: int
    outputs: int
    wrong: bool = False
    element: tuple | None = None
    analytic: float = 0.0
    numeric: float = 0.0
    dy: np.ndarray | None = None


class GradientCheck:
    """The comparison for one call (in float64) and one of its arguments.

    Parameters
    ----------
    call : Call
    index : int
        Which argument.
    dy : array
        Upstream gradient.
    rng : numpy.random.Generator
    """

    def __init__(self, call, index, dy, rng):
        self.call, self.index, self.dy = call, index, dy
        self.x = call.arguments[index]
        self.u = rng.standard_normal(self.x.shape)
        self.y = call.forward()
        size = float(np.sqrt(np.mean(np.square(self.x)))) if self.x.size else 1.0
        self.scale = max(1.0, size)

    def run(self):
        """The Check of this argument."""
        for step in STEPS:
            check, _ = self._compare(self.u, step)
            if not check.wrong:
                return check
        check, _ = self._compare(self.u, STEPS[0])
        self._locate(check, STEPS[0])
        return check

    def _compare(self, u, step):
        """(Check along ``u``, which outputs are smooth)."""
        h = step * self.scale
        left, right = -self._slope(u, -h), self._slope(u, h)
        smooth = self._smooth(left, right, h)
        slope = np.where(smooth, (left + right) / 2, 0)
        dy = np.where(smooth, self.dy, 0)
        analytic = float((self._gradient(dy) * u).sum())
        numeric = float((dy * slope).sum())
        size = float(np.linalg.norm(dy * slope))
        allowed = RTOL * size + float(np.linalg.norm(dy * self._noise(h)))
        difference = abs(analytic - numeric)
        return Check(difference / max(size, 1e-12), int((~smooth).sum()), smooth.size,
                     not difference <= allowed), smooth

    def _smooth(self, left, right, h):
        """Where the slopes agree, up to curvature; False for NaN."""
        with np.errstate(all="ignore"):
            size = np.maximum(np.abs(left), np.abs(right))
            typical = np.sqrt(np.mean(np.square(size[np.isfinite(size)]))) if size.size else 0.0
            bound = SMOOTH * np.maximum(size, typical) + self._noise(h)
            return np.abs(left - right) <= bound

    def _noise(self, h):
        """What rounding may do to a slope: some units in the last place of y, over h."""
        return 64 * np.finfo(np.float64).eps * (np.abs(np.nan_to_num(self.y)) + 1) / h

    def _slope(self, u, h):
        """(y(x + hu) - y(x)) / |h|."""
        arguments = list(self.call.arguments)
        arguments[self.index] = self.x + h * u
        with np.errstate(all="ignore"):
            return (self.call.forward(arguments) - self.y) / abs(h)

    def _gradient(self, dy):
        dx = self.call.backward(dy)[self.index]
        return np.zeros_like(self.x) if dx is None else dx

    def _locate(self, check, step):
        """Halve the support of u down to the first wrong element; note it in ``check``."""
        start, stop = 0, self.x.size
        while stop - start > 1:
            middle = (start + stop) // 2
            first, second = self._part(start, middle, step), self._part(middle, stop, step)
            if first.wrong or (not second.wrong and first.error > second.error):
                stop = middle
            else:
                start = middle
        check.element = tuple(int(i) for i in np.unravel_index(start, self.x.shape))
        u = np.zeros(self.x.shape)
        u[check.element] = 1
        smooth = self._compare(u, step)[1]
        dy = np.where(smooth, self.dy, 0)
        h = step * self.scale
        slope = np.where(smooth, (self._slope(u, h) - self._slope(u, -h)) / 2, 0)
        check.analytic = float(self._gradient(dy)[check.element])
        check.numeric = float((dy * slope).sum())
        check.dy = dy

    def _part(self, start, stop, step):
        """The Check along u restricted to some elements."""
        u = np.zeros(self.x.size)
        u[start:stop] = self.u.reshape(-1)[start:stop]
        return self._compare(u.reshape(self.x.shape), step)[0]
