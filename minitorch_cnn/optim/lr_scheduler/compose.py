"""Several schedulers on one optimizer: one after the other, or all at once."""
from bisect import bisect_right

from ...autograd import live
from .base import LRScheduler, rates_in_force, write
from .plateau import ReduceLROnPlateau


class _Several(LRScheduler):
    """Holds schedulers of one optimizer."""

    def _check(self, schedulers, optimizer):
        name = type(self).__name__
        for i, scheduler in enumerate(schedulers):
            if not isinstance(scheduler, LRScheduler):
                raise TypeError(f"{name}: at index {i} is a {type(scheduler).__name__}, which is "
                                "not a scheduler")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(f"{name} does not support `ReduceLROnPlateau`, whose step needs a "
                                 f"metric, but got one at index {i}; step it on its own")
            if scheduler.optimizer is not optimizer:
                raise ValueError(f"{name} expects all schedulers to belong to the same optimizer, "
                                 f"but scheduler {type(scheduler).__name__} at index {i} has "
                                 "another")

    def state_dict(self):
        """The state, with one state for each scheduler."""
        state = super().state_dict()
        state["_schedulers"] = [scheduler.state_dict() for scheduler in self._schedulers]
        return state

    def load_state_dict(self, state_dict):
        """Continue from what ``state_dict()`` returned."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_schedulers"})
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"]):
            scheduler.load_state_dict(state)


class SequentialLR(_Several):
    """One scheduler after the other: e.g. a warm-up, then cosine annealing.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates change.
    schedulers : list of LRScheduler
        In their order.
    milestones : list of int
        Epochs at which the next takes over; one fewer than schedulers.
    last_epoch : int
        Where to resume; -1 to begin.

    Raises
    ------
    ValueError
        If the numbers do not fit, or the schedulers are not of this optimizer.
    """

    def __init__(self, optimizer, schedulers, milestones, last_epoch=-1):
        if len(schedulers) < 1:
            raise ValueError("SequentialLR expects at least one scheduler, but got no scheduler")
        self._check(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError("SequentialLR expects number of schedulers provided to be one more "
                             f"than the number of milestone points, but got {len(schedulers)} "
                             f"schedulers and {len(milestones)} milestones")
        self.optimizer, self._schedulers, self._milestones = optimizer, schedulers, milestones
        self.last_epoch = last_epoch + 1
        # Each scheduler took its first step when it was made; undo them all.
        for group in optimizer.param_groups:
            write(group, "lr", group["initial_lr"])
        _undo(self)
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    @live
    def step(self):
        """Move to the next epoch."""
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


def _undo(scheduler):
    """Take back the step that making a scheduler took, also of schedulers within schedulers."""
    for inner in getattr(scheduler, "_schedulers", ()):
        _undo(inner)
    if not hasattr(scheduler, "_schedulers"):
        scheduler.last_epoch -= 1


class ChainedScheduler(_Several):
    """All schedulers at once: each multiplies what the one before left.

    Parameters
    ----------
    schedulers : list of LRScheduler
        In their order.
    optimizer : Optimizer, optional
        Theirs.

    Raises
    ------
    ValueError
        If there are none, or they are not of one optimizer.
    """

    def __init__(self, schedulers, optimizer=None):
        if len(schedulers) < 1:
            raise ValueError("ChainedScheduler expects at least one scheduler to be chained, but "
                             "got no scheduler")
        optimizer = optimizer or schedulers[0].optimizer
        self._check(schedulers, optimizer)
        self.optimizer, self._schedulers = optimizer, schedulers
        self._last_lr = rates_in_force(optimizer)

    @live
    def step(self):
        """Move all to the next epoch."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = rates_in_force(self.optimizer)
