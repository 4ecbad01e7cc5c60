"""From a recording to a list of steps that can be run again, on other arrays of the same shapes.

The ops of the recording become ``Node``s, linked by edges like the ops on the tape, so that the
engine's own way back (``walk_back``) finds the order of the gradients: it is walked once, with
``Gradient``s that stand for arrays, and what it asks for becomes steps.
"""
from ..autograd import Function
from ..autograd.graph import walk_back
from . import recording as record
from .fusion import fuse
from .recording import Slot, slots_in
from .steps import Accumulate, Backward, Forward, Live, Ones, SetGrad, Sum, Write


class Node(Function):
    """An op of the program. It stands in the graph as the op stood on the tape.

    Attributes
    ----------
    kind, options : type, dict
        The op's class and its attributes before forward.
    arguments : list
        Slots, numbers or None.
    result : Slot
    """

    def __init__(self, call, edges, number):
        self.kind, self.options, self.arguments = call.kind, call.options, call.arguments
        self.result, self.needs, self.edges = call.result, call.needs, edges
        self.shape, self.dtype, self.number = call.shape, call.dtype, number
        self.program = None

    def gradients(self, dy, wanted=None):
        """Note a backward step; its results, as Gradients."""
        wanted = wanted or self.needs
        program = self.program
        grads = [program.new_gradient() if edge is not None and need else None
                 for edge, need in zip(self.edges, wanted)]
        program.steps.append(Backward(self, dy.slot, wanted, grads))
        return grads

    def free(self):
        """Nothing to drop: arrays are not here."""

    def name(self):
        """The op's name."""
        return self.kind.__name__

    def instance(self):
        """A new op as it was before forward."""
        op = self.kind.__new__(self.kind)
        op.__dict__.update(self.options)
        op.needs = self.needs
        return op


class Gradient:
    """Stands for an array while the way back is walked."""

    base, strides, flags = None, (), None   # as an array that owns its memory

    def __init__(self, program, slot):
        self.program, self.slot = program, slot

    def __add__(self, other):
        total = self.program.new_gradient()
        self.program.steps.append(Sum(self.slot, other.slot, total.slot))
        return total

    def copy(self):
        """Itself: steps that hand a gradient to a leaf see to it that the leaf owns it."""
        return self


class Program:
    """The steps of a recording, and which arrays they work on.

    Attributes
    ----------
    steps : list
    count : int
        Number of slots.
    outside : dict
        Slot -> (array, Tensor or None).
    outputs
        What the step returns: containers of Slots and plain values.
    """

    def __init__(self, recording):
        self.recording, self.outside = recording, recording.outside
        self.steps, self.count, self.alias = [], recording.count, {}
        self.nodes = {}     # the op on the tape -> its node
        # leaves that outlive the step; others were made inside, and dropped
        self.lasting = {tensor for _, tensor in recording.outside.values()} | {*recording.tensors}
        chains = fuse(recording)
        for number, event in enumerate(recording.events):
            if isinstance(event, record.Call):
                self._add_call(event, chains.get(number, event), number)
            elif isinstance(event, record.WayBack):
                self._add_way_back(event)
            else:
                self._add(event)
        self.outputs = self._resolved(recording.outputs)
        self._plan_release()

    def _add_call(self, event, fused, number):
        if fused is None:   # done by the op that ends its chain
            return
        edges = tuple([self.nodes.get(edge, edge) for edge in fused.edges])
        fused.arguments = [self._resolved(x) for x in fused.arguments]
        node = self.nodes[event.op] = Node(fused, edges, number)
        node.program = self
        self.steps.append(Forward(node))

    def _add_way_back(self, event):
        roots = []
        for edge, slot in event.roots:
            if slot is None:
                slot = self.new_gradient().slot
                self.steps.append(Ones(slot, self._slot_of_edge(edge)))
            roots.append((self.nodes.get(edge, edge), Gradient(self, self._resolved(slot))))
        targets = event.targets and {self.nodes.get(edge, edge) for edge in event.targets}
        found = walk_back(roots, event.keep_graph, targets)
        for edge, slot in event.found.items():
            self.alias[slot] = found[self.nodes.get(edge, edge)].slot

    def _slot_of_edge(self, edge):
        if edge in self.nodes:
            return self.nodes[edge].result
        return self.recording.slots[id(edge._data)]

    def _add(self, event):
        if isinstance(event, record.Accumulate):
            if event.leaf in self.lasting:
                self.steps.append(Accumulate(event.leaf, self._resolved(event.slot)))
        elif isinstance(event, record.SetGrad):
            self.steps.append(SetGrad(event.tensor, self._resolved(event.slot)))
        elif isinstance(event, record.Write):
            self.steps.append(Write(self._resolved(event.target), self._resolved(event.slot)))
        else:
            self.steps.append(Live(event.function, event.args, event.kwargs))

    def new_gradient(self):
        """A Gradient with a slot of its own."""
        self.count += 1
        return Gradient(self, Slot(self.count - 1))

    def _resolved(self, value):
        """Slots of recorded gradients -> slots of the program's, inside containers too."""
        if isinstance(value, Slot):
            return self.alias.get(value, value)
        if isinstance(value, (tuple, list)):
            return type(value)([self._resolved(x) for x in value])
        if isinstance(value, dict):
            return {key: self._resolved(x) for key, x in value.items()}
        return value

    def _plan_release(self):
        """Note for every step which arrays and ops are not needed after it."""
        last = {}
        for i, step in enumerate(self.steps):
            for slot in (*step.reads(), *step.writes()):
                last[slot] = i
            if isinstance(step, (Forward, Backward)):
                last[step.node] = i
        kept = {*self.outside, *map(Slot, range(self.recording.inputs)), *slots_in(self.outputs)}
        self.release = [[] for _ in self.steps]
        for thing, i in last.items():
            if thing not in kept:
                self.release[i].append(thing)


class Run:
    """One run of a program, op by op.

    Parameters
    ----------
    program : Program
    inputs : list of array
        The arguments' arrays.
    tensors : dict
        Tensor of the recording -> the Tensor that takes its place now (None: nobody's).
    """

    def __init__(self, program, inputs, tensors):
        self.program, self.tensors = program, tensors
        self.arrays, self.ops = [None] * program.count, {}
        self.arrays[:len(inputs)] = inputs
        for slot, (array, _) in program.outside.items():
            self.arrays[slot.number] = array

    def shares(self, step):
        """Whether a leaf's gradient may share memory with something else."""
        return False

    def look(self, op):
        """Let an op look at what its kernels noted."""
        if hasattr(op, "check"):
            op.check()

    def cast(self):
        """A gradient had to be converted to another dtype."""

    def lend(self, slot, leaf):
        """The array of a slot, for ``leaf.grad``."""
        return self.arrays[slot.number]

    def lent_to(self, slot, leaf):
        """It was given to ``leaf.grad``."""

    def gift(self, slot):
        """The array of a slot, for somebody to keep."""
        return self.arrays[slot.number]

    def release(self, things):
        """Forget arrays and ops."""
        for thing in things:
            if isinstance(thing, Slot):
                self.arrays[thing.number] = None
            else:
                self.ops.pop(thing, None)

    def __call__(self):
        """Run all steps; the arrays by slot number."""
        for step, done in zip(self.program.steps, self.program.release):
            step.run(self)
            self.release(done)
        return self.arrays
