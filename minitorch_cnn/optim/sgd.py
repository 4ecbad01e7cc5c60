"""Stochastic gradient descent."""
from .. import kernels
from ..autograd import Tensor
from ..device import array_module
from .hyperparameters import check_at_least_zero
from .optimizer import Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum and Nesterov's momentum.

    ::

        g = dw + weight_decay * w                    (-dw where maximize)
        b = momentum * b + (1 - dampening) * g       (b = g the first time)
        g = g + momentum * b  if nesterov  else  b   (both lines only with momentum)
        w = w - lr * g

    The velocity b is in units of the gradient and lr multiplies it last, as in Sutskever et al.
    2013 ("On the importance of initialization and momentum in deep learning") rewritten by PyTorch:
    a change of lr acts at once.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor), or of dict
        What to optimize, or groups of it.
    lr : float
        Learning rate, >= 0.
    momentum : float
        Share of the velocity that is kept, >= 0; 0 for none.
    dampening : float
        Share of the gradient that is kept out of the velocity.
    weight_decay : float
        L2 penalty, >= 0.
    nesterov : bool
        Look ahead along the velocity; needs momentum > 0 and dampening = 0.
    maximize : bool
        Climb instead of descend.
    foreach, fused : bool, optional
        PyTorch's choice of kernels; accepted, without effect.
    differentiable : bool
        Must be False.

    Raises
    ------
    ValueError
        If an option is out of its range.
    """

    def __init__(self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, *,
                 maximize=False, foreach=None, differentiable=False, fused=None):
        super().__init__(params, dict(
            lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay,
            nesterov=nesterov, maximize=maximize, foreach=foreach, differentiable=differentiable,
            fused=fused))

    extras = ("nesterov", "dampening", "maximize")

    def by_kernels(self, group):
        """As the base class says; the first step of a momentum copies the gradient."""
        return super().by_kernels(group) and (not group["momentum"] or all(
            "momentum_buffer" in self.state.get(p, ()) for p in group["params"]))

    def check(self, group):
        """Options in range?"""
        super().check(group)
        check_at_least_zero(self, group, "lr", "momentum", "weight_decay")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("SGD: Nesterov momentum requires a momentum and zero dampening; got "
                             f"momentum={group['momentum']}, dampening={group['dampening']}")

    def update(self, w, dw, state, group):
        """One step of one parameter."""
        g, lr, momentum = self.descent(w, dw, group), float(group["lr"]), float(group["momentum"])
        b = state.get("momentum_buffer")
        if momentum != 0 and b is not None and not (group["dampening"] or group["nesterov"]):
            kernels.momentum_update(w, g, b.data, lr, momentum)
            return
        if momentum != 0:
            g = self.accelerate(w, g, state, group)
        kernels.sgd_update(w, g, lr)

    def accelerate(self, w, g, state, group):
        """Take ``g`` into the velocity; returns the direction to go."""
        xp, momentum = array_module(w), float(group["momentum"])
        step = self.scratch(w, "step")
        if state.get("momentum_buffer") is None:
            state["momentum_buffer"] = Tensor(g.copy())
            b = state["momentum_buffer"].data
        else:
            b = state["momentum_buffer"].data
            b *= momentum
            dampening = float(group["dampening"])
            b += xp.multiply(g, 1 - dampening, out=step) if dampening else g
        if not group["nesterov"]:
            return b
        xp.multiply(b, momentum, out=step)
        return xp.add(g, step, out=step)
