"""Figures. The only place that imports matplotlib, and only when something is drawn."""
from .attack import draw_attack, draw_attacks, draw_trajectory
from .comparison import Compared, draw_comparison
from .confusion import draw_confusion
from .curves import Curve, Panel, draw_curves
from .figure import png_bytes, save_figure
from .graph import draw_graph
from .grids import draw_activations, draw_filters, draw_images, draw_predictions
from .heatmaps import draw_heat_maps
from .matrix import draw_matrix
from .occlusion import draw_occlusion
from .scatter import Scatter, draw_scatter
from .sheets import draw_pairs
from .training import draw_training

__all__ = ["Compared", "Curve", "Panel", "Scatter", "draw_activations", "draw_attack",
           "draw_attacks", "draw_comparison", "draw_confusion", "draw_curves", "draw_filters",
           "draw_graph", "draw_heat_maps", "draw_images", "draw_matrix", "draw_occlusion",
           "draw_pairs", "draw_predictions", "draw_scatter", "draw_training", "draw_trajectory",
           "png_bytes", "save_figure"]
