"""What optimizers accept as parameters: Tensors, named Tensors, groups of them."""
import numpy as np

from ..autograd import Tensor


def as_groups(params):
    """The groups in what a user passes as ``params``: a list of dicts with the key "params"."""
    if isinstance(params, Tensor):
        raise TypeError("params argument given to the optimizer should be an iterable of Tensors "
                        "or dicts, but got a Tensor; put it into a list: [tensor]")
    params = as_list("optimizer", params)
    if not params:
        raise ValueError("optimizer got an empty parameter list; pass model.parameters() of a "
                         "model with parameters (a generator can be read only once)")
    return params if isinstance(params[0], dict) else [{"params": params}]


def as_list(name, params):
    """A group's parameters as a list; TypeError for what has no order."""
    if isinstance(params, Tensor):
        return [params]
    if isinstance(params, (set, frozenset)):
        raise TypeError(f"{name}: optimizer parameters need to be organized in ordered "
                        "collections, a set changes its order between runs; use a list instead")
    if not hasattr(params, "__iter__"):
        raise TypeError(f"{name}: params must be an iterable of Tensors, got "
                        f"{type(params).__name__}; pass model.parameters()")
    return list(params)


def split_names(name, params):
    """(tensors, names) of a list of Tensors or of (name, Tensor)."""
    names = [p[0] for p in params if isinstance(p, tuple)]
    if names and len(names) < len(params):
        raise ValueError(f"{name}: all optimizer params should be with/without names. Some param "
                         "names are missing; use named_parameters() or parameters() for all")
    tensors = [p[1] if isinstance(p, tuple) else p for p in params]
    for tensor in tensors:
        _check_parameter(name, tensor)
    return tensors, names


def _check_parameter(name, tensor):
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name}: optimizer can only optimize Tensors, but one of the params is "
                        f"{type(tensor).__name__}; pass model.parameters()")
    if not tensor.is_leaf:
        raise ValueError(f"{name}: can't optimize a non-leaf Tensor (shape {tensor.shape}): it was "
                         "computed by an op; use tensor.detach().requires_grad_()")
    if isinstance(tensor.data, np.ndarray) and not tensor.data.flags.writeable:
        raise ValueError(f"{name}: a parameter of shape {tensor.shape} has a read-only array, "
                         "which step() cannot change; make it Tensor(array.copy())")


def check_saved(name, groups, state_dict):
    """Refuse a saved state whose groups differ in number or size from an optimizer's.

    Raises
    ------
    ValueError
        Saying what differs.
    """
    if not {"state", "param_groups"} <= set(state_dict):
        raise ValueError(f"{name}: load_state_dict needs what state_dict() of an optimizer "
                         "returned, with 'state' and 'param_groups'; is this the state of a model?")
    saved = state_dict["param_groups"]
    sizes = [len(group["params"]) for group in groups]
    saved_sizes = [len(group["params"]) for group in saved]
    if len(sizes) != len(saved_sizes):
        raise ValueError(f"{name}: loaded state dict has a different number of parameter groups "
                         f"({len(saved_sizes)}, this optimizer has {len(sizes)}); make the same "
                         "groups")
    if sizes != saved_sizes:
        raise ValueError(f"{name}: loaded state dict contains a parameter group that doesn't match "
                         f"the size of optimizer's group: {saved_sizes} saved, {sizes} here")
    unknown = set(state_dict["state"]) - {number for group in saved for number in group["params"]}
    if unknown:
        raise ValueError(f"{name}: the loaded state dict has a state for parameter "
                         f"{unknown.pop()!r}, which is in none of its groups")
