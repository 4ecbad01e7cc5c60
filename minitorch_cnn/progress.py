"""How far something long is: tqdm's bar, imported only when one is shown; a line for compilers."""
import os
import sys
import time


class _NoBar:
    """Answers like a bar and shows nothing."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def update(self, n=1):
        pass

    def set_postfix_str(self, text, refresh=True):
        pass


def progress_bar(total, title, unit, show=None):
    """A bar with what is done, what there is, the speed and the time left.

    Parameters
    ----------
    total : int or None
        How many there will be; None where nobody can tell.
    title : str
        Stands in front.
    unit : str
        What is counted.
    show : bool, optional
        None shows it where standard error is a terminal and tqdm is installed.

    Returns
    -------
    tqdm, or a stand-in that shows nothing
        Used in ``with``; ``update(n)`` counts on, ``set_postfix_str(text)`` writes behind the bar.

    Raises
    ------
    ImportError
        If ``show`` is True and tqdm is not installed.
    """
    if show is not None and not show:
        return _NoBar()
    try:
        from tqdm import tqdm
    except ImportError as error:
        if show is None:
            return _NoBar()
        raise ImportError(f"{title}: progress=True needs tqdm; install it with `pip install tqdm` "
                          "or leave progress out") from error
    return tqdm(total=total, desc=title, unit=f" {unit}", leave=False, mininterval=0.5,
                disable=None if show is None else False)


class CompilationLine:
    """One line on standard error while kernels are compiled, gone when they are.

    On a terminal it counts and is wiped away in the end; elsewhere (a log, a notebook) it is
    written once. It appears after a second of compiling in all, so never where all are cached, and
    never in a test of pytest.

    Parameters
    ----------
    title : str
        What is going on.
    patience : float
        Seconds of compiling that nobody needs to know about.
    """

    def __init__(self, title, patience=1.0):
        self.title, self.patience = title, patience
        self.done, self.seconds = 0, 0.0    # compiled functions; time for the outermost of them
        self._depth, self._since, self._shown = 0, 0.0, False

    def start(self):
        """A function is going to be compiled, maybe for the sake of the one before."""
        if self._depth == 0:
            self._since = time.perf_counter()
        self._depth += 1
        self._show()

    def end(self):
        """It is compiled."""
        self._depth -= 1
        self.done += 1
        self._show()
        if self._depth == 0:
            self.seconds += time.perf_counter() - self._since
            if self._shown and _is_terminal():
                print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _show(self):
        seconds = self.seconds + time.perf_counter() - self._since
        if seconds < self.patience or sys.stderr is None or "PYTEST_CURRENT_TEST" in os.environ:
            return
        if _is_terminal():
            print(f"\r\x1b[K{self.title}: {self.done} done, {seconds:.0f} s", end="",
                  file=sys.stderr, flush=True)
        elif not self._shown:
            print(f"{self.title} ...", file=sys.stderr, flush=True)
        self._shown = True


def _is_terminal():
    return sys.stderr is not None and sys.stderr.isatty()
