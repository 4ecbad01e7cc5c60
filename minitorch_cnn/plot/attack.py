"""Attacks: an image, its noise and what the net says of them; how an image changed step by step.

C channels, H rows, W columns of pixels; T steps that were kept.
"""
from .board import as_pixels
from .figure import DPI, limits, numbers
from .tiles import Section, Sheet, Tile, tiles_of

PARTS = ("clean image", "image + noise", "noise", "another image + the same noise")


def draw_attack(clean, attacked, noise, other, captions=PARTS, title="", scale="unit", size=1.8,
                dpi=DPI):
    """Two by two: clean image, image + noise; the noise alone, another image + the same noise.

    Parameters
    ----------
    clean, attacked, noise, other : array or Tensor (C, H, W)
        ``other`` is another image with the noise added already. C is 1 or 3.
    captions : sequence of str
        Four, in this order; such as "true 3, predicted 8 (99 %)".
    title : str
        Above the figure.
    scale : str or (float, float)
        Of the three images, see ``draw_images``; the noise has its own, symmetric around 0.
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
        For a wrong shape, or not four captions.
    """
    tiles = _tiles([(clean, attacked, noise, other)], [captions], scale)[0]
    return Sheet([Section(tiles)], 2, size, "centered", "RdBu_r", title, "noise").draw(dpi)


def draw_attacks(attacks, captions=None, headings=None, title="", scale="unit", size=1.2, dpi=DPI):
    """Several attacks under each other, each a row of the four pictures of ``draw_attack``.

    Parameters
    ----------
    attacks : sequence of (clean, attacked, noise, other)
        Arrays or Tensors (C, H, W).
    captions : sequence of four str each, optional
        Below the pictures; what they are is written above the first row.
    headings : sequence of str, optional
        Beside the rows.
    title : str
        Above the figure.
    scale : str or (float, float)
        Of the images, see ``draw_images``.
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
        For a wrong shape, or numbers of attacks, captions and headings that differ.
    """
    attacks = list(attacks)
    captions = [[""] * 4] * len(attacks) if captions is None else list(captions)
    headings = [""] * len(attacks) if headings is None else list(headings)
    if not len(attacks) == len(captions) == len(headings):
        raise ValueError(f"draw_attacks: {len(attacks)} attacks, {len(captions)} sets of captions "
                         f"and {len(headings)} headings were given; one of each is needed")
    sections = [Section(tiles, heading, beside=True) for tiles, heading
                in zip(_tiles(attacks, captions, scale), headings)]
    tops = [*PARTS[:3], "another image\n+ the same noise"]
    return Sheet(sections, 4, size, "centered", "RdBu_r", title, "noise", tops).draw(dpi)


def draw_trajectory(images, steps=None, captions=None, title="", scale="unit", size=0.9, dpi=DPI):
    """How an image changed: a strip of the images kept on the way, or several strips.

    Parameters
    ----------
    images : array or Tensor (T, C, H, W), or dict of str to these
        A dict draws a strip for each of its entries, with the name beside it.
    steps : sequence of int, optional
        T numbers, written above the strips.
    captions : sequence of str, or dict of str to these, optional
        T below each strip, such as probabilities.
    title : str
        Above the figure.
    scale : str or (float, float)
        See ``draw_images``; "private" where pixels lie outside [0, 1].
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
        For a wrong shape, or numbers of images, steps and captions that differ.
    """
    strips = images if isinstance(images, dict) else {"": images}
    captions = captions if isinstance(captions, dict) else dict.fromkeys(strips, captions)
    sections = [Section(tiles_of([numbers(image) for image in strip], captions.get(name)), name,
                        beside=True) for name, strip in strips.items()]
    longest = max((len(section.tiles) for section in sections), default=0)
    tops = [] if steps is None else [f"step {step}" for step in steps]
    if tops and len(tops) != longest:
        raise ValueError(f"draw_trajectory: {longest} images but {len(tops)} steps were given; "
                         "one for each is needed")
    return Sheet(sections, max(longest, 1), size, scale, title=title, tops=tops).draw(dpi)


def _tiles(attacks, captions, scale):
    """A list of four Tiles for each attack; only the noise is left to the sheet's scale."""
    if any(len(attack) != 4 or len(four) != 4 for attack, four in zip(attacks, captions)):
        raise ValueError("plot: an attack has four pictures (clean, attacked, noise, other) and "
                         "four captions")
    pictures = [[as_pixels(numbers(picture)) for picture in attack] for attack in attacks]
    ends = iter(limits([four[i] for four in pictures for i in (0, 1, 3)], scale))
    return [[Tile(picture, str(caption), ends=None if i == 2 else next(ends))
             for i, (picture, caption) in enumerate(zip(four, texts))]
            for four, texts in zip(pictures, captions)]
