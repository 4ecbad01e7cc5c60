"""The way back: gradients flow from the result to the leaves, the op that ran last goes first.

Ops are numbered as they run, so every user of a result has a higher number than the op that made
it. Taking the highest number first therefore visits each op after all of its users, when its
gradient is complete: a heap and a loop, no recursion, whatever the depth of the graph.
"""
import heapq
import sys

import numpy as np

from ..device import array_module, is_array
from . import modes
from .function import Function, edge_of
from .tensor import Tensor


@np.errstate(all="ignore")
def run_backward(roots, keep_graph, targets=None):
    """Send gradients through the graph.

    Parameters
    ----------
    roots : list of (Tensor, array)
        Where to start and with which gradient.
    keep_graph : bool
        Keep the saved arrays for another pass.
    targets : set or dict of Function and Tensor, optional
        Stop here: only the ways that lead to these edges are computed.

    Returns
    -------
    dict
        Leaf Tensor (or, with ``targets``, target edge) -> array.
    """
    if modes.state.observer is not None:
        return modes.state.observer.backward(roots, keep_graph, targets)
    return walk_back([(edge_of(tensor), dy) for tensor, dy in roots], keep_graph, targets)


def walk_back(roots, keep_graph, targets):
    """``run_backward`` from edges; the gradients may be anything that can be added and copied."""
    useful = None if targets is None else _leading_to(targets, roots)
    arrived, heap, found = {}, [], {}
    for edge, dy in roots:
        _arrive(edge, dy, arrived, heap)
    while heap:
        op = heapq.heappop(heap)[1]
        dy = arrived.pop(op)
        if op.hooks or op.retained:
            dy = _with_hooks(op, dy)
        if targets is not None:
            if op in targets:
                found[op] = dy.copy()
            if op not in useful:
                continue
        for edge, dx in zip(op.edges, op.gradients(dy, useful and useful[op])):
            if dx is not None:
                _arrive(edge, _own(dx, dy) if isinstance(edge, Tensor) else dx, arrived, heap)
        if not keep_graph:
            op.free()
    if targets is not None:
        found.update((edge, dy) for edge, dy in arrived.items() if edge in targets)
        return found
    return arrived


def _arrive(edge, dx, arrived, heap):
    """Add ``dx`` to what has reached ``edge`` so far; an op seen for the first time queues up."""
    if edge in arrived:
        total = arrived[edge] + dx  # of 0-d arrays, NumPy makes a scalar
        arrived[edge] = np.asarray(total) if isinstance(total, np.generic) else total
        return
    arrived[edge] = dx
    if isinstance(edge, Function):
        heapq.heappush(heap, (-edge.number, edge))


def _own(dx, dy):
    """``dx`` as an array nobody else holds: a leaf keeps it as its ``.grad``."""
    return dx.copy() if dx is dy or is_shared(dx) else dx


def is_shared(array):
    """Whether others have the memory of ``array``, too, or one number stands for many in it."""
    if not is_array(array.base):
        return False
    if 0 in array.strides or not getattr(array.flags, "writeable", True):
        return True     # broadcast: nothing could be added to it later
    return sys.getrefcount(array.base) > 2  # the view's, the call's


def _with_hooks(op, dy):
    """The gradient after the result's hooks; a retained result gets it as its ``.grad``."""
    dy = apply_hooks(op.hooks, dy)
    tensor = op.retained() if op.retained is not None else None
    if tensor is not None:
        accumulate(tensor, dy.copy())
    return dy


def apply_hooks(hooks, dy):
    """Pass an array gradient through hooks on tensors; a hook that returns None leaves it alone.

    Raises
    ------
    ValueError
        If a hook returns a gradient of another shape.
    """
    for hook in list(hooks.values()) if hooks else ():
        changed = hook(Tensor(dy))
        if changed is None:
            continue
        array = _like(dy, changed)
        if array.shape != dy.shape:
            raise ValueError(f"register_hook: the hook {hook!r} returned a gradient of shape "
                             f"{array.shape} for one of shape {dy.shape}; they must be equal")
        dy = array.astype(dy.dtype)
    return dy


