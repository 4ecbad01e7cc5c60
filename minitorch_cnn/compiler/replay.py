"""Replay a program as the bare list of its kernel calls, in memory that was laid out once.

The program runs once while every kernel call is noted (``kernels.capture``), in memory of its own:
what one step gives back, a later one takes, so this run is the plan of all buffers. From then on
the same calls are made with the same addresses. New arguments are copied to where the first ones
lay. A step whose work is not kernel calls alone (dropout draws, some op is a NumPy expression) runs
as it is in between; what it makes is copied to where it lay the first time.
"""
import sys
import weakref

import numpy as np

from .. import kernels
from ..autograd import Tensor
from ..ops import fused
from ..ops.activation import ELU, LeakyReLU, PReLU, ReLU
from ..ops.conv import Conv2d, ConvTranspose2d
from ..ops.elementwise import Add, Mul, Sub
from ..ops.hard_activation import HardSigmoid, HardSwish, HardTanh
from ..ops.indexing import GetItem
from ..ops.matmul import Linear
from ..ops.norm import GroupNorm, LayerNorm
from ..ops.pool import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d
from ..ops.reduce import Sum
from ..ops.shape import Expand, Permute, Reshape
from ..ops.smooth_activation import GELU, GELUTanh, LogSigmoid, Mish, Sigmoid, SiLU, Softplus, Tanh
from ..ops.upsample import Resample
from .folded import ConvNorm
from .program import Run
from .recording import Slot, slots_in
from .steps import Backward, Forward, Ones
from .steps import Sum as SumStep

# Ops that do all their work through kernels, where no kernel declines.
CALLS_ONLY = {Conv2d, ConvTranspose2d, Linear, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, Reshape,
              GroupNorm, LayerNorm, PReLU, Resample,
              Add, Sub, Mul, ReLU, LeakyReLU, HardTanh, HardSigmoid, HardSwish,
              ELU, GELU, GELUTanh, LogSigmoid, Mish, Sigmoid, SiLU, Softplus, Tanh,
              fused.ConvReLU, fused.ConvReLUPool, fused.NormedConvReLUPool, fused.ReLUPool,
              fused.BatchNormReLU, fused.ConvBatchNormReLUPool, fused.FewTapsBatchNormReLUPool,
              fused.AddReLU, fused.LinearReLU, fused.LabelCrossEntropy, ConvNorm}
# What may be a view of its argument, or its gradient one of dy.
VIEWS = {Reshape, Permute, Expand, GetItem, Sum}
# From which on gradients may be dy itself, of which a leaf needs a copy.
HAND_ON = {Reshape: 0, Add: 0, Sub: 0, fused.AddReLU: 0, ConvNorm: 7}


