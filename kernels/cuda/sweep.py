"""One launch over arrays of one shape."""
from .launch import contiguous, empty, pack, suits, sweep


def sweep_one(file, name, x, *numbers):
    """y of x's shape: a function of every number of x."""
    return _swept(file, name, (x,), numbers)


def sweep_two(file, name, x, z, *numbers):
    """y of x's shape: a function of the numbers at the same place of x and z."""
    return _swept(file, name, (x, z), numbers) if x.shape == z.shape else NotImplemented


def is_number(*values):
    """Whether all are plain numbers, which a kernel takes as an argument."""
    return all(type(value) in (float, int) for value in values)


def _swept(file, name, arrays, numbers):
    if not suits(*arrays) or not is_number(*numbers):
        return NotImplemented
    real, y = arrays[0].dtype, empty(arrays[0].shape, arrays[0].dtype)
    sweep(file, name, real, y.size, *[contiguous(a) for a in arrays], y, y.size, *numbers,
          each=pack(real))
    return y
