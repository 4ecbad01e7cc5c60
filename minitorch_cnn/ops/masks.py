"""Elements by a condition, and conditions by their places: masks, nonzero, one-hot.

x input, y result, dy and dx their gradients; a mask holds bools.
"""
from ..autograd import Function, Tensor
from ..device import array_module
from ..dtypes import int64
from .checks import as_tensor, normalize_dim
from .gather import check_range, integers
from .selection import masked_fill
from .shape import broadcast_shapes_of, broadcast_to, sum_to

__all__ = ["argwhere", "index_fill", "masked_select", "nonzero", "one_hot"]


class MaskedSelect(Function):
    """y lists x where the mask is true, in row-major order;  dx has dy there, 0 elsewhere."""

    def forward(self, x, mask):
        self.before, self.mask = x.shape, mask
        return array_module(x).broadcast_to(x, mask.shape)[mask]

    def backward(self, dy):
        dx = array_module(dy).zeros(self.mask.shape, dy.dtype)
        dx[self.mask] = dy
        return sum_to(dx, self.before), None


def masked_select(input, mask):
    """The elements where ``mask`` is true, as a 1-d tensor; input and mask broadcast.

    Raises
    ------
    TypeError
        If the mask does not hold bools.
    """
    input, mask = as_tensor(input), as_tensor(mask)
    if mask.dtype.kind != "b":
        raise TypeError(f"masked_select: mask must hold bools, got {mask.dtype}; compare or use "
                        ".bool()")
    shape = broadcast_shapes_of("masked_select", input.shape, mask.shape)
    return MaskedSelect()(input, broadcast_to(mask, shape))


def nonzero(input, *, as_tuple=False):
    """Where the elements differ from 0: one row of indices for each, (n, ndim) int64.

    With ``as_tuple`` one vector per dim instead, so that ``x[nonzero(x, as_tuple=True)]`` works.
    """
    x = as_tensor(input).data
    xp = array_module(x)
    table = xp.argwhere(x).astype(int64, copy=False)
    if as_tuple:
        places = xp.nonzero(x.reshape(-1) if x.ndim == 0 else x)
        return tuple([Tensor(p) for p in places])
    return as_tensor(table)


def argwhere(input):
    """``nonzero(input)``."""
    return nonzero(input)


def one_hot(tensor, num_classes=-1):
    """(*) class numbers -> (*, num_classes) int64, 1 at the class and 0 elsewhere.

    Parameters
    ----------
    tensor : Tensor of int
        Class numbers, 0 to num_classes - 1.
    num_classes : int
        -1: one more than the largest number found.

    Raises
    ------
    TypeError, ValueError
        For floats; for a number out of range; for an empty tensor without ``num_classes``.
    """
    classes = integers("one_hot", tensor).data
    xp = array_module(classes)
    if classes.size == 0 and num_classes < 1:
        raise ValueError("one_hot: an empty tensor does not tell the number of classes; pass "
                         "num_classes")
    if num_classes == -1:
        num_classes = int(classes.max()) + 1
    if classes.size and not (classes.min() >= 0 and classes.max() < num_classes):
        raise ValueError("one_hot: class numbers must be 0 to num_classes - 1 = "
                         f"{num_classes - 1}, got {int(classes.min())} to {int(classes.max())}")
    return as_tensor((classes[..., None] == xp.arange(num_classes)).astype(int64))


def index_fill(input, dim, index, value):
    """A copy of ``input`` with one number in the slices that ``index`` names along ``dim``."""
    input, index = as_tensor(input), integers("index_fill", index)
    dim = normalize_dim("index_fill", dim, input.ndim)
    xp, n = array_module(input.data), input.shape[dim] if input.ndim else 1
    wrapped = xp.where(index.data < 0, index.data + n, index.data)
    check_range("index_fill", wrapped, n, dim)
    chosen = xp.isin(xp.arange(n), wrapped)
    along = chosen.reshape((-1,) + (1,) * (input.ndim - 1 - dim)) if input.ndim else chosen[0]
    return masked_fill(input, Tensor(along), value)
