"""Function: the base of every op. One instance per call; attributes hold what backward needs.

While the tape records, the instance is also the node of the graph: ``edges`` lead to what made its
inputs, and ``number`` counts the ops in the order they ran. Nothing points from a node to its
result, so a result that is dropped takes its graph with it, without the garbage collector.
"""
import linecache

import numpy as np

from ..device import array_module, is_array, on_one_device, to_cpu
from . import clock, modes
from .tensor import Tensor


class _Everything:
    """``needs`` of an op used by hand, without a tape: every gradient is wanted."""

    __iter__ = None  # how many there are is not known

    def __getitem__(self, index):
        return True


class Function:
    """An op: ``forward`` and ``backward`` side by side, both on plain arrays.

    ``forward(*arrays)`` returns one array and leaves on ``self`` what ``backward`` needs.
    ``backward(dy)`` returns one gradient per argument of forward, in order, each of its argument's
    shape, None where ``self.needs[i]`` is False; a single one needs no tuple. A gradient may be
    ``dy`` itself or a view of it, never an array that the op keeps or returns twice.

    By hand::

        op = MatMul()
        y = op.forward(a, b)
        da, db = op.backward(dy)

    On the tape: ``op(a, b)`` with tensors returns a tensor.
    """

    settings = ()       # names of forward's arguments that never get a gradient
    silent = False      # forward leaves all arithmetic to kernels, which do not warn
    needs = _Everything()
    edges = ()          # per argument: the Function or leaf Tensor behind it, or None
    number = 0          # when it ran, on the clock of the tape
    shape = None        # of the result
    dtype = None
    where = None        # (file, line) of the user's call
    hooks = None        # {key: function}, shared with the result
    retained = None     # weak reference to the result, if retain_grad() was called
    lifted = ()         # per argument: whether it is a number on the CPU beside arrays on a GPU
    freed = False

    def forward(self, *arrays):
        """Compute the result from plain arrays."""
        raise NotImplementedError(f"{type(self).__name__}.forward is not written")

    def backward(self, dy):
        """Turn the gradient of the result into gradients of the arguments."""
        raise NotImplementedError(f"{type(self).__name__}.backward is not written")

    def __call__(self, *inputs):
        """Run forward on tensors, arrays, numbers or None; record it where a gradient is wanted."""
        if self.edges or self.freed:
            raise RuntimeError(f"{type(self).__name__}: this instance already has its place in a "
                               "graph; make a new one for every call")
        state = modes.state
        if state.observer is not None:
            return state.observer.call(self, inputs)
        recording = state.recording
        arrays, needs, edges = [], [], []
        for x in inputs:
            is_tensor = isinstance(x, Tensor)
            need = recording and is_tensor and x._requires_grad
            arrays.append(x._data if is_tensor else x)
            needs.append(need)
            edges.append((x.grad_fn or x) if need else None)
        self.needs = tuple(needs)
        try:
            y = self.forward(*arrays) if self.silent else _quietly(self.forward, arrays)
        except Exception:
            together = on_one_device(type(self).__name__, arrays)
            if together is arrays:
                raise
            self.lifted = tuple([a is not b for a, b in zip(arrays, together)])
            y = _quietly(self.forward, together)
        if state.anomaly:
            _blame_nan(self, arrays, [y], "forward")
        result = Tensor(y if type(y) is np.ndarray else self._single(y))
        if True in needs and y.dtype.kind == "f":
            self._record(tuple(edges), result)
        return result

    def _record(self, edges, result):
        self.edges = edges
        self.shape, self.dtype = result._data.shape, result._data.dtype
        self.number = clock.tick()
        self.where = modes.caller()
        result._requires_grad = True
        result.grad_fn = self

    def _single(self, y):
        """A forward's result that is no NumPy array: a 0-d value or a CuPy array will do."""
        if not hasattr(y, "dtype") or isinstance(y, Tensor):
            raise TypeError(f"{type(self).__name__}.forward must return one array, got "
                            f"{type(y).__name__}; leave further results as attributes of the op")
        return y

    def gradients(self, dy, wanted=None):
        """``backward(dy)``, checked: one gradient per argument, each of its argument's shape.

        ``wanted``, one bool per argument, asks for fewer gradients than the op's ``needs``.
        """
        if self.freed:
            raise RuntimeError(
                f"{type(self).__name__}: an earlier backward() went through this graph and freed "
                "it; pass retain_graph=True to that call to go through it twice\n" + self.origin())
        if clock.latest > self.number:
            self._check_unchanged()
        needs = self.needs
        self.needs = wanted or needs
        try:
            grads = self.backward(dy)
            grads = self._fit(grads if isinstance(grads, tuple) else (grads,))
        except Exception as error:
            raise RuntimeError(f"{self.name()}.backward: {error}\n{self.origin()}") from error
        finally:
            self.needs = needs
        if modes.state.anomaly:
            _blame_nan(self, [dy], grads, "backward")
        return grads

    def _fit(self, grads):
        """The gradients as arrays of their inputs' shape and dtype; None where not wanted."""
        if len(grads) != len(self.edges):
            raise ValueError(f"returned {len(grads)} gradients for {len(self.edges)} arguments")
        fitted = []
        for dx, edge, need in zip(grads, self.edges, self.needs):
            if dx is None or edge is None or not need:
                fitted.append(None)
                continue
            if self.lifted and self.lifted[len(fitted)]:
                dx = to_cpu(dx)
            if type(dx) is not np.ndarray and not is_array(dx):
                dx = np.asarray(dx)     # a number, or the scalar that NumPy makes of a 0-d result
            if dx.shape != edge.shape:
                raise ValueError(f"gradient {len(fitted)} has shape {dx.shape}, "
                                 f"its argument {edge.shape}")
            fitted.append(dx if dx.dtype == edge.dtype else dx.astype(edge.dtype))
        return fitted

    def _check_unchanged(self):
        """Refuse to compute gradients from arrays that were overwritten after forward ran."""
        for kept in self.__dict__.values():
            for array in kept if isinstance(kept, (tuple, list)) else (kept,):
                if is_array(array) and clock.changed_since(array, self.number):
                    raise RuntimeError(
                        f"{self.name()}: an array of shape {array.shape} that this op needs for "
                        "its backward was changed in place after it ran (by an optimizer's step or "
                        "x -= ..., say); call backward() before that, or change a copy\n"
                        + self.origin())

    def origin(self):
        """Where the forward call stands in the user's code, for error messages."""
        if self.where is None:
            return "(not recorded on a tape)"
        file, line = self.where
        return f'forward ran at {file}, line {line}: {linecache.getline(file, line).strip()}'

    def free(self):
        """Drop the saved arrays and the way back: backward() has used them."""
        self.__dict__ = {"shape": self.shape, "dtype": self.dtype, "where": self.where,
                         "number": self.number, "freed": True}

    def name(self):
        """The op's name, as PyTorch's ``grad_fn.name()``."""
        return type(self).__name__

    def __repr__(self):
        return f"<{type(self).__name__}>"


@np.errstate(all="ignore")  # inf and NaN are results here, as in PyTorch, not warnings
def _quietly(forward, arrays):
    return forward(*arrays)


def edge_of(tensor):
    """What a gradient for ``tensor`` flows to: the op that made it, or the leaf itself."""
    return tensor if tensor.grad_fn is None else tensor.grad_fn


def _has_nan(value):
    if isinstance(value, float):
        return value != value
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return kind == "f" and bool(array_module(value).isnan(value).any())


def _blame_nan(op, came_in, came_out, direction):
    if any(map(_has_nan, came_out)) and not any(map(_has_nan, came_in)):
        place = op.origin() if op.where else "at {}, line {}".format(*modes.caller())
        raise RuntimeError(f"{op.name()}.{direction} made the first NaN; nothing that came in was "
                           f"NaN\n{place}")
