"""Tensor.backward and autograd.grad, line by line against PyTorch."""
import numpy as np
import pytest
import torch
from both import leaf, same_in_both

import minitorch_cnn as mt
from minitorch_cnn.autograd import Function, backward, grad


class Twice(Function):
    """y = a + b, whose two gradients are one array: dy."""

    def forward(self, a, b):
        return a + b

    def backward(self, dy):
        return dy, dy


# leaves ------------------------------------------------------------------------------------------

def accumulates(lib):
    x = leaf(lib, [1, 2])
    for _ in range(3):
        (x * x).sum().backward()
    return x.grad


def several_uses(lib):
    x, w = leaf(lib, [1, 2]), leaf(lib, 3)
    y = x * w
    z = y * y + y * x + w
    z.sum().backward()
    return x.grad, w.grad


def gradient_given(lib):
    x = leaf(lib, [[1, 2], [3, 4]])
    (x * x).backward(leaf(lib, [[1, 0], [2, -1]], False))
    return x.grad


def one_element(lib):
    x = leaf(lib, [[2]])
    (x * x).backward()
    return x.grad


def leaf_itself(lib):
    x = leaf(lib, 3)
    x.backward()
    x.backward()
    return x.grad, x.is_leaf


def retained_graph(lib):
    x = leaf(lib, [1, 2])
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    return x.grad


def second_backward(lib):
    x = leaf(lib, [1, 2])
    y = (x * x).sum()
    y.backward()
    y.backward()


def shared_part_was_freed(lib):
    x = leaf(lib, [1, 2])
    shared = x * x
    shared.sum().backward()
    (shared * 2).sum().backward()


def several_elements(lib):
    (leaf(lib, [1, 2]) * 2).backward()


def wrong_shape(lib):
    (leaf(lib, [1, 2]) * 2).backward(leaf(lib, [1, 2, 3], False))


def nothing_recorded(lib):
    leaf(lib, 1, False).backward()


def frozen(lib):
    x, w = leaf(lib, [1, 2]), leaf(lib, [3, 4], False)
    (x * w).sum().backward()
    return x.grad, w.grad


def detached(lib):
    x = leaf(lib, [1, 2])
    y = x * 3
    (y.detach() * y).sum().backward()
    return x.grad, y.detach().requires_grad, y.requires_grad


def cut_in_place(lib):
    x = leaf(lib, [1, 2])
    y = x * 3
    y.detach_()
    return y.requires_grad, y.is_leaf, y.grad_fn is None


def frozen_later(lib):
    x = leaf(lib, [1, 2])
    before = x * 2
    x.requires_grad_(False)
    return (x * 2).requires_grad, before.requires_grad


def zero_d(lib):
    x = leaf(lib, 2)
    y = x * x
    (y + y * x + y).backward()
    return x.grad, x.grad.shape == ()


def empty(lib):
    x = leaf(lib, np.zeros((0, 3)))
    (x * 2).sum().backward()
    return list(x.grad.shape)


# several roots and chosen inputs -----------------------------------------------------------------

def two_roots(lib):
    x = leaf(lib, [1, 2])
    y = x * x
    lib.autograd.backward([y.sum(), y * 3], [None, leaf(lib, [1, -1], False)])
    return x.grad


def root_inside_another_graph(lib):
    x = leaf(lib, [1, 2])
    y = x * x
    lib.autograd.backward([y.sum(), (y * y).sum()])
    return x.grad


def only_some_inputs(lib):
    x, w = leaf(lib, [1, 2]), leaf(lib, [3, 4])
    (x * w).sum().backward(inputs=[x])
    return x.grad, w.grad


def intermediate_input(lib):
    x = leaf(lib, [1, 2])
    y = x * x
    z = (y * 3).sum()
    z.backward(inputs=[y])
    return x.grad, y.grad, y.retains_grad


def retained_input(lib):
    x = leaf(lib, [1, 2])
    y = x * x
    y.retain_grad()
    (y * 3).sum().backward(inputs=y)
    return y.grad


def no_inputs(lib):
    (leaf(lib, [1]) * 2).backward(inputs=[])


def input_without_gradient(lib):
    x, c = leaf(lib, [1]), leaf(lib, [1], False)
    (x * c).backward(inputs=[c])


# autograd.grad -----------------------------------------------------------------------------------

def grad_of_leaf(lib):
    x = leaf(lib, [1, 2])
    found = lib.autograd.grad((x * x).sum(), x)
    return found, x.grad, isinstance(found, tuple)


def grad_of_intermediates(lib):
    x = leaf(lib, [1, 2])
    y = x * x
    z = y * x
    return lib.autograd.grad([z.sum(), y.sum()], [y, x, z])


def grad_of_the_output(lib):
    x = leaf(lib, [1, 2])
    y = (x * x).sum()
    return lib.autograd.grad(y, [y, x])


def grad_outputs_given(lib):
    x = leaf(lib, [1, 2])
    return lib.autograd.grad(x * x, x, leaf(lib, [5, 7], False))


