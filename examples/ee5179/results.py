"""Results that are kept: what takes long is computed once, and an interrupted study goes on."""
import time

import minitorch_cnn as mt

_made, _earlier = set(), {}  # paths made by this process; seconds of those made before, by path


def kept(s, name, compute):
    """What ``compute()`` returned when it ran for the first time: a dict of Tensors and numbers.

    Raises
    ------
    ValueError
        If the file that keeps it is damaged.
    """
    path = s.folder / "results" / f"{name}.safetensors"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        start = time.perf_counter()
        found = compute()
        mt.save({**found, "spent": time.perf_counter() - start}, path)
        _made.add(path)
    try:
        found = mt.load(path)
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}); delete it, and it is made again") from error
    if path not in _made:
        _earlier[path] = found["spent"]
    return found


def fit(trainer, train, validation, epochs):
    """``trainer.fit``, but Ctrl-C ends the study too: half a training is no result.

    Raises
    ------
    KeyboardInterrupt
        Run the script again, and the training goes on after its last complete epoch.
    """
    history = trainer.fit(train, validation, epochs)
    if history.interrupted:
        raise KeyboardInterrupt(history.stopped)
    return history


def earlier():
    """Seconds that went into the results of earlier runs which this one has used."""
    return sum(_earlier.values())
