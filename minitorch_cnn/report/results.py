"""Results that a study keeps: each is computed once, and an interrupted study goes on."""
import time
from pathlib import Path

from ..serialization import load, save

_made, _earlier = {}, {}  # seconds of the results this process made; of those made before; by path


def kept(path, compute):
    """What ``compute()`` returned when it ran for the first time.

    Parameters
    ----------
    path : str or Path
        The safetensors file that keeps it; its folder is made.
    compute : callable
        Called without arguments where there is no such file; returns a dict that ``save`` takes.
        It may ask for other kept results; their time is theirs.

    Returns
    -------
    dict
        As ``load`` reads it, and "spent", the seconds that it took.

    Raises
    ------
    ValueError
        If the file is damaged.
    """
    path = Path(path)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        before, start = sum(_made.values()), time.perf_counter()
        found = compute()
        spent = time.perf_counter() - start - (sum(_made.values()) - before)
        save({**found, "spent": spent}, path)
        _made[path] = spent
    try:
        found = load(path)
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}); delete it, and it is made again") from error
    if path not in _made:
        _earlier[path] = found["spent"]
    return found


def earlier():
    """Seconds that earlier processes spent on the kept results that this one has used."""
    return sum(_earlier.values())
