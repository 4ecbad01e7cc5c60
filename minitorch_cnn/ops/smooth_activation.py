"""Smooth activations: sigmoid, tanh and what is built from them. Stable for |x| of 1e4 and beyond.

x argument, y result, dy and dx gradients, all of one shape; s = sigmoid(x).
``inplace`` is ignored, as in activation.py.
"""
import math

from .. import kernels
from ..autograd import Function
from ..device import array_module
from ..dtypes import as_float
from .broadcast import USE_NUMBERS, refuse_bool
from .checks import as_tensor, check_float, normalize_dim

__all__ = ["gelu", "glu", "logsigmoid", "mish", "sigmoid", "silu", "softplus", "softsign", "tanh",
           "tanhshrink"]


def logistic(x):
    """1 / (1 + exp(-x)) of an array; where exp overflows to infinity the result is rightly 0."""
    return 1 / (1 + array_module(x).exp(-x))


class Sigmoid(Function):
    """y = 1 / (1 + exp(-x));  dx = dy y (1 - y)."""

    silent = True

    def forward(self, x):
        self.y = kernels.sigmoid_forward(x)
        return self.y

    def backward(self, dy):
        return kernels.sigmoid_backward(dy, self.y)


def sigmoid(input):
    """1 / (1 + exp(-x)).

    Parameters
    ----------
    input : Tensor
        Any dtype and shape; integers and booleans become float32.
    """
    return Sigmoid()(as_tensor(input))


class Tanh(Function):
    """y = tanh(x);  dx = dy (1 - y^2)."""

    silent = True

    def forward(self, x):
        self.y = kernels.tanh_forward(x)
        return self.y

    def backward(self, dy):
        return kernels.tanh_backward(dy, self.y)


def tanh(input):
    """Hyperbolic tangent.

    Parameters
    ----------
    input : Tensor
        Any dtype and shape; integers and booleans become float32.
    """
    return Tanh()(as_tensor(input))


class SiLU(Function):
    """y = x s;  dx = dy s (1 + x (1 - s))."""

    silent = True

    def forward(self, x):
        self.x = x
        return kernels.silu_forward(x)

    def backward(self, dy):
        return kernels.silu_backward(dy, self.x)


