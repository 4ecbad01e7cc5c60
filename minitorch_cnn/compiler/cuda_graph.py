"""Replay a program on a GPU as CUDA graphs: the whole step is one launch, where it can be.

    call 3    the program runs once as it is: kernels are compiled, cuBLAS gets its workspace
    call 4    a stream captures the program's kernels instead of running them; the graph is launched
    call 5    new arguments are copied to where the first ones lay, numbers that change go over, the
    and on    graph is launched. Nothing waits for the GPU: results are read when somebody asks.

Memory comes from a pool of its own, which outlives the graph: what a step gives back a later one
takes, and nobody else. What Python did besides is done again each time: gradients are handed to
their leaves, random draws counted, an optimizer asked for the numbers of its kernels
(kernels/cuda/changing.py).

A step that cannot be captured, since it waits for the GPU or its numbers would stay as they were
(gradient clipping; optimizers that are not kernels alone), runs as it is, between two graphs.
"""
import contextlib
import functools
import weakref

from .. import kernels
from ..autograd import Tensor
from ..autograd.clock import note_change
from ..device import cupy
from .graph_parts import (
    COUNTED,
    CannotCaptureError,
    Draw,
    State,
    Undo,
    kernel_module,
    name_of,
    why_not,
)
from .program import Run
from .replay import Lent
from .steps import Accumulate, Backward, Forward, Live, SetGrad, Write


class CudaGraph(Run):
    """A program as CUDA graphs.

    Parameters
    ----------
    program, inputs, tensors
        As for ``Run``; the inputs on the GPU.
    """

    def __init__(self, program, inputs, tensors):
        self.pool, self.stream = cupy().cuda.MemoryPool(), cupy().cuda.Stream(non_blocking=True)
        with self._own_memory():
            self.inputs = [_copy(x) for x in inputs]
        super().__init__(program, self.inputs, tensors)
        self.items = None       # Segments, and steps that run as they are, in order
        self.reasons = {}       # number of a step that runs as it is -> why
        self.fixed = {}         # slot -> the array that graphs and such steps find it in
        self.fixed_ops = {}     # node -> its op, where only the way back runs as it is
        self.lent = {}          # slot -> Lent

    # the three kinds of calls ---------------------------------------------------------------------

    def __call__(self):
        """Run it as it is, in the graph's memory and on its stream; the arrays by slot number."""
        cupy().cuda.get_current_stream().synchronize()
        with self.stream, self._own_memory():
            super().__call__()
        self.stream.synchronize()
        return self.arrays

    def again(self, inputs, tensors):
        """Capture or replay, on new arguments; the arrays by slot number."""
        for place, array in zip(self.inputs, inputs):
            if array is not place:
                place[...] = array
        self.tensors = tensors
        if self.items is None or self._outdated():
            self._capture()
        else:
            for item in self.items:
                item.replay()
        return self.arrays

    def is_free(self):
        """Whether nobody holds arrays that the next run overwrites."""
        free = [lent.come_back() for lent in self.lent.values()]
        return all(free)

    def summary(self):
        """What a replay is, in words."""
        if self.items is None:
            return "no graph yet"
        graphs = sum(isinstance(item, Segment) for item in self.items)
        text = f"{graphs} CUDA graph{'' if graphs == 1 else 's'}"
        if self.reasons:
            text += " (between them, " + "; ".join(dict.fromkeys(self.reasons.values())) + ")"
        return text

    # capture --------------------------------------------------------------------------------------

    def _capture(self):
        super().__init__(self.program, self.inputs, self.tensors)
        self.items, self.reasons, self.fixed, self.fixed_ops, self.lent = [], {}, {}, {}, {}
        self._refuse_from_the_start()
        first, count = 0, len(self.program.steps)
        while first < count:
            end = next((i for i in range(first, count) if i in self.reasons), count)
            if end > first and not self._started(Segment(self, first, end)):
                continue    # one step more runs as it is
            if end < count:
                self._started(AsItIs(self, end))
            first = end + 1
        for slot, array in self.fixed.items():
            self.arrays[slot.number] = array
        self.ops = dict(self.fixed_ops)
        for lent in self.lent.values():
            lent.own = lent.holders()

    def _started(self, item):
        """Do it for the first time; whether it could be done."""
        done = item.start()
        if done:
            self.items.append(item)
        return done

    def _refuse_from_the_start(self):
        """What is known before it is tried."""
        cleared, growing = set(), set()     # leaves: .grad is the graph's, or somebody else's
        for i, step in enumerate(self.program.steps):
            reason = None
            if isinstance(step, Live):
                reason = why_not(step)
            elif isinstance(step, SetGrad) and step.slot is not None:
                reason = "it sets .grad"
            elif isinstance(step, SetGrad):
                cleared.add(step.tensor)
                growing.discard(step.tensor)
            elif isinstance(step, Accumulate):
                if step.leaf in self.tensors:
                    reason = "an argument gets a gradient"
                elif step.leaf._grad is not None and step.leaf not in cleared:
                    growing.add(step.leaf)
                if step.leaf in growing:
                    reason = "gradients of several calls add up"
                cleared.add(step.leaf)
            if reason:
                self.refuse(i, reason)

    def refuse(self, number, reason):
        """Let a step run as it is; the way back of an op goes with the op."""
        step = self.program.steps[number]
        self.reasons[number] = reason
        if isinstance(step, Forward):
            for i, other in enumerate(self.program.steps):
                if isinstance(other, Backward) and other.node is step.node:
                    self.reasons[i] = reason

    def _outdated(self):
        """Whether an optimizer would do something else now."""
        return any(item.outdated() for item in self.items)

    @contextlib.contextmanager
    def _own_memory(self):
        with cupy().cuda.using_allocator(self.pool.malloc):
            yield

    # what steps ask for ---------------------------------------------------------------------------

    def release(self, things):
        """Forget arrays and ops, but those that a step which runs as it is will look for."""
        super().release([x for x in things if x not in self.fixed and x not in self.fixed_ops])

    def look(self, op):
        """A graph waits for nothing: there, a label that is no class makes the loss NaN."""
        if not self.stream.is_capturing():
            super().look(op)

    def gift(self, slot):
        """A copy of the array of a slot, for good."""
        return self.arrays[slot.number].copy()

    def lend_for_good(self, slot, leaf, array):
        """``leaf.grad`` in the graph's memory, until the next run."""
        leaf._grad = Tensor(array)
        lent = self.lent.setdefault(slot, Lent(array, leaf))
        lent.tensor = weakref.ref(leaf._grad)


