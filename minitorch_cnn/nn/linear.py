"""Fully connected layers."""
import math

from . import functional as F
from . import init
from .module import Module
from .parameter import check_sizes, empty_parameter

__all__ = ["Linear"]


class Linear(Module):
    """y = x @ weight.T + bias over the last dimension.

    Parameters
    ----------
    in_features, out_features : int
        Size of the last dimension of x and y. weight is (out_features, in_features).
    bias : bool
        Whether there is one.
    device, dtype : optional
        Where and in which dtype the parameters are made; CPU and float32.
    """

    def __init__(self, in_features, out_features, bias=True, device=None, dtype=None):
        super().__init__()
        check_sizes("Linear", in_features=in_features, out_features=out_features)
        self.in_features = in_features
        self.out_features = out_features
        self.weight = empty_parameter((out_features, in_features), device, dtype)
        self.register_parameter("bias", empty_parameter(out_features, device, dtype)
                                if bias else None)
        self.reset_parameters()

    def reset_parameters(self):
        """Draw new initial values: both uniform within 1/sqrt(in_features)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(max(self.in_features, 1))
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input):
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self):
        return (f"in_features={self.in_features}, out_features={self.out_features}, "
                f"bias={self.bias is not None}")
