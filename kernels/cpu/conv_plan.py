"""What the kernels of a convolution need to know besides addresses: sizes, strides, tiles."""
from collections import namedtuple

from .objects import Packed, reader


class Plan(Packed, namedtuple("Plan", (
        "N C H W F OH OW KH KW SH SW DH DW TOP LEFT G "     # TOP, LEFT: zeros before x
        "XN XC XH XW YN YH YW WG WF WC WH WW "              # strides in bytes
        "tile tile_rows tile_cols bands splits threads "    # how it is cut
        "staged width taps run blocks scratch packed floor"))):
    """A correlation; made by ``make_plan`` in ``conv.py``."""


read_plan = reader(Plan)
