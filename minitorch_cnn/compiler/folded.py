"""A convolution and what stands behind it in a net that is not trained, as one op.

x argument, w weights, b bias, y result; scale, shift batch norm's weight and bias, mean, var its
statistics; z the other branch of a residual block; dy in, dx, dz out.
"""
from .. import kernels
from ..autograd import Function
from ..ops.activation import ReLU
from ..ops.elementwise import Add
from ..ops.hard_activation import HardTanh


class ConvNorm(Function):
    """y = batch norm of the convolution [+ z], cut off at ``limits``, with given statistics.

    The weights themselves are read in every call, so nothing is remembered that may change.
    """

    def __init__(self, options, eps, limits):
        self.options, self.eps, self.limits = options, eps, limits

    def forward(self, x, w, b, scale, shift, mean, var, z=None):
        self.kept = (w, scale, var, x.shape[2:]) if self.needs[0] else None
        y = kernels.conv2d_norm_forward(x, w, b, scale, shift, mean, var, z, self.eps, self.limits,
                                        *self.options)
        self.y, self.has_z = y if any(self.needs) else None, z is not None
        return y

    def backward(self, dy):
        low, high = self.limits
        if high is not None:
            dy = kernels.hardtanh_backward(dy, self.y, low, high)
        elif low is not None:
            dy = kernels.relu_backward(dy, self.y)
        dx = None
        if self.needs[0]:
            w, scale, var, size = self.kept
            dx = kernels.conv2d_norm_input_gradient(dy, w, scale, var, self.eps, size,
                                                    *self.options)
        return (dx, None, None, None, None, None, None, dy)[:7 + self.has_z]


def conv_norm(conv, norm, *others):
    """The ConvNorm for a chain of calls; None where it is trained, or does something else."""
    fixed = not any(conv.needs[1:]) and not any(norm.needs[1:]) and not norm.options["training"]
    if not fixed or norm.options["eps"] <= 0 or len(conv.shape) != 4:
        return None
    limits = (None, None)
    for other in others:
        if other.kind is Add and not other.shapes[0] == other.shapes[1] == other.shape:
            return None
        if other.kind is ReLU:
            limits = (0, None)
        elif other.kind is HardTanh:
            limits = other.options["low"], other.options["high"]
    return ConvNorm(conv.options["options"], norm.options["eps"], limits)