class Segment:
    """Steps first .. end - 1 of a program, as one graph."""

    def __init__(self, run, first, end):
        self.run, self.first, self.end = run, first, end
        self.host, self.state = [], []      # what Python does each time; of the optimizers
        # not in the graph's memory, where an earlier graph would write over what lasts
        self.numbers = kernel_module("changing").Numbers()
        self.graph = None

    def start(self):
        """Capture and launch; if that fails, one more step of the program is to run as it is."""
        undo = Undo(self.run, self.first, self.end)     # holds memory until the graph has run
        self._capture(undo)
        if self.graph is not None:
            self.expected = self.numbers.used
            self._go()
        return self.graph is not None

    def _capture(self, undo):
        run = self.run
        number = self.first
        with run.stream, run._own_memory(), self.numbers.captured():
            run.stream.begin_capture()
            try:
                for number in range(self.first, self.end):
                    self._take(run.program.steps[number])
                    run.release(run.program.release[number])
                number = None
                self.graph = run.stream.end_capture()
            except Exception as error:
                self._give_up(undo, number, error)

    def _give_up(self, undo, number, error):
        """A step waits for the GPU, say: it has to run as it is."""
        run = self.run
        if run.stream.is_capturing():
            with contextlib.suppress(Exception):    # the capture is broken, and ended so
                run.stream.end_capture()
        undo()
        reason = f"{str(error).splitlines()[0] if str(error) else type(error).__name__}"
        for i in range(self.first, self.end) if number is None else [number]:
            run.refuse(i, f"{name_of(run.program.steps[i])} runs as it is: {reason}")

    def _take(self, step):
        run = self.run
        if isinstance(step, Accumulate):
            leaf = run.tensors.get(step.leaf, step.leaf)
            if leaf._grad is None:
                array = run.arrays[step.slot.number]
                self._do(functools.partial(run.lend_for_good, step.slot, leaf, array))
            else:
                leaf._grad._data += run.arrays[step.slot.number]
        elif isinstance(step, SetGrad):
            self._do(functools.partial(step.run, run))
        elif isinstance(step, Live):
            self._take_live(step)
        else:
            before = len(self.numbers.draws)
            step.run(run)
            self.host += [Draw(self.numbers, stream) for stream in self.numbers.draws[before:]]
            if isinstance(step, Write):
                self.host.append(functools.partial(note_change, run.arrays[step.target.number]))

    def _do(self, action):
        action()
        self.host.append(action)

    def _take_live(self, step):
        if step.function in COUNTED:
            COUNTED[step.function](*step.args)
            return
        before, declined = State(step), []
        kernels.listeners.append(lambda _, language, no, *__: declined.append(
            no or language != "cuda"))
        try:
            step.run(self.run)
        finally:
            kernels.listeners.pop()
        if any(declined):
            raise CannotCaptureError("its arrays do not suit the kernels")
        if State(step) != before:
            raise CannotCaptureError("it meets a parameter for the first time")
        self.host.append(functools.partial(step.run, self.run))
        self.state.append((step, State(step)))

    def outdated(self):
        """Whether an optimizer has other parameters or options now."""
        return any(why_not(step) or State(step) != state for step, state in self.state)

    def replay(self):
        """Do it again."""
        with self.numbers.replayed():
            for action in self.host:
                action()
        if self.numbers.used != self.expected:
            raise RuntimeError("compile: the optimizer updates other parameters than before")
        self._go()

    def _go(self):
        self.numbers.send()
        self.graph.launch()


class AsItIs:
    """A step that runs as it is."""

    def __init__(self, run, number):
        self.run, self.step = run, run.program.steps[number]
        self.number = number

    def start(self):
        """The first time: what it makes gets a place."""
        run, step = self.run, self.step
        for slot in step.reads():
            run.fixed[slot] = run.arrays[slot.number]
        if isinstance(step, Backward):
            run.fixed_ops[step.node] = run.ops[step.node]
        step.run(run)
        for slot in step.writes():
            with run._own_memory():
                run.fixed[slot] = run.arrays[slot.number] = _copy(run.arrays[slot.number])
        run.release(run.program.release[self.number])
        return True

    def replay(self):
        """Do it again."""
        run = self.run
        self.step.run(run)
        for slot in self.step.writes():
            place = run.fixed[slot]
            place[...] = run.arrays[slot.number]
            run.arrays[slot.number] = place

    def outdated(self):
        """It is not in a graph."""
        return False


def _copy(array):
    return cupy().array(array, order="C")
