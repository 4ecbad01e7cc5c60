"""Hooks on tensors, and gradients kept at intermediate results, against PyTorch."""
import numpy as np
import pytest
from both import leaf, same_in_both

import minitorch_cnn as mt


def order(lib):
    events = []
    x = leaf(lib, [1, 2])
    y = x * 2
    z = y * y
    for name, tensor in [("x", x), ("y", y), ("y again", y), ("z", z)]:
        tensor.register_hook(lambda g, name=name: events.append((name, g.tolist())))
    z.sum().backward()
    return events


def replaced(lib):
    x = leaf(lib, [1, 2])
    y = x * 2
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: -g)
    y.sum().backward()
    return x.grad


def removed(lib):
    x = leaf(lib, [1, 2])
    handle = x.register_hook(lambda g: g * 10)
    x.sum().backward()
    handle.remove()
    handle.remove()
    x.sum().backward()
    return x.grad


def removed_by_with(lib):
    x = leaf(lib, [1, 2])
    with x.register_hook(lambda g: g * 10):
        x.sum().backward()
    x.sum().backward()
    return x.grad


def called_once_on_the_sum(lib):
    seen = []
    x = leaf(lib, [1, 2])
    y = x * 2
    y.register_hook(lambda g: seen.append(g.tolist()))
    x.register_hook(lambda g: seen.append(g.tolist()))
    (y * 3 + y * 4 + x).sum().backward()
    return seen


def hooks_and_grad(lib):
    x = leaf(lib, [1, 2])
    y = x * 2
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    z = (y * y).sum()
    return lib.autograd.grad(z, y, retain_graph=True), lib.autograd.grad(z, x)


def retained(lib):
    x = leaf(lib, [1, 2])
    y = x * 2
    z = y * y
    y.retain_grad()
    before = y.retains_grad, z.retains_grad, x.retains_grad
    z.sum().backward()
    return before, y.grad, x.grad


def retained_after_hooks(lib):
    x = leaf(lib, [1, 2])
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    return y.grad, x.grad


def retained_accumulates(lib):
    x = leaf(lib, [1, 2])
    y = x * 2
    y.retain_grad()
    z = (y * y).sum()
    z.backward(retain_graph=True)
    z.backward()
    return y.grad


def hook_without_gradient(lib):
    leaf(lib, 1, False).register_hook(print)


def retain_without_gradient(lib):
    leaf(lib, 1, False).retain_grad()


def wrong_shape(lib):
    x = leaf(lib, [1, 2])
    x.register_hook(lambda g: g.sum())
    x.sum().backward()


SCENARIOS = [f for name, f in list(globals().items())
             if callable(f) and getattr(f, "__module__", "") == __name__]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda f: f.__name__)
def test_as_in_torch(scenario):
    raises = {hook_without_gradient, retain_without_gradient, wrong_shape}
    assert (same_in_both(scenario) == "an error") == (scenario in raises)


@pytest.mark.parametrize("scenario, text", [
    (hook_without_gradient, "register_hook.*requires_grad_()"),
    (retain_without_gradient, "retain_grad.*requires_grad_()"),
    (wrong_shape, r"returned a gradient of shape \(\) for one of shape \(2,\)"),
])
def test_errors_say_what_to_do(scenario, text):
    with pytest.raises((RuntimeError, ValueError), match=text):
        scenario(mt)


def test_a_kept_gradient_stays_what_it_was():
    kept = []
    x = leaf(mt, [1, 2])
    x.register_hook(kept.append)
    for _ in range(2):
        x.sum().backward()
    assert [g.tolist() for g in kept] == [[1, 1], [1, 1]] and x.grad.tolist() == [2, 2]


def test_a_hook_may_return_an_array_which_stays_its_own():
    mine = np.full(2, 7, np.float32)
    x = leaf(mt, [1, 2])
    x.register_hook(lambda g: mine)
    for _ in range(2):
        x.sum().backward()
    assert x.grad.tolist() == [14, 14] and mine.tolist() == [7, 7] and x.grad.dtype == np.float64


def test_backward_inside_a_hook():
    x, other = leaf(mt, [1, 2]), leaf(mt, [3, 4])
    y = x * 2
    y.register_hook(lambda g: (other * other).sum().backward())
    y.sum().backward()
    assert x.grad.tolist() == [2, 2] and other.grad.tolist() == [6, 8]
