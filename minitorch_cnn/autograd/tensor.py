"""Tensor: an array that remembers which op made it.

Arithmetic and the other methods (``+``, ``[]``, ``sum`` ...) are ops and stand on a higher floor;
``ops/operators.py`` attaches them. ``backward`` is in ``graph.py``.
"""
import copy
import operator
import weakref

import numpy as np

from .. import device as devices
from .. import dtypes
from . import modes
from .clock import note_change
from .hooks import RemovableHandle
from .printing import text_of


class Tensor:
    """An array, its gradient, and the op that made it.

    Parameters
    ----------
    data : array-like
        An array is taken as it is (not copied); Python numbers and lists become float32. Empty if
        left out.
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

    __slots__ = ("_data", "_grad", "_requires_grad", "grad_fn", "hooks", "__weakref__")
    __array_priority__ = 1000  # array + tensor is Tensor.__radd__, not an array of tensors

    def __init__(self, data=(), requires_grad=False):
        self._data = data if type(data) is np.ndarray else _array_of(data)
        self._grad = None
        self._requires_grad = False
        self.grad_fn = None
        self.hooks = None
        if requires_grad:
            _check_switch(requires_grad)
            self.requires_grad_()

    data = property(operator.attrgetter("_data"), doc="The array itself.")
    grad = property(operator.attrgetter("_grad"), doc="d(result)/d(this): a Tensor, or None.")
    requires_grad = property(operator.attrgetter("_requires_grad"), doc="Do gradients flow here?")

    @data.setter
    def data(self, array):
        if array is self._data:  # ``t.data -= 1`` ends here
            note_change(array)
        self._data = array if type(array) is np.ndarray else _array_of(array)

    @grad.setter
    def grad(self, grad):
        if grad is not None:
            _check_grad(self, grad)
        if modes.state.observer is not None:
            modes.state.observer.set_grad(self, grad)
        self._grad = grad

    @requires_grad.setter
    def requires_grad(self, requires_grad):
        self.requires_grad_(requires_grad)

    def mark_changed(self):
        """Say that the array was changed in place, by other means than ``t.data -= ...``.

        A graph recorded before that needs the old values then refuses to run backward, instead of
        computing a wrong gradient.
        """
        if modes.state.observer is not None:
            modes.state.observer.changed(self)
        note_change(self._data)

    # what it is ---------------------------------------------------------------------------------

    @property
    def shape(self):
        """Tuple of sizes."""
        return self._data.shape

    @property
    def dtype(self):
        """Element type, a ``numpy.dtype``."""
        return self._data.dtype

    @property
    def ndim(self):
        """Number of dimensions."""
        return self._data.ndim

    @property
    def device(self):
        """``device("cpu")`` or ``device("cuda:0")``."""
        return devices.device_of(self._data)

    @property
    def is_leaf(self):
        """True for a tensor that no recorded op made."""
        return self.grad_fn is None

    @property
    def is_cuda(self):
        """True on a GPU."""
        return devices.is_gpu_array(self._data)

    @property
    def retains_grad(self):
        """True for a result that keeps its gradient because of ``retain_grad()``."""
        return self.grad_fn is not None and self.grad_fn.retained is not None

    def size(self, dim=None):
        """The shape, or the size of one dimension."""
        return self._data.shape if dim is None else self._data.shape[dim]

    def dim(self):
        """Number of dimensions."""
        return self._data.ndim

    def numel(self):
        """Number of elements."""
        return self._data.size

    nelement = numel

    def element_size(self):
        """Bytes of one element."""
        return self._data.itemsize

    def is_floating_point(self):
        """True for float16, float32 and float64."""
        return self._data.dtype.kind == "f"

    def is_contiguous(self):
        """True if the elements lie in memory in row-major order."""
        return self._data.flags.c_contiguous

    def stride(self, dim=None):
        """Steps between elements, counted in elements, as in PyTorch."""
        steps = tuple([s // self._data.itemsize for s in self._data.strides])
        return steps if dim is None else steps[dim]

    # out of the tape -----------------------------------------------------------------------------

    def numpy(self, *, force=False):
        """The values as a NumPy array that shares this tensor's memory.

        Parameters
        ----------
        force : bool
            Short for ``detach().cpu().numpy()``: never refuse.

        Raises
        ------
        RuntimeError
            If the tensor requires a gradient: changes to the array would not be recorded.
        TypeError
            If it lives on a GPU.
        """
        _observe("numpy()")
        if force:
            return devices.to_cpu(self._data)
        if self._requires_grad:
            raise RuntimeError("numpy(): this tensor requires a gradient; "
                               "use tensor.detach().numpy()")
        if self.is_cuda:
            raise TypeError("numpy(): this tensor is on a GPU; use tensor.cpu().numpy()")
        return self._data

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __array_wrap__(self, array, context=None, return_scalar=False):
        return Tensor(array)  # np.exp(tensor) is a tensor, as in PyTorch

    def item(self):
        """The value of a one-element tensor as a Python number."""
        if self._data.size != 1:
            raise ValueError(f"item(): needs a tensor of one element, got shape {self.shape}; "
                             "use tolist(), or index one element first")
        _observe("item()")
        return self._data.item()

    def tolist(self):
        """The values as nested Python lists."""
        _observe("tolist()")
        return self._data.tolist()

    def detach(self):
        """A tensor of the same memory that no gradient flows through."""
        return Tensor(self._data)

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
        if requires_grad and self._data.dtype.kind != "f":
            raise RuntimeError("requires_grad_: only floating-point tensors have gradients, this "
                               f"one is {self.dtype}; convert it with .float() first")
        if not requires_grad and self.grad_fn is not None:
            raise RuntimeError("requires_grad_(False): this tensor is the result of a recorded op; "
                               "use detach() for a version without gradient")
        self._requires_grad = bool(requires_grad)
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
        if self._data.ndim == 0:
            raise TypeError("len(): a 0-d tensor has no length; use numel() or item()")
        return self._data.shape[0]

    def __bool__(self):
        if self._data.size != 1:
            raise ValueError(f"bool(): a tensor of shape {self.shape} is neither true nor false; "
                             "use (t != 0).any() or .all()")
        _observe("bool()")
        return bool(self._data.item())

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    def __index__(self):
        if self._data.dtype.kind == "f":
            raise TypeError("index: only integer tensors can be used as an index, this one is "
                            f"{self.dtype}; convert it with .long() first")
        return int(self.item())

    def __format__(self, spec):
        return format(self.item(), spec) if self._data.ndim == 0 else object.__format__(self, spec)

    __hash__ = object.__hash__

    def __repr__(self):
        _observe("print()")
        text = text_of(devices.to_cpu(self._data))
        if self._data.size == 0 and self._data.ndim != 1:
            text += f", size={self.shape}"
        if self.is_cuda:
            text += f", device='{self.device}'"
        understood = (dtypes.int64, dtypes.bool_) if self._data.size else ()
        if self.dtype not in (dtypes.DEFAULT_FLOAT, *understood):
            text += f", dtype={self.dtype}"
        if self.grad_fn is not None:
            text += f", grad_fn={self.grad_fn!r}"
        elif self._requires_grad:
            text += ", requires_grad=True"
        return f"tensor({text})"

    def __deepcopy__(self, memo):
        if self.grad_fn is not None:
            raise RuntimeError("deepcopy: this tensor is the result of a recorded op; only leaves "
                               "can be copied deeply, use tensor.detach().clone()")
        twin = memo[id(self)] = type(self).__new__(type(self))
        twin.__setstate__(copy.deepcopy(self.__getstate__(), memo))
        return twin

    def __getstate__(self):
        grad = None if self._grad is None else self._grad._data
        return self._data, self._requires_grad, grad, getattr(self, "__dict__", {})

    def __setstate__(self, state):
        data, requires_grad, grad, attributes = state
        Tensor.__init__(self, data)
        self._requires_grad = requires_grad
        self._grad = None if grad is None else Tensor(grad)
        for name, value in attributes.items():
            setattr(self, name, value)

    def __reduce_ex__(self, protocol):
        return _rebuild, (type(self), self.__getstate__())


def _observe(what):
    """Tell who compiles a step that a value leaves the tape here."""
    if modes.state.observer is not None:
        modes.state.observer.read(what)


def _rebuild(kind, state):
    twin = kind.__new__(kind)
    twin.__setstate__(state)
    return twin


def _check_switch(requires_grad):
    if not isinstance(requires_grad, (bool, np.bool)):
        raise TypeError(f"Tensor: requires_grad must be True or False, got {requires_grad!r}; a "
                        "tensor of a size is made by zeros(2, 3), empty(2, 3), randn(2, 3) ...")


def _check_grad(tensor, grad):
    if not isinstance(grad, Tensor):
        raise TypeError(f"grad: must be a Tensor or None, got {type(grad).__name__}; "
                        "wrap an array with Tensor(array)")
    if grad.shape != tensor.shape or grad.dtype != tensor.dtype:
        raise ValueError(f"grad: has shape {grad.shape} and dtype {grad.dtype}, the tensor "
                         f"{tensor.shape} and {tensor.dtype}; they must be equal")


def _array_of(data):
    """The array behind anything a Tensor can be made of; Python numbers become float32."""
    if isinstance(data, Tensor):
        return data.data
    array = dtypes.as_array(data)
    is_python = isinstance(array, np.ndarray) and not isinstance(data, (np.ndarray, np.generic))
    return array.astype(dtypes.DEFAULT_FLOAT) if is_python and array.dtype.kind != "f" else array
