"""Deep graphs, and who keeps what alive: no recursion, no garbage collector, no leftovers."""
import gc
import weakref

import numpy as np
import pytest
from both import leaf

import minitorch_cnn as mt
from minitorch_cnn.autograd import Function

DEPTH = 50_000


class Step(Function):
    """y = x + 1;  dx = dy."""

    alive = weakref.WeakSet()

    def forward(self, x):
        self.alive.add(self)
        self.x = x
        return x + 1

    def backward(self, dy):
        return dy


class Fails(Step):
    """Raises, forward or backward."""

    def __init__(self, forward):
        self.in_forward = forward

    def forward(self, x):
        if self.in_forward:
            raise KeyError("forward")
        return super().forward(x)

    def backward(self, dy):
        raise KeyError("backward")


@pytest.fixture
def no_gc():
    """Reference counts alone have to do."""
    gc.collect()
    Step.alive.clear()
    gc.disable()
    yield
    gc.enable()


def chain(x, depth):
    for _ in range(depth):
        x = Step()(x)
    return x


def test_a_deep_chain_forward_backward_and_dropped(no_gc):
    x = leaf(mt, 1)
    y = chain(x, DEPTH)
    y.backward()
    assert y.item() == DEPTH + 1 and x.grad.item() == 1
    del y
    assert len(Step.alive) == 0


def test_a_deep_chain_dropped_without_backward(no_gc):
    y = chain(leaf(mt, 1), DEPTH)
    assert len(Step.alive) == DEPTH
    del y
    assert len(Step.alive) == 0


def test_a_deep_chain_with_grad_and_retained():
    x = leaf(mt, 1)
    y = chain(x, DEPTH)
    for _ in range(2):
        assert mt.autograd.grad(y, x, retain_graph=True)[0].item() == 1


def test_a_graph_of_many_ways_is_visited_once():
    x = leaf(mt, 1)
    y = x
    for _ in range(60):  # 2**60 ways
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0 ** 60


def test_a_dropped_result_frees_its_graph(no_gc):
    x = leaf(mt, [1, 2])
    y = chain(x, 3)
    kept = weakref.ref(y)
    middle = weakref.ref(y.grad_fn.edges[0])
    del y
    assert kept() is None and middle() is None and len(Step.alive) == 0


def test_backward_frees_saved_arrays_and_the_graph_but_not_the_result(no_gc):
    x = leaf(mt, [1, 2])
    y = chain(x, 3)
    last = y.grad_fn
    assert len(Step.alive) == 3 and "x" in vars(last)
    y.sum().backward()
    assert "x" not in vars(last) and len(Step.alive) == 1
    assert last.freed and last.shape == (2,) and y.tolist() == [4, 5]


def test_hooks_and_retained_gradients_make_no_cycle(no_gc):
    y = chain(leaf(mt, [1, 2]), 2)
    y.register_hook(lambda g: g)
    y.retain_grad()
    y.sum().backward(retain_graph=True)
    kept = weakref.ref(y)
    del y
    assert kept() is None and len(Step.alive) == 0


@pytest.mark.parametrize("in_forward", [True, False])
def test_an_exception_leaves_nothing_behind(no_gc, in_forward):
    x = leaf(mt, [1, 2])
    try:
        Fails(in_forward)(chain(x, 3)).sum().backward()
    except (KeyError, RuntimeError) as error:
        assert ("forward ran at" in str(error)) == (not in_forward)
    assert len(Step.alive) == 0 and x.grad is None
    Step()(x).sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_no_grad_keeps_no_op(no_gc):
    with mt.no_grad():
        y = chain(leaf(mt, [1, 2]), 3)
    assert len(Step.alive) == 0 and y.tolist() == [4, 5]


def test_a_list_of_losses_keeps_no_graph(no_gc):
    losses = []
    for _ in range(5):
        losses.append(chain(leaf(mt, [1, 2]), 3).sum())
        losses[-1].backward()
    assert len(Step.alive) == 0


def test_the_result_owns_its_memory_or_shares_it_knowingly():
    x = leaf(mt, [1, 2])
    assert np.shares_memory(x.detach().data, x.data)
    assert not np.shares_memory(Step()(x).data, x.data)
