"""Tensor: an array that remembers which op made it.

Arithmetic and the other methods (``+``, ``[]``, ``sum`` ...) are ops and stand on a higher floor;
``ops/operators.py`` attaches them. ``backward`` is in ``graph.py``.
"""
import itertools
import weakref

import numpy as np

from .. import device as devices
from .. import dtypes

_keys = itertools.count()


class Tensor:
    """An array, its gradient, and the op that made it.

    Parameters
    ----------
    data : array-like
        An array is taken as it is (not copied); Python numbers and lists become float32.
    requires_grad : bool
        Record what is computed from this tensor, and fill ``.grad`` in ``backward()``. Floats only.

    Attributes
    ----------
    data : numpy.ndarray or cupy.ndarray
        The array itself.
    grad : Tensor or None
        d(result)/d(this), after ``backward()``; of leaves, and of results with ``retain_grad()``.
    grad_fn : Function or None
        The op that made this tensor; None for a leaf.
    requires_grad : bool
        Whether gradients flow here.
    """

    __slots__ = ("data", "grad", "grad_fn", "requires_grad", "hooks", "__weakref__")
    __array_priority__ = 200  # let Tensor.__radd__ win over ndarray.__add__
    __array_ufunc__ = None    # and keep NumPy from taking a Tensor apart element by element

    def __init__(self, data, requires_grad=False):
        if type(data) is not np.ndarray:
            data = _array_of(data)
        self.data = data
        self.grad = None
        self.grad_fn = None
        self.hooks = None
        self.requires_grad = False
        if requires_grad:
            self.requires_grad_()

    # what it is ---------------------------------------------------------------------------------

    @property
    def shape(self):
        """Tuple of sizes."""
        return self.data.shape

    @property
    def dtype(self):
        """Element type, a ``numpy.dtype``."""
        return self.data.dtype

    @property
    def ndim(self):
        """Number of dimensions."""
        return self.data.ndim

    @property
    def device(self):
        """``device("cpu")`` or ``device("cuda:0")``."""
        return devices.device_of(self.data)

    @property
    def is_leaf(self):
        """True for a tensor that no recorded op made."""
        return self.grad_fn is None

    @property
    def is_cuda(self):
        """True on a GPU."""
        return devices.is_gpu_array(self.data)

    @property
    def retains_grad(self):
        """True for a result that keeps its gradient because of ``retain_grad()``."""
        return self.grad_fn is not None and self.grad_fn.retained is not None

    def size(self, dim=None):
        """The shape, or the size of one dimension."""
        return self.data.shape if dim is None else self.data.shape[dim]

    def dim(self):
        """Number of dimensions."""
        return self.data.ndim

    def numel(self):
        """Number of elements."""
        return self.data.size

    nelement = numel

    def element_size(self):
        """Bytes of one element."""
        return self.data.itemsize

    def is_floating_point(self):
        """True for float16, float32 and float64."""
        return self.data.dtype.kind == "f"

    def is_contiguous(self):
        """True if the elements lie in memory in row-major order."""
        return self.data.flags.c_contiguous

    def stride(self, dim=None):
        """Steps between elements, counted in elements, as in PyTorch."""
        steps = tuple([s // self.data.itemsize for s in self.data.strides])
        return steps if dim is None else steps[dim]

    # out of the tape -----------------------------------------------------------------------------

    def numpy(self):
        """The values as a NumPy array that shares this tensor's memory.

        Raises
        ------
        RuntimeError
            If the tensor requires a gradient: changes to the array would not be recorded.
        TypeError
            If it lives on a GPU.
        """
        if self.requires_grad:
            raise RuntimeError("numpy(): this tensor requires a gradient; use tensor.detach().numpy()")
        if self.is_cuda:
            raise TypeError("numpy(): this tensor is on a GPU; use tensor.cpu().numpy()")
        return self.data

    def __array__(self, dtype=None, copy=None):
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def item(self):
        """The value of a one-element tensor as a Python number."""
        if self.data.size != 1:
            raise ValueError(f"item(): needs a tensor of one element, got shape {self.shape}; "
                             "use tolist(), or index one element first")
        return self.data.item()

    def tolist(self):
        """The values as nested Python lists."""
        return self.data.tolist()

    def detach(self):
        """A tensor of the same memory that no gradient flows through."""
        return Tensor(self.data)

    def detach_(self):
        """Cut this tensor from its graph, in place."""
        self.grad_fn, self.requires_grad, self.hooks = None, False, None
        return self

    # gradients -----------------------------------------------------------------------------------

    def requires_grad_(self, requires_grad=True):
        """Switch gradients for this leaf on or off, in place.

        Raises
        ------
        RuntimeError
            For integers and booleans, and for switching off a result (use ``detach()``).
        """
        if requires_grad and self.data.dtype.kind != "f":
            raise RuntimeError(f"requires_grad_: only floating-point tensors have gradients, this one "
                               f"is {self.dtype}; convert it with .float() first")
        if not requires_grad and self.grad_fn is not None:
            raise RuntimeError("requires_grad_(False): this tensor is the result of a recorded op; "
                               "use detach() for a version without gradient")
        self.requires_grad = bool(requires_grad)
        return self

    def retain_grad(self):
        """Keep the gradient of this intermediate result in ``.grad``; leaves do so anyway."""
        if not self.requires_grad:
            raise RuntimeError("retain_grad: this tensor does not require a gradient; "
                               "call requires_grad_() on the inputs it is computed from")
        if self.grad_fn is not None:
            self.grad_fn.retained = weakref.ref(self)

    def register_hook(self, hook):
        """Call ``hook(grad)`` when this tensor's gradient is known; what it returns replaces it.

        Parameters
        ----------
        hook : callable
            Tensor -> Tensor or None.

        Returns
        -------
        RemovableHandle
            Its ``remove()`` takes the hook away.
        """
        if not self.requires_grad:
            raise RuntimeError("register_hook: this tensor does not require a gradient; "
                               "call requires_grad_() on it first")
        if self.hooks is None:
            self.hooks = {}
            if self.grad_fn is not None:
                self.grad_fn.hooks = self.hooks
        return RemovableHandle(self.hooks, hook)

    # Python's protocols ---------------------------------------------------------------------------

    def __len__(self):
        if self.data.ndim == 0:
            raise TypeError("len(): a 0-d tensor has no length; use numel() or item()")
        return self.data.shape[0]

    def __bool__(self):
        if self.data.size != 1:
            raise ValueError(f"bool(): a tensor of shape {self.shape} is neither true nor false; "
                             "use (t != 0).any() or .all()")
        return bool(self.data.item())

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    def __index__(self):
        if self.data.dtype.kind == "f":
            raise TypeError(f"index: only integer tensors can be used as an index, this one is {self.dtype}")
        return int(self.item())

    def __format__(self, spec):
        return format(self.item(), spec) if self.data.ndim == 0 else object.__format__(self, spec)

    def __dir__(self):
        return sorted(set(super().__dir__()))

    __hash__ = object.__hash__

    def __repr__(self):
        text = np.array2string(devices.to_cpu(self.data), separator=", ", precision=4, prefix="tensor(")
        if self.is_cuda:
            text += f", device='{self.device}'"
        if self.dtype not in (dtypes.float32, dtypes.int64, dtypes.bool_):
            text += f", dtype={self.dtype}"
        if self.grad_fn is not None:
            text += f", grad_fn={self.grad_fn!r}"
        elif self.requires_grad:
            text += ", requires_grad=True"
        return f"tensor({text})"

    def __deepcopy__(self, memo):
        if self.grad_fn is not None:
            raise RuntimeError("deepcopy: this tensor is the result of a recorded op; only leaves can be "
                               "copied deeply, use tensor.detach().clone()")
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        twin.__setstate__((self.data.copy(), self.requires_grad,
                           None if self.grad is None else self.grad.data.copy()))
        return twin

    def __getstate__(self):
        return self.data, self.requires_grad, None if self.grad is None else self.grad.data

    def __setstate__(self, state):
        data, requires_grad, grad = state
        Tensor.__init__(self, data)
        self.requires_grad = requires_grad
        self.grad = None if grad is None else Tensor(grad)

    def __reduce_ex__(self, protocol):
        return _rebuild, (type(self), self.__getstate__())


def _rebuild(kind, state):
    twin = kind.__new__(kind)
    twin.__setstate__(state)
    return twin


def _array_of(data):
    """The array behind anything a Tensor can be made of; Python numbers become float32."""
    if isinstance(data, Tensor):
        return data.data
    array = dtypes.as_array(data)
    is_python = not isinstance(data, (np.ndarray, np.generic)) and array.dtype.kind in "iub"
    return array.astype(dtypes.DEFAULT_FLOAT) if is_python and isinstance(array, np.ndarray) else array


class RemovableHandle:
    """What registering a hook returns: ``remove()`` takes the hook away again."""

    def __init__(self, hooks, hook):
        self._hooks, self._key = hooks, next(_keys)
        hooks[self._key] = hook

    def remove(self):
        """Take the hook away; twice does no harm."""
        self._hooks.pop(self._key, None)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.remove()
