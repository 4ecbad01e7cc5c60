"""The one-cycle policy."""
import math

from .base import LRScheduler, check_optimizer, check_positive_int, per_group
from .momentum import drive_momentum, set_momentum


class OneCycleLR(LRScheduler):
    """One rise from initial_lr to max_lr, one fall to min_lr; momentum moves the other way.

    Smith and Topin 2017 (arXiv:1708.07120), by default in two phases as fastai does it. Call
    ``step`` after every batch.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates change.
    max_lr : float or list of float
        The top; a list has one per group.
    total_steps : int, optional
        Batches in the whole training; or give
    epochs, steps_per_epoch : int, optional
        both of these.
    pct_start : float
        Share of the steps that is spent rising, in [0, 1].
    anneal_strategy : {"cos", "linear"}
        Shape of rise and fall.
    cycle_momentum : bool
        Move momentum (or beta1) from ``max_momentum`` down to ``base_momentum`` and back.
    base_momentum, max_momentum : float or list of float
        Its bounds.
    div_factor : float
        initial_lr = max_lr / div_factor.
    final_div_factor : float
        min_lr = initial_lr / final_div_factor.
    three_phase : bool
        Fall to initial_lr first, as fast as the rise, then on to min_lr.
    last_epoch : int
        Where to resume; -1 to begin.

    Raises
    ------
    ValueError
        For options out of range, and for more steps than were announced.
    """

    def __init__(self, optimizer, max_lr, total_steps=None, epochs=None, steps_per_epoch=None,
                 pct_start=0.3, anneal_strategy="cos", cycle_momentum=True, base_momentum=0.85,
                 max_momentum=0.95, div_factor=25.0, final_div_factor=1e4, three_phase=False,
                 last_epoch=-1):
        self.optimizer = check_optimizer(self, optimizer)
        self.total_steps = self._count_steps(total_steps, epochs, steps_per_epoch)
        if isinstance(pct_start, bool) or not 0 <= pct_start <= 1:
            raise ValueError("OneCycleLR: Expected float between 0 and 1 pct_start, but got "
                             f"{pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError("OneCycleLR: anneal_strategy must be one of 'cos' or 'linear', "
                             f"instead got {anneal_strategy!r}")
        self._anneal_func_type = anneal_strategy
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        if last_epoch == -1:
            for group, top in zip(optimizer.param_groups, per_group(self, "max_lr", max_lr)):
                group["max_lr"] = top
                group["initial_lr"] = top / div_factor
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            drive_momentum(self, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def _count_steps(self, total_steps, epochs, steps_per_epoch):
        if total_steps is not None:
            check_positive_int(self, "total_steps", total_steps)
            return total_steps
        if epochs is None or steps_per_epoch is None:
            raise ValueError("OneCycleLR: You must define either total_steps OR (epochs AND "
                             "steps_per_epoch)")
        check_positive_int(self, "epochs", epochs)
        check_positive_int(self, "steps_per_epoch", steps_per_epoch)
        return epochs * steps_per_epoch

    def get_lr(self):
        """Next rates; moves the momentum too."""
        number = self.last_epoch
        if number > self.total_steps:
            raise ValueError(f"OneCycleLR: Tried to step {number} times. The specified number of "
                             f"total steps is {self.total_steps}; pass the number of batches of "
                             "all epochs")
        start, phase = self._phase(number)
        length = phase["end_step"] - start
        share = (number - start) / length if length else 1.0
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                set_momentum(group, self._anneal(group[phase["start_momentum"]],
                                                 group[phase["end_momentum"]], share))
        return [self._anneal(group[phase["start_lr"]], group[phase["end_lr"]], share)
                for group in self.optimizer.param_groups]

    def _phase(self, number):
        """(first step of the phase, phase) that step ``number`` falls into."""
        start = 0.0
        for phase in self._schedule_phases[:-1]:
            if number <= phase["end_step"]:
                return start, phase
            start = phase["end_step"]
        return start, self._schedule_phases[-1]

    def _anneal(self, start, end, share):
        if self._anneal_func_type == "cos":
            return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)
        return (end - start) * share + start


def _phases(total_steps, pct_start, three_phase):
    """The phases: where each ends, and between which of the group's values it moves."""
    rise = {"end_step": float(pct_start * total_steps) - 1, "start_lr": "initial_lr",
            "end_lr": "max_lr",
            "start_momentum": "max_momentum", "end_momentum": "base_momentum"}
    fall = {"end_step": total_steps - 1, "start_lr": "max_lr", "end_lr": "min_lr",
            "start_momentum": "base_momentum", "end_momentum": "max_momentum"}
    if not three_phase:
        return [rise, fall]
    back = {**fall, "end_step": float(2 * pct_start * total_steps) - 2, "end_lr": "initial_lr"}
    fade = {"end_step": total_steps - 1, "start_lr": "initial_lr", "end_lr": "min_lr",
            "start_momentum": "max_momentum", "end_momentum": "max_momentum"}
    return [rise, back, fade]
