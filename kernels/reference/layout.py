"""Copies from one order in memory to another."""
from minitorch_cnn.device import array_module


def row_major(x):
    """x, or a copy of it, in row-major order."""
    return array_module(x).ascontiguousarray(x)
