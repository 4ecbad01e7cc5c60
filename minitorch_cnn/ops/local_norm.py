"""Division by a norm: of a vector (normalize), or of neighboring channels (local response norm).

x argument, y result, d the divisor, dy and dx gradients.
"""
from ..autograd import Function
from .checks import as_tensor, check_float, normalize_dims
from .elementwise import div
from .selection import clamp
from .vector_norm import norm

__all__ = ["local_response_norm", "normalize"]


def normalize(input, p=2.0, dim=1, eps=1e-12):
    """x / max(||x||_p, eps): vectors along ``dim`` get length 1.

    Parameters
    ----------
    input : Tensor
        Floats, any shape.
    p : float
        Exponent of the norm, inf included.
    dim : int or tuple of int
        The dimensions that make a vector.
    eps : float
        Smallest divisor; a zero vector stays zero.

    Returns
    -------
    Tensor
        Shape of ``input``.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    IndexError
        If there is no such dimension.
    """
    input = as_tensor(input)
    check_float("normalize", input=input)
    dim = normalize_dims("normalize", dim, input.ndim)
    if input.data.size == 0:
        return input
    return div(input, clamp(norm(input, p, dim, keepdim=True), min=eps))


def _window_sum(x, before, after):
    """Each channel of (N, C, ...) plus ``before`` channels on its left, ``after`` on its right."""
    C = x.shape[1]
    total = x.copy()
    for k in range(1, before + 1):
        total[:, k:] += x[:, :max(C - k, 0)]
    for k in range(1, after + 1):
        total[:, :max(C - k, 0)] += x[:, k:]
    return total


class LocalResponseNorm(Function):
    """y = x d^-beta, d = k + alpha / size * (sum of x^2 over ``size`` neighboring channels).

    dx = dy d^-beta - 2 beta alpha / size x (sum of dy x d^(-beta - 1) over the channels x reaches).
    """

    def __init__(self, size, alpha, beta, k):
        self.before, self.after = size // 2, (size - 1) // 2
        self.scale, self.beta, self.k = alpha / size, beta, k

    def forward(self, x):
        self.x = x
        self.d = self.k + self.scale * _window_sum(x * x, self.before, self.after)
        return x * self.d ** -self.beta

    def backward(self, dy):
        inner = _window_sum(dy * self.x * self.d ** (-self.beta - 1), self.after, self.before)
        return dy * self.d ** -self.beta - 2 * self.beta * self.scale * self.x * inner


def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """Divide by the strength of neighboring channels.  Krizhevsky et al., NeurIPS 2012 (AlexNet).

    Parameters
    ----------
    input : Tensor, (N, C, L, ...)
        Floats.
    size : int
        How many channels are neighbors, itself included.
    alpha, beta, k : float
        y = x / (k + alpha * mean of squares) ** beta.

    Returns
    -------
    Tensor
        Shape of ``input``.

    Raises
    ------
    TypeError
        If the input does not hold floats.
    ValueError
        If it has fewer than three dimensions, or size < 1.
    """
    input = as_tensor(input)
    check_float("local_response_norm", input=input)
    if input.ndim < 3:
        raise ValueError(f"local_response_norm: input must be (N, C, L) or have more dimensions, "
                         f"got shape {input.shape}; add the missing dimension")
    if size < 1:
        raise ValueError(f"local_response_norm: size must be 1 or more channels, got {size}")
    if input.data.size == 0:
        return input
    return LocalResponseNorm(size, alpha, beta, k)(input)
