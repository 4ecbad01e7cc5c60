"""How these benchmarks measure: verify first, warm up, take turns, throw away disturbed turns.

Absolute times say little on a shared machine, so every number is a ratio of arms that ran in turns.
A turn is one run that does not count, to bring the arm's data back into the caches, and then runs
for at least BLOCK seconds. A turn during which other programs used more than a tenth of a core is
not counted (Linux; elsewhere all are).
"""
import functools
import os
import platform
import statistics
import time
from importlib.metadata import PackageNotFoundError, version

BLOCK = 0.05        # seconds a turn takes at least
DISTURBED = 0.10    # share of a core that others may use
FEWEST = 5          # rounds, however slow an arm is


def compare(arms, rounds=15, seconds=10.0, patience=2.0):
    """Median seconds of each arm.

    Parameters
    ----------
    arms : dict of str to callable
        Without arguments; or with a method ``turn(repeats)`` as ``turn`` below, for work in
        another process (see ``rivals.py``).
    rounds : int
        Undisturbed turns of each arm.
    seconds : float
        Fewer rounds (FEWEST at least) where that many would take longer than this in all.
    patience : float
        Give up on quiet after this many times ``seconds`` and take what there is.

    Returns
    -------
    dict of str to float, and the share of turns that were quiet
    """
    turns = {name: getattr(run, "turn", None) or functools.partial(turn, run)
             for name, run in arms.items()}
    repeats, once = {}, 0.0
    for name, take in turns.items():
        take(2)
        one = take(1)[0]
        repeats[name] = max(1, round(BLOCK / one))
        once += (repeats[name] + 1) * one
    rounds = int(min(rounds, max(FEWEST, seconds / once)))
    quiet, everything, count = {name: [] for name in arms}, {name: [] for name in arms}, 0
    end = time.perf_counter() + patience * seconds
    while min(map(len, quiet.values())) < rounds and (
            count < FEWEST or time.perf_counter() < end):
        count += 1
        for name, take in turns.items():
            value, others = take(repeats[name])
            everything[name].append(value)
            if others < DISTURBED:
                quiet[name].append(value)
    share = sum(map(len, quiet.values())) / (count * len(arms))
    chosen = quiet if min(map(len, quiet.values())) >= 3 else everything
    return {name: statistics.median(values) for name, values in chosen.items()}, share


def turn(run, repeats):
    """(seconds of one run, cores that other programs used meanwhile)."""
    run()
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
    import numpy as np  # here, since environments without it take turns, too
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


def ratios(seconds, ours, others):
    """{title: text}: each of ``ours`` to torch and to the best of the ``others``; all in ms."""
    best, columns = min(seconds[arm] for arm in others), {}
    for arm in ours:
        columns[f"{arm} / torch"] = f"{seconds[arm] / seconds['torch']:.2f}"
        columns[f"{arm} / best"] = f"{seconds[arm] / best:.2f}"
    return columns | {f"{arm} ms": f"{1e3 * value:.3g}" for arm, value in seconds.items()}
