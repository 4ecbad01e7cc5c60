"""Which op of this net computes a wrong result or a wrong gradient? Op by op, three ways.

Every op that a forward pass records is run again alone, on float64 copies of what it was given: its
gradients against finite differences (``differences.py``), result and gradients against PyTorch
where that is installed and has the op (``torch_twins.py``), and the op in its own precision against
itself in float64. Each op is judged on right inputs, so an error does not spread, and the first
wrong op in the table is the first wrong one in the net. At last the whole net's gradients are
compared with differences: that is the tape's share.
"""
import copy

import numpy as np

from ..autograd import Tensor, enable_grad, no_grad
from ..nn import Module
from ..ops import cross_entropy
from ..random import get_rng_state, make_generator, set_rng_state
from .differences import STEPS, GradientCheck
from .findings import ArgumentAudit, Audit, OpAudit
from .recording import FLOATS, recorded_calls
from .state import buffers_restored
from .torch_twins import torch_result

TORCH_RTOL = 1e-8                               # both in float64
OWN_RTOL = {"float32": 1e-3, "float16": 5e-2}   # the op's own precision against float64
WHOLE_RTOL = 1e-4
JITTER = 0.1


def audit(model, x, y=None, loss=None, *, seed=0):
    """Check every op of a net, forward and backward, and name the first wrong one.

    The model is left as it was: its buffers, its random streams; its gradients are not touched.

    Parameters
    ----------
    model : Module or callable
        On the CPU, in the mode that is to be audited.
    x : Tensor or array
        A small batch.
    y : Tensor or array, optional
        Targets. Without them the output is weighted at random and added up.
    loss : callable, optional
        (output, y) -> scalar Tensor; default cross-entropy.
    seed : int
        Of the random upstream gradients and directions.

    Returns
    -------
    Audit

    Raises
    ------
    ValueError
        If the model is on a GPU, or nothing was recorded.
    TypeError
        If ``x`` holds no floats.
    """
    x = np.asarray(x.detach().cpu().data if isinstance(x, Tensor) else x)
    _check(model, x)
    y = y if y is None or isinstance(y, Tensor) else Tensor(np.asarray(y))
    rng, streams, torch = make_generator(seed, "audit"), get_rng_state(), _torch()
    objective = _objective(y, loss or cross_entropy, seed)
    try:
        with buffers_restored(model), recorded_calls() as calls, enable_grad():
            objective(model, Tensor(x.copy(), requires_grad=True), y)
        set_rng_state(streams)
        ops = [_audit_op(number, call, rng, torch) for number, call in enumerate(calls, 1)]
        leaves = _audit_whole(model, x, y, objective, rng, streams)
    finally:
        set_rng_state(streams)
    if not ops:
        raise ValueError("audit: nothing was recorded; does the model use no_grad(), detach() or "
                         "arrays instead of tensors?")
    return Audit(ops, leaves, None if torch is None else torch.__version__)


def _torch():
    """PyTorch, or None where it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    return torch


def _check(model, x):
    if x.dtype not in FLOATS:
        raise TypeError(f"audit: x must hold floats, got {x.dtype}; gradients need them")
    if isinstance(model, Module) and any(p.is_cuda for p in model.parameters()):
        raise ValueError("audit: the model is on a GPU; audit a copy on the CPU: "
                         "copy.deepcopy(model).cpu()")


def _objective(y, loss, seed):
    """(model, x, y) -> scalar Tensor."""
    def with_targets(model, x, y):
        return loss(model(x), y)

    def weighted_sum(model, x, _):
        output = model(x)
        weights = make_generator(seed, "audit weights").standard_normal(output.shape)
        return (output * Tensor(weights.astype(output.dtype))).sum()

    return weighted_sum if y is None else with_targets


# one op ------------------------------------------------------------------------------------------

def _audit_op(number, call, rng, torch):
    """Run one call again, in float64 and in its own precision, and compare."""
    found = OpAudit(number, call.op, (), call.origin)
    try:
        double = call.double()
        y = double.forward()
        found.shape = y.shape
        if y.dtype != np.float64 or y.size == 0:
            return found
        dy = rng.standard_normal(y.shape).astype(np.float32).astype(np.float64)
        grads = double.backward(dy)
    except Exception as error:  # whatever a wrong op raises is what is to be told
        found.blame(f"run alone it fails: {type(error).__name__}: {error}")
        return found
    if not _fits(found, call, double, grads):
        return found
    theirs = None if torch is None else torch_result(torch, double, dy)
    own = _own(call, dy)
    _compare_results(found, y, theirs, own)
    for i, dx in enumerate(grads):
        if call.differentiable[i] and (dx is not None or call.needs[i]):
            argument = _audit_argument(double, i, dx, dy, rng, theirs, own, torch)
            found.arguments.append(argument)
            if argument.problem:
                found.blame(argument.problem)
    return found


def _fits(found, call, double, grads):
    """One gradient per argument, of its shape."""
    if len(grads) != len(call.arguments):
        found.blame(f"backward returns {len(grads)} gradients for {len(call.arguments)} arguments")
    for name, x, dx, may in zip(call.names, double.arguments, grads, call.differentiable):
        if may and dx is not None and np.shape(dx) != x.shape:
            found.blame(f"the gradient of argument {name} has shape {np.shape(dx)}, the argument "
                        f"{x.shape}")
    return found.problem is None


def _own(call, dy):
    """(result, gradients, dtype) in the call's own precision; None where that is float64."""
    y = call.forward()
    if y.dtype.name not in OWN_RTOL:
        return None
    return y, call.backward(dy.astype(y.dtype)), y.dtype.name


