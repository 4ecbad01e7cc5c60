"""Module: the base of every layer and net."""
from collections import OrderedDict

import numpy as np

from ..autograd import RemovableHandle, Tensor, live, modes
from ..device import device as as_device
from ..device import move
from .hooks import call_with_hooks
from .registry import Registry
from .state import load_state_dict

_HOOKS = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")


class Module(Registry):
    """Base of every layer and net: PyTorch's ``torch.nn.Module``.

    Subclasses call ``super().__init__()`` first, assign parameters and modules as attributes, and
    write ``forward``. Calling the module runs ``forward`` and its hooks. Attributes hold state
    only; what is computed is in ``ops``.

    Attributes
    ----------
    training : bool
        Set by ``train()`` and ``eval()``; independent of ``no_grad``.
    """

    _optional_state = ()  # names of buffers that a state dict may leave out

    def __init__(self):
        super().__init__()
        self.training = True
        for hooks in _HOOKS:
            self.__dict__[hooks] = OrderedDict()

    def __call__(self, *args, **kwargs):
        if modes.state.observer is not None:
            modes.state.observer.module(self)
        if (self._forward_hooks or self._forward_pre_hooks or self._backward_hooks
                or self._backward_pre_hooks):
            return call_with_hooks(self, args, kwargs)
        return self.forward(*args, **kwargs)

    def forward(self, *args, **kwargs):
        """What the module computes; every subclass writes its own."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function; write '
            'forward(self, x), or call the modules inside it one by one')

    # state ---------------------------------------------------------------------------------------

    def state_dict(self, *, destination=None, prefix="", keep_vars=False):
        """All parameters and persistent buffers by dotted name; they share the module's memory.

        Parameters
        ----------
        destination : dict, optional
            Is filled and returned instead of a new one.
        prefix : str
            Put before every name.
        keep_vars : bool
            Give the parameters themselves instead of detached tensors.
        """
        destination = OrderedDict() if destination is None else destination
        for name, tensor in [*self._parameters.items(), *self._buffers.items()]:
            if tensor is not None and name not in self._non_persistent:
                destination[prefix + name] = tensor if keep_vars else tensor.detach()
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.",
                                  keep_vars=keep_vars)
        return destination

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Copy the values of a state dict into this module.

        Parameters
        ----------
        state_dict : mapping of str to Tensor or array
        strict : bool
            Whether a missing or unexpected name is an error. A wrong shape always is.
        assign : bool
            Take the arrays themselves, with their dtype and device, instead of copying into ours.

        Returns
        -------
        namedtuple
            ``missing_keys`` and ``unexpected_keys``, lists of names.

        Raises
        ------
        RuntimeError
            (which is a ValueError too) naming everything that does not fit; nothing was changed
            then.
        TypeError
            If ``state_dict`` is no mapping.
        """
        return load_state_dict(self, state_dict, strict, assign)

    # switches ------------------------------------------------------------------------------------

    def train(self, mode=True):
        """Set training mode here and in everything inside; returns the module."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode must be True or False, got {mode!r}")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        """Set evaluation mode here and in everything inside; does not touch ``no_grad``."""
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        """Train (True) or freeze (False) all parameters; returns the module."""
        for param in self.parameters():
            param.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        """Forget all gradients; ``set_to_none=False`` fills them with zeros instead."""
        for param in self.parameters():
            if param.grad is not None:
                if set_to_none:
                    param.grad = None
                else:
                    _fill_with_zeros(param.grad)

    def apply(self, fn):
        """Call ``fn(module)`` on everything inside, then on this module; returns the module."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # conversion ----------------------------------------------------------------------------------

    def to(self, *args, device=None, dtype=None, non_blocking=False):
        """Move to a device, convert to a float dtype, or both, in place; returns the module.

        ``to("cuda")``, ``to(mt.float64)``, ``to("cuda", mt.float16)`` or ``to(tensor)`` for that
        tensor's device and dtype. Integer buffers keep their dtype.

        Raises
        ------
        TypeError
            For a dtype that is not floating-point.
        """
        for arg in args:
            if isinstance(arg, Tensor):
                device, dtype = arg.device, arg.dtype
            elif isinstance(arg, (str, as_device)):
                device = arg
            elif arg is not None and not isinstance(arg, bool):  # a bool is non_blocking
                dtype = arg
        _check_float_dtype(dtype)

        def convert(array):
            array = array if device is None else move(array, device)
            keep = dtype is None or array.dtype.kind != "f"
            return array if keep else array.astype(dtype, copy=False)

        return self._convert(convert)

    def _convert(self, convert):
        """Replace the arrays, not the tensors: optimizers and sharers hold the same ones."""
        for tensor in [*self.parameters(), *self.buffers()]:
            tensor.data = convert(tensor.data)
            if tensor.grad is not None:
                tensor.grad.data = convert(tensor.grad.data)
        return self

    def cpu(self):
        """Move to the CPU, in place."""
        return self.to("cpu")

    def cuda(self, device=None):
        """Move to a GPU, in place: the first one, or the one numbered ``device``."""
        return self.to(f"cuda:{device}" if isinstance(device, int) else device or "cuda")

    def float(self):
        """Convert floats to float32, in place."""
        return self.to(dtype="float32")

    def double(self):
        """Convert floats to float64, in place."""
        return self.to(dtype="float64")

    def half(self):
        """Convert floats to float16, in place."""
        return self.to(dtype="float16")

    def type(self, dst_type):
        """Convert floats to ``dst_type``, in place."""
        return self.to(dtype=dst_type)

    # hooks ---------------------------------------------------------------------------------------

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Call ``hook(module, args)`` before ``forward``; what it returns replaces the arguments.

        With ``with_kwargs`` it is ``hook(module, args, kwargs)`` and returns None or both.
        ``prepend`` puts it before the hooks that are there.
        """
        return _register(self._forward_pre_hooks, (hook, with_kwargs), prepend)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Call ``hook(module, args, output)`` after ``forward``; its result replaces the output.

        With ``with_kwargs`` it is ``hook(module, args, kwargs, output)``.
        """
        return _register(self._forward_hooks, (hook, with_kwargs), prepend)

    def register_full_backward_hook(self, hook, prepend=False):
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of a call are known.

        Both are tuples with a Tensor or None for each positional argument and each output. What the
        hook returns replaces ``grad_input``, unless no argument requires a gradient.
        """
        return _register(self._backward_hooks, hook, prepend)

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Call ``hook(module, grad_output)`` before a backward; its result replaces that."""
        return _register(self._backward_pre_hooks, hook, prepend)

    # text ----------------------------------------------------------------------------------------

    def _get_name(self):
        return type(self).__name__

    def extra_repr(self):
        """What stands between the brackets of the module's text; subclasses fill it."""
        return ""

    def __repr__(self):
        extra = self.extra_repr().split("\n") if self.extra_repr() else []
        inside = [f"({name}): {indent(repr(module))}" for name, module in self._modules.items()]
        if len(extra) == 1 and not inside:
            return f"{self._get_name()}({extra[0]})"
        lines = extra + inside
        return f"{self._get_name()}(" + ("\n  " + "\n  ".join(lines) + "\n" if lines else "") + ")"


@live
def _fill_with_zeros(grad):
    grad.data[...] = 0


def indent(text):
    """``text`` with all lines but the first moved in by two."""
    first, *others = text.split("\n")
    return "\n".join([first] + ["  " + line if line.strip() else "" for line in others])


def _check_float_dtype(dtype):
    try:
        fits = dtype is None or np.dtype(dtype).kind == "f"
    except TypeError:
        fits = False
    if not fits:
        raise TypeError("to: a module can only be converted to a floating-point dtype, got "
                        f"{dtype!r}; use mt.float32, mt.float64 or mt.float16")


def _register(hooks, hook, prepend):
    handle = RemovableHandle(hooks, hook)
    if prepend:
        hooks.move_to_end(next(reversed(hooks)), last=False)
    return handle
