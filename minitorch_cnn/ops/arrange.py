"""The same elements in other places, repeated, or in part: flip, roll, repeat, triangles,
diagonals.

x input, y result, dy and dx their gradients. All results are copies, but for ``diagonal`` and
``unfold``.
"""
from ..autograd import Function
from ..device import array_module
from .checks import as_tensor, normalize_dim, normalize_dims
from .elementwise import clone
from .gather import index_select
from .shape import as_sizes, ravel, transpose

__all__ = ["diag", "diagonal", "flip", "fliplr", "flipud", "repeat_interleave", "roll", "rot90",
           "tile", "tril", "triu"]


class Flip(Function):
    """y is x with the order along ``dims`` reversed;  dx is dy reversed the same way."""

    def __init__(self, dims):
        self.dims = dims

    def forward(self, x):
        return array_module(x).flip(x, self.dims).copy()

    def backward(self, dy):
        return array_module(dy).flip(dy, self.dims)


def flip(input, dims):
    """Reverse the order of the elements along ``dims`` (int or sequence of int). A copy."""
    input = as_tensor(input)
    dims = as_sizes("flip", (dims,))
    return Flip(normalize_dims("flip", dims, input.ndim) if dims else ())(input)


def fliplr(input):
    """Left becomes right: ``flip(input, 1)``, of at least 2 dims."""
    return flip(_checked_ndim("fliplr", input, 2), 1)


def flipud(input):
    """Up becomes down: ``flip(input, 0)``, of at least 1 dim."""
    return flip(_checked_ndim("flipud", input, 1), 0)


def _checked_ndim(op, input, ndim):
    input = as_tensor(input)
    if input.ndim < ndim:
        raise ValueError(f"{op}: needs at least {ndim} dimension(s), got shape {input.shape}")
    return input


def reverse(input):
    """``reversed(x)``: the order along dim 0 reversed."""
    return flip(input, 0)


def rot90(input, k=1, dims=(0, 1)):
    """Turn the plane of two dims by k times 90 degrees, from the first of them to the second.

    Raises
    ------
    ValueError
        If ``dims`` does not name two different dims.
    """
    input = as_tensor(input)
    dims = as_sizes("rot90", (dims,))
    if len(dims) != 2 or len({normalize_dim("rot90", d, input.ndim) for d in dims}) < 2:
        raise ValueError(f"rot90: dims must name two different dims, got {dims}")
    turned = input
    for _ in range(k % 4):
        turned = transpose(flip(turned, dims[1]), *dims)
    return turned if k % 4 else clone(input)


class Roll(Function):
    """y[i + shift] = x[i], cyclically along each dim;  dx is dy rolled back."""

    def __init__(self, shifts, dims):
        self.shifts, self.dims = shifts, dims

    def forward(self, x):
        return array_module(x).roll(x, self.shifts, self.dims)

    def backward(self, dy):
        back = tuple([-n for n in self.shifts])
        return array_module(dy).roll(dy, back if self.dims else back[0], self.dims)


def roll(input, shifts, dims=None):
    """Shift the elements cyclically.

    Parameters
    ----------
    shifts : int or sequence of int
        How many places, one per dim of ``dims``.
    dims : int or sequence of int, optional
        Without it, the elements are rolled in row-major order, as one long row.

    Raises
    ------
    ValueError
        If there are not as many shifts as dims.
    IndexError
        If there is no such dim.
    """
    input = as_tensor(input)
    shifts = as_sizes("roll", (shifts,))
    dims = () if dims is None else as_sizes("roll", (dims,))
    if len(shifts) != (len(dims) or 1):
        raise ValueError(f"roll: needs one shift per dim, got shifts {shifts} and dims "
                         f"{dims or None}")
    if not dims:
        return Roll(shifts, None)(input)
    if input.ndim == 0:
        raise IndexError(f"roll: a 0-d tensor has no dim {dims[0]}; leave dims out")
    dims = tuple([normalize_dim("roll", d, input.ndim) for d in dims])
    return Roll(shifts, dims)(input)


class Repeat(Function):
    """y is x laid side by side, ``repeats[d]`` times along dim d;  dx sums dy over the copies."""

    def __init__(self, repeats):
        self.repeats = repeats

    def forward(self, x):
        self.before = x.shape
        self.padded = (1,) * (len(self.repeats) - x.ndim) + x.shape
        return array_module(x).tile(x, self.repeats)

    def backward(self, dy):
        pairs = [size for pair in zip(self.repeats, self.padded) for size in pair]
        dx = dy.reshape(pairs)  # (r0, n0, r1, n1, ...)
        return dx.sum(axis=tuple(range(0, len(pairs), 2))).reshape(self.before)


def repeat(input, *repeats):
    """``x.repeat(2, 3)``: x laid side by side, so often along each dim. A copy.

    Raises
    ------
    ValueError
        For fewer numbers than dims, or a negative one.
    """
    input = as_tensor(input)
    repeats = as_sizes("repeat", repeats)
    if len(repeats) < input.ndim:
        raise ValueError(f"repeat: a tensor of {input.ndim} dimensions needs at least that many "
                         f"numbers, got {repeats}; put ones in front")
    if min(repeats, default=0) < 0:
        raise ValueError(f"repeat: numbers must not be negative, got {repeats}")
    return Repeat(repeats)(input)


def tile(input, dims):
    """Like ``repeat``, but fewer numbers than dims count for the last dims."""
    input = as_tensor(input)
    dims = as_sizes("tile", (dims,))
    return repeat(input, (1,) * (input.ndim - len(dims)) + dims)


def repeat_interleave(input, repeats, dim=None, *, output_size=None):
    """Repeat each element on the spot: (a, b) -> (a, a, b, b).

    Parameters
    ----------
    repeats : int or Tensor of int
        How often, for all or for each index along ``dim``.
    dim : int, optional
        Without it the input is flattened first.
    output_size : int, optional
        Accepted as in PyTorch; the size is computed anyway.

    Raises
    ------
    ValueError
        If there are not as many repeats as elements along ``dim``, or one is negative.
    """
    input = as_tensor(input)
    input, dim = (ravel(input), 0) if dim is None else (input, dim)
    dim = normalize_dim("repeat_interleave", dim, input.ndim)
    n = input.shape[dim] if input.ndim else 1
    xp = array_module(input.data)
    counts = xp.asarray(getattr(repeats, "data", repeats))
    if counts.ndim > 1 or (counts.ndim == 1 and counts.size not in (1, n)):
        raise ValueError(f"repeat_interleave: repeats must be one number or {n} numbers for dim "
                         f"{dim}, got shape {counts.shape}")
    if counts.dtype.kind not in "iu" or (counts.size and counts.min() < 0):
        raise ValueError("repeat_interleave: repeats must be integers that are not negative, got "
                         f"{counts}")
    counts = xp.broadcast_to(counts, (n,))
    return index_select(input, dim, xp.repeat(xp.arange(n), counts))


class Triangle(Function):
    """y is x below (tril) or above (triu) a diagonal, 0 elsewhere;  dx is dy cut the same way."""

    def __init__(self, side, diagonal):
        self.side, self.diagonal = side, diagonal

    def forward(self, x):
        return getattr(array_module(x), self.side)(x, self.diagonal)

    backward = forward


def tril(input, diagonal=0):
    """The lower triangle of each matrix (..., M, N): elements [i, j] with j <= i + diagonal."""
    return Triangle("tril", diagonal)(_checked_ndim("tril", input, 2))


def triu(input, diagonal=0):
    """The upper triangle of each matrix (..., M, N): elements [i, j] with j >= i + diagonal."""
    return Triangle("triu", diagonal)(_checked_ndim("triu", input, 2))


class Diagonal(Function):
    """y[..., k] = x[k, k + offset] along two dims;  dx has dy on that diagonal, 0 elsewhere."""

    def __init__(self, offset, dim1, dim2):
        self.offset, self.dim1, self.dim2 = offset, dim1, dim2

    def forward(self, x):
        self.before = x.shape
        return array_module(x).diagonal(x, self.offset, self.dim1, self.dim2)

    def backward(self, dy):
        xp = array_module(dy)
        dx = xp.zeros(self.before, dy.dtype)
        k = xp.arange(dy.shape[-1])
        rows, columns = k + max(-self.offset, 0), k + max(self.offset, 0)
        xp.moveaxis(dx, (self.dim1, self.dim2), (-2, -1))[..., rows, columns] = dy
        return dx


def diagonal(input, offset=0, dim1=0, dim2=1):
    """The diagonal along two dims, as a new last dim. A view (read-only).

    Parameters
    ----------
    offset : int
        0 the main diagonal, above it if positive, below if negative.
    dim1, dim2 : int
        The two dims, which must differ.
    """
    input = as_tensor(input)
    dims = [normalize_dim("diagonal", d, input.ndim) for d in (dim1, dim2)]
    if input.ndim < 2 or dims[0] == dims[1]:
        raise ValueError(f"diagonal: needs two different dims, got dim1={dim1} and dim2={dim2} in "
                         f"a tensor of {input.ndim} dimensions")
    return Diagonal(offset, *dims)(input)


class DiagonalMatrix(Function):
    """Y is 0 but for x on one diagonal;  dx is that diagonal of dY."""

    def __init__(self, offset):
        self.offset = offset

    def forward(self, x):
        return array_module(x).diag(x, self.offset)

    def backward(self, dy):
        return array_module(dy).diagonal(dy, self.offset)


def diag(input, diagonal=0):
    """A matrix with the vector ``input`` on a diagonal, or a diagonal of the matrix ``input``."""
    input = as_tensor(input)
    if input.ndim not in (1, 2):
        raise ValueError(f"diag: needs a vector or a matrix, got shape {input.shape}")
    if input.ndim == 1:
        return DiagonalMatrix(diagonal)(input)
    return Diagonal(diagonal, 0, 1)(input)


class Windows(Function):
    """y[..., i, ..., k] = x[..., i * step + k, ...] along one dim;  dx sums over the windows."""

    def __init__(self, dim, size, step):
        self.dim, self.size, self.step = dim, size, step

    def forward(self, x):
        self.before = x.shape
        windows = array_module(x).lib.stride_tricks.sliding_window_view(x, self.size, self.dim)
        return windows[(slice(None),) * self.dim + (slice(None, None, self.step),)]

    def backward(self, dy):
        dx = array_module(dy).zeros(self.before, dy.dtype)
        span = (dy.shape[self.dim] - 1) * self.step + 1
        for k in range(self.size):
            dx[(slice(None),) * self.dim + (slice(k, k + span, self.step),)] += dy[..., k]
        return dx


def unfold(input, dimension, size, step):
    """Overlapping windows along one dim, as a new last dim: ``x.unfold(0, 3, 1)``. A view
    (read-only).

    Raises
    ------
    ValueError
        If a window is larger than the dim, or the step is not positive.
    """
    dim = normalize_dim("unfold", dimension, input.ndim)
    n = input.shape[dim] if input.ndim else 1
    if not 0 <= size <= n or step < 1:
        raise ValueError(f"unfold: windows of size {size} at step {step} do not fit dim "
                         f"{dimension} of size {n}; size must be 0 to {n} and step at least 1")
    if input.ndim == 0:
        return unfold(ravel(input), 0, size, step)[0]
    return Windows(dim, size, step)(input)
