"""cuBLAS for the stand-in: ``shim/cublas.cpp``, built by g++, called as the real one is."""
import ctypes
import functools
import types

from . import queue_standin as queue
from .compiler import BASE, SHIM, build


class Library:
    """What a capturing stream asks a library for."""

    def __init__(self, path):
        self.calls_so_far, self._c = 0, ctypes.CDLL(path)

    def begin(self, stream):
        """``stream`` captures now; 0: none does."""
        self._c.sim_begin(ctypes.c_void_p(stream))

    def calls(self):
        """What was noted since the last time, to be done again."""
        first, self.calls_so_far = self.calls_so_far, self._c.sim_noted()
        return [functools.partial(self._c.sim_again, i) for i in range(first, self.calls_so_far)]


@functools.cache
def cublas():
    """The module ``cuda.pathfinder``, which finds the library."""
    source = (SHIM / "cublas.cpp").read_text(encoding="utf-8")
    path = str(build("cublas", source, [*BASE, "-O2", "-ffp-contract=off"]))
    queue._here.libraries.append(Library(path))
    module = types.ModuleType("cuda.pathfinder")
    module.load_nvidia_dynamic_lib = lambda name: types.SimpleNamespace(
        abs_path={"cublas": path}[name])
    return module
