"""gradcheck itself: passes what is right, finds what is wrong, and says where."""
import numpy as np
import pytest
from both import leaf

import minitorch_cnn as mt
from minitorch_cnn.autograd import Function, GradcheckError, check_module, gradcheck


class Cube(Function):
    """y = x**3;  dx = 3 x**2 dy, wrong at one element if told so."""

    def __init__(self, wrong_at=None):
        self.wrong_at = wrong_at

    def forward(self, x):
        self.x = x
        return x ** 3

    def backward(self, dy):
        dx = 3 * self.x ** 2 * dy
        if self.wrong_at is not None:
            dx[self.wrong_at] *= 1.5
        return dx


def cube(x):
    return Cube()(x)


@pytest.mark.parametrize("fast_mode", [False, True])
@pytest.mark.parametrize("func, inputs", [
    (cube, [[0.5, -2], [3, 1]]),
    (lambda x: x * x, 3.0),
    (lambda x: x.relu(), [-1.0, 2]),
    (lambda x: (x * 2, x.sum(), (x > 0)), [1.0, 2]),
    (lambda x: x.detach() * 0 + x, [1.0, 2]),
    (lambda x: x * 2, np.zeros((0, 3))),
])
def test_right_gradients_pass(func, inputs, fast_mode):
    assert gradcheck(func, leaf(mt, inputs), fast_mode=fast_mode) is True


def test_several_inputs_some_constant():
    x, w = leaf(mt, [[1, 2], [3, 4]]), leaf(mt, [5.0, 6])
    constant = mt.Tensor(np.float32([7, 8]))
    assert gradcheck(lambda a, b, c, d: a * b + c.double() * d, (x, w, constant, 2.0))


@pytest.mark.parametrize("fast_mode", [False, True])
def test_a_wrong_element_is_named(fast_mode):
    def wrong(first, second):
        return first * 2, Cube((1, 0))(second)

    inputs = leaf(mt, [1.0]), leaf(mt, [[1.0, 2], [3, 4]])
    with pytest.raises(GradcheckError) as caught:
        gradcheck(wrong, inputs, fast_mode=fast_mode)
    text = str(caught.value)
    for part in ["input 1 (second)", "element (1, 0)", "analytic 40.5", "numeric 27",
                 "output 1 at (1, 0)", "1 of 25 pairs wrong", "0 of 25 pairs left out"]:
        assert part in text
    assert gradcheck(wrong, inputs, fast_mode=fast_mode, raise_exception=False) is False


def test_a_missing_way_is_found():
    with pytest.raises(GradcheckError, match="analytic 0, numeric"):
        gradcheck(lambda x: x.detach() * 2, leaf(mt, [1.0]))


def test_names_may_be_given():
    with pytest.raises(GradcheckError, match="for weight at"):
        gradcheck(lambda x: Cube(0)(x), leaf(mt, [1.0]), names=["weight"])


def test_kinks_are_left_out_and_counted():
    def wrong_beside_kinks(x):
        return x.relu() + Cube(3)(x)

    assert gradcheck(lambda x: x.relu(), leaf(mt, [0.0, 1, 0, -1]))
    with pytest.raises(GradcheckError, match="2 of 16 pairs left out as kinks"):
        gradcheck(wrong_beside_kinks, leaf(mt, [0.0, 1, 0, 2]))


@pytest.mark.parametrize("fast_mode", [False, True])
def test_nothing_but_kinks_is_a_failure(fast_mode):
    with pytest.raises(GradcheckError, match="nothing could be compared.*off the kinks"):
        gradcheck(lambda x: x.abs(), leaf(mt, 0.0), fast_mode=fast_mode)


def test_infinite_slopes_are_left_out():
    assert gradcheck(lambda x: x.sqrt().sum(), leaf(mt, [0.0, 4]))


@pytest.mark.parametrize("inputs, text", [
    (mt.Tensor(np.ones(2, np.float32), requires_grad=True), r"input 0 \(x\) is float32.*double"),
    (mt.Tensor(np.ones(2)), "no input requires a gradient"),
])
def test_inputs_are_checked(inputs, text):
    with pytest.raises(ValueError, match=text):
        gradcheck(cube, inputs)


@pytest.mark.parametrize("func, found", [
    (lambda x: x.float(), "float32"),
    (lambda x: x.long(), "no floats at all"),
])
def test_outputs_are_checked(func, found):
    with pytest.raises(GradcheckError, match=found):
        gradcheck(func, leaf(mt, [1.0]))


def test_a_changed_input_is_reported():
    def changes(x, y):
        y.data += 1
        return x * 2

    with pytest.raises(GradcheckError, match=r"changed input 1 \(y\) in place"):
        gradcheck(changes, (leaf(mt, [1.0]), leaf(mt, [1.0], False)))


def test_a_function_of_chance_is_reported():
    rng = np.random.default_rng(0)
    with pytest.raises(GradcheckError, match="other values when called again"):
        gradcheck(lambda x: x * rng.random(), leaf(mt, [1.0]))


def test_our_own_chance_is_repeated():
    assert gradcheck(lambda x: mt.dropout(x, 0.5, True), leaf(mt, np.ones(20)))


def test_inputs_and_their_gradients_are_left_alone():
    x = leaf(mt, [1.0, 2])
    array = x.data
    gradcheck(cube, x)
    assert x.data is array and x.tolist() == [1, 2] and x.grad is None


@pytest.mark.parametrize("layout", [
    lambda a: a[::2, ::-1], lambda a: a.T, lambda a: np.broadcast_to(a[:1], (2, 4))])
def test_any_memory_layout(layout):
    x = mt.Tensor(layout(np.arange(16.0).reshape(4, 4) + 1), requires_grad=True)
    assert gradcheck(cube, x)


def test_a_closure_sees_the_changed_values():
    w = leaf(mt, [3.0, 4])
    assert gradcheck(lambda _: w * w, w)


def test_a_callable_without_signature():
    assert gradcheck(max, (leaf(mt, 2.0), leaf(mt, 1.0)))


def test_modules():
    net = mt.nn.Linear(3, 2).double()
    x = leaf(mt, np.ones((2, 3)))
    assert check_module(net, x)
    forward = net.forward
    net.forward = lambda x: forward(x.detach())
    with pytest.raises(GradcheckError, match="for input 0 at"):
        check_module(net, x)
    net.forward = lambda x: x @ net.weight.detach().T + net.bias
    with pytest.raises(GradcheckError, match="for weight at"):
        check_module(net, x)
