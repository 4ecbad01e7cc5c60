"""Reduce the rate when progress stops."""
import math
import warnings

from ...autograd import live
from .base import LRScheduler, check_optimizer, per_group, rates_in_force, write


class ReduceLROnPlateau(LRScheduler):
    """Multiply the rate by ``factor`` once the metric has not improved for ``patience`` epochs.

    ``step(metric)`` after each epoch's validation. A metric is better than the best so far if, for
    mode "min", metric < best * (1 - threshold) with threshold_mode "rel", or metric < best -
    threshold with "abs" (the other way round for "max").

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates change.
    mode : {"min", "max"}
        Is a small metric good (loss) or a large one (accuracy)?
    factor : float
        In [0, 1).
    patience : int
        Epochs without progress that are forgiven; the one after reduces the rate.
    threshold : float
        What counts as progress.
    threshold_mode : {"rel", "abs"}
        See above.
    cooldown : int
        Epochs after a reduction in which nothing is counted.
    min_lr : float or list of float
        Lower bound; a list has one per group.
    eps : float
        Smaller changes are not made.

    Raises
    ------
    ValueError
        For a factor >= 1 or an unknown mode.
    """

    def __init__(self, optimizer, mode="min", factor=0.1, patience=10, threshold=1e-4,
                 threshold_mode="rel", cooldown=0, min_lr=0, eps=1e-8):
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau: Factor should be < 1.0, got {factor}")
        if mode not in ("min", "max"):
            raise ValueError(f'ReduceLROnPlateau: mode {mode} is unknown! Use "min" or "max"')
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f'ReduceLROnPlateau: threshold mode {threshold_mode} is unknown! Use '
                             '"rel" or "abs"')
        self.optimizer = check_optimizer(self, optimizer)
        self.mode, self.factor, self.patience, self.cooldown = mode, factor, patience, cooldown
        self.threshold, self.threshold_mode, self.eps = threshold, threshold_mode, eps
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.min_lrs = per_group(self, "min_lr", min_lr)
        self.last_epoch = 0
        self._last_lr = rates_in_force(optimizer)
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self._reset()

    def _reset(self):
        self.best, self.cooldown_counter, self.num_bad_epochs = self.mode_worse, 0, 0

    @property
    def in_cooldown(self):
        """Whether epochs are not counted just now."""
        return self.cooldown_counter > 0

    @live
    def step(self, metrics, epoch=None):
        """Take an epoch's metric into account.

        Parameters
        ----------
        metrics : float or one-element Tensor
            What ``mode`` speaks of.
        epoch : int, optional
            Deprecated in PyTorch.
        """
        if epoch is not None:
            warnings.warn("The epoch parameter in `scheduler.step()` is deprecated; call step() "
                          "without it",
                          UserWarning, stacklevel=3)
        metric = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(metric, self.best):
            self.best, self.num_bad_epochs = metric, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce_lr()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = rates_in_force(self.optimizer)

    def _is_better(self, metric, best):
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            bound = best * (1 + sign * self.threshold)
        else:
            bound = best + sign * self.threshold
        return metric > bound if self.mode == "max" else metric < bound

    def _reduce_lr(self):
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            self.min_lrs = per_group(self, "min_lr", self.min_lrs if self.default_min_lr is None
                                     else self.default_min_lr)
        for group, lowest in zip(groups, self.min_lrs):
            rate = float(group["lr"])
            reduced = max(rate * self.factor, lowest)
            if rate - reduced > self.eps:
                write(group, "lr", reduced)
