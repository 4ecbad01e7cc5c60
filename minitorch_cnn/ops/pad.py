"""Padding of any dims: with a constant, mirrored, with the edge, or cyclic.

x input, y result, dy and dx their gradients. Sides are (before, after), in elements; a negative one
crops.
"""
from ..autograd import Function
from ..device import array_module
from .checks import as_tensor
from .shape import as_sizes

__all__ = ["pad"]


def _inside(before, after, n):
    """Where x lies in y, for one dim of size n."""
    length = n + before + after
    start = min(max(before, 0), length)
    return slice(start, max(start, length - max(after, 0)))


def _crop(before, after, n):
    """The part of x that lies there."""
    inside = _inside(before, after, n)
    return slice(inside.start - before, inside.stop - before)


class ConstantPad(Function):
    """y is x between ``value`` on every side;  dx is dy without the sides."""

    def __init__(self, sides, value):
        self.sides, self.value = sides, value  # sides: one (before, after) per dim

    def forward(self, x):
        self.before = x.shape
        shape = [n + a + b for n, (a, b) in zip(x.shape, self.sides)]
        y = array_module(x).full(shape, self.value, x.dtype)
        y[self._places(_inside)] = x[self._places(_crop)]
        return y

    def backward(self, dy):
        dx = array_module(dy).zeros(self.before, dy.dtype)
        dx[self._places(_crop)] = dy[self._places(_inside)]
        return dx

    def _places(self, where):
        return tuple([where(a, b, n) for n, (a, b) in zip(self.before, self.sides)])


class IndexPad(Function):
    """y[i] = x[source(i)] along each padded dim;  dx[source(i)] += dy[i].

    ``source`` mirrors (reflect), stops at the edge (replicate) or wraps around (circular).
    """

    def __init__(self, sides, source):
        self.sides, self.source = sides, source  # sides: {dim: (before, after)}

    def forward(self, x):
        self.before = x.shape
        for dim, side in self.sides.items():
            x = array_module(x).take(x, self._sources(x, dim, side), axis=dim)
        return x

    def backward(self, dy):
        for dim, side in reversed(self.sides.items()):
            dy = self._fold(dy, dim, side)
        return dy

    def _sources(self, x, dim, side):
        before, after = side
        n = self.before[dim]
        return self.source(array_module(x).arange(-before, n + after), n, *side)

    def _fold(self, dy, dim, side):
        """Undo one dim: copy the inside, then add what lies outside to where it came from."""
        xp = array_module(dy)
        n = self.before[dim]
        dx = xp.zeros(dy.shape[:dim] + (n,) + dy.shape[dim + 1:], dy.dtype)
        front, d = xp.moveaxis(dx, dim, 0), xp.moveaxis(dy, dim, 0)
        inside = _inside(*side, n)
        front[_crop(*side, n)] = d[inside]
        sources = self._sources(dy, dim, side)
        for i in (*range(inside.start), *range(inside.stop, len(sources))):
            front[sources[i]] += d[i]
        return dx


def _reflect(i, n, before, after):
    i = abs(i)
    return n - 1 - abs(n - 1 - i)


def _replicate(i, n, before, after):
    return i.clip(0, n - 1)


def _circular(i, n, before, after):
    first, stop = max(-before, 0), n - max(-after, 0)  # as PyTorch: crop first, wrap what is left
    return first + (i - first) % (stop - first)


_SOURCES = {"reflect": _reflect, "replicate": _replicate, "circular": _circular}


def pad(input, pad, mode="constant", value=None):
    """Add elements around a tensor (PyTorch's ``F.pad``).

    Parameters
    ----------
    input : Tensor
        Any shape for "constant"; (N, C, W), (N, C, H, W) or (N, C, D, H, W), or the same without N,
        for the other modes.
    pad : sequence of int
        (before, after) of the last dim, then of the one before it, and so on; negative ones crop.
        The other modes pad exactly the 1, 2 or 3 dims behind C.
    mode : {"constant", "reflect", "replicate", "circular"}
        What to add: ``value``; the inside mirrored at the edge element, which is not repeated; the
        edge element; the inside from the other end.
    value : number, optional
        For "constant"; 0 by default.

    Returns
    -------
    Tensor
        Of ``input``'s dtype.

    Raises
    ------
    ValueError
        For an odd number of sizes, too many of them, a result of negative size, a mirror wider than
        the image, a cycle longer than it, or a ``value`` with a mode that has no use for it.
    """
    input = as_tensor(input)
    sizes = as_sizes("pad", (pad,))
    if len(sizes) % 2 or len(sizes) > 2 * input.ndim:
        raise ValueError("pad: pad holds (before, after) pairs, at most one per dim, last dim "
                         f"first; got {sizes} for shape {input.shape}")
    sides = [(sizes[i], sizes[i + 1]) for i in range(0, len(sizes), 2)][::-1]  # first dim first
    if mode == "constant":
        return _constant(input, sides, value)
    if mode not in _SOURCES:
        raise ValueError('pad: mode must be "constant", "reflect", "replicate" or "circular", '
                         f"got {mode!r}")
    if value:
        raise ValueError(f'pad: mode "{mode}" has no use for value={value}; leave it out')
    _check_geometry(input.shape, sides, mode)
    first = input.ndim - len(sides)
    return IndexPad({first + i: side for i, side in enumerate(sides)}, _SOURCES[mode])(input)


def _constant(input, sides, value):
    sides = [(0, 0)] * (input.ndim - len(sides)) + sides
    for dim, (n, (before, after)) in enumerate(zip(input.shape, sides)):
        if n + before + after < 0 or n + min(before, 0) + min(after, 0) < 0:
            raise ValueError(f"pad: padding ({before}, {after}) crops dim {dim} of size {n} to "
                             "less than nothing")
    return ConstantPad(sides, 0 if value is None else value)(input)


def _check_geometry(shape, sides, mode):
    """The rules of the modes that read from the image."""
    k = len(sides)
    if not 1 <= k <= 3 or len(shape) not in (k + 1, k + 2):
        raise ValueError(f'pad: mode "{mode}" pads the 1, 2 or 3 dims behind C, all of them; '
                         f"got {2 * k} sizes for shape {shape}")
    for n, (before, after) in zip(shape[-k:], sides):
        kept = n + min(before, 0) + min(after, 0)
        limit = {"reflect": n - 1, "circular": n, "replicate": None}[mode]
        if limit is not None and max(before, after) > limit:
            raise ValueError(f'pad: mode "{mode}" can add at most {max(limit, 0)} to a dim of size '
                             f"{n}, got ({before}, {after})")
        if n + before + after < 1 or n == 0 or (mode == "circular" and kept < 1):
            raise ValueError(f'pad: mode "{mode}" needs elements before and after, got a dim of '
                             f"size {n} with padding ({before}, {after})")