def unused(lib):
    x, w = leaf(lib, [1, 2]), leaf(lib, [1])
    return lib.autograd.grad((x * x).sum(), [x, w], allow_unused=True)


def unused_refused(lib):
    x, w = leaf(lib, [1, 2]), leaf(lib, [1])
    return lib.autograd.grad((x * x).sum(), [x, w])


def unused_as_zeros(lib):
    x, w = leaf(lib, [1, 2]), leaf(lib, [1])
    return lib.autograd.grad((x * x).sum(), [x, w], materialize_grads=True)


def grad_frees(lib):
    x = leaf(lib, [1, 2])
    y = (x * x).sum()
    lib.autograd.grad(y, x)
    lib.autograd.grad(y, x)


def grad_retains(lib):
    x = leaf(lib, [1, 2])
    y = (x * x).sum()
    lib.autograd.grad(y, x, retain_graph=True)
    return lib.autograd.grad(y, x)


def grad_counts_differ(lib):
    x = leaf(lib, [1, 2])
    lib.autograd.grad([x.sum(), x.sum()], x, [None])


def grad_input_without_gradient(lib):
    x, c = leaf(lib, [1.0]), leaf(lib, [1.0], False)
    lib.autograd.grad((x * c).sum(), c)


SCENARIOS = [f for name, f in list(globals().items())
             if callable(f) and getattr(f, "__module__", "") == __name__ and f is not Twice]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda f: f.__name__)
def test_as_in_torch(scenario):
    outcome = same_in_both(scenario)
    raises = {second_backward, shared_part_was_freed, several_elements, wrong_shape,
              nothing_recorded, no_inputs, input_without_gradient, unused_refused, grad_frees,
              grad_counts_differ, grad_input_without_gradient}
    assert (outcome == "an error") == (scenario in raises)


@pytest.mark.parametrize("scenario, words", [
    (second_backward, ["freed", "retain_graph=True", "return", "x * x"]),
    (shared_part_was_freed, ["Mul", "freed", "retain_graph=True", "shared = x * x"]),
    (several_elements, ["shape (2,)", ".sum()", "gradient="]),
    (wrong_shape, ["(3,)", "(2,)", "equal"]),
    (nothing_recorded, ["not recorded", "no_grad()", "requires_grad=True"]),
    (no_inputs, ["inputs is empty"]),
    (input_without_gradient, ["input 0", "requires_grad_()"]),
    (unused_refused, ["input 1", "(1,)", "allow_unused=True"]),
    (grad_counts_differ, ["2 tensors", "1 gradients"]),
    (grad_input_without_gradient, ["input 0", "requires_grad_()"]),
], ids=lambda value: getattr(value, "__name__", ""))
def test_errors_say_what_to_do(scenario, words):
    with pytest.raises((RuntimeError, ValueError)) as caught:
        scenario(mt)
    for word in words if scenario is not second_backward else words[:2]:
        assert word in str(caught.value)


def test_create_graph_and_batches_are_refused():
    x = leaf(mt, [1, 2])
    with pytest.raises(ValueError, match="second derivatives"):
        (x * x).sum().backward(create_graph=True)
    with pytest.raises(ValueError, match="second derivatives"):
        grad((x * x).sum(), x, create_graph=True)
    with pytest.raises(ValueError, match="is_grads_batched"):
        grad((x * x).sum(), x, is_grads_batched=True)


# whose memory is it ------------------------------------------------------------------------------

def test_leaves_never_share_a_gradient():
    a, b = leaf(mt, [1, 2]), leaf(mt, [3, 4])
    given = np.ones(2)
    Twice()(a, b).backward(given)
    a.grad.data += 10
    assert b.grad.tolist() == [1, 1] and given.tolist() == [1, 1]
    for first, second in [grad(Twice()(a, b).sum(), [a, b]), _grads_of_intermediates(a, b)]:
        first.data += 10
        assert second.tolist() == [1, 1]


def _grads_of_intermediates(a, b):
    y, z = a * 1, b * 1
    return grad(Twice()(y, z).sum(), [y, z])


def test_grad_keeps_its_place_and_its_memory():
    x = leaf(mt, [1, 2])
    seed = mt.Tensor(np.ones(2))
    x.backward(seed)
    kept = x.grad
    x.backward(seed)
    assert x.grad is kept and kept.tolist() == [2, 2] and seed.tolist() == [1, 1]


def test_a_broadcast_gradient_becomes_an_array_of_its_own():
    x = leaf(mt, [[1, 2], [3, 4]])
    x.sum().backward()
    assert x.grad.data.flags.writeable and x.grad.is_contiguous()
    x.sum().backward()
    assert x.grad.tolist() == [[2, 2], [2, 2]]


@pytest.mark.parametrize("reduced", [
    lambda x: x.mean(), lambda x: x.sum(), lambda x: x.sum(0).sum(), lambda x: x.t().sum(),
    lambda x: x.expand(3, 2, 4).sum(), lambda x: x.reshape(8).mean()])
