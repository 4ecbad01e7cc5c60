"""What this machine has to compute with: looked for, and tried, without ever raising.

Each part of the chain is a finding: NumPy and its BLAS; Numba and its threads; and for the GPU the
driver, CuPy, the compiler NVRTC, cuBLAS and CUDA graphs. A finding that something is missing knows
the packages that mend it, and the report ends with the one command that installs them all.
"""
import ctypes
import importlib.metadata
import platform
import sys
from dataclasses import dataclass

import numpy as np

from .. import kernels
from ..autograd import Tensor, no_grad
from ..compiler import compile
from ..device import cupy, has_gpu
from ..kernels import threads
from ..ops import linear

OLDEST_CUDA13 = 13000  # a driver of this version or later runs what CUDA 13 compiles
MARKS = {True: "ok  ", False: "--  "}


@dataclass
class Finding:
    """One part of the chain.

    Attributes
    ----------
    name : str
        Such as "Numba".
    works : bool
        Found, and it did what was asked of it.
    text : str
        What was found, or why it does not work.
    packages : tuple of str
        What pip has to install to mend it; empty where nothing is broken or pip cannot help.
    """

    name: str
    works: bool
    text: str
    packages: tuple = ()

    def __str__(self):
        return f"{MARKS[self.works]}{self.name:8} {self.text}"


def examine():
    """All findings, those of the CPU first.

    Returns
    -------
    list of Finding
    """
    driver = find_driver()
    cpu = [find_python(), find_numpy(), find_numba()]
    gpu = [find_cupy(driver)]
    if gpu[0].works:
        gpu += [_try("NVRTC", _compile, driver), _try("cuBLAS", _multiply, driver),
                _try("graphs", _replay, driver)]
    return [*cpu, driver, *gpu]


def report(findings):
    """The findings as lines of text, and what to do about them."""
    packages = sorted({p for finding in findings for p in finding.packages})
    lines = [str(finding) for finding in findings]
    if packages:
        lines += ["", "To mend what is missing:", "    pip install " + " ".join(
            [f'"{p}"' if "[" in p else p for p in packages])]
    else:
        gpu = all(finding.works for finding in findings)
        lines += ["", "Nothing to mend; " + ("the GPU is used for what is moved to \"cuda\"." if gpu
                                             else "the CPU is used.")]
    return "\n".join(lines)


def find_python():
    """The interpreter and the system."""
    return Finding("Python", True, f"{platform.python_version()}, {platform.system()} "
                                   f"{platform.machine()}")


def find_numpy():
    """NumPy and the library of its matrix products."""
    try:
        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        products = f"matrix products by {blas['name']} {blas['version']}"
    except Exception:  # what it tells of its making is not fixed
        products = "its BLAS is not known"
    return Finding("NumPy", True, f"{np.__version__}, {products}")


def find_numba():
    """Numba, its threads, and the layer below them; one kernel is compiled and run."""
    if not threads.has_numba():
        return Finding("Numba", False, "not installed: the CPU kernels run in NumPy, slowly",
                       ("numba",))
    try:
        with kernels.use("cpu"):
            right = kernels.relu_forward(np.full(1 << 16, -1, np.float32)).max() == 0
        layer = threads._numba().threading_layer()
        text = f"{kernels.describe()} ({layer})"
    except Exception as error:
        return Finding("Numba", False, f"installed, but {_first_line(error)}", ("numba",))
    return Finding("Numba", bool(right), text)


def find_driver():
    """NVIDIA's driver and the newest CUDA that it runs."""
    version = driver_version()
    if version is None:
        return Finding("driver", False, "no NVIDIA driver: no GPU, or none that is set up")
    return Finding("driver", True, f"for CUDA {version // 1000}.{version % 1000 // 10} and older")


def driver_version():
    """As the driver says it, 13000 for CUDA 13.0; None without one."""
    name = {"win32": "nvcuda.dll"}.get(sys.platform, "libcuda.so.1")
    version = ctypes.c_int()
    try:
        if ctypes.CDLL(name).cuDriverGetVersion(ctypes.byref(version)):
            return None
    except (OSError, AttributeError):
        return None
    return version.value


def find_cupy(driver):
    """CuPy, and the GPU that it finds."""
    installed = {name: _version(name) for name in ("cupy-cuda13x", "cupy-cuda12x", "cupy")}
    found = next(((name, v) for name, v in installed.items() if v), None)
    if has_gpu():
        name = cupy().cuda.runtime.getDeviceProperties(0)["name"].decode()
        return Finding("CuPy", True, f"{cupy().__version__}, {name}")
    if found is None:
        return Finding("CuPy", False, "not installed", _gpu_packages(driver))
    return Finding("CuPy", False, f"{found[0]} {found[1]} finds no GPU",
                   _gpu_packages(driver) if driver.works else ())


def _gpu_packages(driver):
    """The extra that suits the driver; without a driver none helps."""
    if not driver.works:
        return ()
    extra = "cuda13" if (driver_version() or 0) >= OLDEST_CUDA13 else "cuda12"
    return (f"minitorch_cnn[{extra}]",)


def _try(name, trial, driver):
    """Whether a trial on the GPU succeeds."""
    try:
        return Finding(name, True, trial())
    except Exception as error:
        return Finding(name, False, _first_line(error), _gpu_packages(driver))


def _compile():
    """Compile and run a kernel of ours."""
    y = kernels.relu_forward(cupy().asarray(np.array([-1, 2], np.float32)))
    if y.tolist() != [0, 2]:
        raise RuntimeError("a kernel computed nonsense")
    return "compiles kernels"


def _multiply():
    """Multiply two matrices."""
    one = cupy().asarray(np.eye(2, dtype=np.float32))
    if (one @ one).tolist() != [[1, 0], [0, 1]]:
        raise RuntimeError("a matrix product is nonsense")
    return "multiplies matrices"


def _replay():
    """A compiled step with a matrix product becomes one CUDA graph."""
    one = Tensor(np.eye(2, dtype=np.float32)).cuda()
    step = compile(lambda x: linear(x, one) + x)
    with no_grad():
        results = [step(one * i).tolist() for i in range(6)]
    if results != [[[2 * i, 0], [0, 2 * i]] for i in range(6)]:
        raise RuntimeError("a compiled step computes nonsense")
    if "in 1 CUDA graph:" not in step.explain():
        raise RuntimeError(f"a compiled step is not one graph: {step.explain()}")
    return "compiled steps are CUDA graphs"


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _first_line(error):
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
