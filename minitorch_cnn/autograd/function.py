"""Function: the base of every op. One instance per call; attributes hold what backward needs.

While the tape records, the instance is also the node of the graph: ``edges`` lead to what made its
inputs, and ``number`` counts the ops in the order they ran. Nothing points from a node to its
result, so a result that is dropped takes its graph with it, without the garbage collector.
"""
import itertools
import linecache

import numpy as np

from ..device import array_module
from . import modes
from .tensor import Tensor

_count = itertools.count(1).__next__


class _Everything:
    """``needs`` of an op used by hand, without a tape: every gradient is wanted."""

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

    needs = _Everything()
    edges = ()          # per argument: the Function or leaf Tensor behind it, None if no gradient goes there
    number = 0          # position in the order of execution
    shape = None        # of the result
    dtype = None
    where = None        # (file, line) of the user's call
    hooks = None        # {key: function}, shared with the result
    retained = None     # weak reference to the result, if retain_grad() was called
    freed = False

    def forward(self, *arrays):
        """Compute the result from plain arrays."""
        raise NotImplementedError(f"{type(self).__name__}.forward is not written")

    def backward(self, dy):
        """Turn the gradient of the result into gradients of the arguments."""
        raise NotImplementedError(f"{type(self).__name__}.backward is not written")

    @np.errstate(all="ignore")  # inf and NaN are results here, as in PyTorch, not warnings
    def __call__(self, *inputs):
        if self.edges or self.freed:
            raise RuntimeError(f"{type(self).__name__}: this instance already has its place in a "
                               "graph; make a new one for every call")
        recording = modes.state.recording
        self.needs = tuple([recording and isinstance(t, Tensor) and t.requires_grad for t in inputs])
        arrays = [t.data if isinstance(t, Tensor) else t for t in inputs]
        y = Tensor(self.forward(*arrays))
        if modes.state.anomaly:
            _blame_nan(self, arrays, [y.data], "forward")
        if True in self.needs and y.data.dtype.kind == "f":
            self._record(inputs, y)
        return y

    def _record(self, inputs, y):
        self.edges = tuple([edge_of(t) if need else None for t, need in zip(inputs, self.needs)])
        self.shape, self.dtype = y.data.shape, y.data.dtype
        self.number = _count()
        self.where = modes.caller()
        y.requires_grad, y.grad_fn = True, self

    def gradients(self, dy, wanted=None):
        """``backward(dy)``, checked: one gradient per argument, each of its argument's shape.

        ``wanted``, one bool per argument, asks for fewer gradients than the op's ``needs``.
        """
        if self.freed:
            raise RuntimeError(
                f"{type(self).__name__}: an earlier backward() went through this graph and freed it; "
                "pass retain_graph=True to that call to go through it twice")
        needs, self.needs = self.needs, wanted or self.needs
        try:
            grads = self.backward(dy)
            grads = grads if isinstance(grads, tuple) else (grads,)
            grads = [self._fit(dx, i) for i, dx in enumerate(grads)]
        except Exception as error:
            raise RuntimeError(f"{type(self).__name__}.backward: {error}\n{self.origin()}") from error
        finally:
            self.needs = needs
        if len(grads) != len(self.edges):
            raise RuntimeError(f"{type(self).__name__}.backward returned {len(grads)} gradients for "
                               f"{len(self.edges)} arguments of forward\n{self.origin()}")
        if modes.state.anomaly:
            _blame_nan(self, [dy], grads, "backward")
        return grads

    def _fit(self, dx, i):
        """The i-th gradient as an array of its input's shape and dtype; None where not wanted."""
        edge = self.edges[i] if i < len(self.edges) else None
        if dx is None or edge is None or not self.needs[i]:
            return None
        if not hasattr(dx, "ndim") or isinstance(dx, np.generic):
            dx = np.asarray(dx)
        if dx.shape != edge.shape:
            raise ValueError(f"gradient {i} has shape {dx.shape}, its argument {edge.shape}")
        return dx if dx.dtype == edge.dtype else dx.astype(edge.dtype)

    def origin(self):
        """Where the forward call stands in the user's code, for error messages."""
        if self.where is None:
            return "(not recorded on a tape)"
        file, line = self.where
        return f'forward ran at {file}, line {line}: {linecache.getline(file, line).strip()}'

    def free(self):
        """Drop the saved arrays and the way back: backward() has used them."""
        kept = {name: self.__dict__.get(name) for name in ("shape", "dtype", "where", "number")}
        self.__dict__.clear()
        self.__dict__.update(kept, freed=True)

    def name(self):
        """The op's name, as PyTorch's ``grad_fn.name()``."""
        return type(self).__name__

    def __repr__(self):
        return f"<{type(self).__name__}>"


def edge_of(tensor):
    """What a gradient for ``tensor`` flows to: the op that made it, or the leaf itself."""
    return tensor if tensor.grad_fn is None else tensor.grad_fn


def _has_nan(array):
    kind = getattr(getattr(array, "dtype", None), "kind", "")
    return kind == "f" and bool(array_module(array).isnan(array).any())


def _blame_nan(op, came_in, came_out, direction):
    if any(_has_nan(a) for a in came_out) and not any(_has_nan(a) for a in came_in):
        place = op.origin() if op.where else "at {}, line {}".format(*modes.caller())
        raise RuntimeError(f"{op.name()}.{direction} made the first NaN; nothing that came in was NaN\n"
                           f"{place}")
