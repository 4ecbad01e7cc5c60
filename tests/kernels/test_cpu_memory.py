"""Memory that is used again: soon, but never while anyone can still see it."""
import gc
import importlib
import threading
import weakref

import numpy as np
import pytest
import torch

from minitorch_cnn import kernels

memory = importlib.import_module("minitorch_cnn.kernels.cpu.memory")
SHAPE = (3, 8, 64, 64)
BYTES = 4 * 3 * 8 * 64 * 64

VIEWS = {
    "itself": lambda a: a,
    "slice": lambda a: a[1:, 2],
    "one number": lambda a: a[2, 7, 63, 63:],
    "transpose": lambda a: a.transpose(0, 2, 3, 1),
    "view of a view": lambda a: a.T[::2].reshape(-1, 64, 8, 3)[3],
    "other dtype": lambda a: a.view(np.int32),
    "bytes": lambda a: memoryview(a),
    "broadcast": lambda a: np.broadcast_to(a, (2, *a.shape)),
    "strided": lambda a: np.lib.stride_tricks.sliding_window_view(a, (3, 3), (2, 3)),
    "iterator": lambda a: a.flat,
    "torch": lambda a: torch.from_numpy(a)[1],
    "array interface": lambda a: np.asarray(Shown(a)),
    "slice of its block": lambda a: a.base[memory.address(a) - memory.address(a.base):][:BYTES],
    "cycle": lambda a: (cycle := [a]).append(cycle) or cycle,
}


class Shown:
    """Somebody else's array that shows ours."""

    def __init__(self, array):
        self.array, self.__array_interface__ = array, array.__array_interface__


@pytest.fixture(autouse=True)
def pool(monkeypatch):
    """A pool of the test's own."""
    pool = memory._Pool()
    monkeypatch.setattr(memory, "POOL", pool)
    return pool


def kept(pool):
    return sum([size * len(blocks) for size, blocks in pool.free.items()])


def overlap(view, array):
    """Whether an array lies in the memory of what ``a.flat``, torch or a list shows."""
    view = view[0] if isinstance(view, list) else view
    view = view.base if isinstance(view, np.flatiter) else view
    return np.may_share_memory(np.asarray(view), array)


@pytest.mark.parametrize("new, strides", [
    (lambda: memory.empty(SHAPE, np.float32), (131072, 16384, 256, 4)),
    (lambda: memory.empty_channels_last(SHAPE, np.float32), (131072, 4, 2048, 32)),
    (lambda: memory.empty(SHAPE, np.int64), (262144, 32768, 512, 8))])
def test_what_comes(new, strides):
    a = new()
    assert a.shape == SHAPE and a.strides == strides and a.flags.writeable and type(a) is np.ndarray
    assert memory.address(a) % 64 == 0
    a[...] = 7
    assert a.sum() == 7 * a.size


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 5), (1,), (2, 3)])
def test_small_and_empty_arrays(shape):
    a = memory.empty(shape, np.float32)
    assert a.shape == shape and a.dtype == np.float32 and a.flags.owndata


def test_a_dropped_array_is_followed_by_one_in_its_place(pool):
    a = memory.empty(SHAPE, np.float32)
    place = memory.address(a)
    del a
    assert pool.kept == kept(pool) == BYTES
    b = memory.empty((8, 3, 64, 64), np.float32)  # another shape of that size
    assert memory.address(b) == place and pool.kept == kept(pool) == 0
    assert memory.address(memory.empty(SHAPE, np.float32)) != place


def test_a_block_comes_back_again_and_again(pool):
    places = set()
    for _ in range(5):
        a = memory.empty_channels_last(SHAPE, np.float32)
        places.add(memory.address(a))
        assert pool.kept == 0
        del a
        assert pool.kept == BYTES
    assert len(places) == 1


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_never_while_a_view_lives(pool, view):
    gone = weakref.ref(a := memory.empty(SHAPE, np.float32))
    a[...] = 3
    seen = view(a)
    del a
    others = [memory.empty(SHAPE, np.float32) for _ in range(3)]
    for other in others:
        other[...] = 5
        assert not overlap(seen, other)
    seen = np.asarray(seen[0] if isinstance(seen, list) else seen)
    assert (seen.view(np.float32) == 3).all()
    del seen, other, others
    gc.collect()
    assert gone() is None and pool.kept == kept(pool) == 4 * BYTES


