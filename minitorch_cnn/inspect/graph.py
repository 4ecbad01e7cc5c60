"""The graph that the tape recorded, as data and as DOT text.

DOT: https://graphviz.org/doc/info/lang.html
"""
from dataclasses import dataclass, field

from ..autograd.function import edge_of
from .table import size_text


@dataclass
class Node:
    """One op or leaf of a recorded graph.

    Attributes
    ----------
    label : str
        Name of the op; of a leaf, its parameter name or "leaf".
    shape : tuple of int
        Of the result.
    number : int
        Position in the order of execution; leaves have 0.
    inputs : list of int
        Positions of the nodes in the list that ``trace_graph`` returns.
    """

    label: str
    shape: tuple
    number: int = 0
    inputs: list = field(default_factory=list)

    @property
    def is_leaf(self):
        """True for a tensor that no op made."""
        return self.number == 0


def trace_graph(output, names=None):
    """The ops behind ``output``, in the order in which they ran, leaves before their first user.

    Parameters
    ----------
    output : Tensor
        A recorded result whose graph has not been freed.
    names : iterable of (str, Tensor), optional
        Names for leaves, such as ``model.named_parameters()``.

    Returns
    -------
    list of Node

    Raises
    ------
    ValueError
        If ``output`` was not recorded, or a backward() has freed its graph.
    """
    if output.grad_fn is None:
        raise ValueError("trace_graph: this tensor was not recorded, so it has no graph; compute "
                         "it outside no_grad() from tensors with requires_grad=True")
    if output.grad_fn.freed:
        raise ValueError("trace_graph: backward() has freed this graph; trace it before, or call "
                         "backward(retain_graph=True)")
    called = {tensor: name for name, tensor in names or ()}
    nodes, position = [], {}
    for op in _ops_in_order(edge_of(output)):
        inputs = []
        for edge in op.edges:
            if edge is None:
                continue
            if edge not in position:
                position[edge] = len(nodes)
                nodes.append(Node(called.get(edge, "leaf"), edge.shape))
            inputs.append(position[edge])
        position[op] = len(nodes)
        nodes.append(Node(op.name(), op.shape, op.number, inputs))
    return nodes


def _ops_in_order(last):
    found, stack = set(), [last]
    while stack:
        op = stack.pop()
        if op not in found:
            found.add(op)
            stack.extend(e for e in op.edges if e is not None and hasattr(e, "edges"))
    return sorted(found, key=lambda op: op.number)


def to_dot(nodes):
    """The graph as DOT text; ``dot -Tsvg graph.dot -o graph.svg`` draws it with Graphviz.

    Parameters
    ----------
    nodes : list of Node
        From ``trace_graph``.

    Returns
    -------
    str
    """
    lines = ["digraph tape {", "  rankdir=TB; node [shape=box, style=rounded, fontname=Helvetica];"]
    for i, node in enumerate(nodes):
        label = node.label.replace('"', "'")
        style = ', style="filled", fillcolor="#dbe9f6"' if node.is_leaf else ""
        lines.append(f'  n{i} [label="{label}\\n{size_text(node.shape)}"{style}];')
        lines.extend(f"  n{j} -> n{i};" for j in node.inputs)
    return "\n".join([*lines, "}"]) + "\n"
