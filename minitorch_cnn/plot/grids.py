"""Grids of images: digits with what the net says of them, filters, activation maps.

N images, C channels, H rows, W columns of pixels; F filters of KH x KW weights; K classes.
"""
import numpy as np

from .board import as_pixels
from .figure import DPI, WRONG, numbers
from .tiles import Section, Sheet, Tile, tiles_of


def draw_images(images, captions=None, columns=8, scale="unit", cmap="gray", title="", bar=None,
                size=1.0, dpi=DPI):
    """Images with a caption under each.

    Parameters
    ----------
    images : sequence of array or Tensor
        N of shape (H, W), (1, H, W) or (3, H, W); sizes may differ. Floats, or uint8 of 0 to 255.
    captions : sequence of str, optional
        N; a line break makes two lines.
    columns : int
        At most this many beside each other.
    scale : str or (float, float)
        What is black and what white: "unit" 0 and 1, "shared" lowest and highest of all images,
        "private" of each, "centered" symmetric around 0, or the two values.
    cmap : str
        matplotlib's color map for images of one channel.
    title : str
        Above the grid.
    bar : str, optional
        Label of a color bar; without it there is none.
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
        For a wrong shape, no image at all, or another number of captions.
    """
    tiles = tiles_of([numbers(image) for image in images], captions)
    return Sheet([Section(tiles)], columns, size, scale, cmap, title, bar).draw(dpi)


def draw_predictions(images, labels, predictions, probabilities=None, class_names=None, columns=5,
                     title="", size=1.0, dpi=DPI):
    """Images with their true and their predicted label; a wrong one gets a cross and a frame.

    Parameters
    ----------
    images : sequence of array or Tensor
        N of shape (1, H, W) or (3, H, W), pixels in [0, 1].
    labels, predictions : sequence of int
        N true and predicted classes.
    probabilities : array or Tensor, optional
        (N,) of the predicted class, or (N, K) of all classes, in [0, 1].
    class_names : sequence of str, optional
        K; without it the numbers of the classes.
    columns : int
        At most this many beside each other.
    title : str
        Above the grid.
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
        Where the numbers of images, labels, predictions and probabilities differ.
    """
    labels, predictions = _classes(labels), _classes(predictions)
    images = [numbers(image) for image in images]
    if not len(images) == len(labels) == len(predictions):
        raise ValueError(f"draw_predictions: {len(images)} images, {len(labels)} labels and "
                         f"{len(predictions)} predictions were given; one of each is needed")
    p_trues, p_saids = _shares(probabilities, labels, predictions)
    captions, frames = [], []
    for label, prediction, p_true, p_said in zip(labels, predictions, p_trues, p_saids):
        wrong = label != prediction
        true, said = _name(label, class_names), _name(prediction, class_names)
        captions.append(f"true {true}{p_true}\n✗ predicted {said}{p_said}" if wrong else
                        f"true {true}\npredicted {said}{p_said}")
        frames.append(WRONG if wrong else None)
    return Sheet([Section(tiles_of(images, captions, frames))], columns, size,
                 title=title).draw(dpi)


def draw_filters(weights, columns=8, scale="shared", captions=None, cmap="gray", title="",
                 size=0.8, dpi=DPI):
    """The filters of a convolution as a grid.

    Parameters
    ----------
    weights : array or Tensor
        (F, 1, KH, KW) or (F, KH, KW) in grey with a color bar, or (F, 3, KH, KW) in color, each
        then stretched to its own range. Of a deeper layer choose the input channel:
        ``weights[:, 4]``.
    columns : int
        At most this many beside each other.
    scale : str or (float, float)
        "shared": one grey scale for all filters; "private": each filter's own; "centered": shared
        and symmetric around 0; or the two ends.
    captions : sequence of str, optional
        F; without it the number of each filter.
    cmap : str
        matplotlib's color map for filters of one channel.
    title : str
        Above the grid.
    size : float
        Longest side of a filter in inches.
    dpi : float
        Pixels an inch.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        For a wrong shape, or more channels than can be shown in one picture.
    """
    weights = numbers(weights)
    if weights.ndim not in (3, 4):
        raise ValueError(f"draw_filters: weights must have shape (F, C, KH, KW) or (F, KH, KW), "
                         f"got {weights.shape}")
    if weights.ndim == 4 and weights.shape[1] not in (1, 3):
        raise ValueError(f"draw_filters: each filter has {weights.shape[1]} input channels, a "
                         "picture shows 1 or 3; choose one, as in weights[:, 4]")
    color = weights.ndim == 4 and weights.shape[1] == 3
    if captions is None:
        captions = [str(i) for i in range(len(weights))]
    return draw_images(weights, captions, columns, "private" if color else scale, cmap, title,
                       None if color else "weight", size, dpi)


def draw_activations(maps, image=None, captions=None, columns=8, scale="shared", cmap="viridis",
                     title="", size=0.9, dpi=DPI):
    """What a layer computed for one image: a picture for each channel.

    Parameters
    ----------
    maps : array or Tensor (C, H, W), or dict of str to these
        Activations; a dict draws several stages, such as before and after ReLU, under each other,
        each with its own scale and color bar.
    image : array or Tensor, optional
        The image (1, H, W) or (3, H, W) itself, shown first, in [0, 1].
    captions : sequence of str, optional
        C; without it the number of each channel.
    columns : int
        At most this many beside each other.
    scale : str or (float, float)
        "shared" by the channels of a stage, "private", "centered", "unit", or the two ends.
    cmap : str
        matplotlib's color map.
    title : str
        Above the grid.
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
        For maps of another number of dimensions.
    """
    stages = maps if isinstance(maps, dict) else {"": maps}
    sections = []
    for name, stage in stages.items():
        stage = numbers(stage)
        if stage.ndim != 3:
            raise ValueError("draw_activations: the maps of one image have shape (C, H, W), got "
                             f"{stage.shape}; choose an image, as in maps[0]")
        names = captions or [str(i) for i in range(len(stage))]
        sections.append(Section(tiles_of(stage, names, what="maps"), name))
    if image is not None:
        shown = Tile(as_pixels(numbers(image)), ends=(0, 1))
        sections.insert(0, Section([shown], "the image"))
    return Sheet(sections, columns, size, scale, cmap, title, "activation",
                 together=False).draw(dpi)


def _classes(values):
    return [int(value) for value in np.ravel(numbers(values))]


def _name(number, names):
    return number if names is None else names[number]


def _shares(probabilities, labels, predictions):
    """Probabilities of the true and of the predicted classes as texts, "" where unknown."""
    nothing = [""] * len(labels)
    if probabilities is None:
        return nothing, nothing
    probabilities = numbers(probabilities)
    if len(probabilities) != len(labels) or probabilities.ndim not in (1, 2):
        raise ValueError(f"draw_predictions: probabilities must have shape (N,) or (N, K) with "
                         f"N = {len(labels)}, got {probabilities.shape}")
    if probabilities.ndim == 1:
        return nothing, [_percent(p) for p in probabilities]
    return ([_percent(row[k]) for row, k in zip(probabilities, labels)],
            [_percent(row[k]) for row, k in zip(probabilities, predictions)])


def _percent(p):
    """A probability, so that one that is not quite 1 does not read 100.0 %."""
    return f" ({100 * p:.1f} %)" if not 0.9995 <= p < 1 else " (> 99.9 %)"
