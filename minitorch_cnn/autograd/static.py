"""Ops written as for PyTorch: two static methods on tensors, run with ``apply``.

    class Cube(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x ** 3

        @staticmethod
        def backward(ctx, dy):
            x, = ctx.saved_tensors
            return dy * 3 * x ** 2

    y = Cube.apply(x)

Here ``ctx`` is the op on the tape itself.
"""
import inspect

from .function import Function
from .modes import no_grad
from .tensor import Tensor


class StaticFunction(Function):
    """An op whose forward and backward are the static methods of ``kind``.

    The formula is theirs; this class turns arrays into tensors for them, and back.
    """

    saved = ()

    def __init__(self, kind, inputs):
        self.kind = kind
        self.holds_tensor = [isinstance(x, Tensor) for x in inputs]

    @no_grad()
    def forward(self, *inputs):
        """The kind's static forward, on tensors."""
        inputs = [Tensor(x) if tensor else x for x, tensor in zip(inputs, self.holds_tensor)]
        separate = getattr(self.kind, "setup_context", None)
        y = self.kind.forward(*inputs) if separate else self.kind.forward(self, *inputs)
        if not isinstance(y, Tensor):
            raise TypeError(f"{self.name()}.forward must return one Tensor, got "
                            f"{type(y).__name__}; write one op for each result")
        if separate:
            separate(self, tuple(inputs), y)
        return y.data

    @no_grad()
    def backward(self, dy):
        """The kind's static backward, on tensors."""
        grads = self.kind.backward(self, Tensor(dy))
        grads = grads if isinstance(grads, tuple) else (grads,)
        return tuple([dx.data if isinstance(dx, Tensor) else dx for dx in grads])

    def save_for_backward(self, *tensors):
        """Keep tensors; changing them in place before backward is then noticed."""
        self.saved = tuple([x.data if isinstance(x, Tensor) else x for x in tensors])

    @property
    def saved_tensors(self):
        """What ``save_for_backward`` kept."""
        return tuple([None if x is None else Tensor(x) for x in self.saved])

    @property
    def needs_input_grad(self):
        """One bool per argument of ``apply``: is its gradient wanted?"""
        return tuple(self.needs)

    def name(self):
        """The kind's name."""
        return self.kind.__name__


def _apply(kind, *inputs):
    """Run the op on tensors, as in PyTorch; of an op in this package's style, ``kind()(*inputs)``.

    Raises
    ------
    TypeError
        If a static forward does not return one Tensor.
    """
    if isinstance(inspect.getattr_static(kind, "forward"), staticmethod):
        return StaticFunction(kind, inputs)(*inputs)
    return kind()(*inputs)


Function.apply = classmethod(_apply)
