"""Parameter and Buffer: the kinds of tensor that a Module keeps when they are assigned to it."""
import numpy as np

from ..autograd import Tensor
from ..device import move
from ..dtypes import DEFAULT_FLOAT


class Parameter(Tensor):
    """A tensor to be trained: a Module registers it when it is assigned as an attribute.

    Parameters
    ----------
    data : array-like
        The values; a Tensor or an array is shared, not copied.
    requires_grad : bool
        False freezes it.
    """

    def __init__(self, data=(), requires_grad=True):
        super().__init__(data, requires_grad)

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that belongs to a Module's state without being trained, such as a running mean.

    Parameters
    ----------
    data : array-like
        The values; a Tensor or an array is shared, not copied.
    persistent : bool
        Whether it appears in ``state_dict()``.
    """

    def __init__(self, data=(), *, persistent=True):
        super().__init__(data)
        self.persistent = persistent


def check_sizes(layer, **sizes):
    """Refuse what cannot be the size of a parameter: integers from 0 on can, or tuples of them.

    Raises
    ------
    TypeError, ValueError
        Naming the layer and the argument.
    """
    for name, size in sizes.items():
        for n in size if isinstance(size, (tuple, list)) else (size,):
            if isinstance(n, bool) or not hasattr(n, "__index__"):
                raise TypeError(f"{layer}: {name} must be an integer, got {size!r}; "
                                "divide with // instead of /, or convert it with int()")
            if n < 0:
                raise ValueError(f"{layer}: {name} must not be negative, got {size!r}")


def filled(value, shape, device=None, dtype=None):
    """An array of ``shape`` full of ``value``, where and in the dtype a layer was asked for."""
    array = np.full(shape, value, DEFAULT_FLOAT if dtype is None else dtype)
    return array if device is None else move(array, device)


def empty_parameter(shape, device=None, dtype=None):
    """A Parameter of ``shape`` whose values are still to be drawn."""
    return Parameter(filled(0, shape, device, dtype))
