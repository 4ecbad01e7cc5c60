"""Tables as text."""


def text_table(header, rows, left=1):
    """Columns under their titles, aligned for a fixed-width font.

    Parameters
    ----------
    header : sequence of str
        Titles.
    rows : sequence of sequences
        Cells; what is no text is converted, integers with thousands separators. None is empty.
    left : int
        How many columns, from the first, are aligned to the left; the others to the right.

    Returns
    -------
    str
    """
    lines = [list(map(_text, row)) for row in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*lines)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(_line(cells, widths, left) for cells in lines)


def _line(cells, widths, left):
    aligned = [cell.ljust(width) if i < left else cell.rjust(width)
               for i, (cell, width) in enumerate(zip(cells, widths))]
    return "  ".join(aligned).rstrip()


def _text(cell):
    if cell is None:
        return ""
    return f"{cell:,}" if type(cell) is int else str(cell)


def size_text(shape):
    """(32, 28, 28) -> "32 x 28 x 28"; () -> "scalar"."""
    return " x ".join(str(n) for n in shape) or "scalar"
