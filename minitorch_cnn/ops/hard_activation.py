"""Activations made of straight pieces with limits, and the shrinking ones with a dead zone.

x argument, y result, dy and dx gradients, all of one shape. At a limit the gradient is PyTorch's,
and the class says which. ``inplace`` is ignored, as in activation.py.
"""
from .. import kernels
from ..autograd import Function
from ..device import array_module
from .broadcast import USE_NUMBERS, refuse_bool
from .checks import as_tensor, check_float

__all__ = ["hardshrink", "hardsigmoid", "hardswish", "hardtanh", "relu6", "softshrink", "threshold"]


class HardTanh(Function):
    """y = min(max(x, low), high);  dx = dy where low < x < high, else 0 (also at both ends)."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    def forward(self, x):
        self.x = x
        return kernels.clamp_forward(x, self.low, self.high)

    def backward(self, dy):
        return kernels.hardtanh_backward(dy, self.x, self.low, self.high)


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """x cut off at ``min_val`` and ``max_val``; the gradient at both is 0.

    Parameters
    ----------
    input : Tensor
        Floats or integers, any shape; integers round the limits towards 0.
    min_val, max_val : float
        The limits, min_val <= max_val.
    inplace : bool
        Ignored.

    Raises
    ------
    TypeError
        For booleans, and for unsigned integers with a negative limit.
    ValueError
        If min_val > max_val.
    """
    input = as_tensor(input)
    refuse_bool("hardtanh", USE_NUMBERS, input)
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val must not exceed max_val, got {min_val} and {max_val}; "
                         "swap them")
    if input.dtype.kind == "u" and min_val < 0:
        raise TypeError(f"hardtanh: {input.dtype} cannot hold the negative limit {min_val}; "
                        "convert the input with .float()")
    if input.dtype.kind != "f":
        min_val, max_val = int(min_val), int(max_val)
    return HardTanh(min_val, max_val)(input)


def relu6(input, inplace=False):
    """min(max(x, 0), 6), with gradient 0 at 0 and at 6.

    Parameters
    ----------
    input : Tensor
        Floats or integers, any shape.
    inplace : bool
        Ignored.

    Raises
    ------
    TypeError
        For booleans.
    """
    input = as_tensor(input)
    refuse_bool("relu6", USE_NUMBERS, input)
    return hardtanh(input, 0, 6)


class Threshold(Function):
    """y = x where x > threshold, else value;  dx = dy there, else 0 (a NaN stays)."""

    def __init__(self, threshold, value):
        self.threshold, self.value = threshold, value

    def forward(self, x):
        self.low = x <= self.threshold
        return array_module(x).where(self.low, x.dtype.type(self.value), x)

    def backward(self, dy):
        return array_module(dy).where(self.low, 0, dy)


def threshold(input, threshold, value, inplace=False):
    """``value`` wherever x <= ``threshold``, else x.

    Parameters
    ----------
    input : Tensor
        Floats or integers, any shape; integers round threshold and value towards 0.
    threshold, value : float
        Any numbers.
    inplace : bool
        Ignored.

    Raises
    ------
    TypeError
        For booleans.
    """
    input = as_tensor(input)
    refuse_bool("threshold", USE_NUMBERS, input)
    if input.dtype.kind != "f":
        threshold, value = int(threshold), int(value)
    return Threshold(threshold, value)(input)


class HardSigmoid(Function):
    """y = min(max(x + 3, 0), 6) / 6;  dx = dy / 6 where -3 < x < 3, else 0."""

    def forward(self, x):
        self.x = x
        return kernels.hardsigmoid_forward(x)

    def backward(self, dy):
        return kernels.hardsigmoid_backward(dy, self.x)


def hardsigmoid(input, inplace=False):
    """A sigmoid of straight pieces: 0 up to -3, x/6 + 1/2 between, 1 from 3 on.

    Howard et al., "Searching for MobileNetV3", arXiv 1905.02244.

    Parameters
    ----------
    input : Tensor
        Floats, any shape.
    inplace : bool
        Ignored.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    """
    input = as_tensor(input)
    check_float("hardsigmoid", input=input)
    return HardSigmoid()(input)


class HardSwish(Function):
    """y = x min(max(x + 3, 0), 6) / 6;  dx = 0 for x <= -3, dy for x >= 3, else dy (x/3 + 1/2)."""

    def forward(self, x):
        self.x = x
        return kernels.hardswish_forward(x)

    def backward(self, dy):
        return kernels.hardswish_backward(dy, self.x)


def hardswish(input, inplace=False):
    """x * hardsigmoid(x).  Howard et al., "Searching for MobileNetV3", arXiv 1905.02244.

    Parameters
    ----------
    input : Tensor
        Floats, any shape.
    inplace : bool
        Ignored.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    """
    input = as_tensor(input)
    check_float("hardswish", input=input)
    return HardSwish()(input)


class HardShrink(Function):
    """y = 0 where |x| <= lambd, else x;  dx = 0 or dy."""

    def __init__(self, lambd):
        self.lambd = lambd

    def forward(self, x):
        self.dead = (x >= -self.lambd) & (x <= self.lambd)
        return array_module(x).where(self.dead, 0, x)

    def backward(self, dy):
        return array_module(dy).where(self.dead, 0, dy)


def hardshrink(input, lambd=0.5):
    """x where |x| > ``lambd``, else 0.

    Parameters
    ----------
    input : Tensor
        Floats, any shape.
    lambd : float
        Half the width of the dead zone; below 0 there is none.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    """
    input = as_tensor(input)
    check_float("hardshrink", input=input)
    return HardShrink(float(lambd))(input)


class SoftShrink(Function):
    """y = x - lambd where x > lambd, x + lambd where x < -lambd, else 0;  dx = 0 there, else dy."""

    def __init__(self, lambd):
        self.lambd = lambd

    def forward(self, x):
        self.dead = (x >= -self.lambd) & (x <= self.lambd)
        return x - array_module(x).clip(x, -self.lambd, self.lambd)

    def backward(self, dy):
        return array_module(dy).where(self.dead, 0, dy)


def softshrink(input, lambd=0.5):
    """x moved towards 0 by ``lambd``, and 0 where |x| <= ``lambd``.

    Parameters
    ----------
    input : Tensor
        Floats, any shape.
    lambd : float
        Half the width of the dead zone, >= 0.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    ValueError
        If lambd < 0.
    """
    input = as_tensor(input)
    check_float("softshrink", input=input)
    if not lambd >= 0:
        raise ValueError(f"softshrink: lambd must be 0 or more, got {lambd}")
    return SoftShrink(float(lambd))(input)
