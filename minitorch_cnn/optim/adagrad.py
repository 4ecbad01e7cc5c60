"""Adagrad."""
from ..autograd import Tensor
from ..device import array_module
from .hyperparameters import check_at_least_zero
from .optimizer import Optimizer


class Adagrad(Optimizer):
    """Divide the gradient by the root of the sum of all squared gradients so far.

    ::

        g = dw + weight_decay * w                       (-dw where maximize)
        s = s + g^2                                     (starts at initial_accumulator_value)
        w = w - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)      (t = 1, 2, ...)

    Duchi, Hazan and Singer 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization" (https://jmlr.org/papers/v12/duchi11a.html).

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor), or of dict
        What to optimize, or groups of it.
    lr : float
        Learning rate, >= 0.
    lr_decay : float
        How fast the learning rate falls, >= 0.
    weight_decay : float
        L2 penalty, >= 0.
    initial_accumulator_value : float
        What the sum of squares starts at, >= 0.
    eps : float
        Added to the root, >= 0.
    foreach, fused : bool, optional
        PyTorch's choice of kernels; accepted, without effect.
    maximize : bool
        Climb instead of descend.
    differentiable : bool
        Must be False.

    Raises
    ------
    ValueError
        If an option is out of its range.
    """

    def __init__(self, params, lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0,
                 eps=1e-10, foreach=None, *, maximize=False, differentiable=False, fused=None):
        super().__init__(params, dict(
            lr=lr, lr_decay=lr_decay, eps=eps, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, foreach=foreach, maximize=maximize,
            differentiable=differentiable, fused=fused))

    def check(self, group):
        """Options in range?"""
        super().check(group)
        check_at_least_zero(self, group, "lr", "lr_decay", "weight_decay",
                            "initial_accumulator_value",
                            "eps")

    def add_param_group(self, param_group):
        """Add a group; its sums exist from the start, as in PyTorch."""
        super().add_param_group(param_group)
        for parameter in self.param_groups[-1]["params"]:
            state = self.state[parameter]
            state["step"] = Tensor(0.0)
            self.sum_of_squares(parameter.data, state, self.param_groups[-1])

    def sum_of_squares(self, w, state, group):
        """The array s."""
        return self.buffer(state, "sum", w, float(group["initial_accumulator_value"]))

    def update(self, w, dw, state, group):
        """One step of one parameter."""
        xp = array_module(w)
        g = self.descent(w, dw, group)
        step = self.scratch(w, "step")
        lr = float(group["lr"]) / (1 + (self.count(state) - 1) * float(group["lr_decay"]))
        s = self.sum_of_squares(w, state, group)
        s += xp.multiply(g, g, out=step)
        root = xp.sqrt(s, out=self.scratch(w, "root"))
        root += float(group["eps"])
        xp.multiply(g, lr, out=step)
        step /= root
        w -= step
