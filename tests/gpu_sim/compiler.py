"""Build CUDA C with an ordinary C++ compiler against ``shim/``, unchanged, and launch it.

The objects are kept in the cache folder under a hash of all that went in: only a changed source is
compiled. ``SIM_SANITIZE=address,undefined`` (or ``thread``) in the environment builds with
sanitizers; Python then has to be started with their libraries preloaded (test_sanitizers.py).
"""
import ctypes
import functools
import hashlib
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from minitorch_cnn.cache import cache_folder

from .memory import KernelError, SideBySide

SHIM = Path(__file__).parent / "shim"
CXX = os.environ.get("CXX", "g++")
SANITIZE = os.environ.get("SIM_SANITIZE", "")
ORDERS = (0, 1, 7)  # of threads and blocks: in turn, backwards, shuffled
EDGES = {0: "end", 1: "start", 7: "end, aligned"}  # where the arrays lie in each of them
BASE = ["-std=c++17", "-gdwarf-4", "-fPIC", "-shared", "-U_FORTIFY_SOURCE", "-fno-strict-aliasing",
        "-fno-gnu-unique", "-Wall", "-Wno-unknown-pragmas", "-Wno-unused-function",
        "-Wno-unused-variable"]
CHECKED = ["-fsanitize=bounds-strict,alignment,shift,signed-integer-overflow,"
           "integer-divide-by-zero,null", "-fsanitize-undefined-trap-on-error"]
KERNEL = re.compile(r'extern\s+"C"\s+__global__\s+void\s+(?:__launch_bounds__\([^)]*\)\s*)?(\w+)')
# a kernel's array whose size the launch says
DYNAMIC = re.compile(r"extern\s+__shared__\s+(?:__align__\(\d+\)\s+)?([\w ]+?)\s+(\w+)\[\];")
FAULT = re.compile(r" \[pc (0x[0-9a-f]+)\]")


class CompileError(Exception):
    """The compiler's messages."""


@dataclass
class Parameter:
    """Of a kernel: bytes and kind ("f", "i", "u") of the value, or of what a pointer leads to."""

    pointer: bool
    constant: bool
    size: int
    kind: str


def build(name, source, flags):
    """A shared object; compiled once, its file name is a hash of everything that goes in."""
    shim = "".join([path.read_text(encoding="utf-8") for path in sorted(SHIM.iterdir())])
    key = hashlib.sha256(f"{source}{flags}{shim}{CXX}".encode()).hexdigest()[:20]
    folder = cache_folder() / "sim"
    done = folder / f"{name}-{key}.so"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{name}-{key}.{os.getpid()}"
        Path(f"{part}.cpp").write_text(source, encoding="utf-8")
        run = subprocess.run([CXX, *flags, f"-I{SHIM}", "-o", f"{part}.so", f"{part}.cpp"],
                             capture_output=True, text=True)
        os.remove(f"{part}.cpp")
        if run.returncode:
            raise CompileError(run.stderr)
        os.replace(f"{part}.so", done)
    return done


def _optimized():
    if SANITIZE:
        return ["-O1", f"-fsanitize={SANITIZE}", "-DSIM_SANITIZED"]
    return ["-O1", *CHECKED]


@functools.cache
def _scheduler():
    """The scheduler, loaded where the kernels find it; never itself under a sanitizer."""
    flags = [*BASE, "-O2"]
    flags += ["-DSIM_SANITIZED"] if SANITIZE else []
    flags += ["-DSIM_TSAN"] if "thread" in SANITIZE else []
    source = (SHIM / "scheduler.cpp").read_text(encoding="utf-8")
    return ctypes.CDLL(str(build("scheduler", source, [*flags, "-ldl"])), ctypes.RTLD_GLOBAL)


def _glue(name):
    """What makes a kernel callable from here."""
    return (f'extern "C" const char* launch_{name}(void** a, const unsigned* g, const unsigned* b, '
            f"int order, unsigned dynamic) {{ return sim::launch(::{name}, a, g, b, order, "
            "dynamic); }\n"
            f'extern "C" const char* signature_{name}() {{ return sim::signature(::{name}); }}\n')


class Module:
    """The kernels of one source."""

    def __init__(self, code, options=()):
        self.names = KERNEL.findall(code)
        first = re.search(r'#line 1 "([^"]+)"', code)
        code = DYNAMIC.sub(r"\1* const \2 = reinterpret_cast<\1*>(sim::dynamic_shared());", code)
        source = f'#include "cuda.h"\n#line 1 "source.cu"\n{code}\n'
        source += "".join([_glue(name) for name in self.names])
        flags = [*BASE, *_optimized(), *[o for o in options if o.startswith("-D")]]
        _scheduler()
        name = Path(first[1]).stem if first else "source"
        self.path = build(name, source, flags)
        self.library = ctypes.CDLL(str(self.path))

    def kernel(self, name):
        """A kernel by name."""
        if name not in self.names:
            raise KernelError(f"there is no kernel {name}, but {', '.join(self.names)}")
        return Kernel(self, name)


class Kernel:
    """One kernel of a module."""

    def __init__(self, module, name):
        self.name, self.path = name, module.path
        self._launch = getattr(module.library, f"launch_{name}")
        self._launch.restype = ctypes.c_char_p
        signature = getattr(module.library, f"signature_{name}")
        signature.restype = ctypes.c_char_p
        found = re.findall(r"(p?)(c?)(\d+)([fiu])", signature().decode())
        self.parameters = [Parameter(bool(p), bool(c), int(size), kind)
                           for p, c, size, kind in found]

    def launch(self, grid, block, arguments, dynamic=0):
        """Run in every order of threads and blocks; the results must be the same bit for bit.

        Parameters
        ----------
        grid, block : three ints each
        arguments : list
            Of a pointer the stretch of memory it may lead to, (address, first byte, last byte + 1);
            of a value its bytes.
        dynamic : int
            Bytes of shared memory beside those that the source asks for.
        """
        memory = SideBySide([a for a in arguments if isinstance(a, tuple)], bool(SANITIZE))
        results = []
        for order in ORDERS:
            memory.lay_out(EDGES[order])
            values = [memory.place(a[0]).to_bytes(8, "little") if isinstance(a, tuple) else a
                      for a in arguments]
            self._run(grid, block, values, order, dynamic)
            memory.check(self.name)
            results.append(memory.contents())
            if results[-1] != results[0]:
                raise KernelError(f"{self.name}: the results depend on the order in which threads "
                                  "and blocks run: a missing barrier, or a race")
        memory.write_back(results[0])

    def _run(self, grid, block, values, order, dynamic):
        keep = [ctypes.create_string_buffer(value, len(value)) for value in values]
        pointers = (ctypes.c_void_p * len(keep))(*[ctypes.addressof(k) for k in keep])
        three = ctypes.c_uint * 3
        error = self._launch(pointers, three(*grid), three(*block), order, dynamic)
        if error:
            raise KernelError(f"{self.name}: {FAULT.sub(self._line, error.decode())}")

    def _line(self, match):
        """Where in the source, if binutils are there to say so."""
        try:
            run = subprocess.run(["addr2line", "-e", str(self.path), match[1]], capture_output=True,
                                 text=True)
        except FileNotFoundError:
            return ""
        return f" at {Path(run.stdout.split(' (')[0].strip()).name}"
