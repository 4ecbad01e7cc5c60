"""Optimizer: groups of parameters, what is remembered about each, and the loop of a step.

A subclass writes ``update(w, dw, state, group)``, which changes the array ``w`` in place. ``w`` is
the parameter's own array, ``dw`` its gradient (not to be changed).
"""
import contextlib
import itertools
from collections import defaultdict

import numpy as np

from .. import kernels
from ..autograd import RemovableHandle, Tensor, enable_grad, live
from ..device import array_module, device_of, move
from .groups import as_groups, as_list, check_saved, split_names
from .hyperparameters import refuse_unsupported

_COUNTERS = ("step", "mu_product")  # float32 on the CPU, whatever the parameter is
_NOTHING = contextlib.nullcontext()


class Optimizer:
    """Base of all optimizers.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor), or of dict
        What to optimize. A dict is a group: its ``"params"`` and whatever differs from
        ``defaults``.
    defaults : dict
        Options of groups that do not set them.

    Attributes
    ----------
    param_groups : list of dict
        ``"params"`` and the options of each group; schedulers write ``"lr"`` here.
    state : dict
        Tensor -> {name: Tensor}: what is remembered about each parameter.

    Raises
    ------
    TypeError
        If ``params`` is one Tensor, a set, or holds anything but Tensors.
    ValueError
        If there are no parameters, one comes twice, one is not a leaf, or an option is out of
        range.
    """

    extras = None   # options with which ``update`` is more than kernels; None: it always is

    def __init__(self, params, defaults):
        self.defaults = defaults
        self.check(defaults)
        self.param_groups = []
        self.state = defaultdict(dict)
        self._reset()
        for group in as_groups(params):
            self.add_param_group(group)

    def _reset(self):
        self.step_called = False  # a scheduler warns if it comes first
        self._scratch, self._before_step, self._after_step = {}, {}, {}
        self._together = False

    # what a subclass writes -----------------------------------------------------------------------

    def check(self, group):
        """Raise ValueError or TypeError for options out of range; called for every group."""
        refuse_unsupported(self, group)

    def update(self, w, dw, state, group):
        """Change the array ``w`` in place, given its gradient ``dw``.

        Parameters
        ----------
        w, dw : array
            Parameter and gradient, of one shape.
        state : dict of str to Tensor
            What this method keeps about the parameter; empty the first time.
        group : dict
            The options.
        """
        raise NotImplementedError(f"{type(self).__name__}.update is not written")

    # the step -------------------------------------------------------------------------------------

    @live
    @np.errstate(all="ignore")
    def step(self, closure=None):
        """Update every parameter that has a gradient.

        Parameters
        ----------
        closure : callable, optional
            Clears the gradients, computes the loss, calls backward and returns the loss.

        Returns
        -------
        What ``closure`` returned, or None.
        """
        for hook in list(self._before_step.values()):
            hook(self, (closure,), {})
        self.step_called = True
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            with self._at_once(group):
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        self._update(parameter, group)
        for hook in list(self._after_step.values()):
            hook(self, (closure,), {})
        return loss

    def _at_once(self, group):
        """A context in which kernels of several parameters may become one launch, on a GPU."""
        if type(group["params"][0].data) is np.ndarray or not self.by_kernels(group):
            return _NOTHING
        return self._on_a_gpu()

    @contextlib.contextmanager
    def _on_a_gpu(self):
        self._together = True
        try:
            with kernels.together():
                yield
        finally:
            self._together = False

    def by_kernels(self, group):
        """Whether ``update`` leaves all to kernels, once it has been called for each parameter."""
        extras = vars(type(self)).get("extras")     # its own: who inherits may do otherwise
        return extras is not None and not any(group.get(key) for key in extras)

    def _update(self, parameter, group):
        state = self.state.get(parameter, {})
        self.update(parameter.data, _gradient_of(parameter), state, group)
        parameter.mark_changed()
        if state:
            self.state[parameter] = state

    def zero_grad(self, set_to_none=True):
        """Forget the gradients.

        Parameters
        ----------
        set_to_none : bool
            Set ``.grad`` to None (True) or fill it with zeros (False). A parameter whose gradient
            is None is left alone by ``step``; one with a gradient of zeros still moves by its
            momentum.
        """
        for group in self.param_groups:
            for parameter in group["params"]:
                if set_to_none:
                    parameter.grad = None
                elif parameter.grad is not None:
                    _fill_with_zeros(parameter.grad)

    def register_step_pre_hook(self, hook):
        """Call ``hook(optimizer, args, kwargs)`` before every step; returns a RemovableHandle."""
        return RemovableHandle(self._before_step, hook)

    def register_step_post_hook(self, hook):
        """Call ``hook(optimizer, args, kwargs)`` after every step; returns a RemovableHandle."""
        return RemovableHandle(self._after_step, hook)

    # tools for update -----------------------------------------------------------------------------

    def descent(self, w, dw, group, decay=None):
        """g = dw + weight_decay * w, with -dw for dw where ``maximize``; maybe ``dw`` itself."""
        xp = array_module(w)
        decay = float(group["weight_decay"] if decay is None else decay)
        if decay == 0:
            return xp.negative(dw, out=self.scratch(w, "g")) if group["maximize"] else dw
        g = self.scratch(w, "g")
        if group["maximize"]:
            return xp.subtract(xp.multiply(w, decay, out=g), dw, out=g)
        kernels.penalized(w, dw, g, decay)
        return g

    def scratch(self, like, name):
        """An uninitialised array of the shape of ``like``, shared by all parameters and steps."""
        if self._together:      # the kernels of all parameters wait
            return array_module(like).empty(like.shape, like.dtype)
        key = name, like.dtype, str(device_of(like))
        flat = self._scratch.get(key)
        if flat is None or flat.size < like.size:
            flat = self._scratch[key] = array_module(like).empty(like.size, like.dtype)
        return flat[:like.size].reshape(like.shape)

    def buffer(self, state, name, w, fill=0.0):
        """The array ``state[name]``; the first time made like ``w`` and filled with ``fill``."""
        if name not in state:
            state[name] = Tensor(array_module(w).full_like(w, fill))
        return state[name].data

    def count(self, state):
        """The number of this update, 1 the first time; kept as ``state["step"]``, a 0-d float."""
        if "step" not in state:
            state["step"] = Tensor(np.zeros((), np.float32))
        state["step"].data += 1
        return float(state["step"].data)

    # groups and state -----------------------------------------------------------------------------

    def add_param_group(self, param_group):
        """Add a group of parameters, e.g. layers that were frozen until now.

        Parameters
        ----------
        param_group : dict
            ``"params"`` and the options that differ from the defaults.
        """
        name = type(self).__name__
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise TypeError(f"{name}: param_group must be a dict with the key 'params', got "
                            f'{type(param_group).__name__}; write {{"params": model.parameters()}}')
        tensors, names = split_names(name, as_list(name, param_group["params"]))
        group = {**param_group, "params": tensors}
        if names:
            group["param_names"] = names
        for key, value in self.defaults.items():
            group.setdefault(key, value)
        self.check(group)
        self._refuse_repeats(group)
        self.param_groups.append(group)

    def _refuse_repeats(self, group):
        name = type(self).__name__
        seen = {id(p) for other in self.param_groups for p in other["params"]}
        if any(id(p) in seen for p in group["params"]):
            raise ValueError(f"{name}: some parameters appear in more than one parameter group; "
                             "put each into one group only")
        if len({id(p) for p in group["params"]}) < len(group["params"]):
            raise ValueError(f"{name}: a parameter group with duplicate parameters; list each once "
                             "(tied weights are one parameter)")
        if any(("param_names" in group) != ("param_names" in other) for other in self.param_groups):
            raise ValueError(f"{name}: all optimizer param groups should be with/without names. "
                             "cannot add param group: use named_parameters() for all of them or "
                             "parameters() for all")

    def state_dict(self):
        """The state as plain containers of Tensors, in PyTorch's layout: parameters become numbers.

        Returns
        -------
        dict
            ``"state"``: {number: {name: Tensor}}, ``"param_groups"``: options and numbers.
        """
        number = {id(p): i for i, p in enumerate(self._parameters())}
        groups = [dict(group) for group in self.param_groups]
        for group in groups:
            group["params"] = [number[id(p)] for p in group.pop("params")]  # last, as in PyTorch
        state = {number[id(p)]: dict(values) for p, values in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict):
        """Continue from what ``state_dict()`` of an optimizer with the same groups returned.

        Values are copied, and converted to the dtype and device of their parameter.

        Raises
        ------
        ValueError
            If the groups differ in number or size, or a value does not fit its parameter.
        """
        check_saved(type(self).__name__, self.param_groups, state_dict)
        saved = state_dict["param_groups"]
        numbers = itertools.chain.from_iterable(group["params"] for group in saved)
        parameters = dict(zip(numbers, self._parameters()))
        state = defaultdict(dict)
        for number, values in state_dict["state"].items():
            parameter = parameters[number]
            state[parameter] = {key: _fit(value, parameter, key, number)
                                for key, value in values.items()}
        self.state = state
        self.param_groups = [{**old, **new, "params": old["params"]}
                             for old, new in zip(self.param_groups, saved)]

    def _parameters(self):
        return itertools.chain.from_iterable(group["params"] for group in self.param_groups)

    def __getstate__(self):
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._reset()

    def __repr__(self):
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines.extend(f"    {key}: {group[key]}" for key in sorted(group) if key != "params")
        return "\n".join([*lines, ")"])


