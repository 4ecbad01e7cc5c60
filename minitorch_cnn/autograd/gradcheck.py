"""Are the gradients right? Compare them with finite differences, element by element.

    gradcheck(F.conv2d, (x, w, b))      # True, or a GradcheckError that names the wrong element

The derivative of output j by input k is estimated as (f(x + h) - f(x - h)) / 2h. On a kink (relu at
0, a tie in max) the slopes left and right of x differ and no derivative exists; such pairs are left
out and counted. Everything is in float64: in float32, rounding alone costs all the digits.

After ``torch.autograd.gradcheck``; the fast mode is the random projection of HIPS autograd
(https://github.com/HIPS/autograd, ``test_util.check_vjp``).
"""
import inspect

import numpy as np

from .. import random
from ..device import array_module, to_cpu
from .graph import grad
from .modes import enable_grad, no_grad
from .tensor import Tensor

__all__ = ["GradcheckError", "check_module", "gradcheck"]


class GradcheckError(RuntimeError):
    """A gradient differs from its finite difference, or could not be compared."""


def gradcheck(func, inputs, *, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True,
              fast_mode=False, names=None):
    """Compare the gradients of ``func`` with central differences.

    Random numbers drawn inside (dropout) are the same in every call.

    Parameters
    ----------
    func : callable
        Takes ``inputs``, returns a Tensor or a sequence of Tensors.
    inputs : Tensor or sequence
        Arguments of ``func``. Those that require a gradient are checked and must be float64.
    eps : float
        Step h of the differences.
    atol, rtol : float
        Right is ``abs(analytic - numeric) <= atol + rtol * abs(numeric)``.
    raise_exception : bool
        False returns False instead of raising GradcheckError.
    fast_mode : bool
        Compare one random projection of all derivatives, at the price of three calls; only where
        that differs, compare every element.
    names : sequence of str, optional
        What messages call the inputs; the argument names of ``func`` if they can be found.

    Returns
    -------
    bool

    Raises
    ------
    GradcheckError
        Naming input, element, analytic and numeric value; or if every pair lies on a kink, if
        ``func`` changes its inputs, or if no output is a float64 tensor.
    ValueError
        If no input requires a gradient, or one that does is not float64.
    """
    check = _Check(func, inputs, eps, atol, rtol, names)
    try:
        check.run(fast_mode)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def check_module(module, *inputs, **options):
    """``gradcheck`` of a module by its inputs and all its parameters, which must be float64.

    Parameters
    ----------
    module : callable with ``named_parameters()``
        ``module.double()`` makes its parameters float64.
    inputs : Tensor
        What it is called with.
    options
        Those of ``gradcheck``.
    """
    named = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
    names = [f"input {i}" for i in range(len(inputs))] + [name for name, _ in named]
    return gradcheck(lambda *tensors: module(*tensors[:len(inputs)]),
                     (*inputs, *[p for _, p in named]), names=names, **options)


