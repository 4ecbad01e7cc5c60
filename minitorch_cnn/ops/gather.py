"""Elements by tables of places: gather, scatter, index_select and their relatives.

x input, y result, dy and dx their gradients; index holds integers. An element that is taken several
times gets the sum of the gradients of its copies.
"""
from ..autograd import Function, Tensor
from ..device import array_module
from ..dtypes import int64
from .broadcast import exact_number, number
from .checks import as_tensor, normalize_dim
from .indexing import getitem
from .shape import broadcast_shapes_of, broadcast_to, ravel, reshape

__all__ = ["gather", "index_add", "index_select", "scatter", "scatter_add", "take",
           "take_along_dim"]


def _places(index, dim):
    """Index arrays that put ``index`` at ``dim`` and each place's own position elsewhere."""
    xp = array_module(index)
    grid = [xp.arange(n).reshape((-1,) + (1,) * (index.ndim - 1 - d))
            for d, n in enumerate(index.shape)]
    grid[dim] = index
    return tuple(grid)


def _added(x, places, values):
    """A copy of x with ``values`` added at ``places``, as often as each is named."""
    small = x.dtype.kind in "iu" and x.dtype.itemsize < 4    # CuPy adds up nothing so short
    y = x.astype(int64) if small else x.copy()
    array_module(x).add.at(y, places, values)
    return y.astype(x.dtype) if small else y


class Gather(Function):
    """y[i, j] = x[index[i, j], j] (for dim 0);  dx[index[i, j], j] += dy[i, j]."""

    def __init__(self, dim):
        self.dim = dim

    def forward(self, x, index):
        self.before, self.places = x.shape, _places(index, self.dim)
        return x[self.places]

    def backward(self, dy):
        xp = array_module(dy)
        dx = xp.zeros(self.before, dy.dtype)
        xp.add.at(dx, self.places, dy)
        return dx, None


def gather(input, dim, index, *, sparse_grad=False):
    """Along ``dim``, take the elements that a table names: y[i, j, k] = x[i, index[i, j, k], k].

    Parameters
    ----------
    input : Tensor
        Any shape.
    dim : int
        The dim that ``index`` counts along (1 in the formula).
    index : Tensor of int
        As many dims as ``input``; in all but ``dim`` no larger. Values 0 to size - 1.
    sparse_grad : bool
        Ignored: gradients are dense here.

    Returns
    -------
    Tensor
        The shape of ``index``.

    Raises
    ------
    TypeError, ValueError, IndexError
        If ``index`` does not hold integers, its shape does not fit, or a value is out of range.
    """
    index = integers("gather", index)
    if not index.numel():
        return reshape(IndexSelect(0)(ravel(input), ravel(index)), index.shape)
    input, dim, places = _checked("gather", input, dim, index)
    return reshape(Gather(dim)(input, places), index.shape)


def _checked(op, input, dim, index):
    """input, dim and index after all checks of gather and scatter; 0-d counts as 1-d."""
    input = as_tensor(input)
    dim = normalize_dim(op, dim, input.ndim)
    if max(index.ndim, 1) != max(input.ndim, 1):
        raise ValueError(f"{op}: index must have as many dims as input, got shapes {index.shape} "
                         f"and {input.shape}")
    input, index = [x if x.ndim else ravel(x) for x in (input, index)]
    for d, n in enumerate(index.shape):
        if d != dim and n > input.shape[d]:
            raise ValueError(f"{op}: index of shape {index.shape} is larger than input of shape "
                             f"{input.shape} in dim {d}; only dim {dim} may be larger")
    check_range(op, index.data, input.shape[dim], dim)
    return input, dim, index


def integers(op, index):
    """``index`` as a Tensor of integers (an empty list has no dtype and passes)."""
    index = as_tensor(index)
    if index.dtype.kind in "iu":
        return index
    if index.numel():
        raise TypeError(f"{op}: index must hold integers, got {index.dtype}; convert it with "
                        ".long()")
    return Tensor(index.data.astype(int64))


def check_range(op, index, n, dim):
    """Refuse indices below 0 or from ``n`` on.

    Raises
    ------
    IndexError
        Naming the index, the dim and its size.
    """
    if index.size and not (index.min() >= 0 and index.max() < n):
        bad = int(index.max() if index.max() >= n else index.min())
        raise IndexError(f"{op}: index {bad} is out of range for dim {dim} of size {n}; use 0 to "
                         f"{n - 1}")


