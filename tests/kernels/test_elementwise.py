"""Activations and arithmetic: accuracy over all floats, strange numbers as in PyTorch, layouts."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from kernel_problems import channels_last, every_second, transposed

import minitorch_cnn as mt
from minitorch_cnn import kernels

HUGE = np.finfo(np.float32).max
EVERYWHERE = np.concatenate([
    np.arange(0, 1 << 32, 9973, np.int64).astype(np.uint32).view(np.float32),   # all magnitudes
    np.linspace(-120, 120, 200_001, dtype=np.float32),
    np.linspace(-8, 8, 100_003, dtype=np.float32),
    np.array([HUGE, -HUGE, 1e-45, -1e-45, 0, -0.0], np.float32)])
SCALE, CUBIC = np.sqrt(2 / np.pi), 0.044715


# The same in float64: forward, then the terms of the derivative -----------------------------------

def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def mish(x):
    """tanh(softplus(x)) as n / d."""
    e = np.exp(np.minimum(x, 40))
    n = e * (e + 2)
    return n / (n + 2)


def mish_slope(x):
    e = np.exp(np.minimum(x, 40))
    return np.where(x < 40, x, 0) * 4 * e * (1 + e) / (e * (e + 2) + 2) ** 2


def phi(x):
    return torch.special.erfc(torch.from_numpy(-x / np.sqrt(2))).numpy() / 2


def twice_u(x):
    x = np.clip(x, -1e3, 1e3)
    return 2 * SCALE * (x + CUBIC * x ** 3)


def gelu_tanh_slope(x):
    near, u = np.clip(x, -1e3, 1e3), twice_u(x)
    return near * sigmoid(u) * sigmoid(-u) * 2 * SCALE * (1 + 3 * CUBIC * near ** 2)


# kernel, numbers it takes, exact, exact terms of the derivative (those that take the argument)
SMOOTH = {
    "sigmoid": ((), sigmoid, None),
    "tanh": ((), np.tanh, None),
    "silu": ((), lambda x: x * sigmoid(x),
             lambda x: (sigmoid(x), x * sigmoid(x) * sigmoid(-x))),
    "elu": ((1.5, 1.0, 1.0), lambda x: np.where(x > 0, x, 1.5 * np.expm1(np.minimum(x, 0))),
            lambda x: (np.where(x > 0, 1, 1.5 * np.exp(np.minimum(x, 0))),)),
    "gelu": ((), lambda x: x * phi(x),
             lambda x: (phi(x), x * np.exp(-np.minimum(x * x, 1e4) / 2) / np.sqrt(2 * np.pi))),
    "gelu_tanh": ((SCALE, CUBIC), lambda x: x * sigmoid(twice_u(x)),
                  lambda x: (sigmoid(twice_u(x)), gelu_tanh_slope(x))),
    "softplus": ((1.0, 20.0), lambda x: np.where(x > 20, x, softplus(x)),
                 lambda x: (np.where(x > 20, 1, sigmoid(x)),)),
    "logsigmoid": ((), lambda x: -softplus(-x), lambda x: (sigmoid(-x),)),
    "mish": ((), lambda x: x * mish(x), lambda x: (mish(x), mish_slope(x))),
}


def assert_close(x, y, right, size):
    """Within 4e-7 of the terms' size, for results of ordinary size; tiny ones may become 0.

    The argument of exp grows with x^3 in ``gelu_tanh``, and what it is rounded by with it.
    """
    off, limit = np.abs(y - right), 4e-7 * size + 1e-37
    worst = np.argmax(off / limit)
    assert off[worst] <= limit[worst], f"{y[worst]} for {x[worst]}, not {right[worst]}"


def rounded_argument(name, x):
    """How many times larger errors may be where the argument of exp was rounded before."""
    return 1 + np.where(x < 0, np.abs(twice_u(x)), 0) if name == "gelu_tanh" else 1


@pytest.mark.parametrize("name", SMOOTH)
@np.errstate(all="ignore")
def test_accuracy_over_all_floats(name):
    numbers, exact, _ = SMOOTH[name]
    x = EVERYWHERE[np.isfinite(EVERYWHERE)]
    y = kernels.PRIMITIVES[f"{name}_forward"](x, *numbers)
    right = exact(x.astype(np.float64))
    assert_close(x, y, right, np.abs(right) * rounded_argument(name, x))
    small = np.abs(x) < 1e-30
    np.testing.assert_allclose(y[small], right[small], rtol=4e-7, atol=1e-45)


@pytest.mark.parametrize("name", SMOOTH)
@np.errstate(all="ignore")
def test_accuracy_of_the_derivative_over_all_floats(name):
    numbers, exact, terms = SMOOTH[name]
    x = EVERYWHERE[np.isfinite(EVERYWHERE)]
    if terms is None:       # from the result
        y = exact(x.astype(np.float64)).astype(np.float32)
        dx, other = kernels.PRIMITIVES[f"{name}_backward"](np.ones_like(y), y), y.astype(float)
        right = other * (1 - other) if name == "sigmoid" else 1 - other ** 2
        return assert_close(x, dx, right, np.abs(right) + 0.1 * np.abs(y))
    dx = kernels.PRIMITIVES[f"{name}_backward"](np.ones_like(x), x, *numbers)
    parts = terms(x.astype(np.float64))
    size = sum(map(np.abs, parts)) * rounded_argument(name, x)
    return assert_close(x, dx, sum(parts), size)


# what becomes of the ends: result / x or the result, derivative
ENDS = {"sigmoid": (1, 0, 0, 0), "tanh": (1, 0, -1, 0), "elu": ("x", 1, -1, 0),
        "selu": ("inf", 1.0507009873554805, -1.7580993408473766, 0),
        "softplus": ("x", 1, 0, 0), "logsigmoid": (0, 0, "x", 1),
        "silu": ("x", 1, 0, 0), "gelu": ("x", 1, 0, 0), "mish": ("x", 1, 0, 0),
        "gelu tanh": ("x", 1, 0, 0)}


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("size", [1e4, 1e13, 1e20, 1e21, 1e30, 3e38])
def test_both_ends_are_the_limits(name, size):
    high, high_slope, low, low_slope = ENDS[name]
    curve = (lambda x: mt.gelu(x, "tanh")) if name == "gelu tanh" else getattr(mt, name)
    x = mt.tensor([size, -size] * 30, requires_grad=True)
    y = curve(x)
    y.backward(mt.ones(60))
    high = size * 1.0507009873554805 if high == "inf" else size if high == "x" else high
    np.testing.assert_allclose(y.data[::2], high, rtol=1e-6)
    np.testing.assert_allclose(y.data[1::2], -size if low == "x" else low, rtol=1e-6)
    np.testing.assert_allclose(x.grad.data[::2], high_slope, rtol=1e-6)
    np.testing.assert_array_equal(x.grad.data[1::2], low_slope)


ACTIVATIONS = {
    "relu6": (mt.relu6, F.relu6), "hardtanh": (mt.hardtanh, F.hardtanh),
    "leaky_relu": (mt.leaky_relu, F.leaky_relu), "hardsigmoid": (mt.hardsigmoid, F.hardsigmoid),
    "hardswish": (mt.hardswish, F.hardswish), "sigmoid": (mt.sigmoid, torch.sigmoid),
    "tanh": (mt.tanh, torch.tanh), "silu": (mt.silu, F.silu), "gelu": (mt.gelu, F.gelu),
    "elu": (mt.elu, F.elu), "selu": (mt.selu, F.selu),
    "celu": (lambda x: mt.celu(x, 2.0), lambda x: F.celu(x, 2.0)),
    "softplus": (mt.softplus, F.softplus), "logsigmoid": (mt.logsigmoid, F.logsigmoid),
    "mish": (mt.mish, F.mish),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_strange_numbers_as_in_pytorch(name):
    ours, theirs = ACTIVATIONS[name]
    x = np.array([np.nan, -np.inf, np.inf, 0, -0.0, 1e-40, -1e-40, 1e-30, -1e-30, 3, -3, 6, 1, -1,
                  50, -50, 1e4, -1e4, 3e37, -3e37, 0.5, 20], np.float32)
    t, t_torch = mt.Tensor(x, requires_grad=True), torch.from_numpy(x).requires_grad_()
    y, y_torch = ours(t), theirs(t_torch)
    right = y_torch.detach().numpy().copy()
    if name == "gelu":      # PyTorch's may be NaN for infinity
        right[2] = np.inf
    np.testing.assert_allclose(y.data, right, 2e-6, 1e-6)
    y.backward(np.ones_like(x))
    y_torch.backward(torch.ones_like(y_torch))
    np.testing.assert_allclose(t.grad.data[1:], t_torch.grad.numpy()[1:], 2e-5, 1e-6)
    assert np.isnan(t.grad.data[0]) or not np.isnan(t_torch.grad.numpy()[0])


@pytest.mark.parametrize("kernel", [kernels.silu_forward, kernels.clamp_forward, kernels.mul])
def test_a_result_lies_in_memory_as_its_argument(rng, kernel):
    more = {kernels.clamp_forward: (0.0, 1.0), kernels.mul: (2.0,)}.get(kernel, ())
    x = rng.standard_normal((3, 4, 5, 6)).astype(np.float32)
    for laid in (x, channels_last(x), transposed(x)):
        assert kernel(laid, *more).strides == laid.strides
    np.testing.assert_array_equal(kernel(every_second(x), *more), kernel(x, *more))
    np.testing.assert_array_equal(kernels.add(x, channels_last(x)), 2 * x)
    np.testing.assert_array_equal(kernels.sub(transposed(x), transposed(2 * x)), -x)
    one = np.array(0.25, np.float32)
    assert kernel(one, *more).shape == () and kernel(one, *more) == kernel(one.reshape(1), *more)


def test_numbers_and_bounds_that_are_left_to_the_reference():
    x = np.array([1, 2, 3], np.int32)
    assert kernels.add(x, 1).dtype == np.int32 and kernels.mul(x, True).tolist() == [1, 2, 3]
    y = np.array([1, 2, 3], np.float32)
    assert np.isnan(kernels.clamp_forward(y, float("nan"), 2.0)).all()
    assert kernels.clamp_forward(y, None, np.array([2, 1, 2])).tolist() == [1, 1, 2]
    assert kernels.leaky_relu_forward(-y, y).tolist() == [-1, -4, -9]
    assert kernels.add(y, y[:1]).tolist() == [2, 3, 4]
    assert kernels.sigmoid_forward(np.zeros((0, 3), np.float32)).shape == (0, 3)
    assert kernels.mish_forward(y.astype(np.float64)).dtype == np.float64
