"""What the kernels of a convolution need to know besides addresses: sizes, strides, tiles."""
import functools
from collections import namedtuple
from math import gcd, inf

import numpy as np

from .objects import Packed, reader


@functools.cache
def bounds(low=None, high=None):
    """What results are cut off at, as the bits of two floats in one integer; None for no limit."""
    limits = -inf if low is None else low, inf if high is None else high
    return int(np.array(limits, np.float32).view("<i8")[0])


NO_BOUNDS = bounds()


class Plan(Packed, namedtuple("Plan", (
        "N C H W F OH OW KH KW SH SW DH DW TOP LEFT G "     # TOP, LEFT: zeros before x
        "XN XC XH XW YN YH YW WG WF WC WH WW "              # strides in bytes
        "tile tile_rows tile_cols bands splits chunk threads "      # how it is cut
        "staged width taps run blocks scratch packed bounds"))):
    """A correlation; made by ``make_plan`` in ``conv.py``.

    Attributes
    ----------
    kernel : compiled function
        The one that does it, on as many threads as it is worth.
    room : int
        Bytes of scratch memory that it needs.
    """


read_plan = reader(Plan)


def pixels(shape):
    """The strides of new float32 arrays of this shape, channels-last."""
    _, c, h, w = shape
    return 4 * c * h * w, 4, 4 * c * w, 4 * c


Class = namedtuple("Class", "first taps last step dilation before")


@functools.cache
def row_class(first, k, size, stride, dilation, padding):
    """The rows first, first + stride, ... of dx: which kernel rows reach them, from where in dy.

    Row h of dx receives dy[o] through kernel row i where o * stride = h + padding - i * dilation.
    The kernel rows that solve this are ``step`` apart, ``last`` is the greatest; read backwards
    they meet the rows of dy in ascending order, ``dilation`` apart, the first one ``before`` rows
    above dy.
    """
    step = stride // gcd(stride, dilation)
    taps = [i for i in range(k) if (first + padding - i * dilation) % stride == 0]
    if not taps:
        return Class(first, 0, 0, step, 1, 0)
    apart = dilation * step // stride
    return Class(first, len(taps), taps[-1], step, apart,
                 -((first + padding - taps[-1] * dilation) // stride))
