"""Look inside a model: what it is made of, what it computed, are its gradients right?"""
from .audit import audit
from .findings import ArgumentAudit, Audit, OpAudit
from .graph import Node, to_dot, trace_graph
from .state import checksum
from .summary import Layer, Summary, summary
from .table import text_table

__all__ = ["ArgumentAudit", "Audit", "Layer", "Node", "OpAudit", "Summary", "audit", "checksum",
           "summary", "text_table", "to_dot", "trace_graph"]
