"""``minitorch_cnn.compile``: a step that is recorded twice and replayed from then on."""
import functools
import inspect
import threading
import warnings

import numpy as np

from .. import kernels
from ..autograd import Tensor, modes
from ..device import is_array
from .cuda_graph import CudaGraph
from .graph_parts import place_of, suits
from .program import Program, Run
from .recording import Recorder, Slot
from .replay import Replay

TRIES = 3   # pairs of recordings that may differ
SIGNATURES = 64
MOST = 8    # versions of a step for one signature: more, and it changes in every call
PLAIN = (int, float, complex, bool, str, bytes, type(None))


def compile(model=None, *, fullgraph=False, dynamic=None, backend=None, mode=None, options=None,
            disable=False):
    """Make a function of tensors faster: record what it does, then replay it without Python.

    The first two calls run as usual and are recorded. If both did the same, later calls replay the
    record: neighboring ops are fused (convolution + bias + ReLU + max-pool, linear + ReLU, batch
    norm + ReLU + max-pool, softmax + likelihood; untrained, convolution + batch norm + sum + ReLU),
    memory is planned once, Python is not involved. Results are those of the function itself, to
    float32 rounding. On a GPU the record becomes a CUDA graph: one launch for the whole step.

    A whole training step is the best thing to compile::

        @minitorch_cnn.compile
        def step(x, y):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

    Parameters
    ----------
    model : callable
        Anything, a Module or a function without arguments too. Only what happens to tensors is
        repeated, and optimizers, schedulers, gradient clipping; so no printing, and no
        ``losses.append(loss)`` inside: return the loss. Left out, the result is a decorator.
    fullgraph : bool
        Raise RuntimeError where the function cannot be replayed, instead of running it eagerly.
    dynamic, backend, mode, options
        PyTorch's choice of compilers; accepted, without effect.
    disable : bool
        Return ``model`` itself.

    Returns
    -------
    Compiled
        With the same signature and results. It records anew for other shapes, dtypes, numbers,
        train/eval modes, frozen parameters, and other objects in the variables that the function
        uses. Where replaying is not possible it calls the function, says why in a RuntimeWarning,
        and ``explain()`` tells, too.

    Raises
    ------
    TypeError
        If ``model`` cannot be called.
    """
    if model is None:
        return functools.partial(compile, fullgraph=fullgraph, disable=disable)
    if not callable(model):
        raise TypeError(f"compile: needs a function or a Module, got {type(model).__name__}")
    return model if disable else Compiled(model, fullgraph)


class Compiled:
    """A function that replays what it did before; see ``compile``.

    Attributes
    ----------
    function : callable
        The original; its attributes are this object's, too.
    """

    def __init__(self, function, fullgraph=False):
        self.function, self.fullgraph = function, fullgraph
        self._versions = {}
        self._variables = _variables(function)
        self._lock = threading.Lock()
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args, **kwargs):
        """What the function would return; recorded, replayed, or by the function itself."""
        state = modes.state
        if state.observer is not None or state.anomaly or kernels.listeners:
            return self.function(*args, **kwargs)
        if not self._lock.acquire(blocking=False):  # busy in another thread: its memory is in use
            return self.function(*args, **kwargs)
        try:
            signature = Signature(args, kwargs)
            version = self._version(signature)
            if version.program is not None and version.is_free():
                return version.replay(signature)
            if version.program is not None or version.reason is not None:
                return self.function(*args, **kwargs)
            return version.record(self.function, args, kwargs, signature)
        finally:
            self._lock.release()

    def __getattr__(self, name):
        if name == "function":  # not there yet, or copied without it
            raise AttributeError(name)
        return getattr(self.function, name)

    def _version(self, signature):
        if len(self._versions) >= SIGNATURES and signature.key not in self._versions:
            signature.key = "more"
            if "more" not in self._versions:
                self._add("more", f"it was called with more than {SIGNATURES} signatures")
        versions = self._versions.setdefault(signature.key, [])
        values = [get() for _, get in self._variables]
        for version in versions:
            if version.holds(values):
                return version
        if len(versions) >= MOST:
            return self._add(signature.key, versions[-1].what_changed(values))
        versions.append(Version(values, [name for name, _ in self._variables], self.fullgraph))
        return versions[-1]

    def _add(self, key, reason):
        """Take note that calls with this key run eagerly from now on."""
        version = Version([], [], self.fullgraph)
        version.holds = lambda values: True
        self._versions.setdefault(key, []).insert(0, version)
        version.give_up(reason)
        return version

    def explain(self):
        """What became of the function, as text: for each signature, what is replayed or why not."""
        lines = []
        for versions in self._versions.values():
            for version in versions:
                lines.append(f"{version.signature}: {version.describe()}")
        return "\n".join(lines) or "not called yet"

    def __repr__(self):
        return f"<compiled {getattr(self.function, '__qualname__', type(self.function).__name__)}>"


