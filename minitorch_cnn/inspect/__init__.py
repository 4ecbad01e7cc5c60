"""Look inside a model: what it computed, and how."""
from .graph import Node, trace_graph, to_dot

__all__ = ["Node", "to_dot", "trace_graph"]
