"""The simulator runs kernels as a GPU would, and sees what a GPU would not forgive."""
import numpy as np
import pytest
from gpu_sim import compiler
from gpu_sim.compiler import Module
from gpu_sim.memory import KernelError

X = np.random.default_rng(0).random(64, np.float32)


def kernel(body, parameters="const float* x, float* y, int n"):
    code = f'extern "C" __global__ void k({parameters}) {{ const int t = threadIdx.x; {body} }}'
    return Module(code).kernel("k")


def launch(k, x=X, block=(64, 1, 1), grid=(1, 1, 1), n=64, y=None):
    y = np.zeros(64, np.float32) if y is None else y
    k.launch(grid, block, [pointer(x), pointer(y), np.int32(n).tobytes()])
    return y


def pointer(a):
    return a.ctypes.data, a.ctypes.data, a.ctypes.data + a.nbytes


def test_barriers():
    k = kernel("__shared__ float b[64]; b[t] = x[t]; __syncthreads(); y[t] = b[63 - t];")
    np.testing.assert_array_equal(launch(k), X[::-1])


MMA = """
#include "tensor_cores.h"
struct Four { float v[4]; };
extern "C" __global__ void k(const float* x, float* y, int n) {
    const int lane = threadIdx.x % 32, g = lane / 4, c = lane % 4;
    x += threadIdx.x / 32 * 192;  // of each warp: A (16, 8), B (8, 8)
    y += threadIdx.x / 32 * 128;
    const Four a = {x[g * 8 + c], x[g * 8 + 64 + c], x[g * 8 + c + 4], x[g * 8 + 64 + c + 4]};
    float d[4] = {1, 1, 1, 1};
    mma(d, a, x[128 + c * 8 + g], x[128 + (c + 4) * 8 + g]);
    for (int i = 0; i < 4; ++i) y[(g + i / 2 * 8) * 8 + 2 * c + i % 2] = d[i];
}
"""


def test_tensor_cores():
    """Each lane holds what "mma.m16n8k8" says; of a factor ten bits count."""
    x = np.random.default_rng(0).standard_normal((2, 24, 8)).astype(np.float32)
    y = launch(Module(MMA).kernel("k"), x, y=np.zeros((2, 16, 8), np.float32))
    x = (x.view(np.uint32) & 0xffffe000).view(np.float32).astype(np.float64)
    np.testing.assert_allclose(y, 1 + x[:, :16] @ x[:, 16:], rtol=1e-5)


def test_many_barriers():
    k = kernel("__shared__ float b[64]; b[t] = x[t]; __syncthreads();"
               "for (int s = 32; s; s /= 2) { if (t < s) b[t] += b[t + s]; __syncthreads(); }"
               "y[t] = b[0];")
    np.testing.assert_allclose(launch(k), X.sum(), rtol=1e-6)


@pytest.mark.parametrize("shuffle, expected", [
    ("__shfl_xor_sync(0xffffffffu, x[t], 5)", lambda t: t ^ 5),
    ("__shfl_down_sync(0xffffffffu, x[t], 3)", lambda t: t + 3 * (t % 32 + 3 < 32)),
    ("__shfl_up_sync(0xffffffffu, x[t], 2)", lambda t: t - 2 * (t % 32 >= 2)),
    ("__shfl_sync(0xffffffffu, x[t], 7)", lambda t: t // 32 * 32 + 7),
])
def test_shuffles(shuffle, expected):
    np.testing.assert_array_equal(launch(kernel(f"y[t] = {shuffle};")), X[expected(np.arange(64))])


def test_votes():
    y = launch(kernel("y[t] = __popcll(__ballot_sync(0xffffffffu, x[t] > 0.5f))"
                      " + 100 * __any_sync(0xffffffffu, t == 40)"
                      " + 1000 * __all_sync(0xffffffffu, t < 32);".replace("__popcll",
                                                                           "__builtin_popcount")))
    high = (X > 0.5).reshape(2, 32).sum(1)
    np.testing.assert_array_equal(y[[0, 32]], [high[0] + 1000, high[1] + 100])


def test_half_warps_wait_for_their_own_half():
    k = kernel("float v = 0; if (t % 32 < 16) v = __shfl_xor_sync(0x0000ffffu, x[t], 1);"
               "else v = __shfl_xor_sync(0xffff0000u, x[t], 2); y[t] = v;")
    t = np.arange(64)
    np.testing.assert_array_equal(launch(k), X[np.where(t % 32 < 16, t ^ 1, t ^ 2)])


def test_atomics():
    y = np.zeros(64, np.float32)
    launch(kernel("atomicAdd(y + t % 4, 1.f); atomicMax(y + 8, float(t));"), y=y)
    assert y[:4].tolist() == [16] * 4 and y[8] == 63


def test_threads_and_blocks_have_their_numbers():
    k = kernel("int i = t + blockDim.x * (threadIdx.y + blockDim.y * (blockIdx.x + gridDim.x *"
               " (blockIdx.y + gridDim.y * blockIdx.z))); y[i] = i;")
    y = launch(k, block=(2, 2, 1), grid=(4, 2, 2))
    np.testing.assert_array_equal(y, np.arange(64))


# faults ------------------------------------------------------------------------------------------

def test_a_missing_barrier():
    with pytest.raises(KernelError, match="depend on the order"):
        launch(kernel("__shared__ float b[64]; b[t] = x[t]; y[t] = b[63 - t];"))


def test_a_barrier_of_the_warp_is_none_of_the_block():
    with pytest.raises(KernelError, match="depend on the order"):
        launch(kernel("__shared__ float b[64]; b[t] = x[t]; __syncwarp(); y[t] = b[63 - t];"))


def test_adding_up_without_atomics():
    with pytest.raises(KernelError, match="depend on the order"):
        launch(kernel("y[t / 8] += x[t];"))


def test_blocks_that_need_each_other():
    with pytest.raises(KernelError, match="depend on the order"):
        launch(kernel("y[blockIdx.x] = x[t] + (blockIdx.x ? y[blockIdx.x - 1] : 0);"),
               block=(1, 1, 1), grid=(8, 1, 1))


@pytest.mark.parametrize("n", [61, 62, 63, 64])
@pytest.mark.parametrize("body", ["if (t <= n) y[t] = 1;", "if (t <= n) y[0] = x[t] * 0;",
                                  "if (t == 0) y[-1] = 1;", "if (t == 0) y[0] = x[-1];"])
def test_memory_that_is_not_its_own(n, body):
    x, y = X[:n].copy(), np.zeros(n, np.float32)
    with pytest.raises(KernelError, match="beyond its arrays"):
        launch(kernel(body), x, n=n, y=y, block=(n + 1, 1, 1))


def test_the_line_is_named():
    with pytest.raises(KernelError, match=r"block \(0, 0, 0\): thread \(63, 0, 0\) touches memory "
                                          r"beyond its arrays at source\.cu:2"):
        launch(kernel("y[t] = 1;\n y[t] = x[t];"), X[:63].copy())


def test_fixed_arrays_have_an_end():
    with pytest.raises(KernelError, match=r"thread \(63, 0, 0\) goes wrong.*at source\.cu:1"):
        launch(kernel("__shared__ float b[63]; b[t] = x[t]; __syncthreads(); y[t] = b[0];"))


def test_vector_loads_need_alignment():
    k = kernel("float4 v = *(const float4*)(x + 1); y[t] = v.x;")
    with pytest.raises(KernelError, match="alignment"):
        launch(k)


def test_shared_memory_starts_with_anything():
    assert np.isnan(launch(kernel("__shared__ float b[64]; y[t] = b[t];"))).all()


def test_different_barriers():
    with pytest.raises(KernelError, match="meet at different"):
        launch(kernel("if (t < 16) __syncthreads(); else\n__syncthreads(); y[t] = 1;"))


def test_a_barrier_that_some_never_reach():
    with pytest.raises(KernelError, match="never reach"):
        launch(kernel("if (t == 3) return; __syncthreads(); y[t] = 1;"))
    with pytest.raises(KernelError, match="deadlock"):
        launch(kernel("if (t == 3) return; y[t] = __shfl_xor_sync(0xffffffffu, x[t], 1);"))


@pytest.mark.parametrize("grid, block, message", [
    ((1, 65536, 1), (1, 1, 1), "65,535 blocks"), ((1, 1, 65536), (1, 1, 1), "65,535 blocks"),
    ((1, 1, 1), (1025, 1, 1), "1,024 threads"), ((0, 1, 1), (1, 1, 1), "size of zero"),
    ((1, 1, 1), (1, 1, 65), "1,024 threads")])
def test_limits_of_a_launch(grid, block, message):
    with pytest.raises(KernelError, match=message):
        launch(kernel(""), grid=grid, block=block)


def test_after_a_fault_all_is_well():
    with pytest.raises(KernelError):
        launch(kernel("__shared__ float b[64]; b[t] = x[t]; __syncthreads(); y[t + t] = b[t];"))
    test_barriers()


def test_many_blocks():
    k = kernel("if (blockIdx.x == 70000) y[0] = n;")
    assert launch(k, block=(1, 1, 1), grid=(70001, 1, 1))[0] == 64


def test_what_does_not_compile():
    with pytest.raises(compiler.CompileError, match=r"source\.cu:1.*nonsense"):
        kernel("nonsense(1);")
    with pytest.raises(KernelError, match="no kernel f, but k"):
        Module('extern "C" __global__ void k(int n) {}').kernel("f")


def test_arrays_that_overlap_share_their_copies():
    x = np.arange(65, dtype=np.float32)
    before = x.copy()
    kernel("float v = x[t]; __syncthreads(); y[t] = v;").launch(
        (1, 1, 1), (64, 1, 1), [pointer(x[:64]), pointer(x[1:]), np.int32(64).tobytes()])
    np.testing.assert_array_equal(x[1:], before[:64])


# shared memory whose size the launch says ---------------------------------------------------------

REVERSE = "extern __shared__ float b[]; b[t] = x[t]; __syncthreads(); y[t] = b[63 - t];"


def launch_with(k, dynamic, y=None):
    y = np.zeros(64, np.float32) if y is None else y
    k.launch((2, 1, 1), (64, 1, 1), [pointer(X), pointer(y), np.int32(64).tobytes()], dynamic)
    return y


def test_dynamic_shared_memory():
    np.testing.assert_array_equal(launch_with(kernel(REVERSE), 256), X[::-1])
    assert np.isnan(launch_with(kernel("extern __shared__ float b[]; y[t] = b[t];"), 256)).all()
    two = kernel("extern __shared__ __align__(16) double all[]; float* b = (float*)(all + 32);"
                 "if (t < 32) all[t] = x[t]; b[t] = x[t]; __syncthreads();"
                 "y[t] = float(all[t % 32]) + b[63 - t];")
    np.testing.assert_array_equal(launch_with(two, 512), np.tile(X[:32], 2) + X[::-1])


@pytest.mark.parametrize("dynamic, message", [
    (240, "beyond its arrays"), (0, "beyond its arrays"), (49153, "48 KiB of shared memory")])
def test_dynamic_shared_memory_has_an_end(dynamic, message):
    with pytest.raises(KernelError, match=message):
        launch_with(kernel(REVERSE), dynamic)


def test_a_missing_barrier_in_dynamic_shared_memory():
    with pytest.raises(KernelError, match="depend on the order"):
        launch_with(kernel(REVERSE.replace("__syncthreads();", "")), 256)
