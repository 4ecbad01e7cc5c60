"""The switches of the tape: does it record, does it look for the first NaN, who watches."""
import functools
import inspect
import os
import sys
import threading

import numpy as np

# Folders whose frames are not the user's: this package, and NumPy, whose errstate wraps every op.
_NOT_THE_USER = tuple(os.path.dirname(os.path.abspath(path)) + os.sep
                      for path in (os.path.dirname(__file__), np.__file__))

_ours = set()   # files in them that were met before


class _State(threading.local):
    recording = True
    anomaly = False
    observer = None     # is told of everything that happens on the tape, while a step is compiled


state = _State()


def _run_under(mode, function):
    """``function`` with every call, or every step of a generator, inside a new ``mode()``."""
    if inspect.isgeneratorfunction(function):
        return _generate_under(mode, function)

    @functools.wraps(function)
    def call(*args, **kwargs):
        with mode():
            return function(*args, **kwargs)

    return call


def _generate_under(mode, function):
    @functools.wraps(function)
    def generate(*args, **kwargs):
        generator = function(*args, **kwargs)
        step = functools.partial(next, generator)
        while True:
            try:
                with mode():
                    value = step()
            except StopIteration as stop:
                return stop.value
            try:
                step = functools.partial(generator.send, (yield value))
            except GeneratorExit:
                generator.close()
                raise
            except BaseException as error:
                step = functools.partial(generator.throw, error)

    return generate


class _Mode:
    """Holds ``recording`` at one value: a context manager and a decorator, with or without ()."""

    _mode = None

    def __new__(cls, function=None):
        self = super().__new__(cls)
        self._before = []
        return self if function is None else self(function)  # @no_grad without brackets

    def __enter__(self):
        self._before.append(state.recording)
        state.recording = self._mode
        return self

    def __exit__(self, *error):
        state.recording = self._before.pop()

    def __call__(self, function):
        """Decorate a function."""
        return _run_under(type(self), function)


class no_grad(_Mode):
    """Run ops without recording them: no graph, nothing saved. Context manager or decorator.

    Independent of ``Module.eval()``: neither switch touches the other.
    """

    _mode = False


class enable_grad(_Mode):
    """Record again inside a ``no_grad`` block. Context manager or decorator."""

    _mode = True


class set_grad_enabled:
    """Switch recording on or off: at once, or as a context manager or decorator for a while.

    Parameters
    ----------
    mode : bool
        Record (True) or not (False).
    """

    def __init__(self, mode):
        self._before = state.recording
        self._mode = state.recording = bool(mode)

    def __enter__(self):
        state.recording = self._mode
        return self

    def __exit__(self, *error):
        state.recording = self._before

    def __call__(self, function):
        """Decorate a function."""
        state.recording = self._before  # a decorator changes nothing where it is written
        return _run_under(functools.partial(type(self), self._mode), function)


class inference_mode(_Mode):
    """The same as ``no_grad`` here; the name is accepted so that PyTorch scripts run.

    Parameters
    ----------
    mode : bool
        False records, as in PyTorch.
    """

    _mode = False

    def __new__(cls, mode=True):  # noqa: D102
        return super().__new__(cls, mode if callable(mode) else None)

    def __init__(self, mode=True):
        self._mode = not mode

    def __call__(self, function):
        """Decorate a function."""
        return _run_under(functools.partial(type(self), not self._mode), function)


def is_grad_enabled():
    """True where ops are being recorded."""
    return state.recording


class set_detect_anomaly:
    """Switch the search for NaN on or off: at once, or as a context manager for a while.

    Parameters
    ----------
    mode : bool
        Search (True) or not (False).
    check_nan : bool
        False searches for nothing; accepted because PyTorch has it.
    """

    def __init__(self, mode, check_nan=True):
        self._before, state.anomaly = state.anomaly, bool(mode and check_nan)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        state.anomaly = self._before


class detect_anomaly:
    """Stop at the op that makes the first NaN, forward or backward; name it and the user's line.

    A context manager or, written with brackets, a decorator. Slower: every result is searched.
    An op is blamed only if none of what came in was NaN.

    Parameters
    ----------
    check_nan : bool
        False searches for nothing; accepted because PyTorch has it.
    """

    def __init__(self, check_nan=True):
        self._mode, self._before = bool(check_nan), []

    def __enter__(self):
        self._before.append(state.anomaly)
        state.anomaly = self._mode
        return self

    def __exit__(self, *error):
        state.anomaly = self._before.pop()

    def __call__(self, function):
        """Decorate a function."""
        return _run_under(functools.partial(type(self), self._mode), function)


def is_ours(frame):
    """Whether a frame runs this package's code, or NumPy's."""
    return frame.f_code.co_filename.startswith(_NOT_THE_USER)


def caller():
    """(file, line) of the innermost frame outside this package: the user's line that ran an op."""
    frame = sys._getframe(2)
    while True:
        file = frame.f_code.co_filename
        if file not in _ours:
            if not file.startswith(_NOT_THE_USER):
                return file, frame.f_lineno
            _ours.add(file)
        if frame.f_back is None:    # a program of this package's own
            return file, frame.f_lineno
        frame = frame.f_back
