"""NVIDIA's own compiler takes every kernel, without a warning and without spilling registers."""
import importlib

import numpy as np
import pytest
from gpu_sim import nvrtc

launch = importlib.import_module("minitorch_cnn.kernels.cuda.launch")
FILES = sorted(path.stem for path in launch.HERE.glob("*.cu"))
ARCHES = ("sm_75", "sm_80", "sm_90", "sm_100")
FLOAT, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)

pytestmark = pytest.mark.skipif(not nvrtc.is_installed(), reason='pip install "minitorch_cnn[sim]"')


def compile_all(file, real, wide, arch):
    for variant in launch.variants(file, real):
        log, cubin = nvrtc.compile(launch.source(file), launch.options(real, wide, variant), arch)
        assert not nvrtc.complaints(log), f"{variant}: {log}"
        assert len(cubin) > 1000 and set(launch.kernel_names(file)) <= _names(log)


def _names(log):
    return {line.split("'")[1] for line in log.splitlines() if "Compiling entry function" in line}


@pytest.mark.parametrize("arch", ARCHES)
@pytest.mark.parametrize("file", FILES)
def test_float(file, arch):
    if int(arch[3:]) < launch.oldest(file):
        with pytest.raises(nvrtc.CompileError):
            compile_all(file, FLOAT, False, arch)
        return
    compile_all(file, FLOAT, False, arch)


@pytest.mark.parametrize("real, wide, arch", [(FLOAT, True, "sm_90"), (DOUBLE, False, "sm_80"),
                                              (DOUBLE, True, "sm_90")])
@pytest.mark.parametrize("file", FILES)
def test_double_and_wide(file, real, wide, arch):
    compile_all(file, real, wide, arch)


@pytest.mark.parametrize("code, message", [
    ("int unused = 1;", "warning.*never referenced"),
    ("float a[64] = {}; for (int i = 0; i < 64; ++i) a[int(x[i]) & 63] += i;"
     "for (int i = 0; i < 64; ++i) x[i] = a[i];", "stack frame"),
])
def test_complaints_are_found(code, message):
    log, _ = nvrtc.compile(f'extern "C" __global__ void k(float* x) {{ {code} }}', (), "sm_90")
    with pytest.raises(AssertionError, match=message):
        assert not nvrtc.complaints(log), nvrtc.complaints(log)


def test_errors_are_found():
    with pytest.raises(nvrtc.CompileError, match="nonsense"):
        nvrtc.compile('extern "C" __global__ void k() { nonsense(); }', (), "sm_90")
