"""What hooks add to the call of a module.

Forward hooks stand around ``forward``. Backward hooks need the gradients that pass through this
call of the module and no other, also where its input is used elsewhere (as in ``x + f(x)``). So the
tensors that go in and come out pass through gates, identities on the tape at which the gradients
can be seen.
"""
import warnings

from ..autograd import Function, Tensor, is_grad_enabled
from ..device import array_module


def call_with_hooks(module, args, kwargs):
    """``module.forward(*args, **kwargs)`` with the module's hooks around it, in PyTorch's order."""
    for hook, with_kwargs in list(module._forward_pre_hooks.values()):
        args, kwargs = _before(module, hook, with_kwargs, args, kwargs)
    watch = None
    if module._backward_hooks or module._backward_pre_hooks:
        watch = _Watch(module)
        args = watch.gate_inputs(args)
    result = module.forward(*args, **kwargs)
    for hook, with_kwargs in list(module._forward_hooks.values()):
        changed = hook(module, args, kwargs, result) if with_kwargs else hook(module, args, result)
        result = result if changed is None else changed
    return result if watch is None else watch.gate_outputs(result)


def _before(module, hook, with_kwargs, args, kwargs):
    """Positional and keyword arguments after one forward pre-hook."""
    changed = hook(module, args, kwargs) if with_kwargs else hook(module, args)
    if changed is None:
        return args, kwargs
    if not with_kwargs:
        return (changed if isinstance(changed, tuple) else (changed,)), kwargs
    if isinstance(changed, tuple) and len(changed) == 2:
        return changed
    raise RuntimeError("forward pre-hook: with with_kwargs=True it must return None or a tuple of "
                       f"(args, kwargs), got {type(changed).__name__}; return both")


class _Watch:
    """One call of a module with backward hooks: its gates, and the hooks that wait at them."""

    def __init__(self, module):
        self.module = module
        self.hooks = list(module._backward_hooks.values())
        self.pre_hooks = list(module._backward_pre_hooks.values())
        self.grad_output = None

    def gate_inputs(self, args):
        self.args = [arg.detach() if isinstance(arg, Tensor) else None for arg in args]
        args, self.inputs_are_gated = _gate(args, self.leave)
        return args

    def gate_outputs(self, result):
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn("backward hooks run only on modules that return a Tensor or a tuple of "
                          f"Tensors; {type(self.module).__name__} returned "
                          f"{type(result).__name__}", stacklevel=4)
            return result
        outputs, _ = _gate(result if isinstance(result, tuple) else (result,), self.enter)
        return outputs if isinstance(result, tuple) else outputs[0]

    def enter(self, grad_output):
        """The gradients of the outputs are complete: show them to the pre-hooks."""
        for hook in self.pre_hooks:
            changed = hook(self.module, grad_output)
            grad_output = _replace("full backward pre-hook", grad_output, changed)
        self.grad_output = grad_output
        if not self.inputs_are_gated:
            self.leave((None,) * len(self.args))
        return grad_output

    def leave(self, grad_input):
        """The gradients of the inputs are complete: show both to the hooks."""
        if self.grad_output is None:  # only something inside the module was asked for
            return grad_input
        if self.inputs_are_gated:
            pairs = zip(self.args, grad_input)
            grad_input = tuple([_zeros_like(x) if dx is None else dx for x, dx in pairs])
        for hook in self.hooks:
            changed = hook(self.module, grad_input, self.grad_output)
            grad_input = _replace("full backward hook", grad_input, changed)
        self.grad_output = None
        return grad_input


def _zeros_like(x):
    """What PyTorch shows for a tensor that no gradient arrived at; None for other arguments."""
    return None if x is None else Tensor(array_module(x.data).zeros_like(x.data))


def _replace(kind, gradients, changed):
    if changed is None:
        return gradients
    changed = changed if isinstance(changed, tuple) else (changed,)
    if len(changed) != len(gradients):
        raise RuntimeError(f"{kind}: it returned {len(changed)} gradients where there are "
                           f"{len(gradients)}; return None or one for each")
    return changed


def _gate(tensors, turn):
    """(tensors behind gates, whether there are any): ``turn`` gets and may change the gradients."""
    places = [i for i, t in enumerate(tensors) if isinstance(t, Tensor) and t.requires_grad]
    if not places or not is_grad_enabled():
        return tensors, False
    meeting = _Meeting(turn, places, len(tensors))
    token = meeting(*[tensors[i] for i in places])
    gated = list(tensors)
    for i in places:
        gated[i] = _Gate(meeting.arrived, i, tensors[i].data)(token)
    return tuple(gated), True


class _Meeting(Function):
    """y = a token that ties the gates of a group together;  (dx1, dx2, ...) = turn(dx1, dx2, ...).

    It runs before its gates, so on the way back it comes after them, when all gradients have
    arrived.
    """

    def __init__(self, turn, places, length):
        self.turn, self.places, self.length = turn, places, length
        self.arrived = {}

    def forward(self, *xs):
        xp = array_module(xs[0])
        # NaN, so that detect_anomaly blames no gate for a NaN that came with the input
        return xp.full((), xp.nan, "float32")

    def backward(self, dy):
        gradients = [None] * self.length
        for place, dx in self.arrived.items():
            gradients[place] = Tensor(dx)
        self.arrived.clear()
        gradients = self.turn(tuple(gradients))
        return tuple([_array(gradients[place]) for place in self.places])


class _Gate(Function):
    """y = x;  dx goes to the meeting."""

    def __init__(self, arrived, place, x):
        self.arrived, self.place, self.x = arrived, place, x

    def forward(self, token):
        return self.x

    def backward(self, dy):
        self.arrived[self.place] = dy
        xp = array_module(dy)
        return xp.where(xp.isnan(dy).any(), xp.nan, 0.0)  # NaN only if one came in, as above


def _array(gradient):
    """The array of a gradient; a view of it, since a hook may have kept the gradient itself."""
    if gradient is None:
        return None
    return gradient.data[...] if isinstance(gradient, Tensor) else gradient
