"""A capturing stream of the stand-in behaves as CuPy's: what runs, what does not, what is refused.

After CuPy's own tests/cupy_tests/cuda_tests/test_graph.py.
"""
import importlib

import numpy as np
import pytest
from gpu_sim import queue_standin as queue
from gpu_sim.cupy_standin import installed

A = np.arange(6, dtype=np.float32).reshape(2, 3)
SHIFT = 'extern "C" __global__ void shift(float* x, float a) { x[threadIdx.x] += a; }'


@pytest.fixture(autouse=True, scope="module")
def cp():
    with installed() as module:
        yield module


class Capture:
    """``with Capture(cp) as c:`` captures in a pool of its own; then ``c.graph``."""

    def __init__(self, cp):
        self.pool, self.stream = cp.cuda.MemoryPool(), cp.cuda.Stream(non_blocking=True)
        self.memory = cp.cuda.using_allocator(self.pool.malloc)

    def __enter__(self):
        self.stream.__enter__()
        self.memory.__enter__()
        self.stream.begin_capture()
        return self

    def __exit__(self, *error):
        try:
            self.graph = self.stream.end_capture()
        finally:
            self.memory.__exit__(None, None, None)
            self.stream.__exit__()


def test_work_is_noted_and_not_done(cp):
    x, y = cp.asarray(A), cp.zeros(3, np.float32)
    with Capture(cp) as c:
        z = cp.exp(x * 2)[1]
        y += x.sum(axis=0) * z.max()
        x[0] = 7
        x[:, 1].fill(5)
        cp.copyto(x[0, 2], y[0])
        assert c.stream.is_capturing() and not cp.cuda.Stream.null.is_capturing()
        assert isinstance(z, cp.ndarray) and z.shape == (3,)
    assert x.tolist() == A.tolist() and y.tolist() == [0, 0, 0] and cp.isnan(z).all()
    c.graph.launch()
    right = np.exp(A * 2)[1]
    np.testing.assert_allclose(z.get(), right)
    np.testing.assert_allclose(y.get(), A.sum(0) * right.max())
    assert x.tolist() == [[7, 5, float(y[0])], [3, 5, 5]]


def test_a_launch_works_on_the_same_memory_with_what_is_there_then(cp):
    x, kernel = cp.zeros(6, np.float32), cp.RawModule(code=SHIFT).get_function("shift")
    number = np.float32(2)
    with Capture(cp) as c:
        kernel((1,), (6,), (x, number))
        y = x * x
    number += 1     # arguments are as they were
    for i in range(3):
        x += 10
        c.graph.launch()
        assert x.tolist() == [12 * (i + 1)] * 6 and y.tolist() == [(12 * (i + 1)) ** 2] * 6


def test_views_are_views_and_indices_stay_on_the_gpu(cp):
    x, index, mask = cp.asarray(A), cp.asarray([1, 0]), cp.asarray(A > 2)
    with Capture(cp) as c:
        view = x.reshape(-1)[1:3].T
        taken = x[index]
        x[mask] = -1
        cp.add.at(x, index, 1)
    c.graph.launch()
    assert view.base is x and view.tolist() == [2, 3] and taken.tolist() == A[[1, 0]].tolist()
    assert x.tolist() == [[1, 2, 3], [0, 0, 0]]


@pytest.mark.parametrize("wait", [
    lambda cp, x: x.get(), lambda cp, x: float(x[0, 0]), lambda cp, x: bool(x.any()),
    lambda cp, x: x.tolist(), lambda cp, x: x[0, 0].item(), lambda cp, x: cp.nonzero(x),
    lambda cp, x: x[x > 1], lambda cp, x: cp.where(x > 1), lambda cp, x: cp.argsort(x[0]),
    lambda cp, x: repr(x), lambda cp, x: cp.cuda.Device(0).synchronize()])
def test_waiting_is_refused(cp, wait):
    x = cp.asarray(A)
    with Capture(cp) as c:
        with pytest.raises(RuntimeError, match="is capturing"):
            wait(cp, x)
        y = x + 1
    c.graph.launch()    # CuPy refuses before it asks the GPU: the capture goes on
    assert y.tolist() == (A + 1).tolist()


@pytest.mark.parametrize("break_it", [
    lambda cp, x: cp.cuda.get_current_stream().synchronize(), lambda cp, x: cp.asarray(A),
    lambda cp, x: x.set(A), lambda cp, x: cp.array([1.0]), lambda cp, x: x[np.array([1, 0])]])
def test_what_breaks_a_capture(cp, break_it):
    x = cp.asarray(A)
    refused = pytest.raises(queue.CUDARuntimeError, match="CaptureUnsupported")
    with pytest.raises(queue.CUDARuntimeError, match="Invalidated"), Capture(cp) as c, refused:
        break_it(cp, x)
    assert not c.stream.is_capturing()
    c.stream.synchronize()
    assert (x + 1).tolist() == (A + 1).tolist()


