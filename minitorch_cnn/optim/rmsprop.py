"""RMSprop."""
from .. import kernels
from ..device import array_module
from .hyperparameters import check_at_least_zero
from .optimizer import Optimizer, decay_square, lerp


class RMSprop(Optimizer):
    """Divide the gradient by a running root mean square of itself.

    ::

        g = dw + weight_decay * w                  (-dw where maximize)
        s = alpha * s + (1 - alpha) * g^2
        m = alpha * m + (1 - alpha) * g            (only if centered; then s - m^2 for s below)
        b = momentum * b + g / (sqrt(s) + eps)     (without momentum, b is the quotient alone)
        w = w - lr * b

    Tieleman and Hinton 2012, lecture 6.5 of "Neural Networks for Machine Learning"; centered:
    Graves 2013 (arXiv:1308.0850). eps is added after the root, as in PyTorch (TensorFlow adds it
    before).

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor), or of dict
        What to optimize, or groups of it.
    lr : float
        Learning rate, >= 0.
    alpha : float
        Share of the running averages that is kept, >= 0.
    eps : float
        Added to the root, >= 0.
    weight_decay : float
        L2 penalty, >= 0.
    momentum : float
        Share of the velocity that is kept, >= 0.
    centered : bool
        Divide by the standard deviation instead of the root mean square.
    capturable, differentiable : bool
        Must be False.
    foreach : bool, optional
        PyTorch's choice of kernels; accepted, without effect.
    maximize : bool
        Climb instead of descend.

    Raises
    ------
    ValueError
        If an option is out of its range.
    """

    extras = ("centered", "momentum", "maximize")

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0,
                 centered=False,
                 capturable=False, foreach=None, maximize=False, differentiable=False):
        super().__init__(params, dict(
            lr=lr, momentum=momentum, alpha=alpha, eps=eps, centered=centered,
            weight_decay=weight_decay, capturable=capturable, foreach=foreach, maximize=maximize,
            differentiable=differentiable))

    def check(self, group):
        """Options in range?"""
        super().check(group)
        check_at_least_zero(self, group, "lr", "eps", "momentum", "weight_decay", "alpha")

    def update(self, w, dw, state, group):
        """One step of one parameter."""
        xp = array_module(w)
        g = self.descent(w, dw, group)
        self.count(state)
        if not group["centered"] and group["momentum"] == 0:
            s = self.buffer(state, "square_avg", w)
            kernels.rmsprop_update(w, g, s, *(float(group[k]) for k in ("lr", "alpha", "eps")))
            return
        quotient = xp.divide(g, self.root(w, g, state, group), out=self.scratch(w, "step"))
        if group["momentum"] > 0:
            b = self.buffer(state, "momentum_buffer", w)
            b *= float(group["momentum"])
            b += quotient
            quotient = xp.multiply(b, float(group["lr"]), out=quotient)
        else:
            quotient *= float(group["lr"])
        w -= quotient

    def root(self, w, g, state, group):
        """sqrt(s) + eps, or sqrt(s - m^2) + eps if centered, in scratch space."""
        xp, alpha = array_module(w), float(group["alpha"])
        root = self.scratch(w, "root")
        s = self.buffer(state, "square_avg", w)
        decay_square(s, g, alpha, out=root)
        if group["centered"]:
            m = self.buffer(state, "grad_avg", w)
            lerp(m, g, 1 - alpha, out=root)
            xp.multiply(m, m, out=root)
            xp.subtract(s, root, out=root)
            xp.sqrt(root, out=root)
        else:
            xp.sqrt(s, out=root)
        root += float(group["eps"])
        return root
