"""On what a study ran: processor, memory, system, versions. No names of users, hosts or folders."""
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

from ..device import cupy, has_gpu


def machine_facts():
    """What a reader needs to compare times and repeat a study.

    Returns
    -------
    dict of str to str
        Processor, cores, memory, GPU where there is one, system, and the versions of Python, NumPy,
        Numba, matplotlib and minitorch_cnn.
    """
    facts = {"processor": _processor(), "cores": _cores(), "memory": _memory()}
    if has_gpu():
        facts["GPU"] = cupy().cuda.runtime.getDeviceProperties(0)["name"].decode()
    facts["system"] = _system()
    facts["Python"] = f"{platform.python_version()} ({platform.python_implementation()})"
    for name in ("NumPy", "Numba", "matplotlib"):
        facts[name] = version_of(name.lower())
    facts["minitorch_cnn"] = own_version()
    return facts


def version_of(package):
    """The installed version of a package, without importing it."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def own_version():
    """The version of this package."""
    from .. import __version__  # not at the top: the package imports nothing of this folder
    return __version__


def _processor():
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        return _first_line(["sysctl", "-n", "machdep.cpu.brand_string"])
    return platform.processor() or platform.machine() or "unknown"


def _first_line(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=5,
                              check=True).stdout.splitlines()[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        return "unknown"


def _cores():
    """Those this process may use, and those there are."""
    there = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else there
    return str(there) if usable == there else f"{usable} of {there}"


def _memory():
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return "unknown"
    return f"{size / 2 ** 30:.1f} GiB"


def _system():
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        name = f"{platform.system()} {platform.release()}"
    return f"{name}, {platform.machine()}"