def silu(input, inplace=False):
    """x * sigmoid(x), also called Swish.  Elfwing et al., arXiv 1702.03118.

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
    check_float("silu", input=input)
    return SiLU()(input)


class GELU(Function):
    """y = x Phi(x), Phi(x) = (1 + erf(x / sqrt 2)) / 2.

    dx = dy (Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi)).
    """

    silent = True

    def forward(self, x):
        self.x = x
        return kernels.gelu_forward(x)

    def backward(self, dy):
        return kernels.gelu_backward(dy, self.x)


class GELUTanh(Function):
    """y = x (1 + t) / 2, t = tanh(u), u = sqrt(2 / pi) (x + 0.044715 x^3).

    dx = dy ((1 + t) / 2 + x (1 - t^2) u' / 2),  u' = sqrt(2 / pi) (1 + 3 * 0.044715 x^2).
    """

    silent = True
    SCALE, CUBIC = math.sqrt(2 / math.pi), 0.044715

    def forward(self, x):
        self.x = x
        return kernels.gelu_tanh_forward(x, self.SCALE, self.CUBIC)

    def backward(self, dy):
        return kernels.gelu_tanh_backward(dy, self.x, self.SCALE, self.CUBIC)


def gelu(input, approximate="none"):
    """x Phi(x), Phi the normal distribution function.  Hendrycks, Gimpel, arXiv 1606.08415.

    Parameters
    ----------
    input : Tensor
        Floats, any shape.
    approximate : {"none", "tanh"}
        Exact, or with a tanh in place of the error function.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    ValueError
        For another ``approximate``.
    """
    input = as_tensor(input)
    check_float("gelu", input=input)
    if approximate not in ("none", "tanh"):
        raise ValueError(f'gelu: approximate must be "none" or "tanh", got {approximate!r}')
    return (GELU() if approximate == "none" else GELUTanh())(input)


class Softplus(Function):
    """y = log(1 + exp(beta x)) / beta;  dx = dy sigmoid(beta x). Above the threshold: x and dy."""

    silent = True

    def __init__(self, beta, threshold):
        self.beta, self.threshold = beta, threshold

    def forward(self, x):
        self.x = x
        return kernels.softplus_forward(x, self.beta, self.threshold)

    def backward(self, dy):
        return kernels.softplus_backward(dy, self.x, self.beta, self.threshold)


def softplus(input, beta=1.0, threshold=20.0):
    """log(1 + exp(beta x)) / beta, a smooth max(x, 0).

    Parameters
    ----------
    input : Tensor
        Floats, any shape.
    beta : float
        Sharpness.
    threshold : float
        Where beta x lies above it, the result is x itself.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    """
    input = as_tensor(input)
    check_float("softplus", input=input)
    return Softplus(float(beta), float(threshold))(input)


class Softsign(Function):
    """y = x / (1 + |x|);  dx = dy / (1 + |x|)^2."""

    def forward(self, x):
        x = as_float(x)
        self.d = 1 + array_module(x).abs(x)
        return x / self.d

    def backward(self, dy):
        return dy / self.d / self.d


def softsign(input):
    """x / (1 + |x|).

    Parameters
    ----------
    input : Tensor
        Numbers, any shape; integers become float32.

    Raises
    ------
    TypeError
        For booleans.
    """
    input = as_tensor(input)
    refuse_bool("softsign", USE_NUMBERS, input)
    return Softsign()(input)


class Mish(Function):
    """y = x t, t = tanh(log(1 + exp(x)));  dx = dy (t + x s (1 - t^2))."""

    silent = True

    def forward(self, x):
        self.x = x
        return kernels.mish_forward(x)

    def backward(self, dy):
        return kernels.mish_backward(dy, self.x)


def mish(input, inplace=False):
    """x * tanh(softplus(x)).  Misra, arXiv 1908.08681.

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
    check_float("mish", input=input)
    return Mish()(input)


class LogSigmoid(Function):
    """y = -log(1 + exp(-x)) = min(x, 0) - log(1 + exp(-|x|));  dx = dy sigmoid(-x)."""

    silent = True

    def forward(self, x):
        self.x = x
        return kernels.logsigmoid_forward(x)

    def backward(self, dy):
        return kernels.logsigmoid_backward(dy, self.x)


def logsigmoid(input):
    """log(sigmoid(x)), exact also where sigmoid(x) underflows.

    Parameters
    ----------
    input : Tensor
        Floats, any shape.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    """
    input = as_tensor(input)
    check_float("logsigmoid", input=input)
    return LogSigmoid()(input)


class Tanhshrink(Function):
    """y = x - tanh(x);  dx = dy tanh(x)^2."""

    def forward(self, x):
        x = as_float(x)
        self.t = array_module(x).tanh(x)
        return x - self.t

    def backward(self, dy):
        return dy * (self.t * self.t)


def tanhshrink(input):
    """x - tanh(x).

    Parameters
    ----------
    input : Tensor
        Numbers, any shape; integers become float32.

    Raises
    ------
    TypeError
        For booleans.
    """
    input = as_tensor(input)
    refuse_bool("tanhshrink", USE_NUMBERS, input)
    return Tanhshrink()(input)


class GLU(Function):
    """y = a s, x = (a, b) the halves of an axis, s = sigmoid(b);  da = dy s, db = da a (1 - s)."""

    def __init__(self, axis):
        self.axis = axis

    def forward(self, x):
        self.a, b = array_module(x).split(x, 2, axis=self.axis)
        self.s = logistic(b)
        return self.a * self.s

    def backward(self, dy):
        da = dy * self.s
        return array_module(dy).concatenate([da, da * self.a * (1 - self.s)], axis=self.axis)


def glu(input, dim=-1):
    """First half times sigmoid of the second half.  Dauphin et al., arXiv 1612.08083.

    Parameters
    ----------
    input : Tensor
        Floats, at least one dimension.
    dim : int
        The dimension to halve; its size is even.

    Returns
    -------
    Tensor
        Half as long along ``dim``.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    IndexError
        If there is no such dimension.
    ValueError
        If its size is odd, or the input 0-d.
    """
    input = as_tensor(input)
    check_float("glu", input=input)
    axis = normalize_dim("glu", dim, input.ndim)
    if input.ndim == 0 or input.shape[axis] % 2:
        raise ValueError(f"glu: dim {dim} is halved, so its size must be even; input has shape "
                         f"{input.shape}")
    return GLU(axis)(input)
