"""Figures. The only place that imports matplotlib, and only when something is drawn."""
from .graph import draw_graph

__all__ = ["draw_graph"]