def test_no_more_is_kept_than_allowed(pool, monkeypatch):
    monkeypatch.setattr(pool, "most", 2 * BYTES)
    arrays = [memory.empty(SHAPE, np.float32) for _ in range(5)]
    del arrays
    assert pool.kept == kept(pool) == 2 * BYTES
    large = memory.empty((4, *SHAPE), np.float32)
    del large
    assert pool.kept == kept(pool) == 2 * BYTES
    pool.clear()
    assert pool.kept == kept(pool) == 0


def test_the_books_are_right_after_many_sizes(pool, rng):
    held = []
    for _ in range(500):
        held.append(memory.empty((int(rng.integers(1, 6)) << 14,), np.float32))
        if len(held) > 20:
            del held[int(rng.integers(20))]
    blocks = [memory.address(a) for a in held]
    assert len(set(blocks)) == len(held) and pool.kept == kept(pool)


def test_too_much_is_refused_and_nothing_else_happens(pool):
    with pytest.raises(MemoryError):
        memory.empty((1 << 40, 1 << 18), np.float32)
    assert pool.kept == 0


def test_the_garbage_collector_may_come_at_any_time(pool):
    """It drops arrays, so blocks are given back, while the same thread is taking or giving one."""
    def work():
        with pool.lock:
            memory.empty(SHAPE, np.float32)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "the pool waits for itself"
    assert pool.kept == kept(pool) == BYTES


def test_threads_do_not_get_the_same_block(pool):
    failures = []

    def work(number):
        held = []
        for i in range(200):
            a = memory.empty((1 << 15,), np.float32)
            a[...] = number * 1000 + i
            held.append((a, number * 1000 + i))
            if len(held) > 5:
                array, value = held.pop(i % 5)
                if not (array == value).all():
                    failures.append((number, i))
    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and pool.kept == kept(pool)


def test_scratch_grows_and_belongs_to_a_thread():
    small, large = memory.scratch(1000), memory.scratch(1 << 20)
    assert small % 64 == large % 64 == 0
    assert memory.scratch(5) == memory.scratch(1 << 20) == large
    others = []
    thread = threading.Thread(target=lambda: others.append(memory.scratch(1 << 20)))
    thread.start()
    thread.join()
    assert abs(others[0] - large) >= 1 << 20


def test_kernels_use_dropped_results_again(rng):
    x = rng.standard_normal((4, 8, 32, 32)).astype(np.float32)
    w = rng.standard_normal((16, 8, 3, 3)).astype(np.float32)
    options = (1, 1), ((1, 1), (1, 1)), (1, 1), 1
    y = kernels.conv2d_forward(x, w, None, *options)
    kept_rows, place = y[1:3], memory.address(y)
    right = kept_rows.copy()
    del y
    again = kernels.conv2d_forward(-x, w, None, *options)
    assert memory.address(again) != place
    np.testing.assert_array_equal(kept_rows, right)
    del kept_rows
    assert memory.address(kernels.conv2d_forward(x, w, None, *options)) == place


def test_kernels_called_from_several_threads(rng):
    x = rng.standard_normal((6, 5, 30, 30)).astype(np.float32)
    w = rng.standard_normal((33, 5, 3, 3)).astype(np.float32)
    options = (1, 1), ((1, 1), (1, 1)), (1, 1), 1

    def results(x):
        y = kernels.conv2d_forward(x, w, None, *options)
        return (y, kernels.conv2d_weight_gradient(x, y, (3, 3), *options),
                kernels.batch_norm_statistics(y)[1], kernels.relu_forward(y))
    expected = [results(x + n) for n in range(3)]
    wrong = []

    def work(n):
        for _ in range(20):
            for ours, right in zip(results(x + n), expected[n]):
                if not np.array_equal(ours, right):
                    wrong.append(n)
    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
