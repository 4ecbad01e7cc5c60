"""Activation layers: each calls the function of its name, where the formula stands.

``inplace`` exists so that PyTorch scripts run and print the same; no op here changes its input.
"""
from ..ops.checks import as_tensor
from . import functional as F
from .init import constant_
from .module import Module
from .parameter import check_sizes, empty_parameter

__all__ = ["CELU", "ELU", "GELU", "GLU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh",
           "LeakyReLU",
           "LogSigmoid", "LogSoftmax", "Mish", "PReLU", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU",
           "Sigmoid", "Softmax", "Softmax2d", "Softmin", "Softplus", "Softshrink", "Softsign",
           "Tanh", "Tanhshrink", "Threshold"]


class _Activation(Module):
    """An activation; its text shows the options in ``_shown``, and ``inplace`` where it is set."""

    _shown = ()
    inplace = False

    def extra_repr(self):
        shown = [f"{name}={getattr(self, name)!r}" for name in self._shown]
        return ", ".join(shown + ["inplace=True"] * self.inplace)


class _InPlace(_Activation):

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace


class ReLU(_InPlace):
    """max(x, 0)."""

    def forward(self, input):
        return F.relu(input, self.inplace)


class ReLU6(_InPlace):
    """min(max(x, 0), 6)."""

    def forward(self, input):
        return F.relu6(input, self.inplace)


class LeakyReLU(_Activation):
    """x for x > 0, negative_slope * x below."""

    _shown = ("negative_slope",)

    def __init__(self, negative_slope=0.01, inplace=False):
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input):
        return F.leaky_relu(input, self.negative_slope, self.inplace)


class ELU(_Activation):
    """x for x > 0, alpha * (exp(x) - 1) below. arXiv:1511.07289."""

    _shown = ("alpha",)

    def __init__(self, alpha=1.0, inplace=False):
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input):
        return F.elu(input, self.alpha, self.inplace)


class CELU(_Activation):
    """x for x > 0, alpha * (exp(x / alpha) - 1) below. arXiv:1704.07483."""

    _shown = ("alpha",)

    def __init__(self, alpha=1.0, inplace=False):
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input):
        return F.celu(input, self.alpha, self.inplace)


class SELU(_InPlace):
    """ELU with the constants that keep mean 0 and variance 1. arXiv:1706.02515."""

    def forward(self, input):
        return F.selu(input, self.inplace)


class RReLU(_Activation):
    """Leaky ReLU with a slope drawn from U(lower, upper) in training, their mean in evaluation."""

    _shown = ("lower", "upper")

    def __init__(self, lower=1 / 8, upper=1 / 3, inplace=False):
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input):
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


class PReLU(Module):
    """x for x > 0, weight * x below; the weight is trained. arXiv:1502.01852.

    Parameters
    ----------
    num_parameters : int
        1 for one slope, or the number of channels (dimension 1 of the input) for one each.
    init : float
        Value of the slopes at the start.
    device, dtype : optional
        Where and in which dtype the weight is made.
    """

    def __init__(self, num_parameters=1, init=0.25, device=None, dtype=None):
        super().__init__()
        check_sizes("PReLU", num_parameters=num_parameters)
        self.num_parameters = num_parameters
        self.init = init
        self.weight = empty_parameter(num_parameters, device, dtype)
        self.reset_parameters()

    def reset_parameters(self):
        """Set every slope to its initial value."""
        constant_(self.weight, self.init)

    def forward(self, input):
        return F.prelu(input, self.weight)

    def extra_repr(self):
        return f"num_parameters={self.num_parameters}"


class Threshold(_Activation):
    """x where x > threshold, else value."""

    _shown = ("threshold", "value")

    def __init__(self, threshold, value, inplace=False):
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input):
        return F.threshold(input, self.threshold, self.value, self.inplace)


class Hardtanh(_Activation):
    """min(max(x, min_val), max_val)."""

    _shown = ("min_val", "max_val")

    def __init__(self, min_val=-1.0, max_val=1.0, inplace=False):
        super().__init__()
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input):
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)