class Replay(Run):
    """A program bound to its memory.

    Parameters
    ----------
    program : Program
    capture : object
        From ``kernels.capture()``.
    inputs, tensors
        As for ``Run``.
    """

    def __init__(self, program, capture, inputs, tensors):
        self.capture = capture
        with capture.running():
            self.inputs = [capture.copy_of(x) for x in inputs]
        super().__init__(program, self.inputs, tensors)
        self.todo = []          # lists of kernel calls, and steps that run as they are
        self.captured = set()   # nodes whose forward is kernel calls
        self.pinned = {*slots_in(program.outputs)}
        self.copied = set()     # slots that captured calls read
        self.filled = set()     # slots that they fill
        self.lent = {}          # slot -> Lent

    # the first time -------------------------------------------------------------------------------

    def __call__(self):
        """Run all steps and take notes; the arrays by slot number."""
        with self.capture.running():
            for step, done in zip(self.program.steps, self.program.release):
                self._note(step)
                self.release([thing for thing in done if thing not in self.pinned])
        self.fixed = list(self.arrays)
        for lent in self.lent.values():
            lent.own = lent.holders()
        return self.arrays

    def _note(self, step):
        """Run a step; its kernel calls, or the step itself, are what there is to do."""
        before, declined = len(self.capture.calls), []
        kernels.listeners.append(lambda _, language, no, *__: declined.append(no))
        self.capture.spoiled = False
        try:
            step.run(self)
        finally:
            kernels.listeners.pop()
        calls = self.capture.calls[before:]
        if type(step) is Ones:
            self.pinned.update(step.writes())
        elif self._is_calls_only(step, calls) and not any(declined) and not self.capture.spoiled:
            self._add_calls(step, calls)
        else:
            self.todo.append(step)
            self.pinned.update((*step.reads(), *step.writes()))
            if isinstance(step, Backward):
                self.pinned.add(step.node)

    def _add_calls(self, step, calls):
        if not (self.todo and type(self.todo[-1]) is list):
            self.todo.append([])
        self.todo[-1].extend(calls)
        self.copied.update(step.reads())
        self.filled.update(step.writes())
        if isinstance(step, Forward):
            self.captured.add(step.node)
            op = self.ops[step.node]
            if hasattr(op, "check"):
                self.todo.append(Check(op))

    def _is_calls_only(self, step, calls):
        if isinstance(step, SumStep):
            return bool(calls)
        if not isinstance(step, (Forward, Backward)):
            return False
        if step.node.kind in VIEWS and not calls:
            return self._is_view(step)
        if step.node.kind not in CALLS_ONLY:
            return False
        if isinstance(step, Backward) and step.node not in self.captured:
            return False
        if isinstance(step, Backward) and step.node.kind in HAND_ON:
            first = HAND_ON[step.node.kind]
            return not any(dx is not None and isinstance(edge, Tensor)
                           for dx, edge in zip(step.grads[first:], step.node.edges[first:]))
        return True

    def _is_view(self, step):
        """Whether what a step makes is another look at what it reads, so that all is done."""
        if len(step.reads()) != 1 or len(step.writes()) != 1:
            return False
        one, other = step.reads()[0], step.writes()[0]
        return np.may_share_memory(self.arrays[one.number], self.arrays[other.number])

    # what steps ask for ---------------------------------------------------------------------------

    def shares(self, step):
        """Whether a leaf's gradient may lie in the program's memory; it is lent then."""
        return step.node.kind in CALLS_ONLY and step.node.kind not in HAND_ON

    def cast(self):
        """NumPy had to convert a gradient."""
        self.capture.spoiled = True

    def lend(self, slot, leaf):
        """The array of a slot, for ``leaf.grad``: a program parameter's gradient is not copied."""
        if any(tensor is leaf for tensor in self.tensors.values()):
            return self.gift(slot)
        return self.arrays[slot.number]

    def lent_to(self, slot, leaf):
        """``leaf.grad`` holds the array of a slot now, unless it was added to what was there."""
        array = self.arrays[slot.number]
        if leaf._grad._data is array and slot in self.filled:
            lent = self.lent.setdefault(slot, Lent(array, leaf))
            lent.tensor = weakref.ref(leaf._grad)

    def gift(self, slot):
        """A copy of the array of a slot, for good."""
        return self.arrays[slot.number].copy()

    def summary(self):
        """What a replay is, in words."""
        count = sum([len(item) for item in self.todo if type(item) is list])
        return f"{count} kernel call{'' if count == 1 else 's'}"

    # again ----------------------------------------------------------------------------------------

    def is_free(self):
        """Whether nobody holds arrays that the next run overwrites."""
        free = True
        for lent in self.lent.values():
            free &= lent.come_back()
        return free

    def again(self, inputs, tensors):
        """Run on new arguments; the arrays by slot number."""
        for place, array in zip(self.inputs, inputs):
            np.copyto(place, array)
        self.tensors = tensors
        for item in self.todo:
            if type(item) is list:
                for function, arguments in item:
                    function(*arguments)
            else:
                item.run(self)
                for slot in item.writes():
                    self._put_back(slot.number)
        return self.arrays

    def _put_back(self, number):
        """Copy what a step made to where captured calls look for it."""
        place, array = self.fixed[number], self.arrays[number]
        if Slot(number) in self.copied and array is not place:
            np.copyto(place, array)
            self.arrays[number] = place


class Check:
    """Let an op look at what its kernels noted."""

    def __init__(self, op):
        self.op = op

    def run(self, run):
        """Do it."""
        self.op.check()

    def writes(self):
        """Slots."""
        return []


class Lent:
    """An array of the program that serves as some parameter's ``.grad`` until the next run."""

    def __init__(self, array, leaf):
        self.array, self.leaf, self.tensor, self.own = array, leaf, None, 0

    def holders(self):
        """How many hold the array, apart from ``leaf.grad``."""
        grad = self.leaf._grad
        return sys.getrefcount(self.array) - (grad is not None and grad._data is self.array)

    def come_back(self):
        """Whether the array may be overwritten; a tensor that somebody kept gets a copy."""
        tensor = self.tensor()
        if tensor is not None and tensor._data is self.array:
            known = 3 if tensor is self.leaf._grad else 2   # the name here, the call, leaf.grad
            if sys.getrefcount(tensor) > known:
                tensor._data = self.array.copy()
        del tensor
        return self.holders() == self.own