class Signature:
    """The arguments of a call: the arrays in them, and everything else as a key."""

    def __init__(self, args, kwargs):
        self.arrays, self.tensors, key = [], [], [modes.state.recording, kernels.environment()]
        self._flatten((args, kwargs), key)
        ids = [id(array) for array in self.arrays]
        if len(set(ids)) < len(ids):
            key.append(tuple([ids.index(i) for i in ids]))
        self.key = tuple(key)

    def _flatten(self, value, key):
        if isinstance(value, Tensor):
            array = value._data
            self.arrays.append(array)
            self.tensors.append(value)
            key.append((Tensor, array.shape, array.dtype, value._requires_grad,
                        value._grad is None, place_of(array)))
        elif is_array(value):
            self.arrays.append(value)
            self.tensors.append(None)
            key.append((np.ndarray, value.shape, value.dtype, place_of(value)))
        elif isinstance(value, (tuple, list)):
            key.append((type(value), len(value)))
            for x in value:
                self._flatten(x, key)
        elif isinstance(value, dict):
            key.append((dict, *value))
            for x in value.values():
                self._flatten(x, key)
        else:
            key.append((type(value), value if isinstance(value, PLAIN) else Same(value)))

    def __str__(self):
        shapes = [" x ".join(map(str, array.shape)) or "scalar" for array in self.arrays]
        return ", ".join(shapes) or "no arguments"


class Same:
    """A key that only the same object equals."""

    def __init__(self, thing):
        self.thing = thing

    def __hash__(self):
        return id(self.thing)

    def __eq__(self, other):
        return isinstance(other, Same) and other.thing is self.thing


class Version:
    """A function under one signature and one state of what it uses."""

    def __init__(self, values, names, fullgraph):
        self.values, self.names, self.fullgraph = values, names, fullgraph
        self.recording = self.program = self.run = self.reason = None
        self.tries = 0
        self.signature = ""

    # does it hold? --------------------------------------------------------------------------------

    def holds(self, values):
        """Whether the state is that of the recording."""
        for value, now in zip(self.values, values):
            if value is not now and not _equal_numbers(value, now):
                return False
        if self.recording is None:
            return True
        for leaf, fresh in self.grads:
            if (leaf._grad is None) is not fresh:
                return False
        for module, training in self.modules:
            if module.training is not training:
                return False
        for tensor, array, wants in self.tensors:
            if tensor._data is not array or tensor._requires_grad is not wants:
                return False
        return True

    def what_changed(self, values):
        """In words, why this version does not hold."""
        for name, value, now in zip(self.names, self.values, values):
            if value is not now and not _equal_numbers(value, now):
                return (f"the variable {name} is another object in each call; pass it as an "
                        "argument")
        return "modules switch between modes, or parameters are replaced, in each call"

    # recording ------------------------------------------------------------------------------------

    def record(self, function, args, kwargs, signature):
        """Run the function as it is, and take notes."""
        self.signature = str(signature)
        recorder = Recorder(signature.arrays)
        with recorder as recording:
            result = function(*args, **kwargs)
        recording.outputs = _outputs(result, recorder, signature)
        before, self.recording = self.recording, recording
        recording.tensors = list(signature.tensors)
        self.modules = list(recording.modules.items())
        self.grads = recording.grads_at_start()
        self.tensors = [(tensor, array, tensor._requires_grad)
                        for array, tensor in recording.outside.values() if tensor is not None]
        reason = recording.reason
        if reason is None and before is not None:
            reason = before.differs(recording)
            self.tries += 1
            if reason is None:
                self.program = Program(recording)
                self.recording.arrays.clear()
            elif self.tries < TRIES:    # the first call may differ: there were no gradients yet
                return result
        if reason is not None:
            self.give_up(reason)
        return result

    def give_up(self, reason):
        """Run eagerly from now on, and say so."""
        self.reason = reason
        if self.fullgraph:
            raise RuntimeError(f"compile(fullgraph=True): the step cannot be replayed, because "
                               f"{reason}")
        warnings.warn(f"compile: the step runs eagerly, because {reason}", RuntimeWarning,
                      stacklevel=5)

    # replaying ------------------------------------------------------------------------------------

    def is_free(self):
        """Whether nobody holds gradients that a replay would overwrite."""
        return self.run is None or self.run.is_free()

    @np.errstate(all="ignore")
    def replay(self, signature):
        """Run the program on the arrays of these arguments."""
        program = self.program
        tensors = {then: now for then, now in zip(self.recording.tensors, signature.tensors)
                   if then is not None}
        run = self.run
        if run is None:
            run = self._first_run(signature, tensors)
            run()
        else:
            run.again(signature.arrays, tensors)
        return _build(program.outputs, run, signature)

    def _first_run(self, signature, tensors):
        if suits(self.program, signature.arrays):
            self.run = CudaGraph(self.program, signature.arrays, tensors)
            return self.run
        capture = kernels.capture()
        if capture is None or any(map(place_of, signature.arrays)):
            return Run(self.program, signature.arrays, tensors)
        self.run = Replay(self.program, capture, signature.arrays, tensors)
        return self.run

    def describe(self):
        """What is done, in words."""
        if self.reason is not None:
            return f"runs eagerly, because {self.reason}"
        if self.program is None:
            return "recorded once; the next call decides"
        ops = [step.node.kind.__name__ for step in self.program.steps if hasattr(step, "node")]
        calls = "" if self.run is None else f" in {self.run.summary()}"
        count = len(self.program.steps)
        return f"replays {count} step{'' if count == 1 else 's'}{calls}: {', '.join(ops)}"


