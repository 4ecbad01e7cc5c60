"""LRScheduler: counts epochs and writes the learning rate of each group.

Schedulers are chainable: ``get_lr`` computes the next rate from the one in force (``group["lr"]``),
so that several can act on one optimizer. Where there is one, ``closed_form`` gives the rate at any
epoch.
"""
import numbers
import warnings

import numpy as np

from ...autograd import Tensor, live
from ..optimizer import Optimizer


class LRScheduler:
    """Base of all schedulers.

    Parameters
    ----------
    optimizer : Optimizer
        Its groups' ``"lr"`` is changed; the rate they begin with is kept as ``"initial_lr"``.
    last_epoch : int
        -1 to begin, or the epoch to resume after (the groups must then have ``"initial_lr"``).

    Attributes
    ----------
    base_lrs : list of float
        The rates at the beginning, one per group.
    last_epoch : int
        How often ``step`` was called.

    Raises
    ------
    TypeError
        If ``optimizer`` is none.
    KeyError
        If resuming and a group has no ``"initial_lr"``.
    """

    _is_initial = False

    def __init__(self, optimizer, last_epoch=-1):
        self.optimizer = check_optimizer(self, optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", float(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(f"{type(self).__name__}: param 'initial_lr' is not specified in "
                               f"param_groups[{i}] when resuming with last_epoch={last_epoch}; "
                               "load the optimizer's state_dict first, or begin with last_epoch=-1")
        self.base_lrs = [float(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self):
        """Take the step to epoch 0."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self):
        """The rates of ``last_epoch``, one per group, computed from those in force."""
        raise NotImplementedError(f"{type(self).__name__}.get_lr is not written")

    def closed_form(self):
        """The rates of ``last_epoch`` from ``base_lrs`` alone, where there is such a formula."""
        return self.get_lr()

    def get_last_lr(self):
        """The rates in force, one per group."""
        return self._last_lr

    @live
    def step(self, epoch=None):
        """Move to the next epoch: call it after ``optimizer.step()`` (per epoch or per batch).

        Parameters
        ----------
        epoch : int, optional
            Jump to this epoch. Deprecated in PyTorch.
        """
        if self._step_count == 1:
            warn_if_too_early(self.optimizer)
        self._step_count += 1
        if epoch is not None:
            warnings.warn("The epoch parameter in `scheduler.step()` is deprecated; call step() "
                          "without it",
                          UserWarning, stacklevel=3)
        self._update_lr(epoch)

    def _update_lr(self, epoch=None):
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self.set_lr(self.get_lr() if epoch is None else self.closed_form())

    def set_lr(self, rates):
        """Write one rate per group."""
        groups = self.optimizer.param_groups
        if len(rates) != len(groups):
            raise ValueError(f"{type(self).__name__}: the optimizer has {len(groups)} parameter "
                             f"groups, but had {len(rates)} when the scheduler was made; make the "
                             "scheduler after add_param_group")
        for group, rate in zip(groups, rates):
            write(group, "lr", rate)
        self._last_lr = rates_in_force(self.optimizer)

    def state_dict(self):
        """Everything but the optimizer, as plain containers."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict):
        """Continue from what ``state_dict()`` returned."""
        self.__dict__.update(state_dict)


def check_optimizer(scheduler, optimizer):
    """``optimizer`` itself; TypeError if it is none."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(scheduler).__name__}: {type(optimizer).__name__} is not an "
                        "Optimizer; pass the optimizer whose learning rate is to change")
    return optimizer


def warn_if_too_early(optimizer):
    """Warn where the first rate would be skipped because no ``optimizer.step()`` came before."""
    if type(optimizer).step is Optimizer.step and not optimizer.step_called:
        warnings.warn(
            "Detected call of `lr_scheduler.step()` before `optimizer.step()`: the first value of "
            "the schedule was never used. Call `optimizer.step()` first.", UserWarning,
            stacklevel=4)


def rates_in_force(optimizer):
    """``group["lr"]`` of every group, as floats."""
    return [float(group["lr"]) for group in optimizer.param_groups]


def write(group, key, value):
    """``group[key] = value``; where it is a Tensor, its array is changed and the Tensor stays."""
    if isinstance(group[key], Tensor):
        group[key].data[...] = value
    else:
        group[key] = value


def per_group(scheduler, name, value):
    """``value`` once for each group; a list must have that length.

    Raises
    ------
    ValueError
        If the list has another length.
    """
    groups = scheduler.optimizer.param_groups
    if not isinstance(value, (list, tuple)):
        return [value] * len(groups)
    if len(value) != len(groups):
        raise ValueError(f"{type(scheduler).__name__}: {name} must have the same length as "
                         f"optimizer.param_groups; it has {len(value)} values, there are "
                         f"{len(groups)} groups")
    return list(value)


def check_positive_int(scheduler, name, value):
    """Refuse anything but an int >= 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{type(scheduler).__name__}: Expected positive integer {name}, but got "
                         f"{value!r}")


def check_positive(scheduler, name, value):
    """Refuse anything but a number > 0."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not value > 0:
        raise ValueError(f"{type(scheduler).__name__}: Expected positive {name}, but got {value!r}")
