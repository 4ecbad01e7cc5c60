"""Which ops did a computation run, and on what? Calls of Functions, to be run again by hand."""
import contextlib
import copy
from dataclasses import dataclass

import numpy as np

from ..autograd import Function, Tensor
from ..device import is_array

FLOATS = (np.dtype("float16"), np.dtype("float32"), np.dtype("float64"))


@dataclass
class Call:
    """One call of an op.

    Attributes
    ----------
    kind : type
        The Function's class.
    options : dict
        Attributes of the instance before forward ran; copies.
    arguments : tuple
        What forward was given: copies of arrays, numbers, None.
    names : list of str
        forward's names for them.
    needs : tuple of bool
        Which gradients were wanted.
    origin : str
        The user's line.
    """

    kind: type
    options: dict
    arguments: tuple
    names: list
    needs: tuple = ()
    origin: str = ""

    @property
    def op(self):
        """Name of the op."""
        return self.kind.__name__

    def double(self):
        """The same call with every float32 and float16 in it widened to float64."""
        return Call(self.kind, _double(self.options), _double(self.arguments), self.names,
                    self.needs, self.origin)

    @property
    def differentiable(self):
        """For each argument, whether it can have a gradient: it holds floats, and is no setting."""
        return tuple(is_array(x) and x.dtype in FLOATS and name not in self.kind.settings
                     for name, x in zip(self.names, self.arguments))

    def instance(self):
        """A new op as it was before forward, that will compute every gradient there can be."""
        op = self.kind.__new__(self.kind)
        op.__dict__.update(copy.deepcopy(self.options))
        op.needs = self.differentiable
        return op

    @np.errstate(all="ignore")
    def forward(self, arguments=None):
        """The result of forward, run by hand."""
        return np.asarray(self.instance().forward(*(arguments or self.arguments)))

    @np.errstate(all="ignore")
    def backward(self, dy):
        """The gradients for ``dy``, one per argument, run by hand."""
        op = self.instance()
        op.forward(*self.arguments)
        grads = op.backward(dy.copy())
        return grads if isinstance(grads, tuple) else (grads,)


@contextlib.contextmanager
def recorded_calls():
    """Inside the block, every op that the tape records is also noted as a Call in the list given.

    What is noted: copies made before forward runs. Ops whose name begins with "_" are left out:
    they are the engine's own and depend on one another.
    """
    calls, original = [], Function.__call__

    def call(op, *inputs):
        noted = _note(op, inputs)
        result = original(op, *inputs)
        if result.grad_fn is op and not noted.op.startswith("_"):
            noted.needs, noted.origin = op.needs, op.origin()
            for name in getattr(op, "drawn", ()):  # dropout's mask: run again with the same
                noted.options[name] = getattr(op, name).copy()
            calls.append(noted)
        return result

    Function.__call__ = call
    try:
        yield calls
    finally:
        Function.__call__ = original


def _note(op, inputs):
    arguments = [x.data if isinstance(x, Tensor) else x for x in inputs]
    arguments = tuple(x.copy() if is_array(x) else x for x in arguments)
    return Call(type(op), copy.deepcopy(op.__dict__), arguments, _names(op, len(inputs)))


def _names(op, count):
    """forward's argument names; arguments gathered by a ``*xs`` are xs[0], xs[1] ..."""
    code = op.forward.__func__.__code__
    names = list(code.co_varnames[1:code.co_argcount])
    if code.co_flags & 0x04:  # there is a *xs
        star = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
        names += [f"{star}[{i}]" for i in range(count - len(names))]
    return names[:count]


def _double(value):
    """``value`` with floating-point arrays, scalars and dtypes inside it in float64."""
    if is_array(value) or isinstance(value, np.generic):
        return value.astype(np.float64) if value.dtype in FLOATS else value
    if isinstance(value, np.dtype):
        return FLOATS[-1] if value in FLOATS else value
    if type(value) in (tuple, list):
        return type(value)(map(_double, value))
    if isinstance(value, dict):
        return {key: _double(item) for key, item in value.items()}
    return value
