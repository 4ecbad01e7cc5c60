"""Maps of numbers as colors, side by side. OH x OW positions."""
from .figure import DPI, numbers
from .tiles import Section, Sheet, tiles_of


def draw_heat_maps(maps, titles=None, columns=5, scale="shared", cmap="inferno", bar="", title="",
                   size=1.2, dpi=DPI):
    """Maps as colors, each with a title below it, and a color bar.

    Parameters
    ----------
    maps : sequence of array or Tensor (OH, OW), or dict of str to these
        Sizes may differ. A dict draws a group for each of its entries, with the name above it.
    titles : sequence of str, or dict of str to these, optional
        One for each map.
    columns : int
        At most this many beside each other.
    scale : str or (float, float)
        "shared": one scale for all; "private": each its own; "unit", "centered", or two ends.
    cmap : str
        matplotlib's color map.
    bar : str or None
        Label of the color bar; None for no bar.
    title : str
        Above the figure.
    size : float
        Longest side of a map in inches.
    dpi : float
        Pixels an inch.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        For a wrong shape, or numbers of maps and titles that differ.
    """
    groups = maps if isinstance(maps, dict) else {"": maps}
    titles = titles if isinstance(titles, dict) else dict.fromkeys(groups, titles)
    sections = [Section(tiles_of([numbers(each) for each in group], titles.get(name), what="maps"),
                        name) for name, group in groups.items()]
    return Sheet(sections, columns, size, scale, cmap, title, bar).draw(dpi)
