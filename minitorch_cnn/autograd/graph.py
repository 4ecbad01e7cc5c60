"""The way back: gradients flow from the result to the leaves, the op that ran last goes first.

Ops are numbered as they run, so every user of a result has a higher number than the op that made
it. Taking the highest number first therefore visits each op after all of its users, when its
gradient is complete: a heap and a loop, no recursion, whatever the depth of the graph.
"""
import heapq

import numpy as np

from ..device import array_module
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
    useful = None if targets is None else _leading_to(targets, roots)
    arrived, heap, found = {}, [], {}
    for tensor, dy in roots:
        _arrive(edge_of(tensor), dy, arrived, heap)
    while heap:
        op = heapq.heappop(heap)[1]
        dy = _with_hooks(op, arrived.pop(op))
        if targets is not None:
            if op in targets:
                found[op] = dy
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
        arrived[edge] = arrived[edge] + dx
        return
    arrived[edge] = dx
    if isinstance(edge, Function):
        heapq.heappush(heap, (-edge.number, edge))


def _own(dx, dy):
    """``dx`` as an array nobody else holds: a leaf keeps it as its ``.grad``."""
    return dx.copy() if dx is dy or dx.base is not None else dx


def _with_hooks(op, dy):
    """The gradient after the result's hooks; a retained result gets it as its ``.grad``."""
    dy = apply_hooks(op.hooks, dy)
    tensor = op.retained() if op.retained is not None else None
    if tensor is not None:
        accumulate(tensor, dy.copy())
    return dy


def apply_hooks(hooks, dy):
    """Pass an array gradient through hooks on tensors; a hook that returns None leaves it alone."""
    for hook in list(hooks.values()) if hooks else ():
        changed = hook(Tensor(dy))
        if changed is not None:
            dy = changed.data if isinstance(changed, Tensor) else changed
    return dy


def accumulate(leaf, dx):
    """Add ``dx`` to ``leaf.grad``; gradients of several backward calls add up."""
    if leaf.grad is None:
        leaf.grad = Tensor(dx)
    else:
        leaf.grad.data += dx


def _leading_to(targets, roots):
    """{op: needs} of the ops from which some target is reached, with only those ways wanted."""
    ops, stack = set(), [edge_of(tensor) for tensor, _ in roots]
    while stack:
        edge = stack.pop()
        if isinstance(edge, Function) and edge not in ops:
            ops.add(edge)
            stack.extend(e for e in edge.edges if e is not None)
    useful = {}
    for op in sorted(ops, key=lambda op: op.number):
        needs = tuple([edge is not None and (edge in targets or edge in useful) for edge in op.edges])
        if True in needs:
            useful[op] = needs
        elif op.freed:
            useful[op] = ()  # let gradients() say that this graph was freed
    return useful


def _refuse_create_graph(create_graph):
    if create_graph:
        raise ValueError(
            "create_graph=True: backward works on plain arrays and is not recorded itself, so there "
            "are no second derivatives here; use finite differences of the first ones")


def first_gradient(tensor, gradient, caller):
    """The array a backward pass starts with: ``gradient``, or 1 for a scalar.

    Raises
    ------
    RuntimeError
        If the tensor was not recorded, or has several elements and no gradient was given.
    ValueError
        If the gradient's shape is not the tensor's.
    """
    if not tensor.requires_grad:
        raise RuntimeError(
            f"{caller}: this tensor of shape {tensor.shape} was not recorded; was it made inside "
            "no_grad(), detached, or from tensors without requires_grad=True?")
    if gradient is None:
        if tensor.data.size != 1:
            raise RuntimeError(f"{caller} without a gradient needs a tensor of one element, got shape "
                               f"{tensor.shape}; reduce it with .sum() or .mean(), or pass gradient=")
        return array_module(tensor.data).ones_like(tensor.data)
    array = gradient.data if isinstance(gradient, Tensor) else array_module(tensor.data).asarray(gradient)
    if array.shape != tensor.shape:
        raise ValueError(f"{caller}: the gradient has shape {array.shape}, the tensor {tensor.shape}; "
                         "they must be equal")
    return array.astype(tensor.dtype)  # a copy: the caller keeps his


def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    """Add d(this)/d(leaf) to ``.grad`` of every leaf this tensor was computed from.

    Parameters
    ----------
    gradient : array-like of this tensor's shape, optional
        Weight of each element (the vector of the vector-Jacobian product); 1 for one element.
    retain_graph : bool, optional
        Keep the saved arrays, so that backward can be called again.
    create_graph : bool
        Refused: backward works on arrays, there are no second derivatives.
    inputs : Tensor or sequence of Tensor, optional
        Only these get a gradient.

    Raises
    ------
    RuntimeError
        If nothing was recorded, the graph was freed by an earlier call, or an op's backward fails
        (the message shows the line of the forward call).
    ValueError
        If the gradient has another shape.
    """
    _refuse_create_graph(create_graph)
    targets = None if inputs is None else {edge_of(t): t for t in _as_list(inputs)}
    roots = [(self, first_gradient(self, gradient, "backward()"))]
    for edge, dx in run_backward(roots, bool(retain_graph), targets).items():
        if isinstance(edge, Tensor):
            accumulate(edge, apply_hooks(edge.hooks, dx))
        else:
            accumulate(targets[edge], dx.copy())


Tensor.backward = backward  # here: the way back needs Function, and Function needs Tensor


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, allow_unused=False):
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
    create_graph : bool
        Refused: no second derivatives.
    allow_unused : bool
        Give None for an input that no output depends on instead of an error.

    Returns
    -------
    tuple of Tensor

    Raises
    ------
    RuntimeError
        For an input that was not recorded or not used, or a graph that was freed.
    """
    _refuse_create_graph(create_graph)
    outputs, inputs = _as_list(outputs), _as_list(inputs)
    starts = [None] * len(outputs) if grad_outputs is None else _as_list(grad_outputs)
    if len(starts) != len(outputs):
        raise ValueError(f"grad: {len(outputs)} outputs but {len(starts)} grad_outputs; pass one for each")
    roots = [(y, first_gradient(y, dy, "grad()")) for y, dy in zip(outputs, starts)]
    for position, x in enumerate(inputs):
        if not x.requires_grad:
            raise RuntimeError(f"grad: input {position} of shape {x.shape} does not require a gradient; "
                               "call requires_grad_() on it before the forward pass")
    found = run_backward(roots, bool(retain_graph), {edge_of(x) for x in inputs})
    return tuple([_result(found, x, i, allow_unused) for i, x in enumerate(inputs)])


def _result(found, x, position, allow_unused):
    edge = edge_of(x)
    if edge in found:
        dx = found[edge] if x.grad_fn is not None else apply_hooks(x.hooks, found[edge])
        return Tensor(dx)
    if allow_unused:
        return None
    raise RuntimeError(f"grad: no output depends on input {position} of shape {x.shape}; pass "
                       "allow_unused=True to get None for it")


def _as_list(tensors):
    return [tensors] if hasattr(tensors, "dtype") else list(tensors)
