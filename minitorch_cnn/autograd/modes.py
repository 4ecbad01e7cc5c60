"""The two switches of the tape: does it record, and does it look for the first NaN."""
import contextlib
import os
import sys
import threading

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class _State(threading.local):
    recording = True
    anomaly = False


state = _State()


class set_grad_enabled(contextlib.ContextDecorator):
    """Switch recording on or off: as a function at once, as a context manager or decorator for a while.

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

    def _recreate_cm(self):  # called by the decorator before each call of the decorated function
        return type(self)(self._mode)

    def __call__(self, function):
        state.recording = self._before  # a decorator changes nothing where it is written
        return super().__call__(function)


class _Mode(contextlib.ContextDecorator):
    """A context manager and decorator that holds ``recording`` at one value."""

    _mode = None

    def __new__(cls, function=None):
        self = super().__new__(cls)
        return self if function is None else self(function)  # @no_grad without brackets

    def __enter__(self):
        self._before, state.recording = state.recording, self._mode
        return self

    def __exit__(self, *error):
        state.recording = self._before

    def _recreate_cm(self):
        return type(self)()


class no_grad(_Mode):
    """Run ops without recording them: no graph, nothing saved. Context manager or decorator.

    Independent of ``Module.eval()``: neither switch touches the other.
    """

    _mode = False


class enable_grad(_Mode):
    """Record again inside a ``no_grad`` block. Context manager or decorator."""

    _mode = True


class inference_mode(_Mode):
    """The same as ``no_grad`` here; the name is accepted so that PyTorch scripts run."""

    _mode = False


def is_grad_enabled():
    """True where ops are being recorded."""
    return state.recording


class set_detect_anomaly:
    """Switch the search for NaN on or off, at once or, as a context manager, for a while."""

    def __init__(self, mode):
        self._before, state.anomaly = state.anomaly, bool(mode)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        state.anomaly = self._before


class detect_anomaly(contextlib.ContextDecorator):
    """Stop at the op that makes the first NaN, forward or backward, and name it.

    Slower: every result is searched. An op is blamed only if none of what came in was NaN.
    """

    def __enter__(self):
        self._before, state.anomaly = state.anomaly, True
        return self

    def __exit__(self, *error):
        state.anomaly = self._before

    def _recreate_cm(self):
        return type(self)()


def caller():
    """(file, line) of the innermost frame outside this package: the user's line that ran an op."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename.startswith(_PACKAGE) and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno
