"""What a thing is and how many elements it has: questions asked without computing."""
from ..autograd import Tensor
from .checks import as_tensor

__all__ = ["is_floating_point", "is_tensor", "numel"]


def is_tensor(obj):
    """True for a Tensor, parameters included; False for an array or a number."""
    return isinstance(obj, Tensor)


def is_floating_point(input):
    """True for float16, float32 and float64."""
    return as_tensor(input).is_floating_point()


def numel(input):
    """Number of elements, a Python int."""
    return as_tensor(input).numel()
