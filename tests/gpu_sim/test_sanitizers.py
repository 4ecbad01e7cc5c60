"""The kernels under the compiler's sanitizers, which see what the orders of threads may hide.

Address and undefined behavior over all kernels; the thread sanitizer, to which every CUDA thread is
a thread that only barriers order, over those with shared memory.
"""
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpu_sim.compiler import CXX  # isort: skip

SCRIPT = Path(__file__).with_name("run_problems.py")
LIBRARIES = {"address,undefined": ("libasan.so", "libubsan.so"), "thread": ("libtsan.so",)}
SHARED = ["softmax_forward", "log_softmax_backward", "batch_norm_statistics", "batch_norm_backward",
          "channel_sum", "conv2d_forward", "conv2d_input_gradient", "conv2d_weight_gradient",
          "conv2d_relu_pool_forward", "cross_entropy_forward", "batch_norm_relu_factors",
          "unpooled_channel_sum", "group_norm_forward", "group_norm_backward",
          "prelu_backward"]


def library(name):
    run = subprocess.run([CXX, f"-print-file-name={name}"], capture_output=True, text=True)
    return run.stdout.strip()


def installed(kind):
    return all(Path(library(name)).is_absolute() for name in LIBRARIES[kind])


def run(kind, *arguments):
    if not installed(kind):
        pytest.skip(f"{CXX} has no sanitizer for {kind} here")
    environment = {
        **os.environ, "SIM_SANITIZE": kind, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
        "LD_PRELOAD": " ".join([library(name) for name in LIBRARIES[kind]]),
        "ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=0",
        "UBSAN_OPTIONS": "halt_on_error=1", "TSAN_OPTIONS": "exitcode=66:report_bugs=1"}
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True,
                          env=environment)


def test_addresses_and_defined_behavior():
    done = run("address,undefined")
    assert done.returncode == 0 and done.stdout.endswith("all right\n"), done.stderr[-3000:]


def test_no_race():
    done = run("thread", *SHARED)
    assert done.returncode == 0 and done.stdout.endswith("all right\n"), done.stderr[-3000:]


@pytest.mark.parametrize("kind, name, file, before, after, message", [
    ("address,undefined", "conv2d_forward", "conv", "Index results[COLUMNS];",
     "Index results[COLUMNS / 2];", "AddressSanitizer: global-buffer-overflow"),
    ("address,undefined", "im2col", "columns", "w >= 0 && w < W", "w < W", "AddressSanitizer"),
    ("thread", "channel_sum", "norm", "    __syncthreads();\n    value = warp_sum(thread",
     "    value = warp_sum(thread", "data race"),
    ("thread", "conv2d_weight_gradient", "conv_weight",
     "__syncthreads();  // all have read the other A and B, and spots", "", "data race"),
])
def test_planted_faults_are_seen(kind, name, file, before, after, message):
    done = run(kind, name, file, before, after)
    assert done.returncode and message in done.stderr, done.stderr[-2000:]
