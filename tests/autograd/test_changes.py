"""Arrays changed in place between forward and backward: noticed, as PyTorch notices them."""
import numpy as np
import pytest
import torch
from both import leaf, same_in_both

import minitorch_cnn as mt
from minitorch_cnn.autograd import Function, clock


def step(lib, x):
    """What an optimizer does."""
    with lib.no_grad():
        x -= 1


def needed(lib):
    x, w = leaf(lib, [1, 2]), leaf(lib, [3, 4])
    y = (x * w).sum()
    step(lib, w)
    y.backward()


def needed_result(lib):
    x = leaf(lib, [1, 2])
    y = x.exp()
    step(lib, y.detach())
    y.sum().backward()


def needed_constant(lib):
    x, c = leaf(lib, [1, 2]), leaf(lib, [3, 4], False)
    y = (x * c).sum()
    c.add_(1)
    y.backward()


def needed_view(lib):
    x, c = leaf(lib, [1, 2]), leaf(lib, [[3, 4], [5, 6]], False)
    y = (x * c[0]).sum()
    c[1] = 0
    y.backward()


def needed_base(lib):
    x, c = leaf(lib, [1, 2]), leaf(lib, [3, 4], False)
    y = (x * c).sum()
    c.view(2, 1)[0].zero_()
    y.backward()


def retained_graph(lib):
    x, w = leaf(lib, [1, 2]), leaf(lib, [3, 4])
    y = (x * w).sum()
    y.backward(retain_graph=True)
    step(lib, w)
    y.backward()


def optimizer_step(lib):
    x, w = leaf(lib, [1, 2], False), leaf(lib, [3, 4])
    y = (x * w * w).sum()
    y.backward(retain_graph=True)
    lib.optim.SGD([w], lr=0.1).step()
    y.backward()


def not_needed_sum(lib):
    x, w = leaf(lib, [1, 2]), leaf(lib, [3, 4])
    y = (x + w - x).sum() + x.mean()
    step(lib, w)
    step(lib, x)
    y.backward()
    return x.grad, w.grad


def not_needed_product(lib):
    x, c = leaf(lib, [1, 2]), leaf(lib, [3, 4], False)
    y = (x * c).sum() + (x * 2).sum() + (x / 2).sum()
    step(lib, x)
    y.backward()
    return x.grad


def changed_before(lib):
    x, w = leaf(lib, [1, 2]), leaf(lib, [3, 4])
    step(lib, w)
    (x * w).sum().backward()
    return x.grad, w.grad


def changed_after(lib):
    x, w = leaf(lib, [1, 2]), leaf(lib, [3, 4])
    (x * w).sum().backward()
    step(lib, w)
    (x * w).sum().backward()
    return x.grad, w.grad


def another_array_changed(lib):
    x, w, other = leaf(lib, [1, 2]), leaf(lib, [3, 4]), leaf(lib, [5, 6])
    y = (x * w).sum()
    step(lib, other)
    y.backward()
    return x.grad


def a_copy_changed(lib):
    x, w = leaf(lib, [1, 2]), leaf(lib, [3, 4])
    y = (x * w).sum()
    step(lib, w.detach().clone())
    y.backward()
    return x.grad


def off_the_way(lib):
    x, w, c = leaf(lib, [1, 2]), leaf(lib, [3, 4]), leaf(lib, [5, 6], False)
    y = (x * 2 + w * c).sum()
    step(lib, c)
    return lib.autograd.grad(y, x)


def two_nets(lib):
    """A GAN's order: the discriminator steps between the generator's forward and backward."""
    g, d = leaf(lib, [1, 2]), leaf(lib, [3, 4])
    fake = g * g
    (fake.detach() * d).sum().backward()
    step(lib, d)
    (fake * d).sum().backward()
    return g.grad, d.grad


RAISES = [needed, needed_result, needed_constant, needed_view, needed_base, retained_graph,
          optimizer_step]
FINE = [not_needed_sum, not_needed_product, changed_before, changed_after, another_array_changed,
        a_copy_changed, off_the_way, two_nets]


@pytest.mark.parametrize("scenario", RAISES, ids=lambda f: f.__name__)
def test_refused_as_in_torch(scenario):
    with pytest.raises(RuntimeError, match="inplace"):
        scenario(torch)
    with pytest.raises(RuntimeError, match="changed in place") as caught:
        scenario(mt)
    assert "call backward() before" in str(caught.value) and "forward ran at" in str(caught.value)


@pytest.mark.parametrize("scenario", FINE, ids=lambda f: f.__name__)
def test_allowed_as_in_torch(scenario):
    assert same_in_both(scenario) != "an error"


def test_the_array_itself_changed_by_augmented_assignment():
    """PyTorch does not see this one and gives a wrong gradient."""
    x, w = leaf(mt, [1, 2]), leaf(mt, [3, 4])
    y = (x * w).sum()
    w.data -= 1
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_another_array_put_in_place():
    """The op keeps the old one: its gradient is right."""
    x, w = leaf(mt, [1, 2]), leaf(mt, [3, 4])
    y = (x * w).sum()
    w.data = np.zeros(2)
    y.backward()
    assert x.grad.tolist() == [3, 4]


def test_arrays_in_tuples_are_looked_at():
    class Pair(Function):
        """y = a * b, kept as a tuple."""

        def forward(self, a, b):
            self.pair = a, b
            return a * b

        def backward(self, dy):
            return dy * self.pair[1], dy * self.pair[0]

    x, w = leaf(mt, [1, 2]), leaf(mt, [3, 4])
    y = Pair()(x, w)
    w.mark_changed()
    with pytest.raises(RuntimeError, match="Pair: an array of shape"):
        y.backward(np.ones(2))


def test_old_notes_are_dropped(monkeypatch):
    monkeypatch.setattr(clock, "_ENOUGH", 3)
    arrays = [np.zeros(1) for _ in range(10)]
    for array in arrays:
        clock.note_change(array)
    assert len(clock._changed) <= 4 and clock.changed_since(arrays[-1], 0)