def take_along_dim(input, indices, dim=None):
    """``gather`` whose shapes broadcast: what ``argsort`` found, along its dim.

    Parameters
    ----------
    indices : Tensor of int
        As many dims as ``input``; all but ``dim`` broadcast against input's. Negative ones count
        from the end.
    dim : int, optional
        Without it, ``indices`` counts through the flattened input.
    """
    input, indices = as_tensor(input), integers("take_along_dim", indices)
    if dim is None:
        return take(input, ravel(indices))
    if input.ndim != indices.ndim:
        raise ValueError("take_along_dim: input and indices must have as many dims, got shapes "
                         f"{input.shape} and {indices.shape}")
    dim = normalize_dim("take_along_dim", dim, input.ndim)

    def without(shape):
        return shape[:dim] + (1,) + shape[dim + 1:]

    shape = broadcast_shapes_of("take_along_dim", without(input.shape), without(indices.shape))

    def grown(x):
        return broadcast_to(x, shape[:dim] + (x.shape[dim],) + shape[dim + 1:])

    indices = _wrapped(indices.data, input.shape[dim] if input.ndim else 1)
    return gather(grown(input), dim, grown(indices)) if input.ndim else gather(input, 0, indices)


def _wrapped(index, n):
    """``index`` with the negative ones counted from the end."""
    return array_module(index).where(index < 0, index + n, index)


class IndexSelect(Function):
    """y[:, i] = x[:, index[i]] (for dim 1);  dx[:, index[i]] += dy[:, i]."""

    def __init__(self, dim):
        self.dim = dim

    def forward(self, x, index):
        self.before, self.index = x.shape, index
        return array_module(x).take(x, index, axis=self.dim)

    def backward(self, dy):
        xp = array_module(dy)
        dx = xp.zeros(self.before, dy.dtype)
        xp.add.at(dx, (slice(None),) * self.dim + (self.index,), dy)
        return dx, None


def index_select(input, dim, index):
    """The slices that ``index`` names along ``dim``, in its order, as often as it names them.

    Parameters
    ----------
    index : Tensor of int
        1-d (or 0-d, which counts as one number), values 0 to size - 1.

    Returns
    -------
    Tensor
        ``input``'s shape with dim ``dim`` as long as ``index``.

    Raises
    ------
    TypeError, ValueError, IndexError
        If ``index`` does not hold integers, has more dims, or a value is out of range.
    """
    input, index = as_tensor(input), integers("index_select", index)
    dim = normalize_dim("index_select", dim, input.ndim)
    if index.ndim > 1:
        raise ValueError(f"index_select: index must be 1-d, got shape {index.shape}; flatten it, "
                         "or index with x[...]")
    check_range("index_select", index.data, input.shape[dim] if input.ndim else 1, dim)
    if input.ndim == 0:
        return reshape(IndexSelect(0)(ravel(input), ravel(index)), ())
    return IndexSelect(dim)(input, ravel(index))


def take(input, index):
    """Elements of the flattened input, in the shape of ``index``; negative: from the end."""
    input, index = as_tensor(input), integers("take", index)
    n = input.numel()
    wrapped = _wrapped(index.data, n)
    check_range("take", wrapped, n, 0)
    return reshape(Gather(0)(ravel(input), wrapped.reshape(-1)), index.shape)


class Scatter(Function):
    """y = x, but y[index[i, j], j] = src[i, j] (for dim 0);  dx = 0 there, dsrc = dy there."""

    def __init__(self, dim):
        self.dim = dim

    def forward(self, x, index, src):
        self.places = _places(index, self.dim)
        self.src_shape = getattr(src, "shape", None)
        y = x.copy()
        y[self.places] = _part(src, index)
        return y

    def backward(self, dy):
        dx = dsrc = None
        if self.needs[0]:
            dx = dy.copy()
            dx[self.places] = 0
        if self.needs[2]:
            dsrc = _spread(dy[self.places], self.src_shape)
        return dx, None, dsrc


class ScatterAdd(Function):
    """y = x, then y[index[i, j], j] += src[i, j] (for dim 0);  dx = dy, dsrc[i, j] = dy there."""

    def __init__(self, dim):
        self.dim = dim

    def forward(self, x, index, src):
        self.places = _places(index, self.dim)
        self.src_shape = getattr(src, "shape", None)
        return _added(x, self.places, _part(src, index))

    def backward(self, dy):
        return dy, None, _spread(dy[self.places], self.src_shape) if self.needs[2] else None


class ScatterMultiply(Function):
    """y = x, then y[index[i, j], j] *= src[i, j] (for dim 0); no gradient, as in PyTorch."""

    def __init__(self, dim):
        self.dim = dim

    def forward(self, x, index, src):
        y, src = x.copy(), _part(src, index)
        for i in range(index.shape[self.dim]):      # in one slice no place comes twice
            here = (slice(None),) * self.dim + (slice(i, i + 1),)
            y[_places(index[here], self.dim)] *= src[here] if hasattr(src, "shape") else src
        return y

    def backward(self, dy):
        raise RuntimeError('scatter: reduce="multiply" has no gradient, as in PyTorch; detach() '
                           "what goes in")


