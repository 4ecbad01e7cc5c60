"""NVIDIA's compiler for kernels, NVRTC, which needs neither a GPU nor a driver.

From the wheels nvidia-cuda-nvrtc, nvidia-cuda-runtime and nvidia-cuda-crt (the extra ``sim``), by
ctypes; see https://docs.nvidia.com/cuda/nvrtc/.
"""
import ctypes
import functools
import importlib.util
import re
from pathlib import Path

CUPYS_OPTIONS = ("-ftz=true", "--device-as-default-execution-space")  # CuPy adds them to ours
REPORT = ("--ptxas-options=-v", "--ptxas-options=-warn-spills",
          "--ptxas-options=-warn-lmem-usage")
USED = re.compile(r"Used (\d+) registers")
LOCAL = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")


class CompileError(Exception):
    """NVRTC's messages."""


def _folder():
    """Where the wheels put their files, or None."""
    spec = importlib.util.find_spec("nvidia")
    for place in (spec.submodule_search_locations if spec else ()):
        found = sorted(Path(place).glob("*/lib/libnvrtc.so*"))
        if found:
            return found[-1].parents[1]
    return None


def is_installed():
    return _folder() is not None


@functools.cache
def library():
    folder = _folder() / "lib"
    for part in sorted(folder.glob("libnvrtc-builtins.so*")):  # else NVRTC does not find it
        ctypes.CDLL(str(part))
    nvrtc = ctypes.CDLL(str(sorted(folder.glob("libnvrtc.so*"))[-1]))
    nvrtc.nvrtcGetErrorString.restype = ctypes.c_char_p
    return nvrtc


def _text(get, program):
    size = ctypes.c_size_t()
    getattr(library(), f"{get}Size")(program, ctypes.byref(size))
    text = ctypes.create_string_buffer(max(size.value, 1))
    getattr(library(), get)(program, text)
    return text.raw[:size.value]


def compile(source, options, arch):
    """Compile for an architecture such as "sm_90".

    Returns
    -------
    log : str
        Warnings, and what each kernel uses.
    cubin : bytes
    """
    include = _folder() / "include"
    program = ctypes.c_void_p()
    library().nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"source.cu", 0, None,
                                 None)
    options = [*options, *CUPYS_OPTIONS, *REPORT, f"-arch={arch}", f"-I{include}"]
    strings = (ctypes.c_char_p * len(options))(*[o.encode() for o in options])
    error = library().nvrtcCompileProgram(program, len(options), strings)
    log = _text("nvrtcGetProgramLog", program).rstrip(b"\0").decode()
    cubin = b"" if error else _text("nvrtcGetCUBIN", program)
    library().nvrtcDestroyProgram(ctypes.byref(program))
    if error:
        raise CompileError(log)
    return log, cubin


def complaints(log):
    """What should not be in a log: warnings, spilled registers, local memory."""
    found = [line for line in log.splitlines() if re.search(r"\bwarning\b", line, re.IGNORECASE)]
    return found + [line for line in log.splitlines() for numbers in LOCAL.findall(line)
                    if any(int(n) for n in numbers)]