class Hardsigmoid(_InPlace):
    """min(max(x / 6 + 1/2, 0), 1)."""

    def forward(self, input):
        return F.hardsigmoid(input, self.inplace)

    def extra_repr(self):
        return ""


class Hardswish(_InPlace):
    """x * hardsigmoid(x). arXiv:1905.02244."""

    def forward(self, input):
        return F.hardswish(input, self.inplace)

    def extra_repr(self):
        return ""


class Hardshrink(_Activation):
    """x where |x| > lambd, else 0."""

    def __init__(self, lambd=0.5):
        super().__init__()
        self.lambd = lambd

    def forward(self, input):
        return F.hardshrink(input, self.lambd)

    def extra_repr(self):
        return f"{self.lambd}"


class Softshrink(_Activation):
    """x moved towards 0 by lambd, 0 where |x| <= lambd."""

    def __init__(self, lambd=0.5):
        super().__init__()
        self.lambd = lambd

    def forward(self, input):
        return F.softshrink(input, self.lambd)

    def extra_repr(self):
        return f"{self.lambd}"


class Sigmoid(_Activation):
    """1 / (1 + exp(-x))."""

    def forward(self, input):
        return F.sigmoid(input)


class LogSigmoid(_Activation):
    """log(1 / (1 + exp(-x)))."""

    def forward(self, input):
        return F.logsigmoid(input)


class Tanh(_Activation):
    """tanh(x)."""

    def forward(self, input):
        return F.tanh(input)


class Tanhshrink(_Activation):
    """x - tanh(x)."""

    def forward(self, input):
        return F.tanhshrink(input)


class Softsign(_Activation):
    """x / (1 + |x|)."""

    def forward(self, input):
        return F.softsign(input)


class Softplus(_Activation):
    """log(1 + exp(beta * x)) / beta, and x itself where beta * x > threshold."""

    _shown = ("beta", "threshold")

    def __init__(self, beta=1.0, threshold=20.0):
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input):
        return F.softplus(input, self.beta, self.threshold)


class SiLU(_InPlace):
    """x * sigmoid(x). arXiv:1702.03118."""

    def forward(self, input):
        return F.silu(input, self.inplace)


class Mish(_InPlace):
    """x * tanh(softplus(x)). arXiv:1908.08681."""

    def forward(self, input):
        return F.mish(input, self.inplace)


class GELU(_Activation):
    """x * P(a standard normal number is below x). arXiv:1606.08415.

    Parameters
    ----------
    approximate : str
        "none", or "tanh" for the approximation with tanh.
    """

    _shown = ("approximate",)

    def __init__(self, approximate="none"):
        super().__init__()
        self.approximate = approximate

    def forward(self, input):
        return F.gelu(input, approximate=self.approximate)


class GLU(_Activation):
    """a * sigmoid(b) of the two halves of the input along ``dim``. arXiv:1612.08083."""

    _shown = ("dim",)

    def __init__(self, dim=-1):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        return F.glu(input, self.dim)


class Softmax(_Activation):
    """exp(x) / sum(exp(x)) along ``dim``.

    Parameters
    ----------
    dim : int
        The dimension whose entries add up to 1.
    """

    _shown = ("dim",)

    def __init__(self, dim=None):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        return F.softmax(input, self.dim)


class LogSoftmax(_Activation):
    """log(softmax(x)) along ``dim``."""

    _shown = ("dim",)

    def __init__(self, dim=None):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        return F.log_softmax(input, self.dim)


class Softmin(_Activation):
    """softmax(-x) along ``dim``."""

    _shown = ("dim",)

    def __init__(self, dim=None):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        return F.softmin(input, self.dim)


class Softmax2d(_Activation):
    """Softmax over the channels of (N, C, H, W) or (C, H, W), at each pixel."""

    def forward(self, input):
        input = as_tensor(input)
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: expected 3D or 4D input (got {input.ndim}D input of "
                             f"shape {tuple(input.shape)})")
        return F.softmax(input, -3)