def _part(src, index):
    """The corner of ``src`` that lies under ``index``; a number stays a number."""
    return src[tuple([slice(n) for n in index.shape])] if hasattr(src, "shape") else src


def _spread(d, shape):
    """The gradient of ``_part``: ``d`` in the corner, 0 elsewhere."""
    if d.shape == shape:
        return d
    dsrc = array_module(d).zeros(shape, d.dtype)
    dsrc[tuple([slice(n) for n in d.shape])] = d
    return dsrc


def scatter(input, dim, index, src=None, *, value=None, reduce=None):
    """A copy of ``input`` with elements of ``src`` put where ``index`` says: the reverse of
    ``gather``.

    y[i, index[i, j, k], k] = src[i, j, k] for ``dim=1``. Where two elements go to one place, either
    may win, as in PyTorch; the gradient of both is then dy.

    Parameters
    ----------
    index : Tensor of int
        As many dims as ``input``, no larger in any but ``dim``. Values 0 to size - 1.
    src : Tensor or number
        At least as large as ``index`` in every dim, of ``input``'s dtype.
    value : number, optional
        PyTorch's other name for a ``src`` that is a number.
    reduce : {"add", "multiply"}, optional
        Add to what is there (``scatter_add``), or multiply it, which has no gradient.
    """
    src = value if src is None else src
    kinds = {None: Scatter, "add": ScatterAdd, "multiply": ScatterMultiply}
    if reduce not in kinds:
        raise ValueError(f'scatter: reduce must be None, "add" or "multiply", got {reduce!r}')
    return _scatter("scatter", kinds[reduce], input, dim, index, src)


def scatter_add(input, dim, index, src):
    """A copy of ``input`` with elements of ``src`` added where ``index`` says (see ``scatter``)."""
    return _scatter("scatter_add", ScatterAdd, input, dim, index, src)


def _scatter(op, kind, input, dim, index, src):
    input, index = as_tensor(input), integers(op, index)
    is_number = isinstance(src, (bool, int, float))
    if is_number:
        src = exact_number(op, src, input.dtype)
    if not index.numel():
        src = src if is_number else getitem(ravel(src), slice(0))
        return reshape(kind(0)(ravel(input), ravel(index), src), input.shape)
    x, dim, index = _checked(op, input, dim, index)
    if not is_number:
        src = as_tensor(src)
        src = src if src.ndim else ravel(src)
        if src.dtype != x.dtype:
            raise TypeError(f"{op}: src is {src.dtype} but input is {x.dtype}; convert one of them")
        if src.ndim != index.ndim or any(n > m for n, m in zip(index.shape, src.shape)):
            raise ValueError(f"{op}: src of shape {src.shape} must be at least as large as index "
                             f"of shape {index.shape} in every dim")
    return reshape(kind(dim)(x, index, src), input.shape)


class IndexAdd(Function):
    """y = x, then y[index[i]] += alpha * s[i] (dim 0);  dx = dy, ds[i] = alpha * dy[index[i]]."""

    def __init__(self, dim, alpha):
        self.dim, self.alpha = dim, alpha

    def forward(self, x, index, source):
        self.places = (slice(None),) * self.dim + (index,)
        return _added(x, self.places, source * self.alpha)

    def backward(self, dy):
        return dy, None, dy[self.places] * self.alpha if self.needs[2] else None


def index_add(input, dim, index, source, *, alpha=1):
    """A copy of ``input`` with slices of ``alpha * source`` added at ``index`` along ``dim``."""
    input, index, source = as_tensor(input), integers("index_add", index), as_tensor(source)
    dim = normalize_dim("index_add", dim, input.ndim)
    check_range("index_add", index.data, input.shape[dim] if input.ndim else 1, dim)
    if source.dtype != input.dtype:
        raise TypeError(f"index_add: source is {source.dtype} but input is {input.dtype}; convert "
                        "one")
    expected = input.shape[:dim] + (index.numel(),) + input.shape[dim + 1:] if input.ndim else ()
    if index.ndim > 1 or source.shape != expected:
        raise ValueError(f"index_add: index must be 1-d and source of shape {expected}, got shapes "
                         f"{index.shape} and {source.shape}")
    alpha = number(alpha, input.dtype)
    if input.ndim == 0:
        return reshape(IndexAdd(0, alpha)(ravel(input), ravel(index), ravel(source)), ())
    return IndexAdd(dim, alpha)(input, ravel(index), source)
