"""The recorded graph as a picture: the way forward runs down, the way back runs up."""
from .figure import new_figure, save_figure

LEAF, OP, LINE = "#dbe9f6", "#fdf3e1", "#8a8a8a"


def draw_graph(nodes, path, title=""):
    """Draw what ``inspect.trace_graph`` returned: ops run downward, leaves stand beside them.

    Parameters
    ----------
    nodes : list of inspect.Node
        In the order of execution.
    path : str or Path
        PNG, SVG or PDF file to write.
    title : str
        Above the picture.

    Returns
    -------
    pathlib.Path
    """
    depth = _depths(nodes)
    places = _places(nodes, depth)
    columns = max(x for x, _ in places) + 1
    figure = new_figure(2.4 * columns + 0.6, 0.75 * (max(depth) + 1) + 0.8)
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_xlim(-0.9, columns - 0.4)
    axes.set_ylim(-max(depth) - 0.6, 0.6)
    axes.set_title(title)
    boxes = [_box(axes, place, node) for place, node in zip(places, nodes)]
    for i, node in enumerate(nodes):
        for j in node.inputs:
            skips = not nodes[j].is_leaf and depth[i] - depth[j] > 1
            _arrow(axes, boxes[j], boxes[i], bend=0.6 if skips else 0)
    return save_figure(figure, path)


def _box(axes, place, node):
    """Name and shape of a node in a rounded box."""
    size = " x ".join(str(n) for n in node.shape) or "scalar"
    box = {"boxstyle": "round,pad=0.35", "facecolor": LEAF if node.is_leaf else OP,
           "edgecolor": LINE}
    return axes.text(*place, f"{node.label}\n{size}", ha="center", va="center", fontsize=8,
                     bbox=box)


def _arrow(axes, start, end, bend):
    """An arrow from box to box; one that passes by other ops makes a bow around them."""
    style = {"arrowstyle": "-|>", "color": LINE, "connectionstyle": f"arc3,rad={bend}",
             "patchA": start.get_bbox_patch(), "patchB": end.get_bbox_patch(),
             "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end.get_position(), start.get_position(), arrowprops=style)


def _depths(nodes):
    """The row of every node: an op below all its inputs, a leaf just above its first user."""
    depth = [0] * len(nodes)
    for i, node in enumerate(nodes):
        if node.inputs:
            depth[i] = 1 + max(depth[j] for j in node.inputs)
    for i, node in reversed(list(enumerate(nodes))):
        for j in node.inputs:
            if nodes[j].is_leaf:
                depth[j] = max(depth[j], depth[i] - 1)
    return depth


def _places(nodes, depth):
    """(column, -row) of every node: ops first in their row, leaves beside them."""
    taken, places = {}, [None] * len(nodes)
    for i in sorted(range(len(nodes)), key=lambda i: (nodes[i].is_leaf, i)):
        column = taken.get(depth[i], 0)
        taken[depth[i]] = column + 1
        places[i] = (column, -depth[i])
    return places
