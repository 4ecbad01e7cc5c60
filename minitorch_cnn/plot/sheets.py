"""The sheet of pairs: images that look like one class and are predicted as another.

N pairs, C channels, H rows, W columns of pixels.
"""
from .board import as_pixels
from .figure import DPI, WRONG, numbers
from .tiles import Section, Sheet, Tile


def draw_pairs(images, looks_like, predicted_as, succeeded=None, probabilities=None,
               class_names=None, originals=None, title="", scale="unit", size=0.7, dpi=DPI):
    """A row for each class that the images look like, a column for each that was aimed at.

    A class is not its own target, so ten classes give ten rows of nine. Pairs that were not tried
    leave their place empty; those that failed get a cross and a frame.

    Parameters
    ----------
    images : sequence of array or Tensor
        N of shape (C, H, W), pixels in [0, 1].
    looks_like, predicted_as : sequence of int
        N classes: of the image that was pulled to, and of the target.
    succeeded : sequence of bool, optional
        N: is the target what the net predicts?
    probabilities : sequence of float, optional
        N, of the target.
    class_names : sequence of str, optional
        Names of the classes; without it their numbers.
    originals : dict of int to array, optional
        The image that each row was pulled to, shown in front of it.
    title : str
        Above the sheet.
    scale : str or (float, float)
        See ``draw_images``.
    size : float
        Longest side of an image in inches.
    dpi : float
        Pixels an inch.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        Where the numbers of images and classes differ, or no pair is given.
    """
    looks, targets = ([int(k) for k in numbers(each)] for each in (looks_like, predicted_as))
    images = [numbers(image) for image in images]
    if not len(images) == len(looks) == len(targets):
        raise ValueError(f"draw_pairs: {len(images)} images, {len(looks)} looks_like and "
                         f"{len(targets)} predicted_as were given; one of each is needed")
    names = _Names(class_names)
    tiles = {}
    for i, image in enumerate(images):
        failed = succeeded is not None and not succeeded[i]
        share = "" if probabilities is None else f"\n{float(probabilities[i]):.3f}"
        caption = f"{'✗ ' if failed else ''}as {names[targets[i]]}{share}"
        tiles[looks[i], targets[i]] = Tile(as_pixels(image), caption, WRONG if failed else None)
    sections = [Section(_row(tiles, look, sorted(set(targets)), originals),
                        f"like {names[look]}", beside=True) for look in sorted(set(looks))]
    columns = max((len(section.tiles) for section in sections), default=1)
    return Sheet(sections, columns, size, scale, title=title).draw(dpi)


class _Names:
    def __init__(self, names):
        self.names = names

    def __getitem__(self, number):
        return number if self.names is None else self.names[number]


def _row(tiles, look, targets, originals):
    row = [tiles.get((look, target), Tile(None)) for target in targets if target != look]
    if originals is None:
        return row
    return [Tile(as_pixels(numbers(originals[look])), "the image"), *row]
