"""Record what a step does on the tape, while it runs as usual.

Every array that an op makes gets a number, its slot; so does every array that comes in from
outside. The record is a list of events in the order they happened:

    Call          an op ran:                 slots in, slot out
    WayBack       gradients went through the graph:  slots of the gradients it starts with, and of
                  those that arrived
    Accumulate    a gradient was added to a leaf's ``.grad``
    SetGrad       ``.grad`` was set, mostly to None
    Write         a result was written into a tensor in place (``w -= lr * w.grad``)
    Live          a function with state of its own was called: an optimizer's step, say

What Python does besides leaves no trace, so whatever might depend on it ends the recording with a
reason, and the step runs eagerly.
"""
import contextlib
import sys
import types
from dataclasses import dataclass, field

import numpy as np

from ..autograd import Function, Tensor, modes
from ..autograd.function import edge_of
from ..autograd.graph import walk_back
from ..device import is_array


@dataclass(frozen=True)
class Slot:
    """The place of an array in a recording, by number."""

    number: int


@dataclass
class Call:
    """An op that ran: its class, its options before forward, its arguments (slots or numbers)."""

    kind: type
    options: dict
    arguments: list
    result: Slot
    shape: tuple
    dtype: np.dtype
    needs: tuple
    edges: tuple        # as Function.edges
    op: Function
    shapes: list        # of the arguments
    user: str = ""

    def key(self):
        """What must be equal in another recording of the same step."""
        return (self.kind, sorted(self.options.items(), key=lambda item: item[0]), self.arguments,
                self.result, self.shape, self.dtype, self.needs)


@dataclass
class WayBack:
    """A backward pass: where it started (None for a gradient of ones), and what arrived."""

    roots: list         # (edge, Slot or None)
    keep_graph: bool
    targets: set | None
    found: dict         # edge -> Slot

    def key(self):
        """What must be equal in another recording of the same step."""
        return [slot for _, slot in self.roots], self.keep_graph, list(self.found.values())


@dataclass
class Accumulate:
    """``leaf.grad`` grew by a slot."""

    leaf: Tensor
    slot: Slot
    fresh: bool         # there was no .grad before

    def key(self):
        """What must be equal in another recording of the same step."""
        return self.slot, self.fresh


@dataclass
class SetGrad:
    """``tensor.grad`` was set to a slot, or to None."""

    tensor: Tensor
    slot: Slot | None

    def key(self):
        """What must be equal in another recording of the same step."""
        return id(self.tensor), self.slot


@dataclass
class Write:
    """A slot was copied into the memory of another."""

    target: Slot
    slot: Slot

    def key(self):
        """What must be equal in another recording of the same step."""
        return self.target, self.slot


@dataclass
class Live:
    """A function was called that must be called again."""

    function: types.FunctionType
    args: tuple
    kwargs: dict

    def key(self):
        """What must be equal in another recording of the same step."""
        return (self.function, [_identity(x) for x in self.args],
                [(name, _identity(x)) for name, x in self.kwargs.items()])


@dataclass
class Recording:
    """The events of one run, and the arrays that took part.

    Attributes
    ----------
    events : list
    slots : dict
        id of an array -> Slot; ``arrays`` holds on to the arrays, so ids stay unique.
    inputs : int
        The first so many slots are the arguments' arrays.
    count : int
        Number of slots.
    outside : dict
        Slot -> (array, Tensor or None) of what came from elsewhere: parameters, constants.
    modules : dict
        Module -> its ``training`` flag.
    reason : str or None
        Why this step cannot be replayed.
    """

    inputs: int
    count: int = 0
    events: list = field(default_factory=list)
    slots: dict = field(default_factory=dict)
    arrays: list = field(default_factory=list)
    outside: dict = field(default_factory=dict)
    modules: dict = field(default_factory=dict)
    reason: str | None = None
    outputs: object = None

    def grads_at_start(self):
        """[(leaf from outside, whether it had no .grad when the step began)]."""
        seen, outside = {}, {id(tensor) for _, tensor in self.outside.values()}
        for event in self.events:
            if isinstance(event, Accumulate) and id(event.leaf) in outside:
                seen.setdefault(event.leaf, event.fresh)
            elif isinstance(event, SetGrad):
                seen.setdefault(event.tensor, None)
        return [(leaf, fresh) for leaf, fresh in seen.items() if fresh is not None]

    def differs(self, other):
        """Why ``other`` is not a recording of the same program, or None."""
        if len(self.events) != len(other.events):
            return f"it ran {len(self.events)} ops and steps in one call, {len(other.events)} in " \
                   "another"
        for one, two in zip(self.events, other.events):
            if type(one) is not type(two) or not _equal(one.key(), two.key()):
                return f"{_name(one)} changes from call to call"
        for slot, (array, _) in self.outside.items():
            if slot not in other.outside or other.outside[slot][0] is not array:
                return f"an array of shape {array.shape} is made anew in each call, outside of ops"
        return None if _equal(self.outputs, other.outputs) else "what it returns changes"


