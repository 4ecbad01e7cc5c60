"""The order of events on the tape: ops that ran and arrays that changed draw from one counter.

An op keeps arrays for its backward. Changing one of them in place in between (an optimizer's step,
``w -= lr * w.grad``) would make the gradient silently wrong. PyTorch counts versions of every
tensor; here only the time of an array's last change is noted, so that arrays which never change
cost nothing: an op that ran after the latest change of all need not look any further.
"""
import itertools

from ..device import is_array

tick = itertools.count(1).__next__
latest = 0      # time of the latest change in place
_changed = {}   # id of the array that owns the memory -> time of its latest change
_ENOUGH = 100_000


def note_change(array):
    """Remember that ``array`` was changed in place just now."""
    global latest
    if len(_changed) > _ENOUGH:  # ids of arrays long gone
        _changed.clear()
    latest = _changed[id(owner(array))] = tick()


def changed_since(array, time):
    """Whether the memory of ``array`` was changed in place after ``time``.

    An id used again by a younger array does no harm: what keeps that array ran later still.
    """
    return _changed.get(id(owner(array)), 0) > time


def owner(array):
    """The array that a view is a view of; changes are noted for the whole of its memory."""
    while is_array(array.base):
        array = array.base
    return array
