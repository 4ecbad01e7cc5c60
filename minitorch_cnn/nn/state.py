"""Loading a state dict: everything is checked first, then everything is copied, or nothing."""
from collections import namedtuple
from collections.abc import Mapping

from ..autograd import Tensor
from ..device import device_of, move
from ..dtypes import as_array


class StateDictError(RuntimeError, ValueError):
    """A state dict that does not fit the module it was to be loaded into."""


class IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What ``load_state_dict`` returns: two lists of names."""

    __slots__ = ()

    def __repr__(self):
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


def load_state_dict(module, state_dict, strict, assign):
    """Check ``state_dict`` against ``module``, then copy it in; see ``Module.load_state_dict``."""
    if not isinstance(state_dict, Mapping):
        raise TypeError("load_state_dict: expected a dict of names and tensors, got "
                        f"{type(state_dict).__name__}; pass what state_dict() or load() returned")
    own = module.state_dict(keep_vars=True)
    optional = _optional_names(module)
    missing = [name for name in own if name not in state_dict and name not in optional]
    unexpected = [name for name in state_dict if name not in own]
    new, problems = {}, []
    for name in own:
        if name in state_dict:
            new[name] = _fitting(name, state_dict[name], own[name], problems)
    if strict:
        problems = _key_problems(missing, unexpected) + problems
    if problems:
        raise StateDictError(
            f"load_state_dict: Error(s) in loading state_dict for {type(module).__name__}; nothing "
            "was "
            "changed (strict=False skips missing and unexpected keys):\n\t" + "\n\t".join(problems))
    for name, array in new.items():
        _put(own[name], array, assign)
    return IncompatibleKeys(missing, unexpected)


def _optional_names(module):
    return {f"{prefix}.{name}" if prefix else name
            for prefix, child in module.named_modules(remove_duplicate=False)
            for name in child._optional_state}


def _key_problems(missing, unexpected):
    problems = []
    for kind, names in (("Missing", missing), ("Unexpected", unexpected)):
        if names:
            listed = ", ".join(f'"{name}"' for name in names)
            problems.append(f"{kind} key(s) in state_dict: {listed}.")
    return problems


def _fitting(name, value, own, problems):
    """``value`` as an array of the shape of ``own``; otherwise a line is added to ``problems``."""
    try:
        array = value.data if isinstance(value, Tensor) else as_array(value)
    except (TypeError, RuntimeError):
        problems.append(f"{name}: expected a tensor or an array, got {type(value).__name__}.")
        return None
    if own.shape == () and array.shape == (1,):
        array = array.reshape(())
    if array.shape != own.shape:
        problems.append(f"size mismatch for {name}: the state has shape {array.shape}, the module "
                        f"{own.shape}.")
    return array


def _put(own, array, assign):
    if assign:
        own.data = array
    else:
        own.data[...] = move(array, device_of(own.data))
        own.mark_changed()