def _compare_results(found, y, theirs, own):
    """Forward against PyTorch's, and against float64."""
    for name, other, rtol in _others(theirs, own):
        error, where = _largest(other[0], y)
        if error > rtol:
            values = _values(name, other[0], y, where)
            found.blame(f"the result is wrong at element {where}: {values}")


def _others(theirs, own):
    if theirs is not None:
        yield "torch", theirs, TORCH_RTOL
    if own is not None:
        yield own[2], own, OWN_RTOL[own[2]]


def _values(name, other, ours, where):
    if name == "torch":
        return f"forward gives {ours[where]:.9g}, torch {other[where]:.9g}"
    return f"in {name} it is {other[where]:.9g}, in float64 {ours[where]:.9g}"


def _audit_argument(call, i, dx, dy, rng, theirs, own, torch):
    """The gradient of argument ``i``: against differences, PyTorch and float64."""
    check = GradientCheck(call, i, dy, rng).run()
    found = ArgumentAudit(call.names[i], np.shape(call.arguments[i]), check.error, check.kinks,
                          check.outputs)
    if check.wrong:
        found.problem = (
            f"the gradient of argument {found.name} is wrong first at element {check.element}: "
            f"backward gives {check.analytic:.9g}, finite differences {check.numeric:.9g}"
            + _torch_value(call, i, check, torch))
    dx = np.zeros(found.shape) if dx is None else np.asarray(dx)
    for name, other, rtol in _others(theirs, own):
        if (gradient := other[1][i]) is None:
            continue
        error, where = _largest(np.asarray(gradient), dx)
        setattr(found, "torch" if name == "torch" else "own", error)
        if error > rtol and not found.problem:
            values = _values(name, np.asarray(gradient), dx, where)
            found.problem = (f"the gradient of argument {found.name} is wrong at element {where}: "
                             + values.replace("forward", "backward"))
    return found


def _torch_value(call, i, check, torch):
    """", torch 0.123": PyTorch's gradient at the wrong element, where it has the op."""
    theirs = None if torch is None else torch_result(torch, call, check.dy)
    if theirs is None or theirs[1][i] is None:
        return ""
    return f", torch {theirs[1][i].numpy()[check.element]:.9g}"


def _largest(a, b):
    """(largest difference relative to the largest value of b, where); inf and NaN left out."""
    with np.errstate(all="ignore"):
        difference = np.where(np.isfinite(a) & np.isfinite(b), np.abs(a - b), 0.0)
    if difference.size == 0:
        return 0.0, ()
    where = np.unravel_index(int(difference.argmax()), difference.shape)
    size = np.abs(b[np.isfinite(b)]).max(initial=1e-30)
    return float(difference[where] / size), tuple(int(n) for n in where)


# the whole net -----------------------------------------------------------------------------------

def _audit_whole(model, x, y, objective, rng, streams):
    """Gradients of the objective by the input and every parameter, in a float64 copy of the model.

    All values are moved by a tenth at random: a blank image is all ties, where no derivative
    exists. (The ops alone were compared at the very point, without the kinks.)
    """
    if not isinstance(model, Module):
        return []
    twin = copy.deepcopy(model).double()
    x = Tensor(x.astype(np.float64), requires_grad=True)
    y = y.double() if y is not None and y.is_floating_point() else y
    leaves = [("x", x), *[(n, p) for n, p in twin.named_parameters() if p.requires_grad]]
    for _, leaf in leaves:
        size = np.sqrt(np.mean(np.square(leaf.data))) if leaf.numel() else 0.0
        leaf.data = leaf.data + JITTER * (size + 1e-3) * rng.standard_normal(leaf.shape)

    def value():
        set_rng_state(streams)
        return objective(twin, x, y)

    twin.zero_grad()
    with enable_grad():
        value().backward()
    with no_grad():
        return [_audit_leaf(name, leaf, value, rng) for name, leaf in leaves]


def _audit_leaf(name, leaf, value, rng):
    """One leaf's gradient against differences along a random direction.

    Right is what agrees with the differences of some step. Wrong is what agrees with none, while
    those of two steps agree with each other: near a kink they do not.
    """
    found = ArgumentAudit(name, leaf.shape, difference=None)
    u, kept = rng.standard_normal(leaf.shape), leaf.data
    dx = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.data
    analytic, size = float((dx * u).sum()), float(np.linalg.norm(dx))

    def at(h):
        leaf.data = kept + h * u
        return float(value())

    base, before = at(0.0), np.nan
    for h in (STEPS[0] / 10, *STEPS):
        numeric = (at(h) - at(-h)) / (2 * h)
        scale = max(abs(numeric), size)
        allowed = WHOLE_RTOL * scale + 1e-14 * (abs(base) + 1) / h
        off = abs(analytic - numeric)
        if off <= allowed:
            found.difference, found.problem = off / (scale + abs(base) + 1e-12), None
            break
        if abs(before - numeric) <= allowed:
            found.difference = off / scale
            found.problem = (
                f"the gradient of {name} through the whole net is wrong: along a random direction "
                f"backward gives {analytic:.9g}, finite differences {numeric:.9g}; look at the "
                "tape and at hooks")
        before = numeric
    leaf.data = kept
    return found
