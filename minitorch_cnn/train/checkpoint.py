"""Checkpoints: everything that training needs to go on exactly where it was."""
import zlib

import numpy as np

from ..autograd import Tensor
from ..device import to_cpu
from ..random import Generator, get_rng_state, set_rng_state
from ..serialization import load, save

FORMAT = "minitorch_cnn checkpoint 1"


def save_checkpoint(path, model, optimizer=None, scheduler=None, history=None, loader=None,
                    **extra):
    """Write the state of a training to one file; an interrupted save leaves the old file.

    Saved are the model's ``state_dict``, the optimizer's and the scheduler's with their classes and
    the optimizer's options, the history, all streams of ``manual_seed``, the generators of the
    loader, and a checksum of all arrays.

    Parameters
    ----------
    path : str or Path
        safetensors file; its folder must exist.
    model : Module
    optimizer, scheduler, history, loader : optional
        What there is.
    **extra
        Numbers, text or containers of them, given back by ``load_checkpoint``.
    """
    checkpoint = {
        "format": FORMAT,
        "model": model.state_dict(),
        "random": get_rng_state(),
        "loader": [_generator_state(g) for g in _generators(loader)],
        "extra": extra,
    }
    for name, part in (("optimizer", optimizer), ("scheduler", scheduler)):
        if part is not None:
            checkpoint[name] = {"class": type(part).__name__, "options": _options(part),
                                "state": part.state_dict()}
    if history is not None:
        checkpoint["history"] = history.state_dict()
    save({**checkpoint, "checksum": _checksum(checkpoint)}, path)


def load_checkpoint(path):
    """Read a checkpoint; nothing is changed yet, ``restore`` does that.

    Returns
    -------
    dict
        ``"extra"`` holds what was given to ``save_checkpoint`` by name.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged or no checkpoint; the message says how to go on without it.
    """
    way_out = (f"delete {path} (or name another folder) to begin anew, or pass resume=False to "
               "overwrite it")
    try:
        checkpoint = load(path)
    except ValueError as error:
        raise ValueError(f"load_checkpoint: {path} is damaged: {error}; {way_out}") from error
    if not isinstance(checkpoint, dict) or checkpoint.get("format") != FORMAT:
        raise ValueError(f"load_checkpoint: {path} is no checkpoint of a training (it may hold "
                         f"weights alone: mt.load reads those); {way_out}")
    written = checkpoint.pop("checksum", None)
    if written is not None and written != _checksum(checkpoint):
        raise ValueError(f"load_checkpoint: {path} is damaged: its arrays do not have the checksum "
                         f"that they were written with; {way_out}")
    return checkpoint


def _checksum(part, so_far=0):
    """CRC-32 of all arrays in a container of containers; a disk may flip a bit."""
    if isinstance(part, dict):
        part = [part[name] for name in sorted(part, key=str)]
    if isinstance(part, (list, tuple)):
        for each in part:
            so_far = _checksum(each, so_far)
        return so_far
    array = part.data if isinstance(part, Tensor) else part
    return zlib.crc32(to_cpu(array).tobytes(), so_far) if getattr(array, "ndim", 0) else so_far


def restore(checkpoint, model, optimizer=None, scheduler=None, history=None, loader=None):
    """Put what ``load_checkpoint`` returned into the objects that go on with it.

    Raises
    ------
    ValueError
        If a part is missing, of another class or of another shape, or the optimizer was made with
        other options (which loading its state would silently undo); nothing was changed then.
    """
    for name, part in (("optimizer", optimizer), ("scheduler", scheduler)):
        _check_class(name, checkpoint.get(name), part)
    generators = _generators(loader)
    if len(generators) != len(checkpoint["loader"]):
        raise ValueError(f"restore: the checkpoint was written with {len(checkpoint['loader'])} "
                         f"generators in the loader, now there are {len(generators)}; pass "
                         "generator= as before, or begin anew with resume=False")
    before = {name: t.data.copy() for name, t in model.state_dict().items()}
    model.load_state_dict(checkpoint["model"])
    try:
        if optimizer is not None:
            optimizer.load_state_dict(checkpoint["optimizer"]["state"])
    except (ValueError, TypeError, KeyError):
        model.load_state_dict(before)
        raise
    if scheduler is not None:
        scheduler.load_state_dict(checkpoint["scheduler"]["state"])
    if history is not None and "history" in checkpoint:
        history.load_state_dict(checkpoint["history"])
    for generator, state in zip(generators, checkpoint["loader"]):
        _set_generator_state(generator, state)
    set_rng_state(checkpoint["random"])


def _check_class(name, saved, part):
    """The part is there exactly if it was saved, and of the class that was."""
    was = "none" if saved is None else saved["class"]
    now = "none" if part is None else type(part).__name__
    if was != now:
        raise ValueError(f"restore: the checkpoint was written with {name} {was}, this one is "
                         f"{now}; use the same {name}, or begin anew with resume=False or in "
                         "another folder")
    if part is not None:
        _check_options(saved.get("options", {}), part)


def _options(part):
    """What an optimizer was made with, as plain values; nothing of a scheduler."""
    defaults = getattr(part, "defaults", {})
    return {key: value for key, value in defaults.items()
            if isinstance(value, (int, float, str, tuple, type(None)))}


def _check_options(saved, part):
    now = _options(part)
    changed = [f"{key} was {saved[key]!r}, is {now[key]!r}" for key in now
               if key in saved and saved[key] != now[key]]
    if changed:
        raise ValueError(f"restore: the checkpoint was written with other options of "
                         f"{type(part).__name__}: {', '.join(changed)}; use the same ones, or "
                         "begin anew with resume=False or in another folder")


def _generators(loader):
    """The generators of a loader and its samplers, each once."""
    holders = [loader, getattr(loader, "sampler", None), getattr(loader, "batch_sampler", None)]
    found = [getattr(holder, "generator", None) for holder in holders]
    found = [g for g in found if isinstance(g, (Generator, np.random.Generator))]
    return list({id(g): g for g in found}.values())


def _generator_state(generator):
    if isinstance(generator, Generator):
        return generator.get_state()
    return generator.bit_generator.state


def _set_generator_state(generator, state):
    if isinstance(generator, Generator):
        generator.set_state(state)
    else:
        generator.bit_generator.state = state
