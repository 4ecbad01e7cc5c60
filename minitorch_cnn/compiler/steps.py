"""The steps of a program: each reads and fills ``run.arrays``, a list by slot number."""
from dataclasses import dataclass

import numpy as np

from .. import kernels
from ..autograd import Tensor
from ..autograd.clock import note_change
from ..autograd.graph import accumulate, is_shared
from ..device import array_module
from .recording import Slot


@dataclass
class Forward:
    """arrays[result] = op.forward(...)."""

    node: object

    def reads(self):
        """Slots."""
        return [x for x in self.node.arguments if isinstance(x, Slot)]

    def writes(self):
        """Slots."""
        return [self.node.result]

    def run(self, run):
        """Do it."""
        arrays = run.arrays
        op = run.ops[self.node] = self.node.instance()
        y = op.forward(*[arrays[x.number] if isinstance(x, Slot) else x
                         for x in self.node.arguments])
        arrays[self.node.result.number] = y if type(y) is np.ndarray else _array(y)
        run.look(op)


@dataclass
class Backward:
    """The gradients of an op."""

    node: object
    dy: Slot
    wanted: tuple
    grads: list     # Gradient or None, one per argument

    def reads(self):
        """Slots."""
        return [self.dy]

    def writes(self):
        """Slots."""
        return [dx.slot for dx in self.grads if dx is not None]

    def run(self, run):
        """Do it."""
        op, dy = run.ops[self.node], run.arrays[self.dy.number]
        op.needs = self.wanted
        results = op.backward(dy)
        results = results if isinstance(results, tuple) else (results,)
        for dx, gradient, edge in zip(results, self.grads, self.node.edges):
            if gradient is not None:
                own = isinstance(edge, Tensor) and not run.shares(self)
                run.arrays[gradient.slot.number] = _fit(run, dx, dy, edge, own)


@dataclass
class Sum:
    """arrays[total] = arrays[one] + arrays[two]."""

    one: Slot
    two: Slot
    total: Slot

    def reads(self):
        """Slots."""
        return [self.one, self.two]

    def writes(self):
        """Slots."""
        return [self.total]

    def run(self, run):
        """Do it."""
        arrays = run.arrays
        arrays[self.total.number] = _array(
            kernels.add(arrays[self.one.number], arrays[self.two.number]))


@dataclass
class Ones:
    """The gradient of a result with respect to itself."""

    slot: Slot
    of: Slot

    def reads(self):
        """Slots."""
        return [self.of]

    def writes(self):
        """Slots."""
        return [self.slot]

    def run(self, run):
        """Do it."""
        y = run.arrays[self.of.number]
        run.arrays[self.slot.number] = array_module(y).ones_like(y)


@dataclass
class Accumulate:
    """leaf.grad += arrays[slot]."""

    leaf: Tensor
    slot: Slot

    def reads(self):
        """Slots."""
        return [self.slot]

    def writes(self):
        """Slots."""
        return []

    def run(self, run):
        """Do it."""
        leaf = run.tensors.get(self.leaf, self.leaf)
        if leaf is not None:
            accumulate(leaf, run.lend(self.slot, leaf))
            run.lent_to(self.slot, leaf)


@dataclass
class SetGrad:
    """tensor.grad = arrays[slot] or None."""

    tensor: Tensor
    slot: Slot | None

    def reads(self):
        """Slots."""
        return [] if self.slot is None else [self.slot]

    def writes(self):
        """Slots."""
        return []

    def run(self, run):
        """Do it."""
        tensor = run.tensors.get(self.tensor, self.tensor)
        if tensor is not None:
            tensor._grad = None if self.slot is None else Tensor(run.gift(self.slot))


@dataclass
class Write:
    """arrays[target][...] = arrays[slot]."""

    target: Slot
    slot: Slot

    def reads(self):
        """Slots."""
        return [self.target, self.slot]

    def writes(self):
        """Slots."""
        return []

    def run(self, run):
        """Do it."""
        run.arrays[self.target.number][...] = run.arrays[self.slot.number]
        note_change(run.arrays[self.target.number])


@dataclass
class Live:
    """Call a function as it was called."""

    function: object
    args: tuple
    kwargs: dict

    def reads(self):
        """Slots."""
        return []

    writes = reads

    def run(self, run):
        """Do it."""
        self.function(*self.args, **self.kwargs)


def _array(y):
    return np.asarray(y) if isinstance(y, np.generic) else y


def _fit(run, dx, dy, edge, own):
    """A gradient in its argument's dtype; if it is to be its ``own``, in memory nobody else has."""
    dx = _array(dx)
    if dx.dtype != edge.dtype:
        run.cast()
        return dx.astype(edge.dtype)
    return dx.copy() if own and (dx is dy or is_shared(dx)) else dx
