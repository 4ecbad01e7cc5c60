"""``minitorch_cnn.compile``: record a step, fuse its ops, replay it."""
from .compiled import Compiled, compile

__all__ = ["Compiled", "compile"]