def test_cupys_cublas_is_refused_and_cublas_itself_is_not(cp):
    cublas = importlib.import_module("minitorch_cnn.kernels.cuda.cublas")
    for real in (np.float32, np.float64):
        x, y = cp.asarray(A.astype(real)), cp.empty((3, 3), real)
        assert cublas.product(x.T, x, y)
        assert y.tolist() == (A.T @ A).tolist()
        with Capture(cp) as c:
            with pytest.raises(NotImplementedError, match="cuBLAS"):
                x.T @ x
            x *= 2
            assert cublas.product(x.T, x, y)
            z = y + 1
        assert y.tolist() == (A.T @ A).tolist()
        c.graph.launch()
        assert y.tolist() == (4 * A.T @ A).tolist() and z.tolist() == (4 * A.T @ A + 1).tolist()


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("M, N, K", [(1, 1, 1), (3, 1, 5), (1, 4, 2), (5, 6, 7)])
def test_products_of_matrices_that_lie_any_way(cp, M, N, K, turn):
    cublas = importlib.import_module("minitorch_cnn.kernels.cuda.cublas")
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((M, K)), rng.standard_normal((K, N))
    there = [cp.asarray(np.ascontiguousarray(m.T)).T if turn >> i & 1 else cp.asarray(m)
             for i, m in enumerate((a, b))]
    y = cp.empty((M, N))
    assert cublas.product(*there, y)
    np.testing.assert_allclose(y.get(), a @ b)
    wide = cp.asarray(np.repeat(a, 2, axis=1))[:, ::2]
    assert cublas.product(wide, there[1], y)
    np.testing.assert_allclose(y.get(), a @ b)


def test_a_failing_cublas_leaves_the_product_to_cupy(cp, monkeypatch):
    cublas = importlib.import_module("minitorch_cnn.kernels.cuda.cublas")
    x, y = cp.asarray(A), cp.empty((2, 2), np.float32)
    cublas._warn.cache_clear()
    monkeypatch.setattr(cublas, "TYPES", {y.dtype: (0, 64, cublas.TYPES[y.dtype][2])})
    with pytest.warns(RuntimeWarning, match="cuBLAS called directly returns status 15"):
        assert not cublas.product(x, x.T, y)
    cublas._warn.cache_clear()
    monkeypatch.setattr(cublas, "library", lambda: None)
    assert not cublas.product(x, x.T, y)


# memory ------------------------------------------------------------------------------------------

def test_a_graph_needs_memory_of_its_own(cp):
    x, stream = cp.asarray(A), cp.cuda.Stream(non_blocking=True)
    with stream:
        stream.begin_capture()
        with pytest.raises(RuntimeError, match="comes from the default pool"):
            x + 1
        stream.end_capture()


def test_a_graph_keeps_nothing_alive(cp):
    """What it works on may have gone to somebody else: that shows as NaN."""
    x = cp.asarray(A)
    with Capture(cp) as c:
        y = x + 1
    del x
    c.graph.launch()
    assert cp.isnan(y).all()


def test_memory_is_used_again_within_a_graph(cp):
    x = cp.asarray(A)
    with Capture(cp) as c:
        one = x + 1
        place = one.data.ptr
        two = one * 2
        del one
        three = two * 2     # where "one" was
        assert three.data.ptr == place
        four = cp.empty_like(x)
    for _ in range(2):
        c.graph.launch()
        assert three.tolist() == (4 * (A + 1)).tolist() and two.tolist() == (2 * (A + 1)).tolist()
        assert cp.isnan(four).all()


def test_rules_of_streams(cp):
    with pytest.raises(RuntimeError, match="default .legacy. stream"):
        cp.cuda.Stream.null.begin_capture()
    with pytest.raises(NotImplementedError, match="via stream capture"):
        cp.cuda.Graph()
    stream, x = cp.cuda.Stream(non_blocking=True), cp.asarray(A)
    with pytest.raises(queue.CUDARuntimeError, match="IllegalState"):
        stream.end_capture()
    stream.begin_capture()
    assert (x + 1).tolist() == (A + 1).tolist()     # on another stream work goes on
    with pytest.raises(queue.CUDARuntimeError, match="IllegalState"):
        stream.begin_capture()
    with stream, pytest.raises(queue.CUDARuntimeError, match="graph inside a graph"):
        stream.end_capture().launch() or stream.begin_capture() or \
            queue.Graph._made_of([]).launch()
    stream.end_capture()
    blocking = cp.cuda.Stream()
    blocking.begin_capture()
    with pytest.raises(queue.CUDARuntimeError, match="CaptureImplicit"):
        x[0] = 1
    blocking.end_capture()