def _identity(x):
    """What stays equal only for the same objects; lists are looked into, numbers compared."""
    if isinstance(x, (list, tuple)):
        return [_identity(y) for y in x]
    return x if isinstance(x, (int, float, str, type(None))) else id(x)


def _equal(one, two):
    try:
        return bool(one == two)
    except ValueError:  # arrays somewhere
        return False


def _name(event):
    if isinstance(event, Call):
        return f"{event.kind.__name__} ({event.user})"
    return event.function.__qualname__ if isinstance(event, Live) else type(event).__name__


def slots_in(value):
    """The Slots inside containers."""
    if isinstance(value, Slot):
        return [value]
    inside = value.values() if isinstance(value, dict) else value
    if not isinstance(value, (tuple, list, dict)):
        return []
    return [slot for x in inside for slot in slots_in(x)]


class Recorder:
    """Watches the tape through ``modes.state.observer``; use ``with`` around the step.

    Parameters
    ----------
    inputs : list of array
        The arrays of the step's arguments.
    """

    def __init__(self, inputs):
        self.recording = Recording(len(inputs))
        for array in inputs:
            self._define(array)
        self._plain_data, self._ops = Tensor.data, set()

    def __enter__(self):
        modes.state.observer = self
        Tensor.data = property(self._read_data, self._plain_data.fset, doc=self._plain_data.__doc__)
        return self.recording

    def __exit__(self, *error):
        modes.state.observer = None
        Tensor.data = self._plain_data

    def refuse(self, reason):
        """Give up: this step cannot be replayed."""
        if self.recording.reason is None:
            self.recording.reason = reason

    @contextlib.contextmanager
    def _aside(self):
        """Run something that is recorded as a whole, or not at all."""
        modes.state.observer = None
        try:
            yield
        finally:
            modes.state.observer = self

    def _define(self, array):
        """A new slot for an array."""
        slot = Slot(self.recording.count)
        self.recording.count += 1
        self.recording.arrays.append(array)
        self.recording.slots[id(array)] = slot
        return slot

    def slot_of(self, array, tensor=None):
        """The slot of an array; one from outside gets it now."""
        slot = self.recording.slots.get(id(array))
        if slot is None:
            slot = self._define(array)
            self.recording.outside[slot] = array, tensor
        return slot

    # what the tape tells --------------------------------------------------------------------------

    def call(self, op, inputs):
        """An op runs."""
        options = dict(op.__dict__)
        if any(_holds_array(value) for value in options.values()):
            self.refuse(f"{op.name()} got an array beside its arguments, which may be another in "
                        f"the next call ({_user()})")
        arguments = [self._argument(x) for x in inputs]
        with self._aside():
            result = op(*inputs)
        y = result._data
        if op.lifted:
            self.refuse(f"{op.name()} got a number on the CPU beside arrays on a GPU; move it with "
                        f'.to("cuda") ({_user()})')
        for edge in op.edges:
            if isinstance(edge, Function) and edge not in self._ops:
                self.refuse(f"a graph from outside leads into the step ({_user()})")
        self._ops.add(op)
        self.recording.events.append(
            Call(type(op), options, arguments, self._define(y), y.shape, y.dtype, op.needs,
                 op.edges, op, [getattr(x, "shape", ()) for x in inputs], _user()))
        return result

    def _argument(self, x):
        if isinstance(x, Tensor):
            if x.hooks:
                self.refuse(f"a tensor has a hook ({_user()})")
            return self.slot_of(x._data, x)
        return self.slot_of(x) if is_array(x) else x

    def backward(self, roots, keep_graph, targets):
        """Gradients flow through the graph."""
        starts = [(edge_of(tensor), self.recording.slots.get(id(dy))) for tensor, dy in roots]
        for (_, dy), (_, slot) in zip(roots, starts):
            if slot is None and not (dy.size == 1 and dy.item() == 1):
                self.refuse(f"backward() starts with a gradient made outside of ops ({_user()})")
        with self._aside():
            found = walk_back([(edge_of(tensor), dy) for tensor, dy in roots], keep_graph, targets)
        slots = {edge: self._define(dx) for edge, dx in found.items()}
        for edge in found:
            if isinstance(edge, Tensor) and edge.hooks:
                self.refuse("a tensor has a hook")
        self.recording.events.append(WayBack(starts, keep_graph, targets, slots))
        return found

    def copied(self, array, copy):
        """``copy`` stands for ``array`` from now on."""
        if id(array) in self.recording.slots:
            self.recording.slots[id(copy)] = self.recording.slots[id(array)]
            self.recording.arrays.append(copy)

    def accumulate(self, leaf, dx):
        """A gradient reaches a leaf."""
        slot = self.slot_of(dx)
        self.recording.events.append(Accumulate(leaf, slot, leaf._grad is None))

    def set_grad(self, tensor, grad):
        """``tensor.grad = grad``."""
        slot = None if grad is None else self.slot_of(grad._data, grad)
        self.recording.events.append(SetGrad(tensor, slot))

    def write(self, tensor, array):
        """``array`` is copied into the tensor's memory."""
        if id(array) not in self.recording.slots:
            self.refuse(f"a tensor is changed by something that is no op ({_user()})")
        self.recording.events.append(Write(self.slot_of(tensor._data, tensor), self.slot_of(array)))

    def live(self, function, args, kwargs):
        """A function with state of its own is called."""
        args = tuple([list(x) if isinstance(x, types.GeneratorType) else x for x in args])
        for x in (*args, *kwargs.values()):
            if isinstance(x, Tensor) and id(x._data) in self.recording.slots:
                slot = self.recording.slots[id(x._data)]
                if slot not in self.recording.outside:
                    self.refuse(f"{function.__qualname__} is given a result of the step")
        with self._aside():
            result = function(*args, **kwargs)
        self.recording.events.append(Live(function, args, kwargs))
        return result

    def changed(self, tensor):
        """A tensor was changed in place, in a way not known."""
        self.refuse(f"a tensor of shape {tensor.shape} is changed in place ({_user()})")

    def module(self, module):
        """A module is called."""
        self.recording.modules[module] = module.training
        if module._forward_hooks or module._forward_pre_hooks or module._backward_hooks \
                or module._backward_pre_hooks:
            self.refuse(f"{type(module).__name__} has hooks")

    def read(self, what):
        """A value leaves the tape for Python."""
        self.refuse(f"it reads a value with {what} ({_user()}); return the tensor, and read it "
                    "outside of the step")

    def _read_data(self, tensor):
        if modes.state.observer is self and not modes.is_ours(sys._getframe(1)):
            self.read(".data")
        return tensor._data


def _holds_array(value):
    if isinstance(value, (tuple, list)):
        return any(map(_holds_array, value))
    return isinstance(value, Tensor) or (is_array(value) and not isinstance(value, np.generic))


def _user():
    """The user's line that is running, as "file.py, line 3"."""
    file, line = modes.caller()
    return f"{file.rsplit('/', 1)[-1]}, line {line}"
