"""Schedulers that multiply the rate by a factor."""
import types
from bisect import bisect_right
from collections import Counter

from .base import LRScheduler, check_optimizer, check_positive, per_group, rates_in_force


class LambdaLR(LRScheduler):
    """lr = base_lr * lr_lambda(epoch).

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates change.
    lr_lambda : callable or list of callable
        epoch -> factor; a list has one per group.
    last_epoch : int
        Where to resume; -1 to begin.

    Raises
    ------
    ValueError
        If a list has another length than there are groups.
    TypeError
        If one is not callable.
    """

    def __init__(self, optimizer, lr_lambda, last_epoch=-1):
        self.optimizer = check_optimizer(self, optimizer)
        self.lr_lambdas = per_group(self, "lr_lambda", lr_lambda)
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(f"{type(self).__name__}: lr_lambda should be a function of the "
                                f"epoch, but got {type(function).__name__}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        """Next rates."""
        return [base * factor(self.last_epoch) for factor, base in zip(self.lr_lambdas,
                                                                       self.base_lrs)]

    def state_dict(self):
        """The state; of ``lr_lambdas`` only the attributes of callable objects, never code."""
        state = super().state_dict()
        state["lr_lambdas"] = [None if isinstance(function, types.FunctionType)
                               else dict(getattr(function, "__dict__", {}))
                               for function in self.lr_lambdas]
        return state

    def load_state_dict(self, state_dict):
        """Continue; functions are kept as they were given to the constructor."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "lr_lambdas"})
        for function, attributes in zip(self.lr_lambdas, state_dict["lr_lambdas"]):
            if attributes:
                function.__dict__.update(attributes)


class MultiplicativeLR(LambdaLR):
    """lr = lr * lr_lambda(epoch), from epoch 1 on.

    Parameters
    ----------
    optimizer, lr_lambda, last_epoch
        As in ``LambdaLR``.
    """

    def get_lr(self):
        """Next rates."""
        rates = rates_in_force(self.optimizer)
        if self._is_initial:
            return rates
        return [rate * factor(self.last_epoch) for factor, rate in zip(self.lr_lambdas, rates)]


class _Factor(LRScheduler):
    """A scheduler with one factor per epoch for all groups."""

    def ratio(self):
        """What the rate in force is multiplied by, on the way to ``last_epoch``."""
        raise NotImplementedError

    def closed_ratio(self):
        """What the base rate is multiplied by, at ``last_epoch``."""
        raise NotImplementedError

    def get_lr(self):
        """Next rates."""
        ratio = self.ratio()
        return [rate * ratio for rate in rates_in_force(self.optimizer)]

    def closed_form(self):
        """Rates of any epoch."""
        ratio = self.closed_ratio()
        return [base * ratio for base in self.base_lrs]


class StepLR(_Factor):
    """Multiply by ``gamma`` every ``step_size`` epochs: lr = base_lr * gamma^(epoch // step_size).

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates change.
    step_size : int
        Epochs between two changes, >= 1.
    gamma : float
        Factor.
    last_epoch : int
        Where to resume; -1 to begin.
    """

    def __init__(self, optimizer, step_size, gamma=0.1, last_epoch=-1):
        check_positive(self, "step_size", step_size)
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def ratio(self):
        """Gamma at multiples of step_size."""
        changes = self.last_epoch != 0 and self.last_epoch % self.step_size == 0
        return self.gamma if changes else 1.0

    def closed_ratio(self):
        """Gamma to the number of changes."""
        return self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(_Factor):
    """Multiply by ``gamma`` at each milestone.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates change.
    milestones : iterable of int
        Epochs; one named twice counts twice.
    gamma : float
        Factor.
    last_epoch : int
        Where to resume; -1 to begin.
    """

    def __init__(self, optimizer, milestones, gamma=0.1, last_epoch=-1):
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def ratio(self):
        """Gamma at milestones."""
        return self.gamma ** self.milestones[self.last_epoch]

    def closed_ratio(self):
        """Gamma to the number of milestones passed."""
        return self.gamma ** bisect_right(sorted(self.milestones.elements()), self.last_epoch)

    def load_state_dict(self, state_dict):
        """Continue; milestones may come as a plain dict {epoch: count}."""
        super().load_state_dict(state_dict)
        self.milestones = Counter(self.milestones)


class ExponentialLR(_Factor):
    """Multiply by ``gamma`` every epoch: lr = base_lr * gamma^epoch.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates change.
    gamma : float
        Factor.
    last_epoch : int
        Where to resume; -1 to begin.
    """

    def __init__(self, optimizer, gamma, last_epoch=-1):
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def ratio(self):
        """Gamma, but not at the start."""
        return 1.0 if self._is_initial else self.gamma

    def closed_ratio(self):
        """Gamma to the epoch."""
        return self.gamma ** self.last_epoch


class ConstantLR(_Factor):
    """Multiply by ``factor`` until epoch ``total_iters``, then go back to the base rate.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates change.
    factor : float
        In [0, 1].
    total_iters : int
        When the factor ends.
    last_epoch : int
        Where to resume; -1 to begin.

    Raises
    ------
    ValueError
        If ``factor`` is out of range.
    """

    def __init__(self, optimizer, factor=1.0 / 3, total_iters=5, last_epoch=-1):
        if not 0 <= factor <= 1:
            raise ValueError("ConstantLR: Constant multiplicative factor expected to be between 0 "
                             f"and 1, got {factor}")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        """Next rates; a rate that was multiplied by 0 is set again instead."""
        if self.factor == 0 and self.last_epoch == self.total_iters:
            return list(self.base_lrs)
        return super().get_lr()

    def ratio(self):
        """The factor at epoch 0, its inverse at total_iters."""
        if self.last_epoch == 0:
            return self.factor
        return 1.0 / self.factor if self.last_epoch == self.total_iters else 1.0

    def closed_ratio(self):
        """The factor, or 1."""
        return self.factor + (self.last_epoch >= self.total_iters) * (1 - self.factor)


class LinearLR(_Factor):
    """Go from base_lr * start_factor to base_lr * end_factor on a straight line: a warm-up.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates change.
    start_factor : float
        In (0, 1].
    end_factor : float
        In [0, 1].
    total_iters : int
        Length of the line in epochs.
    last_epoch : int
        Where to resume; -1 to begin.

    Raises
    ------
    ValueError
        If a factor is out of range.
    """

    def __init__(self, optimizer, start_factor=1.0 / 3, end_factor=1.0, total_iters=5,
                 last_epoch=-1):
        if not 0 < start_factor <= 1:
            raise ValueError("LinearLR: Starting multiplicative factor expected to be greater than "
                             f"0 and less or equal to 1, got {start_factor}")
        if not 0 <= end_factor <= 1:
            raise ValueError("LinearLR: Ending multiplicative factor expected to be between 0 and "
                             f"1, got {end_factor}")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def ratio(self):
        """Ratio of the line at this epoch to the line at the one before."""
        if self.last_epoch == 0:
            return self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1.0
        rise = self.end_factor - self.start_factor
        return 1.0 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)

    def closed_ratio(self):
        """The line."""
        rise = self.end_factor - self.start_factor
        return self.start_factor + rise * min(self.total_iters, self.last_epoch) / self.total_iters


class PolynomialLR(_Factor):
    """lr = base_lr * (1 - epoch / total_iters)^power, 0 from epoch ``total_iters`` on.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates change.
    total_iters : int
        When the rate is 0.
    power : float
        1 for a straight line.
    last_epoch : int
        Where to resume; -1 to begin.
    """

    def __init__(self, optimizer, total_iters=5, power=1.0, last_epoch=-1):
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def ratio(self):
        """Ratio of the curve at this epoch to the curve at the one before."""
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1.0
        here = 1 - self.last_epoch / self.total_iters
        before = 1 - (self.last_epoch - 1) / self.total_iters
        return (here / before) ** self.power

    def closed_ratio(self):
        """The curve."""
        return (1 - min(self.total_iters, self.last_epoch) / self.total_iters) ** self.power
