"""Adam and AdamW."""
from .. import kernels
from ..device import array_module
from .hyperparameters import check_at_least_zero, check_betas
from .optimizer import Optimizer, decay_square, lerp


class Adam(Optimizer):
    """Running mean of the gradient, divided by its running root mean square, both without bias.

    ::

        g = dw + weight_decay * w                  (-dw where maximize)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g^2
        v = the largest v so far                   (only for the division, and only if amsgrad)
        w = w - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)     (t = 1, 2, ...)

    Kingma and Ba 2014 (arXiv:1412.6980); amsgrad: Reddi, Kale and Kumar 2018 (arXiv:1904.09237),
    with the maximum taken before the bias correction, as in PyTorch. eps is added to the corrected
    root, as in the paper's algorithm 1 (the "epsilon hat" of its section 2 would be added before).

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor), or of dict
        What to optimize, or groups of it.
    lr : float
        Learning rate, >= 0; about the largest change of a weight in a step.
    betas : (float, float)
        Shares of the running mean and mean square that are kept, in [0, 1).
    eps : float
        Added to the root, >= 0.
    weight_decay : float
        L2 penalty, >= 0.
    amsgrad : bool
        Divide by the largest root so far.
    foreach, fused : bool, optional
        PyTorch's choice of kernels; accepted, without effect.
    maximize : bool
        Climb instead of descend.
    capturable, differentiable : bool
        Must be False.
    decoupled_weight_decay : bool
        Shrink the weights directly instead of penalizing them; see ``AdamW``.

    Raises
    ------
    ValueError
        If an option is out of its range.
    """

    extras = ("amsgrad", "maximize")

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0,
                 amsgrad=False, *,
                 foreach=None, maximize=False, capturable=False, differentiable=False, fused=None,
                 decoupled_weight_decay=False):
        super().__init__(params, dict(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad,
            maximize=maximize, foreach=foreach, capturable=capturable,
            differentiable=differentiable, fused=fused,
            decoupled_weight_decay=decoupled_weight_decay))

    def check(self, group):
        """Options in range?"""
        super().check(group)
        check_at_least_zero(self, group, "lr", "eps", "weight_decay")
        check_betas(self, group["betas"])

    def update(self, w, dw, state, group):
        """One step of one parameter."""
        lr, eps = float(group["lr"]), float(group["eps"])
        beta1, beta2 = map(float, group["betas"])
        t = self.count(state)
        rate, correction = lr / (1 - beta1 ** t), (1 - beta2 ** t) ** 0.5
        g = self.decayed(w, dw, group)
        if not group["amsgrad"]:
            m, v = self.buffer(state, "exp_avg", w), self.buffer(state, "exp_avg_sq", w)
            kernels.adam_update(w, g, m, v, rate, beta1, beta2, correction, eps)
            return
        xp = array_module(w)
        m, v = self.averages(w, g, state, beta1, beta2)
        largest = self.buffer(state, "max_exp_avg_sq", w)
        root = xp.sqrt(xp.maximum(largest, v, out=largest), out=self.scratch(w, "root"))
        root /= correction
        root += eps
        step = xp.multiply(m, rate, out=self.scratch(w, "step"))
        step /= root
        w -= step

    def decayed(self, w, dw, group):
        """The gradient with weight decay; a decoupled decay shrinks ``w`` itself, in place."""
        if not group["decoupled_weight_decay"]:
            return self.descent(w, dw, group)
        kernels.shrink(w, 1 - float(group["lr"]) * float(group["weight_decay"]))
        return self.descent(w, dw, group, decay=0)

    def averages(self, w, g, state, beta1, beta2):
        """The running mean and mean square of the gradient, moved on by ``g``."""
        m, v = self.buffer(state, "exp_avg", w), self.buffer(state, "exp_avg_sq", w)
        out = self.scratch(w, "step")
        lerp(m, g, 1 - beta1, out)
        decay_square(v, g, beta2, out)
        return m, v


class AdamW(Adam):
    """Adam whose weight decay shrinks the weights instead of joining the gradient.

    ::

        w = w - lr * weight_decay * w;  then Adam without weight decay

    In Adam, a penalty's gradient is divided by the root mean square like the rest, so weights with
    large gradients decay less; here all decay alike. Loshchilov and Hutter 2017 (arXiv:1711.05101);
    the decay is multiplied by lr, as in PyTorch.

    Parameters
    ----------
    params, lr, betas, eps, amsgrad, maximize, foreach, capturable, differentiable, fused
        As in ``Adam``.
    weight_decay : float
        Share by which lr * weight_decay shrinks the weights in a step, >= 0.

    Raises
    ------
    ValueError
        If an option is out of its range.
    """

    extras = Adam.extras

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2,
                 amsgrad=False,
                 *, maximize=False, foreach=None, capturable=False, differentiable=False,
                 fused=None):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach,
                         maximize=maximize, capturable=capturable, differentiable=differentiable,
                         fused=fused, decoupled_weight_decay=True)

    def load_state_dict(self, state_dict):
        """Continue from a saved state; the decay stays decoupled, also with a state of Adam's."""
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
