"""How these benchmarks measure: verify first, warm up, take turns, throw away disturbed turns.

Absolute times say little on a shared machine, so every number is a ratio of two arms that ran in
turns in one process. A turn during which other programs used more than a tenth of a core is not
counted (Linux; elsewhere all are).
"""
import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version

import numpy as np

BLOCK = 0.05        # seconds a turn takes at least
DISTURBED = 0.10    # share of a core that others may use


def compare(arms, rounds=15, patience=8):
    """Median seconds of each arm.

    Parameters
    ----------
    arms : dict of str to callable
        Without arguments. Each runs twice before anything is timed.
    rounds : int
        Undisturbed turns of each arm.
    patience : int
        Give up on quiet after this many times ``rounds`` turns and take what there is.

    Returns
    -------
    dict of str to float, and the share of turns that were quiet
    """
    repeats = {}
    for name, run in arms.items():
        run()
        run()
        start = time.perf_counter()
        run()
        repeats[name] = max(1, round(BLOCK / (time.perf_counter() - start)))
    quiet, all_turns, turns = {name: [] for name in arms}, {name: [] for name in arms}, 0
    while min(map(len, quiet.values())) < rounds and turns < rounds * patience:
        turns += 1
        for name, run in arms.items():
            seconds, others = _turn(run, repeats[name])
            all_turns[name].append(seconds)
            if others < DISTURBED:
                quiet[name].append(seconds)
    share = sum(map(len, quiet.values())) / (turns * len(arms))
    enough = min(map(len, quiet.values())) >= 3
    chosen = quiet if enough else all_turns
    return {name: float(np.median(values)) for name, values in chosen.items()}, share


def _turn(run, repeats):
    """(seconds of one run, cores that other programs used meanwhile)."""
    own, everyone, start = _own_cpu(), _everyones_cpu(), time.perf_counter()
    for _ in range(repeats):
        run()
    seconds = time.perf_counter() - start
    if everyone is None:
        return seconds / repeats, 0.0
    others = (_everyones_cpu() - everyone) - (_own_cpu() - own)
    return seconds / repeats, others / seconds


def _own_cpu():
    times = os.times()
    return times.user + times.system


def _everyones_cpu():
    try:
        with open("/proc/stat") as file:
            user, nice, system = map(int, file.readline().split()[1:4])
    except OSError:
        return None
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def verify(name, ours, theirs, tolerance):
    """Stop if two results are not the same up to ``tolerance`` of the largest number."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    error = np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-30)
    if not error <= tolerance:
        raise SystemExit(f"{name}: the two sides differ by {error:.1e}; nothing is timed")


def table(columns, rows):
    """Rows as a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def machine():
    """One line about the machine, the versions, and settings that change the numbers."""
    names = [f"{name} {_version(name)}" for name in ("numpy", "numba", "torch")]
    settings = [f"{key}={os.environ[key]}" for key in
                ("OPENBLAS_CORETYPE", "GLIBC_TUNABLES", "NUMBA_NUM_THREADS") if key in os.environ]
    python = f"Python {platform.python_version()}"
    return ", ".join([_processor(), f"{os.cpu_count()} cores", python, *names, *settings])


def _processor():
    try:
        with open("/proc/cpuinfo") as file:
            named = [line for line in file if line.startswith("model name")]
            return named[0].split(":")[1].strip()
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
