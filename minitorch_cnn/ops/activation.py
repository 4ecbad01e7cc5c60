"""ReLU and its relatives: one curve for x > 0, another for x <= 0.

x argument, y result, dy and dx gradients, all of one shape. At 0 the gradient is PyTorch's, and the
class says which. More in hard_activation.py (cut off at a limit), smooth_activation.py, softmax.py.
``inplace`` exists so that PyTorch scripts run; it is ignored: no op here changes its input.
"""
from .. import kernels
from ..autograd import Function
from ..random import initial_seed, next_call, stream_id
from .broadcast import USE_NUMBERS, refuse_bool
from .checks import as_tensor, check_float, check_same_dtype

__all__ = ["celu", "elu", "leaky_relu", "prelu", "relu", "rrelu", "selu"]

# Klambauer et al., "Self-Normalizing Neural Networks", arXiv 1706.02515, appendix A
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


class ReLU(Function):
    """y = max(x, 0);  dx = 0 where y <= 0, else dy (so relu'(0) = 0)."""

    silent = True

    def forward(self, x):
        self.y = kernels.relu_forward(x)
        return self.y

    def backward(self, dy):
        return kernels.relu_backward(dy, self.y)


def relu(input, inplace=False):
    """max(x, 0), with gradient 0 at 0.

    Parameters
    ----------
    input : Tensor
        Floats or integers, any shape.
    inplace : bool
        Ignored.

    Returns
    -------
    Tensor
        Shape and dtype of ``input``.

    Raises
    ------
    TypeError
        For booleans.
    """
    input = as_tensor(input)
    if input.data.dtype.kind == "b":
        refuse_bool("relu", USE_NUMBERS, input)
    return ReLU()(input)


class LeakyReLU(Function):
    """y = x where x > 0, else slope * x;  dx = dy or slope * dy (slope at 0)."""

    silent = True

    def __init__(self, slope):
        self.slope = slope

    def forward(self, x):
        self.x = x
        return kernels.leaky_relu_forward(x, self.slope)

    def backward(self, dy):
        return kernels.leaky_relu_backward(dy, self.x, self.slope)


def leaky_relu(input, negative_slope=0.01, inplace=False):
    """x where x > 0, else ``negative_slope`` * x.

    Parameters
    ----------
    input : Tensor
        Floats, any shape.
    negative_slope : float
        Slope for x <= 0.
    inplace : bool
        Ignored.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    """
    input = as_tensor(input)
    check_float("leaky_relu", input=input)
    return LeakyReLU(float(negative_slope))(input)


def rrelu(input, lower=1 / 8, upper=1 / 3, training=False, inplace=False):
    """Leaky ReLU whose slope is drawn anew for every element in training.

    Xu et al., "Empirical Evaluation of Rectified Activations", arXiv 1505.00853.

    Parameters
    ----------
    input : Tensor
        Floats, any shape.
    lower, upper : float
        Slopes are uniform in [lower, upper); outside of training the slope is their mean.
    training : bool
        Draw slopes (from the stream "rrelu" of ``manual_seed``).
    inplace : bool
        Ignored.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    ValueError
        If lower > upper.
    """
    input = as_tensor(input)
    check_float("rrelu", input=input)
    if lower > upper:
        raise ValueError(f"rrelu: lower must not exceed upper, got {lower} and {upper}; swap them")
    if not training:
        return LeakyReLU((lower + upper) / 2)(input)
    uniform = kernels.philox_uniform(input.data, input.shape, initial_seed(), stream_id("rrelu"),
                                     next_call("rrelu"))
    return LeakyReLU((lower + uniform * (upper - lower)).astype(input.dtype))(input)


class PReLU(Function):
    """y = x where x > 0, else w * x, w per channel: x (N, C, ...), w (C,) or (1,).

    dx = dy or w * dy;  dw = sum of dy * min(x, 0) over all but the channels.
    """

    def forward(self, x, w):
        self.x, self.w = x, w
        return kernels.prelu_forward(x, w)

    def backward(self, dy):
        return kernels.prelu_backward(dy, self.x, self.w)


def prelu(input, weight):
    """Leaky ReLU with a learned slope, one for all channels or one for each.

    He et al., "Delving Deep into Rectifiers", arXiv 1502.01852.

    Parameters
    ----------
    input : Tensor, (N, C, ...) or any shape with a single slope
        Floats.
    weight : Tensor, (C,), (1,) or 0-d
        Slopes for x <= 0, of the input's dtype.

    Raises
    ------
    TypeError
        If they do not hold floats of one dtype.
    ValueError
        If the weight has more than one dimension or another number of channels.
    """
    input, weight = as_tensor(input), as_tensor(weight)
    check_float("prelu", input=input, weight=weight)
    check_same_dtype("prelu", input=input, weight=weight)
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1 or weight.data.size not in (1, channels):
        raise ValueError(f"prelu: weight must have shape (1,) or ({channels},), one slope per "
                         f"channel of input {input.shape}, got {weight.shape}")
    return PReLU()(input, weight)


class ELU(Function):
    """y = scale * x where x > 0, else scale * alpha * (exp(inner * x) - 1).

    dx = dy * scale, or dy * scale * alpha * inner * exp(inner * x) (this one at 0).
    """

    silent = True

    def __init__(self, alpha, scale=1.0, inner=1.0):
        self.alpha, self.scale, self.inner = alpha, scale, inner

    def forward(self, x):
        self.x = x
        return kernels.elu_forward(x, self.alpha, self.scale, self.inner)

    def backward(self, dy):
        return kernels.elu_backward(dy, self.x, self.alpha, self.scale, self.inner)


def elu(input, alpha=1.0, inplace=False):
    """x where x > 0, else alpha * (exp(x) - 1).  Clevert et al., arXiv 1511.07289.

    Parameters
    ----------
    input : Tensor
        Floats, any shape.
    alpha : float
        The limit for x -> -inf is -alpha.
    inplace : bool
        Ignored.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    """
    input = as_tensor(input)
    check_float("elu", input=input)
    return ELU(float(alpha))(input)


def selu(input, inplace=False):
    """ELU with the alpha and scale that keep mean 0 and variance 1.  Klambauer et al., 1706.02515.

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
    check_float("selu", input=input)
    return ELU(SELU_ALPHA, SELU_SCALE)(input)


def celu(input, alpha=1.0, inplace=False):
    """x where x > 0, else alpha * (exp(x / alpha) - 1): slope 1 at 0.  Barron, arXiv 1704.07483.

    Parameters
    ----------
    input : Tensor
        Floats, any shape.
    alpha : float
        Not 0; the limit for x -> -inf is -alpha.
    inplace : bool
        Ignored.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    ValueError
        If alpha is 0.
    """
    input = as_tensor(input)
    check_float("celu", input=input)
    if alpha == 0:
        raise ValueError("celu: alpha must not be 0, x is divided by it; use relu for the limit")
    return ELU(float(alpha), inner=1 / alpha)(input)
