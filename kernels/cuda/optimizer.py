"""One step of an optimizer on the GPU, in place; for several parameters at once, if asked."""
import contextlib
import threading

from . import changing
from .launch import THREADS, blocks, launch, pack, suits

MOST = 8    # parameters in one launch


class _Waiting(threading.local):
    updates = None      # {(kernel, dtype, numbers): list of arrays}, in the order of the first ones


_waiting = _Waiting()


@contextlib.contextmanager
def together():
    """Updates asked for inside are started at the end: equal ones of several parameters at once.

    Nothing inside may look at what an update has changed, and two parameters may share no array.
    """
    _waiting.updates = {}
    try:
        yield
        _start()
    finally:
        _waiting.updates = None


def _start():
    waiting, _waiting.updates = _waiting.updates, {}
    for (name, real, numbers), parameters in waiting.items():
        for first in range(0, len(parameters), MOST):
            _launch(name, real, parameters[first:first + MOST], numbers)


def _launch(name, real, parameters, numbers):
    later = changing.place(numbers, real)
    if changing.only_numbers():
        return
    rest = MOST - len(parameters)
    arrays = [a for one in zip(*parameters) for a in (*one, *[one[0]] * rest)]
    sizes = [one[0].size for one in parameters] + [0] * rest
    each = THREADS * pack(real)
    launch("optimizer", name, real, sum(blocks(size, each) for size in sizes), THREADS, *arrays,
           *sizes, *numbers, arrays[0] if later is None else later, later is not None)


def _update(name, arrays, *numbers):
    real = arrays[0].dtype
    if not suits(*arrays) or not all(a.flags.c_contiguous for a in arrays):
        if _waiting.updates:
            _start()    # the reference may look at what they change
        return NotImplemented
    if _waiting.updates is None:
        _launch(name, real, [arrays], numbers)
    else:
        _waiting.updates.setdefault((name, real, numbers), []).append(arrays)
    return None


def sgd_update(w, g, lr):
    return _update("sgd_update", (w, g), lr)


def penalized(w, g, result, decay):
    return _update("penalized", (w, g, result), decay)


def shrink(w, factor):
    return _update("shrink", (w,), factor)


def momentum_update(w, g, b, lr, momentum):
    return _update("momentum_update", (w, g, b), lr, momentum)


def rmsprop_update(w, g, s, lr, alpha, eps):
    return _update("rmsprop_update", (w, g, s), lr, alpha, 1 - alpha, eps)


def adam_update(w, g, m, v, rate, beta1, beta2, correction, eps):
    return _update("adam_update", (w, g, m, v), rate, 1 - beta1, beta2, 1 - beta2, correction, eps)


def adadelta_update(w, g, s, u, lr, rho, eps):
    return _update("adadelta_update", (w, g, s, u), lr, rho, 1 - rho, eps)
