"""Faults are put into the real kernels, one by one: each must be seen."""
import importlib
import sys
from pathlib import Path

import pytest
from gpu_sim.cupy_standin import installed
from gpu_sim.memory import KernelError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "gpu"))
from check_gpu import close  # noqa: E402
from small_problems import problems  # noqa: E402

launch = importlib.import_module("minitorch_cnn.kernels.cuda.launch")
SEEN = KernelError, AssertionError      # by the simulator, or by comparing with the reference

FAULTS = [  # what, file, primitive, from, to, how it is seen
    ("missing barrier", "conv", "conv2d_forward",
     "__syncthreads();  // all have read the other A and B, and taps", "", KernelError),
    ("missing barrier", "conv_weight", "conv2d_weight_gradient",
     "__syncthreads();  // all have read the other A and B, and spots", "",
     KernelError),
    ("missing barrier", "norm", "channel_sum",
     "    __syncthreads();\n    value = warp_sum(thread", "    value = warp_sum(thread", SEEN),
    ("missing barrier", "norm", "batch_norm_statistics",
     "    __syncthreads();\n    for (int row", "    for (int row", SEEN),
    ("barrier of the warp only", "conv", "conv2d_input_gradient",
     "__syncthreads();  // all have read the other A and B, and taps", "__syncwarp();",
     KernelError),
    ("barrier that some skip", "depthwise", "conv2d_weight_gradient",
     "    sum = block_sum(sum, scratch);",
     "    if (threadIdx.x > 40) return; sum = block_sum(sum, scratch);", KernelError),
    ("off by one", "pool", "max_pool2d_forward", "if (i >= n) return;", "if (i > n) return;",
     KernelError),
    ("off by one", "pool", "avg_pool2d_forward", "h < h1; ++h", "h <= h1; ++h", SEEN),
    ("off by one", "elementwise", "relu_forward", "if (i + k < n) y", "if (i + k <= n) y",
     KernelError),
    ("off by one", "elementwise", "relu_backward", "i + PACK <= n &&", "i <= n &&", KernelError),
    ("off by one", "columns", "im2col", "w >= 0 && w < W", "w >= 0 && w <= W", SEEN),
    ("off by one", "conv", "conv2d_forward", "k0 >= K", "k0 + STEPS >= K", SEEN),
    ("off by one", "conv", "conv2d_forward", "m >= M) continue", "m > M) continue", SEEN),
    ("wrong stride", "softmax", "softmax_forward", "(K * inner)", "K", SEEN),
    ("wrong stride", "columns", "im2col", "KH * H + h) * W + w", "KH * H + h) * H + w", SEEN),
    ("wrong stride", "norm", "batch_norm_forward", "i / S % C", "i % C", AssertionError),
    ("wrong stride", "conv", "conv2d_input_gradient", "tap.h * a.w.image + tap.w",
     "tap.h * g.W + tap.w", SEEN),
    ("wrong phase", "conv", "conv2d_input_gradient", "i * a.h.spacing", "i", SEEN),
    ("+= race", "norm", "channel_sum",
     "    if (threadIdx.x == 0) {\n        partial[part * C + c] =",
     "    {\n        partial[part * C + c] +=", SEEN),
    ("+= race", "conv_weight", "conv2d_weight_gradient",
     "partial[Index(group * M + m) * K + k] = sum[i][j];",
     "partial[Index(group * M + m / 2) * K + k] += sum[i][j];", SEEN),
    ("half a reduction", "softmax", "softmax_backward", "away > 0; away /= 2) value +=",
     "away > 1; away /= 2) value +=", SEEN),
    ("off by one", "relu_pool", "relu_max_pool2d_forward", "kw < KW; ++kw", "kw <= KW; ++kw", SEEN),
    ("off by one", "relu_pool", "unpool2d", "ph >= PH ||", "ph > PH ||", SEEN),
    ("off by one", "conv", "conv2d_relu_pool_forward", "if (n < g.N) spot.result", "spot.result",
     SEEN),
    ("wrong stride", "conv", "conv2d_relu_pool_forward", "2 * pw + pixel % 2", "2 * pw + pixel / 2",
     SEEN),
    ("wrong stride", "norm_relu", "batch_norm_relu_factors", "* H + h) * W + w", "* H + h) * H + w",
     SEEN),
    ("missing barrier", "cross_entropy", "cross_entropy_forward",
     "    __syncthreads();\n    value = warp_sum(thread", "    value = warp_sum(thread", SEEN),
    ("off by one", "cross_entropy", "cross_entropy_forward", "label >= K;", "label > K;", SEEN),
    ("wrong stride", "cross_entropy", "nll_forward", "i / S * K + Index(label)",
     "i * K + Index(label)", SEEN),
    ("off by one", "resample", "resample2d", "j < row_starts[oh + 1]", "j <= row_starts[oh + 1]",
     SEEN),
    ("wrong stride", "group_norm", "group_norm_forward", "row % G * D", "row * D", SEEN),
    ("half a reduction", "group_norm", "layer_norm_backward", "away > 0; away /= 2) value +=",
     "away > 1; away /= 2) value +=", SEEN),
    ("+= race", "prelu", "prelu_backward", "        partial[part * C + c] = sum.first;",
     "        partial[part * C + c / 2] += sum.first;", SEEN),
    ("off by one", "smooth", "elu_backward", "if (i + k < n) y", "if (i + k <= n) y", KernelError),
    ("off by one", "warp", "warp_backward", "k < starts[cell + 1]", "k <= starts[cell + 1]", SEEN),
    ("memory never written", "depthwise", "conv2d_weight_gradient", "if (threadIdx.x == 0) dw",
     "if (threadIdx.x == 0 && blockIdx.x) dw", AssertionError),
]


@pytest.fixture(autouse=True, scope="module")
def cp():
    with installed() as module:
        yield module


@pytest.fixture
def plant(monkeypatch):
    """Put another text in the place of one in a kernel's source."""
    caches = launch._module, launch._kernel

    def put(file, before, after):
        source = launch.source
        assert before in source(file), f"{file}.cu has changed: plant this fault anew"
        monkeypatch.setattr(launch, "source", lambda name: source(name).replace(before, after)
                            if name == file else source(name))
        for cache in caches:
            cache.cache_clear()

    yield put
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


def run(primitive):
    for name, arguments in problems():
        if name == primitive:
            assert close(name, arguments, scale=1e-5)


@pytest.mark.parametrize("what, file, primitive, before, after, seen", FAULTS,
                         ids=[f"{f[0]} in {f[2]} {i}" for i, f in enumerate(FAULTS)])
def test_a_planted_fault_is_seen(what, file, primitive, before, after, seen, plant):
    plant(file, before, after)
    with pytest.raises(seen):
        run(primitive)


@pytest.mark.parametrize("primitive", sorted({fault[2] for fault in FAULTS}))
def test_without_it_all_is_well(primitive):
    run(primitive)