class _Check:
    """One run of gradcheck: the inputs by position and how often each verdict was reached."""

    def __init__(self, func, inputs, eps, atol, rtol, names):
        self.func, self.eps, self.atol, self.rtol = func, eps, atol, rtol
        self.inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
        self.names = list(names) if names is not None else _argument_names(func, self.inputs)
        self.checked = {i: x for i, x in enumerate(self.inputs)
                        if isinstance(x, Tensor) and x.requires_grad}
        self.random_state = random.get_rng_state()
        self.pairs = self.kinks = self.wrong = 0
        self.first = None  # message about the first wrong element
        self._check_inputs()

    def _check_inputs(self):
        if not self.checked:
            raise ValueError("gradcheck: no input requires a gradient; "
                             "call requires_grad_() on what is to be checked")
        for i, x in self.checked.items():
            if x.dtype != np.float64:
                raise ValueError(f"gradcheck: {self.names[i]} is {x.dtype}; finite differences "
                                 "need float64, convert it with .double()")

    def run(self, fast_mode):
        """Raise GradcheckError unless every gradient agrees."""
        before = [x.data.copy() if isinstance(x, Tensor) else None for x in self.inputs]
        outputs = self._outputs()
        self.base = _flat(outputs)
        if not np.array_equal(self._values(), self.base, equal_nan=True):
            raise GradcheckError("gradcheck: the function gives other values when called again; "
                                 "draw its random numbers once, or from minitorch_cnn's streams")
        self._check_untouched(before)
        if not (fast_mode and self._projection_agrees(outputs)):
            for i, x in self.checked.items():
                self._compare_input(i, x, outputs)
        self._check_untouched(before)
        self._verdict()

    def _check_untouched(self, before):
        for name, x, kept in zip(self.names, self.inputs, before):
            if kept is not None and not np.array_equal(to_cpu(kept), to_cpu(x.data)):
                raise GradcheckError(f"gradcheck: the function changed {name} in place; its "
                                     "gradient is then that of another value, work on a copy")

    def _verdict(self):
        left_out = f"{self.kinks} of {self.pairs} pairs left out as kinks"
        if self.first:
            raise GradcheckError(f"{self.first} ({self.wrong} of {self.pairs} pairs wrong, "
                                 f"{left_out})")
        if self.pairs and self.kinks == self.pairs:
            raise GradcheckError(
                "gradcheck: nothing could be compared, the slopes left and right of every element "
                f"differ ({left_out}); move the inputs off the kinks or make eps smaller")

    def _call(self):
        """The float outputs, with the same random numbers in every call."""
        random.set_rng_state(self.random_state)
        outputs = self.func(*self.inputs)
        return [y for y in ([outputs] if isinstance(outputs, Tensor) else outputs)
                if isinstance(y, Tensor) and y.is_floating_point()]

    def _outputs(self):
        with enable_grad():
            outputs = self._call()
        if not outputs or any(y.dtype != np.float64 for y in outputs):
            found = ", ".join(str(y.dtype) for y in outputs) or "no floats at all"
            raise GradcheckError("gradcheck: the function must return float64 tensors, got "
                                 f"{found}; does it convert its inputs?")
        return outputs

    @no_grad()
    def _values(self):
        return _flat(self._call())

    def _slope(self, x, step):
        """(f(x + step) - f(x)) / eps, for all outputs in one array."""
        kept = x.data
        x.data = kept + step
        try:
            return (self._values() - self.base) / self.eps
        finally:
            x.data = kept

    def _slopes(self, x, direction):
        """Along a direction of length 1: central slope, and where left and right slope agree."""
        right = self._slope(x, self.eps * direction)
        left = -self._slope(x, -self.eps * direction)
        return (left + right) / 2, self._agree(left, right)

    def _agree(self, value, reference, atol=None):
        with np.errstate(all="ignore"):
            bound = (self.atol if atol is None else atol) + self.rtol * np.abs(reference)
            return np.abs(value - reference) <= bound  # False for NaN

    def _compare_input(self, i, x, outputs):
        """Every element of one input against every element of every output."""
        analytic = self._jacobian(x, outputs)                       # (outputs, inputs)
        for k, index in enumerate(np.ndindex(x.shape)):
            direction = array_module(x.data).zeros_like(x.data)
            direction[index] = 1
            numeric, smooth = self._slopes(x, direction)            # (outputs,) each
            wrong = smooth & ~self._agree(analytic[:, k], numeric)
            self.pairs += numeric.size
            self.kinks += int((~smooth).sum())
            self.wrong += int(wrong.sum())
            if wrong.any() and not self.first:
                j = int(wrong.argmax())
                self.first = (
                    f"gradcheck: wrong gradient for {self.names[i]} at element {index}: analytic "
                    f"{analytic[j, k]:.9g}, numeric {numeric[j]:.9g}, of {_element(outputs, j)}")

    def _jacobian(self, x, outputs):
        """d(output j)/d(x k) by backward, one pass per element of the outputs."""
        rows = []
        for y in outputs:
            for index in np.ndindex(y.shape):
                dy = array_module(y.data).zeros_like(y.data)
                dy[index] = 1
                rows.append(to_cpu(_gradient(y, x, dy)).reshape(-1))
        return np.array(rows).reshape(len(rows), x.numel())

    def _projection_agrees(self, outputs):
        """Whether v' J u is the same by backward and by differences, for random u and v."""
        rng = np.random.default_rng(0)
        weights = [rng.standard_normal(y.shape) for y in outputs]
        v = np.concatenate([w.reshape(-1) for w in weights])
        v, weights = v / np.linalg.norm(v), [w / np.linalg.norm(v) for w in weights]
        for x in self.checked.values():
            u = rng.standard_normal(x.shape)
            u = u / max(np.linalg.norm(u), 1e-300)
            slope, smooth = self._slopes(x, array_module(x.data).asarray(u))
            analytic = sum((to_cpu(_gradient(y, x, w)) * u).sum() for y, w in zip(outputs, weights))
            atol = self.atol * np.abs(u).sum() * np.abs(v).sum()
            if not (smooth.all() and self._agree(analytic, v @ slope, atol)):
                return False
        return True


def _gradient(y, x, dy):
    """dy' dy/dx as an array; zeros where ``y`` was computed without ``x``."""
    if not y.requires_grad:
        return array_module(x.data).zeros_like(x.data)
    return grad(y, x, dy, retain_graph=True, materialize_grads=True)[0].data


def _flat(outputs):
    return np.concatenate([to_cpu(y.data).reshape(-1) for y in outputs])


def _argument_names(func, inputs):
    """'input 0 (x)' where the signature tells, else 'input 0'."""
    try:
        names = [p.name for p in inspect.signature(func).parameters.values()
                 if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    except (TypeError, ValueError):
        names = []
    return [f"input {i} ({names[i]})" if i < len(names) else f"input {i}"
            for i in range(len(inputs))]


def _element(outputs, j):
    """Where the j-th number of all outputs stands."""
    number = 0
    while j >= outputs[number].numel():
        j -= outputs[number].numel()
        number += 1
    place = np.unravel_index(j, outputs[number].shape)
    return f"output {number} at {tuple(int(n) for n in place)}"
