"""Finding layers of a Module by name, and watching them while it runs."""
import contextlib

from ..autograd import Tensor
from ..nn import Module


def layer_named(method, model, layer):
    """(name, module) for a dotted name or for a module inside ``model``.

    Raises
    ------
    ValueError
        If there is no such layer; the message lists those that exist.
    """
    named = dict(model.named_modules(remove_duplicate=False))
    if isinstance(layer, Module):
        found = [name for name, module in named.items() if module is layer]
        if found:
            return found[0], layer
        layer = f"a {type(layer).__name__} that is not part of this model"
    elif layer in named:
        return layer, named[layer]
    raise ValueError(f"{method}: no layer {layer!r}; there are {', '.join(filter(None, named))}")


def layers_of_kind(method, model, kind):
    """(name, module) of every layer that is a ``kind``.

    Raises
    ------
    ValueError
        If there is none.
    """
    found = [(name, module) for name, module in model.named_modules() if isinstance(module, kind)]
    if not found:
        raise ValueError(f"{method}: the model has no {kind.__name__}; name the layer with layer=")
    return found


def layers_named(method, model, layers):
    """(name, module) of each; None means every layer without layers inside."""
    if layers is None:
        return [(name, module) for name, module in model.named_modules()
                if not list(module.children())]
    listed = layers if isinstance(layers, (list, tuple)) else [layers]
    return [layer_named(method, model, layer) for layer in listed]


@contextlib.contextmanager
def watch(method, layers, see):
    """Call ``see(name, args, output)`` whenever one of ``layers`` runs, in the order they run.

    ``layers`` are (name, module) pairs. The hooks are gone at the end, after an error too.
    """
    def hook_for(name):
        def hook(module, args, output):
            if not isinstance(output, Tensor):
                raise TypeError(f"{method}: layer {name!r} returned a {type(output).__name__}, not "
                                "a Tensor; name a layer inside it")
            see(name, args, output)
        return hook

    handles = []
    try:
        for name, module in layers:
            handles.append(module.register_forward_hook(hook_for(name)))
        yield
    finally:
        for handle in handles:
            handle.remove()
