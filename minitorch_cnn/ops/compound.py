"""Short names for combinations of other ops, as PyTorch has them."""
from .elementwise import add, div, mul
from .selection import clamp

__all__ = ["addcdiv", "addcmul", "clamp_max", "clamp_min"]


def addcmul(input, tensor1, tensor2, *, value=1):
    """``input + value * tensor1 * tensor2``, elementwise; the shapes broadcast."""
    return add(input, mul(tensor1, tensor2), alpha=value)


def addcdiv(input, tensor1, tensor2, *, value=1):
    """``input + value * tensor1 / tensor2``, elementwise; the shapes broadcast."""
    return add(input, div(tensor1, tensor2), alpha=value)


def clamp_min(input, min):
    """The elements, but no less than ``min``."""
    return clamp(input, min=min)


def clamp_max(input, max):
    """The elements, but no more than ``max``."""
    return clamp(input, max=max)
