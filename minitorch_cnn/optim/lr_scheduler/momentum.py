"""Moving the momentum against the learning rate, for CyclicLR and OneCycleLR."""
from .base import per_group


def set_momentum(group, value):
    """Write a group's momentum, which is beta1 where there are betas."""
    if "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value


def drive_momentum(scheduler, base_momentum, max_momentum, last_epoch):
    """Check that the optimizer has a momentum and start it at its maximum.

    Returns
    -------
    (list, list)
        Lower and upper bounds, one per group; also kept in the groups, as in PyTorch.

    Raises
    ------
    ValueError
        If the optimizer has neither momentum nor betas.
    """
    defaults = scheduler.optimizer.defaults
    if "momentum" not in defaults and "betas" not in defaults:
        raise ValueError(f"{type(scheduler).__name__}: optimizer must support momentum or beta1 "
                         "with `cycle_momentum` option enabled; pass cycle_momentum=False")
    scheduler.use_beta1 = "betas" in defaults
    lows = per_group(scheduler, "base_momentum", base_momentum)
    highs = per_group(scheduler, "max_momentum", max_momentum)
    if last_epoch == -1:
        for group, low, high in zip(scheduler.optimizer.param_groups, lows, highs):
            set_momentum(group, high)
            group["max_momentum"], group["base_momentum"] = high, low
    return lows, highs