@live
def _fill_with_zeros(grad):
    grad.detach_()
    grad.data.fill(0)


def lerp(start, end, weight, out):
    """``start`` becomes start + weight * (end - start), in place; ``out`` is scratch space.

    Written from the nearer end, as in PyTorch: with weight 1 the result is exactly ``end``.
    """
    xp = array_module(start)
    xp.subtract(end, start, out=out)
    if weight < 0.5:
        out *= weight
        start += out
    else:
        out *= 1 - weight
        xp.subtract(end, out, out=start)


def decay_square(average, g, rho, out):
    """``average`` becomes rho * average + (1 - rho) * g * g, in place; ``out`` is scratch space."""
    array_module(g).multiply(g, g, out=out)
    out *= 1 - rho
    average *= rho
    average += out


def _gradient_of(parameter):
    """The array of ``parameter.grad``, which must have the shape of its data."""
    dw = parameter.grad.data
    if dw.shape != parameter.shape:
        raise ValueError(f"step: a parameter of shape {parameter.shape} has a gradient of shape "
                         f"{dw.shape}; after a change of its data, call zero_grad() and backward()")
    return dw


def _fit(value, parameter, key, number):
    """A copy of a saved value, in the dtype and on the device of ``parameter``; counters stay."""
    if key in _COUNTERS:
        return Tensor(np.array(float(value), np.float32))
    if not hasattr(value, "dtype"):
        return value
    array = value.data if isinstance(value, Tensor) else value
    if array.ndim and array.shape != parameter.shape:
        raise ValueError(f'load_state_dict: "{key}" of parameter {number} has shape {array.shape}, '
                         f"the parameter {parameter.shape}; were they given in another order?")
    return Tensor(move(array, device_of(parameter.data)).astype(parameter.dtype))
