"""Which kernel did each layer of a model take, and why?"""
from dataclasses import dataclass

# called after each kernel as listener(primitive, language, declined, array, args)
listeners = []


@dataclass
class Choice:
    """One kernel that ran.

    Attributes
    ----------
    layer : str
        Dotted name of the module that called it; "" for the model itself.
    kernel : str
        The primitive, such as "conv2d_forward".
    language : str
        "reference", "cpu" or "cuda".
    why : str
        Why this one; of a convolution on the CPU also how it is cut into tiles.
    """

    layer: str
    kernel: str
    language: str
    why: str


class Explanation(list):
    """A list of Choice; ``str()`` of it is a table."""

    def __str__(self):
        rows = [("layer", "kernel", "language", "why")]
        rows += [(c.layer or "(model)", c.kernel, c.language, c.why) for c in self]
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        return "\n".join("  ".join([*(cell.ljust(w) for cell, w in zip(row, widths)), row[3]])
                         for row in rows)


def explain(model, *inputs):
    """Run ``model(*inputs)`` once and note every kernel that it takes.

    The model runs in evaluation mode, layer by layer: what a Sequential runs as one op where nobody
    looks between its layers (``nn.fusing``) is listed kernel by kernel. Modes and hooks are as
    before afterwards.

    Parameters
    ----------
    model : Module or callable
        A callable without layers gives rows without layer names.
    inputs : Tensor
        What the model is called with.

    Returns
    -------
    Explanation
    """
    found, stack, handles = Explanation(), [""], []

    def listen(primitive, language, declined, array, args):
        language, why = primitive.reason(language, declined, array, args)
        found.append(Choice(stack[-1], primitive.name, language, why))

    modules = list(model.named_modules()) if hasattr(model, "named_modules") else []
    modes = [(module, module.training) for _, module in modules]
    try:
        for name, module in modules:
            module.training = False
            handles += [module.register_forward_pre_hook(_enter(stack, name)),
                        module.register_forward_hook(lambda *_: _drop(stack))]
        listeners.append(listen)
        model(*inputs)
    finally:
        if listen in listeners:
            listeners.remove(listen)
        for handle in handles:
            handle.remove()
        for module, training in modes:
            module.training = training
    return found


def _enter(stack, name):
    def hook(*_):
        stack.append(name)
    return hook


def _drop(stack):
    """Forget the innermost layer; a hook must return None, or it would replace the output."""
    stack.pop()
