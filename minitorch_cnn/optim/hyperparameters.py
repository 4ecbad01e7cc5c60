"""Ranges of the options of optimizers, and what is said about a value outside."""
import numbers


def check_at_least_zero(optimizer, group, *names):
    """Refuse options below 0 or NaN.

    Raises
    ------
    TypeError
        If one is not a number.
    ValueError
        Naming optimizer, option, value and range.
    """
    for name in names:
        check_range(optimizer, name, group[name])


def check_betas(optimizer, betas):
    """Refuse anything but two numbers in [0, 1), the decay rates of Adam and its relatives."""
    if not isinstance(betas, (tuple, list)) or len(betas) != 2:
        raise ValueError(f"{_name(optimizer)}: betas must be two numbers such as (0.9, 0.999), "
                         f"got {betas!r}")
    for i, beta in enumerate(betas):
        if not 0 <= _number(optimizer, f"betas[{i}]", beta) < 1:
            raise ValueError(f"{_name(optimizer)}: Invalid beta parameter at index {i}: {beta}; "
                             "it must be in [0, 1)")


def check_range(optimizer, name, value, high=None):
    """Refuse ``value`` outside [0, high] ([0, infinity] without ``high``)."""
    number = _number(optimizer, name, value)
    if number >= 0 and (high is None or number <= high):
        return
    title = {"lr": "learning rate", "eps": "epsilon value"}.get(name, f"{name} value")
    bound = ">= 0" if high is None else f"in [0, {high}]"
    raise ValueError(f"{_name(optimizer)}: Invalid {title}: {value}; {name} must be {bound}")


def refuse_unsupported(optimizer, group):
    """Refuse PyTorch's options that would change how a step is computed."""
    for option in ("differentiable", "capturable"):
        if group.get(option):
            raise ValueError(f"{_name(optimizer)}: {option}=True is not supported, steps change "
                             f"arrays in place and are not recorded; leave {option} out")


def _number(optimizer, name, value):
    """``value`` as a float; one-element Tensors and arrays are numbers too."""
    is_array = getattr(value, "size", None) is not None and hasattr(value, "item")
    if not (is_array or isinstance(value, numbers.Real)):
        raise TypeError(f"{_name(optimizer)}: {name} must be a number, got {type(value).__name__}")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{_name(optimizer)}: Tensor {name} must be 1-element, got shape "
                         f"{tuple(value.shape)}") from None


def _name(optimizer):
    return type(optimizer).__name__
