"""How the CPU kernels are compiled: Numba's options, threads and cache, in one place.

Compiled kernels are kept in the user's cache folder, under a name that hashes every file of this
folder, the versions of Numba and NumPy and the vector width, so that editing any of them compiles
anew (Numba's own cache looks at the file of the compiled function alone).
"""
import hashlib
import importlib
import os
import types as types_of_python
import warnings
from pathlib import Path

import numba
import numpy as np
from numba import config, types
from numba.core import event

from minitorch_cnn.cache import cache_folder
from minitorch_cnn.progress import CompilationLine

from . import simd

# a*b+c may be fused; NaN and inf keep their meaning (no "nnan", no "ninf"), sums their order (no
# "reassoc": with it, code that comes from the cache may round differently from code just compiled).
FAST = {"contract", "nsz", "arcp"}
LEVEL = config._OptLevel(2)


# GNU's OpenMP starts a parallel loop in a microsecond, TBB in two; Numba's own queue takes fifty.
config.THREADING_LAYER_PRIORITY = ["omp", "tbb", "workqueue"]


def _available(module):
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


def _choose_threads():
    """Warn where only the slow threading layer is left; keep NumPy's BLAS to one thread.

    After a product on several threads, OpenBLAS keeps them spinning for a tenth of a second, in
    the way of ours. (float64 products of the reference kernels run on one thread then.)
    """
    pools = ("numba.np.ufunc.omppool", "numba.np.ufunc.tbbpool")
    if not any(_available(pool) for pool in pools):
        warnings.warn("kernels: Numba has neither OpenMP nor TBB here, so small batches are slow; "
                      "install libgomp1 (Debian), or `pip install tbb`", RuntimeWarning,
                      stacklevel=2)
    try:
        import threadpoolctl
    except ImportError:
        return None
    found = threadpoolctl.ThreadpoolController().select(internal_api="openblas")
    return found.limit(limits=1)  # for good: the limit holds as long as nobody calls its restore


_blas = _choose_threads()


def _fingerprint():
    digest = hashlib.sha256(f"{numba.__version__} {np.__version__} {simd.WIDTH}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


_FOLDER = str(cache_folder() / "kernels" / _fingerprint())


def _compile(function, **options):
    """``numba.njit`` with our options; the compiled code goes to our folder, nobody else's."""
    before = config.CACHE_DIR
    config.CACHE_DIR = _FOLDER
    try:
        return numba.njit(function, cache=_writable(), error_model="numpy", fastmath=FAST,
                          **options)
    finally:
        config.CACHE_DIR = before


def _writable():
    try:
        os.makedirs(_FOLDER, exist_ok=True)
    except OSError:
        return False  # a read-only home: compile in every process
    return os.access(_FOLDER, os.W_OK)


class _Compilations(event.Listener):
    """Sees Numba compile: shows progress, and has our kernels optimized at LLVM's level 2.

    Level 3 takes half as long again and does nothing for loops that are written out in vectors.
    """

    def __init__(self):
        self.line = CompilationLine("minitorch_cnn: compiling CPU kernels" +
                                    (", once for this machine" if _writable() else ""))
        self._levels = []

    def on_start(self, event):
        """A function is going to be compiled; those it calls come within."""
        self._levels.append(config.OPT)
        if _is_ours(event):
            config.OPT = min(config.OPT, LEVEL)
            self.line.start()

    def on_end(self, event):
        """It is compiled."""
        config.OPT = self._levels.pop()
        if _is_ours(event):
            self.line.end()


def _is_ours(event):
    return str(event.data["dispatcher"].py_func.__module__).startswith(__package__)


compilations = _Compilations()
event.register("numba:compile", compilations)


def serial(function):
    """Compile a function that runs in the calling thread, for others of ours to call."""
    return _compile(function)


def inline(function):
    """Compile a function that is pasted into its callers."""
    return _compile(function, inline="always")


class Entry:
    """A compiled function that Python calls. While a tape runs, its calls are noted on it."""

    __slots__ = ("compiled", "alone")
    tape = None     # list of (compiled function, arguments)
    silent = False  # calls are noted on the tape, but not made
    spoiled = False     # NumPy touched data since this was set to False
    kept = []           # what captured calls hold on to besides their arguments

    def __init__(self, compiled, alone=None):
        self.compiled, self.alone = compiled, alone

    @staticmethod
    def keep(*arrays):
        """Hold on to arrays for as long as the captured calls may be made again."""
        Entry.kept.extend(arrays)

    def __call__(self, *args):
        """Run it."""
        if Entry.tape is not None:
            Entry.tape.append((self.compiled, args))
            if Entry.silent:
                return None
        return self.compiled(*args)


def run_or(first, arguments, otherwise):
    """Run an Entry that tells whether all went well; where it did not, ``otherwise()``.

    A tape gets one call that decides anew every time: so what ``otherwise`` would call is noted,
    and not called, since it works in the scratch memory where ``first`` expects something.
    """
    if Entry.tape is None:
        if not first(*arguments):
            otherwise()
        return
    tape, silent = Entry.tape, Entry.silent
    Entry.tape, Entry.silent = [], True
    try:
        otherwise()
        others = Entry.tape
    finally:
        Entry.tape, Entry.silent = tape, silent
    tape.append((_run_or, (first.compiled, arguments, others)))
    if not silent:
        _run_or(first.compiled, arguments, others)


def _run_or(first, arguments, others):
    if not first(*arguments):
        for function, its_arguments in others:
            function(*its_arguments)


def parallel(function):
    """Compile a function whose ``prange`` loops run on all threads; an Entry.

    Its ``alone`` runs them in the calling thread: to wake the others takes some microseconds.
    """
    twin = types_of_python.FunctionType(function.__code__, function.__globals__)
    twin.__qualname__ = f"{function.__qualname__}_alone"    # the cache goes by this name
    return Entry(_compile(function, parallel=True), Entry(_compile(twin)))


def entry(function):
    """Compile a function that runs in the calling thread, for Python to call; an Entry."""
    return Entry(_compile(function))


def on(workers, kernel):
    """A parallel kernel as it runs on so many threads."""
    return kernel if workers > 1 else kernel.alone


def direct(*arguments):
    """Compile a function from these types to an integer now, to be called from Python alone.

    Numba looks at the types of the arguments at every call, to find the code compiled for them;
    what this returns is that code, and a call takes 30 nanoseconds.
    """
    def decorate(function):
        compiled = _compile(function)
        compiled.compile(types.intp(*arguments))
        return compiled.get_overload(types.intp(*arguments))
    return decorate


numba.get_num_threads()     # starts them, and shows this C function to compiled code
_get_num_threads = types.ExternalFunction("get_num_threads", types.intc())


@direct()
def threads():
    """How many threads a parallel loop runs on."""
    return _get_num_threads()
