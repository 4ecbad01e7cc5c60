"""What of a step can become part of a CUDA graph, and what Python does at each replay.

A graph repeats what the GPU did. Random draws are counted by Python, learning rates are asked for
by Python: both end as numbers that the graph's kernels read from memory.
"""
import functools
import importlib

import numpy as np

from .. import kernels, random
from ..autograd import Tensor
from ..cuda import get_float32_matmul_precision
from ..device import is_gpu_array
from ..nn.module import _fill_with_zeros
from ..nn.norm import _count_one
from ..optim import Optimizer
from ..optim.optimizer import _fill_with_zeros as _fill_gradient
from .steps import Accumulate, Live, SetGrad


class CannotCaptureError(Exception):
    """Why a step is not captured."""


def suits(program, inputs):
    """Whether everything that a program works on lies on a GPU."""
    arrays = [*inputs, *[array for array, _ in program.outside.values()]]
    return bool(arrays) and all(kernels.language_of(array) == "cuda" and is_gpu_array(array)
                                for array in arrays)


def place_of(array):
    """What must be equal for a graph to take one array for another, besides shape and dtype."""
    if not is_gpu_array(array):
        return None
    return array.device.id, get_float32_matmul_precision()


class Draw:
    """Count a draw of random numbers, and write down its key."""

    def __init__(self, numbers, stream):
        self.numbers = numbers
        self.name = next(name for name in random._state["calls"]
                         if random.stream_id(name) == stream)
        self.words = kernel_module("philox").words

    def __call__(self):
        """Do it."""
        self.numbers.place(self.words(random.initial_seed(), random.next_call(self.name)),
                           np.uint32)


class Undo:
    """What Python had done before steps were tried: to be put back if they cannot be captured."""

    def __init__(self, run, first, end):
        steps = run.program.steps[first:end]
        self.run, self.arrays, self.ops = run, list(run.arrays), dict(run.ops)
        self.calls = dict(random._state["calls"])
        leaves = [step.leaf for step in steps if isinstance(step, Accumulate)]
        leaves += [step.tensor for step in steps if isinstance(step, SetGrad)]
        leaves = [run.tensors.get(leaf, leaf) for leaf in leaves]
        self.grads = [(leaf, leaf._grad) for leaf in leaves if leaf is not None]
        self.optimizers = [(step.args[0], {p: dict(s) for p, s in step.args[0].state.items()})
                           for step in steps if is_optimizer(step)]
        self.counters = [(tensor, tensor._data.copy()) for _, states in self.optimizers
                         for state in states.values() for tensor in state.values()
                         if isinstance(tensor, Tensor) and not is_gpu_array(tensor._data)]

    def __call__(self):
        """Put it back."""
        self.run.arrays[:], self.run.ops = self.arrays, dict(self.ops)
        random._state["calls"] = dict(self.calls)
        for leaf, grad in self.grads:
            leaf._grad = grad
        for optimizer, states in self.optimizers:
            optimizer.state.clear()
            optimizer.state.update(states)
        for tensor, value in self.counters:
            tensor._data[...] = value


def why_not(step):
    """Why a function with a state of its own cannot be captured, or None."""
    owner = step.args[0] if step.args else None
    if step.function in COUNTED:
        return None if is_gpu_array(owner._data) else f"{name_of(step)} counts on the CPU"
    if not is_optimizer(step) or step.function is not Optimizer.step.__wrapped__:
        return f"{name_of(step)} runs as it is"
    name = type(owner).__name__
    if vars(type(owner)).get("extras") is None or len(step.args) > 1 or step.kwargs:
        return f"{name}.step runs as it is"
    if owner._before_step or owner._after_step:
        return f"{name} has hooks"
    for group in owner.param_groups:
        extras = [key for key in owner.extras if group.get(key)]
        if extras:
            return f"{name} with {extras[0]} runs as it is"
    return None


def is_optimizer(step):
    """Whether a step is a method of an optimizer."""
    return isinstance(step, Live) and step.args and isinstance(step.args[0], Optimizer)


class State:
    """What of an optimizer must be as it was when it was captured: options, and the same arrays."""

    def __init__(self, step):
        self.options, self.arrays = [], []
        for group in step.args[0].param_groups:
            self.options.append([bool(group.get(key)) for key in ("weight_decay", "momentum")])
            for p in group["params"]:
                kept = step.args[0].state.get(p, {}).values()
                self.arrays += [p._data, *[x._data for x in kept]]

    def __eq__(self, other):
        return (self.options == other.options and len(self.arrays) == len(other.arrays)
                and all(a is b for a, b in zip(self.arrays, other.arrays)))

    __hash__ = None


def _count(counter):
    counter._data += 1


def _clear(grad):
    grad._data[...] = 0


# Functions with a state on the GPU, and what they do there.
COUNTED = {_count_one.__wrapped__: _count, _fill_with_zeros.__wrapped__: _clear,
           _fill_gradient.__wrapped__: _clear}


def name_of(step):
    """A step, for messages."""
    if isinstance(step, Live):
        return step.function.__qualname__
    return f"{type(step).__name__.lower()} of {step.node.kind.__name__}" \
        if hasattr(step, "node") else type(step).__name__


@functools.cache
def kernel_module(name):
    """A module beside the CUDA kernels."""
    return importlib.import_module(f"{kernels.__name__}.cuda.{name}")
