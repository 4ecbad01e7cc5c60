"""Proof that an attack left the model alone: a checksum of its weights before and after."""
import hashlib

from ..device import to_cpu
from ..nn import Module


def weights_checksum(model):
    """SHA-256 over names, dtypes, shapes and values of all parameters and buffers of a Module.

    Returns
    -------
    str or None
        64 hexadecimal digits; None for a callable that is no Module, whose weights are not known.
    """
    return _joined(digests(model)) if isinstance(model, Module) else None


def digests(model):
    """{name: SHA-256} of every parameter and buffer; empty for a callable that is no Module."""
    if not isinstance(model, Module):
        return {}
    named = [*model.named_parameters(), *model.named_buffers()]
    return {name: _digest(to_cpu(tensor.data)) for name, tensor in named}


def _digest(array):
    described = hashlib.sha256(f"{array.dtype.str} {array.shape}".encode())
    described.update(array.tobytes())
    return described.hexdigest()


def _joined(named):
    text = "\n".join(f"{name} {digest}" for name, digest in sorted(named.items()))
    return hashlib.sha256(text.encode()).hexdigest()


class WeightGuard:
    """Notes a model's weights when it is made, and compares them in ``check``."""

    def __init__(self, attack, model):
        self.attack, self.model = attack, model
        self.before = digests(model)

    def check(self):
        """The checksum of the weights (None if the model is no Module).

        Raises
        ------
        RuntimeError
            If a weight or buffer changed; the message names it.
        """
        after = digests(self.model)
        changed = [name for name in {**self.before, **after}
                   if self.before.get(name) != after.get(name)]
        if changed:
            raise RuntimeError(f"{self.attack}: the model changed during the attack "
                               f"({', '.join(changed)}); an attack changes pixels only, so look "
                               "for what the model's forward() writes to")
        return _joined(after) if after else None
