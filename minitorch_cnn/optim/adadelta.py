"""Adadelta."""
from .. import kernels
from .hyperparameters import check_at_least_zero, check_range
from .optimizer import Optimizer


class Adadelta(Optimizer):
    """Divide the gradient by its own root mean square and multiply by that of the updates so far.

    ::

        g = dw + weight_decay * w                    (-dw where maximize)
        s = rho * s + (1 - rho) * g^2
        d = sqrt(u + eps) / sqrt(s + eps) * g
        u = rho * u + (1 - rho) * d^2
        w = w - lr * d

    Zeiler 2012 (arXiv:1212.5701), where lr = 1. The update has the units of w, hence the default.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor), or of dict
        What to optimize, or groups of it.
    lr : float
        Factor on the update, >= 0.
    rho : float
        Share of the running averages that is kept, in [0, 1].
    eps : float
        Added under the roots, >= 0.
    weight_decay : float
        L2 penalty, >= 0.
    foreach : bool, optional
        PyTorch's choice of kernels; accepted, without effect.
    capturable, differentiable : bool
        Must be False.
    maximize : bool
        Climb instead of descend.

    Raises
    ------
    ValueError
        If an option is out of its range.
    """

    extras = ("maximize",)

    def __init__(self, params, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, foreach=None, *,
                 capturable=False, maximize=False, differentiable=False):
        super().__init__(params, dict(
            lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize,
            capturable=capturable, foreach=foreach, differentiable=differentiable))

    def check(self, group):
        """Options in range?"""
        super().check(group)
        check_at_least_zero(self, group, "lr", "eps", "weight_decay")
        check_range(self, "rho", group["rho"], high=1)

    def update(self, w, dw, state, group):
        """One step of one parameter."""
        self.count(state)
        s = self.buffer(state, "square_avg", w)
        u = self.buffer(state, "acc_delta", w)
        g = self.descent(w, dw, group)
        kernels.adadelta_update(w, g, s, u, *(float(group[k]) for k in ("lr", "rho", "eps")))