def test_what_is_repeated_can_be_added_to(reduced):
    x = mt.ones(2, 4).requires_grad_()
    reduced(x).backward()
    first = x.grad.data.copy()
    reduced(x).backward()
    np.testing.assert_array_equal(x.grad.data, 2 * first)


def test_gradients_have_the_dtype_of_their_input():
    x = mt.Tensor(np.ones(2, np.float32), requires_grad=True)
    (x * leaf(mt, [1, 2], False)).sum().backward()
    assert x.grad.dtype == np.float32


# only what is needed is computed -----------------------------------------------------------------

class Noted(Function):
    """y = a * b; writes down what it is asked for."""

    def __init__(self, name, notes):
        self.name_, self.notes = name, notes

    def forward(self, a, b):
        self.a, self.b = a, b
        return a * b

    def backward(self, dy):
        self.notes.append((self.name_, self.needs[0], self.needs[1]))
        return (dy * self.b if self.needs[0] else None), (dy * self.a if self.needs[1] else None)


def test_only_the_ways_to_the_inputs_are_computed():
    notes = []
    x, w, v = leaf(mt, [1, 2]), leaf(mt, [3, 4]), leaf(mt, [5, 6])
    weights = Noted("off the way", notes)(w, v)
    y = Noted("on the way", notes)(x, weights)
    assert grad(y.sum(), x)[0].tolist() == [15, 24]
    assert notes == [("on the way", True, False)]


def test_frozen_inputs_cost_nothing():
    notes = []
    x, w = leaf(mt, [1, 2]), leaf(mt, [3, 4], False)
    Noted("op", notes)(x, w).sum().backward()
    assert notes == [("op", True, False)] and w.grad is None


def test_needs_are_known_in_forward():
    seen = []

    class Look(Function):
        """y = a; remembers its needs."""

        def forward(self, a, b):
            seen.append(self.needs)
            return a * np.ones(1)

        def backward(self, dy):
            return dy.sum(), None

    x = leaf(mt, 1)
    Look()(x, None)
    Look()(np.ones(1), x)
    with mt.no_grad():
        Look()(x, x)
    assert seen == [(True, False), (False, True), (False, False)]
    assert Look().needs[7] is True


# an op that misbehaves ---------------------------------------------------------------------------

class Broken(Function):
    """y = x; backward does whatever it was told."""

    def __init__(self, result):
        self.result = result

    def forward(self, x):
        return x + 0

    def backward(self, dy):
        return self.result(dy)


@pytest.mark.parametrize("result, text", [
    (lambda dy: (dy, dy), "2 gradients for 1 arguments"),
    (lambda dy: np.ones(5), r"gradient 0 has shape \(5,\), its argument \(2,\)"),
    (lambda dy: 1 / 0, "division by zero"),
])
def test_a_broken_backward_shows_the_line_of_forward(result, text):
    x = leaf(mt, [1, 2])
    y = Broken(result)(x)  # the line
    with pytest.raises(RuntimeError, match=text) as caught:
        y.sum().backward()
    assert "Broken" in str(caught.value) and "# the line" in str(caught.value)
    assert x.grad is None


def test_a_gradient_may_be_a_scalar():
    x = leaf(mt, 2)
    Broken(lambda dy: 3.0)(x).backward()
    assert x.grad.item() == 3


@pytest.mark.parametrize("result", [(1, 2), None, 3.0, mt.Tensor(np.ones(2))])
def test_forward_must_return_one_array(result):
    class Wrong(Function):
        """Returns what it should not."""

        def forward(self, x):
            return result

    with pytest.raises(TypeError, match="Wrong.forward must return one array"):
        Wrong()(leaf(mt, 1))


def test_an_instance_is_used_once_on_the_tape():
    op = Twice()
    x = leaf(mt, 1)
    y = op(x, x)
    with pytest.raises(RuntimeError, match="Twice: this instance already has its place"):
        op(x, x)
    y.backward()
    with pytest.raises(RuntimeError, match="make a new one"):
        op(x, x)


def test_by_hand_and_unwritten_halves():
    op = Noted("by hand", [])
    assert op.forward(2.0, 3.0) == 6 and op.backward(1.0) == (3, 2)
    assert op.origin() == "(not recorded on a tape)" and op.name() == "Noted"
    assert repr(op) == "<Noted>"
    for half in (Function().forward, Function().backward):
        with pytest.raises(NotImplementedError, match="is not written"):
            half(1)


def test_inf_and_nan_are_results_not_warnings():
    x = leaf(mt, [0, 1])
    y = x / 0
    y.backward(np.array([1, 0]))
    assert np.isinf(x.grad.data[0]) and np.isnan(y.data[0])


def test_two_libraries_are_really_two():
    assert isinstance(leaf(torch, 1), torch.Tensor) and isinstance(leaf(mt, 1), mt.Tensor)
    assert backward is mt.autograd.backward
