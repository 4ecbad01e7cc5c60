"""Schedulers that go up and down: cosine annealing, with restarts, and cycles."""
import math
import types

from ...autograd import live
from .base import (
    LRScheduler,
    check_optimizer,
    check_positive,
    check_positive_int,
    per_group,
    rates_in_force,
    write,
)
from .momentum import drive_momentum, set_momentum


class CosineAnnealingLR(LRScheduler):
    """lr = eta_min + (base_lr - eta_min) * (1 + cos(pi * epoch / T_max)) / 2.

    Loshchilov and Hutter 2016 (arXiv:1608.03983), without the restarts. After ``T_max`` the rate
    rises again.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates change.
    T_max : int
        Epochs until the minimum.
    eta_min : float
        The minimum.
    last_epoch : int
        Where to resume; -1 to begin.
    """

    def __init__(self, optimizer, T_max, eta_min=0.0, last_epoch=-1):
        check_positive(self, "T_max", T_max)
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        """Next rates."""
        rates, epoch = rates_in_force(self.optimizer), self.last_epoch
        if self._is_initial:
            return rates
        if self._step_count == 1 and epoch > 0:
            return self.closed_form()
        if (epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # the ratio below would be 0/0
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [rate + (base - self.eta_min) * rise for rate, base in zip(rates, self.base_lrs)]
        ratio = self._height(epoch) / self._height(epoch - 1)
        return [ratio * (rate - self.eta_min) + self.eta_min for rate in rates]

    def _height(self, epoch):
        return 1 + math.cos(math.pi * epoch / self.T_max)

    def closed_form(self):
        """Rates of any epoch."""
        height = self._height(self.last_epoch)
        return [self.eta_min + (base - self.eta_min) * height / 2 for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Cosine annealing that jumps back to the base rate after T_0, then T_0 * T_mult ... epochs.

    Loshchilov and Hutter 2016 (arXiv:1608.03983), "SGDR".

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates change.
    T_0 : int
        Epochs of the first period, >= 1.
    T_mult : int
        Factor from one period to the next, >= 1.
    eta_min : float
        The minimum.
    last_epoch : int
        Where to resume; -1 to begin.

    Raises
    ------
    ValueError
        If ``T_0`` or ``T_mult`` is not an int >= 1.
    """

    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0, last_epoch=-1):
        check_positive_int(self, "T_0", T_0)
        check_positive_int(self, "T_mult", T_mult)
        self.T_0, self.T_i, self.T_mult, self.eta_min = T_0, T_0, T_mult, eta_min
        self.T_cur = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        """Rates at ``T_cur`` of a period of ``T_i`` epochs."""
        height = 1 + math.cos(math.pi * self.T_cur / self.T_i)
        return [self.eta_min + (base - self.eta_min) * height / 2 for base in self.base_lrs]

    @live
    def step(self, epoch=None):
        """Move to the next epoch, or to ``epoch``, maybe a fraction (epoch + batch / batches)."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        elif epoch < 0:
            raise ValueError("CosineAnnealingWarmRestarts: Expected non-negative epoch, but got "
                             f"{epoch}")
        else:
            self._jump(epoch)
        self.last_epoch = math.floor(epoch)
        self.set_lr(self.get_lr())

    def _jump(self, epoch):
        """Find the period that ``epoch`` falls into."""
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            n = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult ** n - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult ** n


class CyclicLR(LRScheduler):
    """Up from ``base_lr`` to ``max_lr`` and down again, over and over.

    Smith 2015 (arXiv:1506.01186). ``mode`` scales the height of the cycles: "triangular" not at
    all, "triangular2" halves each, "exp_range" by gamma^iteration.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates change.
    base_lr, max_lr : float or list of float
        The bounds; a list has one per group.
    step_size_up, step_size_down : int
        Iterations of the rise and the fall (None: as long as the rise).
    mode : {"triangular", "triangular2", "exp_range"}
        See above.
    gamma : float
        Of "exp_range".
    scale_fn : callable, optional
        Own scaling of the height; ``mode`` is then ignored.
    scale_mode : {"cycle", "iterations"}
        What ``scale_fn`` is a function of.
    cycle_momentum : bool
        Move momentum (or beta1) the other way, from ``max_momentum`` to ``base_momentum`` and back.
    base_momentum, max_momentum : float or list of float
        Its bounds.
    last_epoch : int
        Where to resume; -1 to begin.

    Raises
    ------
    ValueError
        For an unknown mode, or if ``cycle_momentum`` and the optimizer has none.
    """

    def __init__(self, optimizer, base_lr, max_lr, step_size_up=2000, step_size_down=None,
                 mode="triangular", gamma=1.0, scale_fn=None, scale_mode="cycle",
                 cycle_momentum=True, base_momentum=0.8, max_momentum=0.9, last_epoch=-1):
        self.optimizer = check_optimizer(self, optimizer)
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError(f"CyclicLR: mode is invalid and scale_fn is None: {mode!r}; use "
                             '"triangular", "triangular2" or "exp_range", or pass scale_fn')
        base_lrs = per_group(self, "base_lr", base_lr)
        self.max_lrs = per_group(self, "max_lr", max_lr)
        if last_epoch == -1:
            for rate, group in zip(base_lrs, optimizer.param_groups):
                write(group, "lr", rate)
        step_size_down = step_size_up if step_size_down is None else step_size_down
        self.total_size = float(step_size_up) + float(step_size_down)
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma, self._scale_fn_custom = mode, gamma, scale_fn
        own_mode = "iterations" if mode == "exp_range" else "cycle"
        self.scale_mode = own_mode if scale_fn is None else scale_mode
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.base_momentums, self.max_momentums = drive_momentum(
                self, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x):
        """Height of a cycle, as a share of max_lr - base_lr."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return {"triangular": 1.0, "triangular2": 0.5 ** (x - 1),
                "exp_range": self.gamma ** x}[self.mode]

    def get_lr(self):
        """Next rates; moves the momentum too."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle  # position in the cycle, [0, 1)
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(self.optimizer.param_groups, self.base_momentums,
                                        self.max_momentums):
                set_momentum(group, high - (high - low) * height)
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs)]

    def state_dict(self):
        """The state; of ``scale_fn`` only the attributes of a callable object, never code."""
        state = super().state_dict()
        function = state.pop("_scale_fn_custom")
        is_plain = function is None or isinstance(function, types.FunctionType)
        state["_scale_fn_custom"] = None if is_plain else dict(function.__dict__)
        return state

    def load_state_dict(self, state_dict):
        """Continue; ``scale_fn`` is kept as it was given to the constructor."""
        function = self._scale_fn_custom
        super().load_state_dict(state_dict)
        if state_dict.get("_scale_fn_custom"):
            function.__dict__.update(state_dict["_scale_fn_custom"])
        self._scale_fn_custom = function
