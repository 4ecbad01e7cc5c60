"""One step of an optimizer on the GPU, in place."""
from . import changing
from .launch import pack, suits, sweep


def _update(name, arrays, *numbers):
    w = arrays[0]
    if changing.only_numbers():
        changing.place(numbers, w.dtype)
        return None
    if not suits(*arrays) or not all(a.flags.c_contiguous for a in arrays):
        return NotImplemented
    later = changing.place(numbers, w.dtype)
    sweep("optimizer", name, w.dtype, w.size, *arrays, *numbers, w.size,
          w if later is None else later, later is not None, each=pack(w.dtype))
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
