"""What the transforms do with their arguments first: sizes, sides, colors, intervals."""
from numbers import Integral, Number

from .pil import check_fill_length


def is_number(value):
    """True for Python's and NumPy's real numbers, not for bools."""
    return isinstance(value, Number) and not isinstance(value, (bool, complex))


def is_sequence(value):
    """True for a list, a tuple, or what has a length and elements (not text)."""
    return hasattr(value, "__len__") and hasattr(value, "__getitem__") \
        and not isinstance(value, (str, bytes, dict))


def as_size(op, size):
    """An int n as (n, n), a sequence of one likewise, (h, w) as it is.

    Raises
    ------
    TypeError, ValueError
        For anything else, and sizes below 1.
    """
    numbers = [size] if is_number(size) else list(size) if is_sequence(size) else None
    if numbers is None or len(numbers) not in (1, 2) \
            or not all(is_number(n) and n == int(n) for n in numbers):
        kind = TypeError if numbers is None else ValueError
        raise kind(f"{op}: size must be an int or a sequence of 1 or 2 ints (height, width), got "
                   f"{size!r}")
    if min(numbers) < 1:
        raise ValueError(f"{op}: size must be at least 1, got {size!r}")
    return int(numbers[0]), int(numbers[-1])


def as_sides(op, padding):
    """Padding as (left, top, right, bottom): an int, (all,), (left-right, top-bottom) or four.

    Raises
    ------
    TypeError, ValueError
        For anything else.
    """
    numbers = [padding] if is_number(padding) else padding
    if not is_sequence(numbers) or not all(isinstance(n, Integral) for n in numbers):
        raise TypeError(f"{op}: padding must be an int or a sequence of 1, 2 or 4 ints, got "
                        f"{padding!r}")
    if len(numbers) not in (1, 2, 4):
        raise ValueError(f"{op}: padding must be an int, or 1, 2 (left and right, top and bottom) "
                         f"or 4 ints (left, top, right, bottom), got {len(numbers)}: {padding!r}")
    return tuple([int(n) for n in numbers]) * (4 // len(numbers))


def as_fill(op, fill, channels, white=1):
    """A color as a list of one number per channel, in units where white is 1; None stays None.

    Raises
    ------
    TypeError, ValueError
        For what is no number or sequence, or has neither one number nor one per channel.
    """
    if fill is None:
        return None
    check_fill(op, fill)
    numbers = list(fill) if is_sequence(fill) else [fill]
    check_fill_length(op, numbers, channels)
    return [float(number) / white for number in numbers] * (channels // len(numbers))


def check_fill(op, fill):
    """``fill``, 0 for None.

    Raises
    ------
    TypeError
        If it is neither a number nor a sequence of numbers.
    """
    if fill is None:
        return 0
    numbers = list(fill) if is_sequence(fill) else [fill]
    if not numbers or not all(is_number(n) for n in numbers):
        raise TypeError(f"{op}: fill must be a number or a sequence of numbers, one per channel, "
                        f"got {fill!r}")
    return fill


def as_floats(op, name, values, lengths):
    """A sequence of numbers as a list of floats, where its length is one of ``lengths``.

    Raises
    ------
    TypeError, ValueError
        If it is no sequence of numbers, or of another length.
    """
    wanted = " or ".join(map(str, lengths))
    if not is_sequence(values) or not all(is_number(v) for v in values):
        raise TypeError(f"{op}: {name} must be a sequence of {wanted} numbers, got {values!r}")
    if len(values) not in lengths:
        raise ValueError(f"{op}: {name} must be a sequence of {wanted} numbers, got {len(values)}: "
                         f"{values!r}")
    return [float(v) for v in values]


def as_angles(op, name, value, lengths=(2,)):
    """Degrees: a number d as [-d, d], a sequence as it is.

    Raises
    ------
    TypeError, ValueError
        For a negative number, or another kind or length of sequence.
    """
    if not is_number(value):
        return as_floats(op, name, value, lengths)
    if value < 0:
        raise ValueError(f"{op}: {name} as a single number must not be negative, got {value}; it "
                         "stands for the range (-d, d)")
    return [-float(value), float(value)]


def check_order(op, name, values):
    """Refuse (high, low): torchvision warns, and then draws from nowhere.

    Raises
    ------
    ValueError
        If the first is larger than the second.
    """
    if values[0] > values[1]:
        raise ValueError(f"{op}: {name} must be (least, most), got {tuple(values)}; exchange them")
    return values