def _like(array, value):
    """A Tensor or anything array-like as an array on the device of ``array``."""
    return value.data if isinstance(value, Tensor) else array_module(array).asarray(value)


def accumulate(leaf, dx):
    """Add ``dx`` to ``leaf.grad``; gradients of several backward calls add up."""
    if modes.state.observer is not None:
        modes.state.observer.accumulate(leaf, dx)
    if leaf._grad is None:
        leaf._grad = Tensor(dx)
    else:
        leaf._grad._data += dx


def _leading_to(targets, roots):
    """{op: needs} of the ops from which some target is reached, with only those ways wanted."""
    ops, stack = set(), [edge for edge, _ in roots]
    while stack:
        edge = stack.pop()
        if isinstance(edge, Function) and edge not in ops:
            ops.add(edge)
            stack.extend(e for e in edge.edges if e is not None)
    useful = {}
    for op in sorted(ops, key=lambda op: op.number):
        needs = tuple([e is not None and (e in targets or e in useful) for e in op.edges])
        if True in needs:
            useful[op] = needs
        elif op.freed:
            useful[op] = ()  # let gradients() say that this graph was freed
    return useful


def _refuse_create_graph(create_graph):
    if create_graph:
        raise ValueError(
            "create_graph=True: backward works on plain arrays and is not recorded itself, so "
            "there are no second derivatives here; use finite differences of the first ones")


def _first_gradient(tensor, gradient, caller):
    """The array a backward pass starts with: ``gradient``, or 1 for a scalar."""
    if not tensor.requires_grad:
        raise RuntimeError(
            f"{caller}: this tensor of shape {tensor.shape} was not recorded; was it made inside "
            "no_grad(), detached, or from tensors without requires_grad=True?")
    array = tensor.data
    if gradient is None:
        if array.size != 1:
            raise RuntimeError(
                f"{caller} without a gradient needs a tensor of one element, got shape "
                f"{array.shape}; reduce it with .sum() or .mean(), or pass gradient=")
        return array_module(array).ones_like(array)
    dy = _like(array, gradient)
    if dy.shape != array.shape:
        raise ValueError(f"{caller}: the gradient has shape {dy.shape}, the tensor {array.shape}; "
                         "they must be equal")
    if tensor.grad_fn is not None and dy.dtype == array.dtype:
        return dy   # ops only read it
    copy = dy.astype(array.dtype)  # the caller keeps theirs
    if modes.state.observer is not None:
        modes.state.observer.copied(dy, copy)
    return copy


def _roots(tensors, gradients, caller):
    """[(tensor, array to start with)], checked."""
    tensors = _as_list(tensors)
    gradients = [None] * len(tensors) if gradients is None else _as_list(gradients)
    if len(gradients) != len(tensors):
        raise ValueError(f"{caller}: {len(tensors)} tensors but {len(gradients)} gradients; "
                         "pass one for each")
    return [(y, _first_gradient(y, dy, caller)) for y, dy in zip(tensors, gradients)]


def _check_inputs(inputs, caller):
    if not inputs:
        raise ValueError(f"{caller}: inputs is empty; name the tensors that are to get a gradient")
    for position, x in enumerate(inputs):
        if not isinstance(x, Tensor) or not x.requires_grad:
            raise RuntimeError(
                f"{caller}: input {position} does not require a gradient; call requires_grad_() "
                "on it before the forward pass")


def backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False, inputs=None):
    """Add the derivatives of ``tensors`` to ``.grad`` of every leaf they were computed from.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
        Where to start.
    grad_tensors : Tensor or sequence, optional
        Gradient to start with, one per tensor and of its shape; 1 for tensors of one element.
    retain_graph : bool, optional
        Keep the saved arrays, so that backward can be called again.
    create_graph : bool
        Refused: backward works on arrays, there are no second derivatives.
    inputs : Tensor or sequence of Tensor, optional
        Only these get a gradient, intermediate results too; other ways are not computed.

    Raises
    ------
    RuntimeError
        If nothing was recorded, the graph was freed by an earlier call, a saved array was changed
        in place, or an op's backward fails (the message shows the line of the forward call).
    ValueError
        If a gradient has another shape than its tensor, and for ``create_graph=True``.
    """
    _refuse_create_graph(create_graph)
    roots = _roots(tensors, grad_tensors, "backward()")
    targets = None
    if inputs is not None:
        inputs = _as_list(inputs)
        _check_inputs(inputs, "backward()")
        targets = {edge_of(x) for x in inputs}
        for x in inputs:
            x.retain_grad()
    for edge, dx in run_backward(roots, bool(retain_graph), targets).items():
        if isinstance(edge, Tensor):
            accumulate(edge, _leaf_gradient(edge, dx))


def _backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    """Add d(this)/d(leaf) to ``.grad`` of every leaf this tensor was computed from.

    ``gradient``, of this tensor's shape, weighs its elements (the vector of the vector-Jacobian
    product); a tensor of one element needs none. For the rest see ``autograd.backward``.
    """
    gradients = None if gradient is None else [gradient]
    backward([self], gradients, retain_graph, create_graph, inputs)


_backward.__name__ = _backward.__qualname__ = "backward"
Tensor.backward = _backward  # here: the way back needs Function, and Function needs Tensor


def _leaf_gradient(leaf, dx):
    """``dx`` after the leaf's hooks; a copy then, since a hook may have kept what it was given."""
    return apply_hooks(leaf.hooks, dx).copy() if leaf.hooks else dx


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False,
         only_inputs=True, allow_unused=None, is_grads_batched=False, materialize_grads=False):
    """Gradients of ``outputs`` with respect to ``inputs``, returned instead of stored in ``.grad``.

    Only the ways that lead to ``inputs`` are computed: asking for the gradient of an image computes
    no weight gradient.

    Parameters
    ----------
    outputs, inputs : Tensor or sequence of Tensor
        Inputs may be leaves or intermediate results.
    grad_outputs : Tensor or sequence, optional
        Gradient to start with, one per output; 1 for scalars.
    retain_graph : bool, optional
        Keep the saved arrays for another pass.
    create_graph, is_grads_batched : bool
        Refused: there are no second derivatives, and no batches of gradients.
    only_inputs : bool
        Always True, as in PyTorch, where the argument is deprecated.
    allow_unused : bool, optional
        Give None for an input that no output depends on instead of an error.
    materialize_grads : bool
        Give zeros for such an input.

    Returns
    -------
    tuple of Tensor

    Raises
    ------
    RuntimeError
        For an input that was not recorded or not used, or a graph that was freed.
    ValueError
        For what is refused, and for a gradient of the wrong shape.
    """
    _refuse_create_graph(create_graph)
    if is_grads_batched:
        raise ValueError("grad: is_grads_batched=True is not supported; call grad once for each "
                         "gradient, with retain_graph=True")
    inputs = _as_list(inputs)
    roots = _roots(outputs, grad_outputs, "grad()")
    _check_inputs(inputs, "grad()")
    found = run_backward(roots, bool(retain_graph), {edge_of(x) for x in inputs})
    allow_unused = allow_unused or materialize_grads
    grads = [_result(found, x, i, allow_unused) for i, x in enumerate(inputs)]
    if materialize_grads:
        grads = [Tensor(array_module(x.data).zeros_like(x.data)) if dx is None else dx
                 for x, dx in zip(inputs, grads)]
    return tuple(grads)


def _result(found, x, position, allow_unused):
    edge = edge_of(x)
    if edge in found:
        return Tensor(found[edge] if edge is not x else _leaf_gradient(x, found[edge]))
    if allow_unused:
        return None
    raise RuntimeError(f"grad(): no output depends on input {position} of shape {x.shape}; pass "
                       "allow_unused=True to get None for it")


def _as_list(tensors):
    return [tensors] if hasattr(tensors, "dtype") else list(tensors)
