"""Relatives of Adam: Adamax, NAdam, RAdam."""
import numpy as np

from ..device import array_module
from .adam import Adam
from .hyperparameters import check_at_least_zero
from .optimizer import lerp


class Adamax(Adam):
    """Adam with the largest gradient, slowly forgotten, in place of the root mean square.

    ::

        g = dw + weight_decay * w                    (-dw where maximize)
        m = beta1 * m + (1 - beta1) * g
        u = max(beta2 * u, |g| + eps)
        w = w - lr / (1 - beta1^t) * m / u           (t = 1, 2, ...)

    Kingma and Ba 2014 (arXiv:1412.6980), section 7.1.

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, foreach, maximize, differentiable, capturable
        As in ``Adam``.

    Raises
    ------
    ValueError
        If an option is out of its range.
    """

    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, foreach=None,
                 *,
                 maximize=False, differentiable=False, capturable=False):
        super(Adam, self).__init__(params, dict(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, foreach=foreach,
            maximize=maximize, differentiable=differentiable, capturable=capturable))

    def update(self, w, dw, state, group):
        """One step of one parameter."""
        xp = array_module(w)
        beta1, beta2 = map(float, group["betas"])
        t = self.count(state)
        g = self.descent(w, dw, group)
        m, u = self.buffer(state, "exp_avg", w), self.buffer(state, "exp_inf", w)
        step = self.scratch(w, "step")
        lerp(m, g, 1 - beta1, step)
        u *= beta2
        xp.abs(g, out=step)
        step += float(group["eps"])
        xp.maximum(u, step, out=u)
        xp.multiply(m, float(group["lr"]) / (1 - beta1 ** t), out=step)
        step /= u
        w -= step


class NAdam(Adam):
    """Adam with Nesterov's momentum.

    ::

        mu_t = beta1 * (1 - 0.5 * 0.96^(t * momentum_decay)),  P_t = mu_1 * ... * mu_t
        w = w - lr * (1 - mu_t) / (1 - P_t) * g / r - lr * mu_(t+1) / (1 - P_(t+1)) * m / r
        r = sqrt(v / (1 - beta2^t)) + eps,  g, m, v as in Adam

    Dozat 2016, "Incorporating Nesterov Momentum into Adam" (https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ).

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, decoupled_weight_decay, foreach, maximize, capturable,
    differentiable
        As in ``Adam``.
    momentum_decay : float
        How fast mu approaches beta1, >= 0.

    Raises
    ------
    ValueError
        If an option is out of its range.
    """  # noqa: E501

    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0,
                 momentum_decay=4e-3,
                 decoupled_weight_decay=False, *, foreach=None, maximize=False, capturable=False,
                 differentiable=False):
        super(Adam, self).__init__(params, dict(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay, maximize=maximize, foreach=foreach,
            capturable=capturable, differentiable=differentiable))

    def check(self, group):
        """Options in range?"""
        super().check(group)
        check_at_least_zero(self, group, "momentum_decay")

    def update(self, w, dw, state, group):
        """One step of one parameter."""
        xp, lr = array_module(w), float(group["lr"])
        beta1, beta2 = map(float, group["betas"])
        t = self.count(state)
        g = self.decayed(w, dw, group)
        mu, mu_next = self.momentum(t, beta1, group), self.momentum(t + 1, beta1, group)
        product = self.momentum_product(state, mu)
        m, v = self.averages(w, g, state, beta1, beta2)
        root = xp.divide(v, 1 - beta2 ** t, out=self.scratch(w, "root"))
        xp.sqrt(root, out=root)
        root += float(group["eps"])
        g_weight = lr * (1 - mu) / (1 - product)
        m_weight = lr * mu_next / (1 - product * mu_next)
        for x, weight in ((g, g_weight), (m, m_weight)):
            step = xp.multiply(x, weight, out=self.scratch(w, "step"))
            step /= root
            w -= step

    def momentum(self, t, beta1, group):
        """mu_t."""
        return beta1 * (1 - 0.5 * 0.96 ** (t * float(group["momentum_decay"])))

    def momentum_product(self, state, mu):
        """P_t; a float32 of its own as in PyTorch, for every dtype of the parameter."""
        product = self.buffer(state, "mu_product", np.zeros((), np.float32), fill=1.0)
        product *= mu
        return float(product)


class RAdam(Adam):
    """Adam that waits with the division until the mean square has been seen often enough.

    ::

        rho = 2 / (1 - beta2) - 1;  rho_t = rho - 2 * t * beta2^t / (1 - beta2^t)
        w = w - lr * m / (1 - beta1^t) * c
        c = sqrt((rho_t - 4) (rho_t - 2) rho / ((rho - 4) (rho - 2) rho_t))
            * sqrt(1 - beta2^t) / (sqrt(v) + eps)    if rho_t > 5, else 1

    g, m, v as in ``Adam``. Liu et al. 2019 (arXiv:1908.03265); threshold 5 and eps outside the
    correction as in PyTorch.

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, decoupled_weight_decay, foreach, maximize, capturable,
    differentiable
        As in ``Adam``.

    Raises
    ------
    ValueError
        If an option is out of its range.
    """  # noqa: E501

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0,
                 decoupled_weight_decay=False, *, foreach=None, maximize=False, capturable=False,
                 differentiable=False):
        super(Adam, self).__init__(params, dict(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, maximize=maximize,
            foreach=foreach, capturable=capturable, decoupled_weight_decay=decoupled_weight_decay,
            differentiable=differentiable))

    def update(self, w, dw, state, group):
        """One step of one parameter."""
        xp = array_module(w)
        beta1, beta2 = map(float, group["betas"])
        t = self.count(state)
        g = self.decayed(w, dw, group)
        m, v = self.averages(w, g, state, beta1, beta2)
        step = xp.divide(m, 1 - beta1 ** t, out=self.scratch(w, "step"))
        step *= float(group["lr"])
        rectification = self.rectification(t, beta2)
        if rectification is not None:
            root = xp.sqrt(v, out=self.scratch(w, "root"))
            root += float(group["eps"])
            step *= rectification * (1 - beta2 ** t) ** 0.5
            step /= root
        w -= step

    def rectification(self, t, beta2):
        """The first root of c, or None while rho_t <= 5."""
        rho = 2 / (1 - beta2) - 1
        rho_t = rho - 2 * t * beta2 ** t / (1 - beta2 ** t)
        if rho_t <= 5:
            return None
        return ((rho_t - 4) * (rho_t - 2) * rho / ((rho - 4) * (rho - 2) * rho_t)) ** 0.5
