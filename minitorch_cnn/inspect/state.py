"""The state of a model: its mode, its buffers, a checksum; and how to leave all of it as it was."""
import contextlib
import hashlib

import numpy as np

from ..device import array_module, to_cpu


@contextlib.contextmanager
def mode(model, training):
    """Training or evaluation mode inside the block; afterwards every part has its own mode again.

    Parameters
    ----------
    model : Module or any callable
        Without modules inside there is nothing to switch.
    training : bool
    """
    modules = list(model.modules()) if hasattr(model, "modules") else []
    before = [module.training for module in modules]
    if modules:
        model.train(training)
    try:
        yield
    finally:
        for module, was in zip(modules, before):
            module.training = was


@contextlib.contextmanager
def buffers_restored(model):
    """Whatever happens to the buffers (batch norm's statistics) inside the block is undone."""
    before = copy_of_buffers(model)
    try:
        yield
    finally:
        restore_buffers(model, before)


def copy_of_buffers(model):
    """{name: array}, copies."""
    named = model.named_buffers() if hasattr(model, "named_buffers") else ()
    return {name: buffer.data.copy() for name, buffer in named}


def restore_buffers(model, before):
    """Write what ``copy_of_buffers`` returned into the buffers' own arrays."""
    named = dict(model.named_buffers()) if before else {}
    for name, array in before.items():
        named[name].data[...] = array
        named[name].mark_changed()


def changed_buffers(model, before):
    """The names of the buffers that differ from a copy made before."""
    named = dict(model.named_buffers()) if before else {}
    return [name for name, array in before.items() if not _same(named[name].data, array)]


def _same(a, b):
    xp = array_module(a)
    return a.dtype == b.dtype and xp.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def checksum(model):
    """SHA-256 of all parameters and buffers: names, shapes, dtypes and values to the bit.

    Equal before and after an attack or an evaluation, it proves that the model was not changed.

    Parameters
    ----------
    model : Module

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        array = np.ascontiguousarray(to_cpu(tensor.data))
        digest.update(f"{name} {array.shape} {array.dtype.str}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