def _equal_numbers(one, two):
    return type(one) is type(two) and isinstance(one, PLAIN) and one == two


def _outputs(value, recorder, signature):
    """What a step returns, with Slots for tensors; arguments as their position."""
    if isinstance(value, Tensor):
        for i, tensor in enumerate(signature.tensors):
            if tensor is value:
                return Argument(i)
        slot = recorder.recording.slots.get(id(value._data))
        if slot is None:
            recorder.refuse("it returns a tensor that no op made")
        elif slot in recorder.recording.outside:
            return Given(value)
        if value.grad_fn is not None and not value.grad_fn.freed:
            recorder.refuse("what it returns can still be differentiated; call backward() inside, "
                            "or run it under no_grad()")
        return slot
    if type(value) in (tuple, list):
        return type(value)([_outputs(x, recorder, signature) for x in value])
    if type(value) is dict:
        return {key: _outputs(x, recorder, signature) for key, x in value.items()}
    if not isinstance(value, PLAIN):
        recorder.refuse(f"it returns a {type(value).__name__}; return tensors")
    return Given(value)


class Argument:
    """An output that is an argument itself."""

    def __init__(self, position):
        self.position = position

    def __eq__(self, other):
        return isinstance(other, Argument) and other.position == self.position


class Given:
    """An output that is always the same."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Given) and (other.value is self.value
                                             or _equal_numbers(other.value, self.value))


def _build(outputs, run, signature):
    if isinstance(outputs, Slot):
        return Tensor(run.gift(outputs))
    if isinstance(outputs, Argument):
        return signature.tensors[outputs.position]
    if isinstance(outputs, Given):
        return outputs.value
    if isinstance(outputs, dict):
        return {key: _build(x, run, signature) for key, x in outputs.items()}
    return type(outputs)([_build(x, run, signature) for x in outputs])


def _variables(function):
    """[(name, getter)] of the variables from outside that a function's code names."""
    function = inspect.unwrap(function)
    while isinstance(function, functools.partial):
        function = function.func
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    if code is None:
        return []
    cells = zip(code.co_freevars, function.__closure__ or ())
    found = [(name, functools.partial(_content, cell)) for name, cell in cells]
    names = function.__globals__
    return found + [(name, functools.partial(names.get, name)) for name in code.co_names
                    if name in names]


def _content(cell):
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return None
