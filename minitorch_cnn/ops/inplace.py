"""Changing a tensor's own array: ``x += 1``, ``x.mul_(2)``, ``x[0] = 3``, ``x.zero_()``.

One mechanism for all of them. ``check_in_place`` refuses what a recorded graph could not survive:
PyTorch records a change in place and rewrites the graph; here it is refused, and the out-of-place
form named. ``write`` puts a result into the array, keeping the array's dtype and shape, and tells
the tape, so that an op recorded before that needs the old values says so in backward.
"""
import numpy as np

from ..autograd import Tensor, is_grad_enabled, modes, no_grad
from ..autograd.clock import note_change
from ..device import array_module
from ..dtypes import as_array
from ..random import numpy_generator
from .indexing import set_item

__all__ = []

_CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2}


def check_in_place(op, tensor, *operands, instead):
    """Refuse to change ``tensor`` where a gradient is being recorded, or its memory is not its own.

    Raises
    ------
    RuntimeError
        Naming ``instead``, the out-of-place form.
    """
    if is_grad_enabled():
        wants = [x for x in (tensor, *operands) if isinstance(x, Tensor) and x.requires_grad]
        if wants:
            which = "this tensor" if wants[0] is tensor else "the other operand"
            raise RuntimeError(
                f"{op} changes a tensor in place, but {which} requires a gradient and the change "
                f"cannot be recorded; use {instead}, or change it inside no_grad()")
    if not getattr(tensor.data.flags, "writeable", True):
        raise RuntimeError(f"{op}: this tensor's memory is read-only or shared between its own "
                           "elements (expand() and the like); change a clone() instead")


def write(op, tensor, array):
    """Put ``array`` into the tensor's own array.

    Raises
    ------
    TypeError
        Floats into integers, or numbers into bools.
    ValueError
        Of another shape.
    """
    if _CATEGORY[array.dtype.kind] > _CATEGORY[tensor.dtype.kind]:
        raise TypeError(f"{op}: the result is {array.dtype} and does not fit into a tensor of "
                        f"{tensor.dtype}; use the out-of-place form, or convert the tensor first")
    if array.shape != tensor.shape:
        raise ValueError(f"{op}: the result has shape {array.shape}, the tensor {tensor.shape}, "
                         "and a change in place keeps the shape; use the out-of-place form")
    with np.errstate(all="ignore"):
        tensor.data[...] = array
    if modes.state.observer is not None:
        modes.state.observer.write(tensor, array)
    note_change(tensor.data)
    return tensor


def in_place(name, function):
    """The method ``x.<name>_(...)`` of an op ``function(x, ...)``."""
    op, instead = f"{name}_", f"y = x.{name}(...)"

    def method(self, *args, **options):
        check_in_place(op, self, *args, *options.values(), instead=instead)
        with no_grad():
            return write(op, self, function(self, *args, **options).data)

    method.__name__ = method.__qualname__ = op
    method.__doc__ = f"``{name}`` in place: the array itself changes, its dtype and shape stay."
    return method


def in_place_view(name, function):
    """The method ``x.<name>_(...)`` of an op that gives a view: x takes over the view's shape."""
    op, instead = f"{name}_", f"y = x.{name}(...)"

    def method(self, *args, **options):
        check_in_place(op, self, instead=instead)
        self.data = function(self.detach(), *args, **options).data
        return self

    method.__name__ = method.__qualname__ = op
    method.__doc__ = f"``{name}`` in place: the tensor itself becomes the view."
    return method


def set_item_in_place(self, index, value):
    """``x[index] = value``; the value broadcasts, and is cast to x's dtype."""
    check_in_place("x[index] = value", self, value,
                   instead="where(mask, value, x), scatter() or cat()")
    set_item(self.data, index, value.data if isinstance(value, Tensor) else as_array(value))
    self.mark_changed()


def copy_(self, src, non_blocking=False):
    """Take over the values of ``src``, broadcast to this shape and cast to this dtype."""
    check_in_place("copy_", self, src, instead="src.clone()")
    set_item(self.data, ..., src.data if isinstance(src, Tensor) else as_array(src))
    self.mark_changed()
    return self


def fill_(self, value):
    """Set every element to one number.

    Raises
    ------
    ValueError
        If ``value`` is a tensor of several dims.
    """
    check_in_place("fill_", self, value, instead="full_like(x, value)")
    if getattr(value, "ndim", 0):
        raise ValueError(f"fill_: takes one number, got shape {value.shape}; use copy_()")
    set_item(self.data, ..., value.data if isinstance(value, Tensor) else as_array(value))
    self.mark_changed()
    return self


def zero_(self):
    """Set every element to 0."""
    check_in_place("zero_", self, instead="zeros_like(x)")
    self.data[...] = 0
    self.mark_changed()
    return self


def normal_(self, mean=0, std=1, *, generator=None):
    """Fill with normally distributed numbers of the stream "default", or of ``generator``."""
    _check_random("normal_", self, "randn(shape)", std >= 0, f"std must not be negative, got {std}")
    draws = numpy_generator(generator).standard_normal(self.shape, dtype=_real(self))
    return _fill_floats("normal_", self, mean + std * draws)


def uniform_(self, from_=0, to=1, *, generator=None):
    """Fill with numbers evenly distributed between ``from_`` and ``to``, which is excluded."""
    _check_random("uniform_", self, "rand(shape)", from_ <= to,
                  f"the range must not be empty, got from {from_} to {to}")
    draws = numpy_generator(generator).random(self.shape, dtype=_real(self))
    return _fill_floats("uniform_", self, from_ + (to - from_) * draws)


def bernoulli_(self, p=0.5, *, generator=None):
    """Fill with 1 (with probability ``p``) and 0."""
    _check_random("bernoulli_", self, "bernoulli(p)", True, "")
    p = p.data if isinstance(p, Tensor) else np.asarray(p)
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError(f"bernoulli_: p must be a probability, 0 to 1, got {p}")
    draws = numpy_generator(generator).random(self.shape) < p
    self.data[...] = array_module(self.data).asarray(draws)
    self.mark_changed()
    return self


def _real(self):
    """The precision to draw in: float32 draws are other numbers than rounded float64 ones."""
    return np.float64 if self.dtype == np.float64 else np.float32


def _check_random(op, self, instead, fine, otherwise):
    check_in_place(op, self, instead=instead)
    if not fine:
        raise ValueError(f"{op}: {otherwise}")


def _fill_floats(op, self, draws):
    return write(op, self, array_module(self.data).asarray(draws))


NEW_METHODS = {"copy_": copy_, "fill_": fill_, "zero_": zero_, "normal_": normal_,
               "uniform_": uniform_, "bernoulli_": bernoulli_, "__setitem__": set_item_in_place}
