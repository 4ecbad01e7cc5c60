"""Activations and arithmetic: accuracy over all floats, strange numbers as in PyTorch, layouts."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from kernel_problems import channels_last, every_second, transposed

import minitorch_cnn as mt
from minitorch_cnn import kernels

EVERYWHERE = np.concatenate([
    np.arange(0, 1 << 32, 9973, np.int64).astype(np.uint32).view(np.float32),   # all magnitudes
    np.linspace(-120, 120, 200_001, dtype=np.float32)])
# ours, exact in float64, largest error in units of the last place
CURVES = {
    "exp": (lambda x: kernels.elu_backward(np.ones_like(x), x, 1.0, 1.0, 1.0),
            lambda x: np.where(x > 0, 1, np.exp(x)), 2),
    "expm1": (lambda x: kernels.elu_forward(x, 1.0, 1.0, 1.0),
              lambda x: np.where(x > 0, x, np.expm1(x)), 2),
    "exp of positive numbers": (lambda x: kernels.elu_forward(x, 1.0, 1.0, -1.0),
                                lambda x: np.where(x > 0, x, np.expm1(-x)), 2),
    "sigmoid": (kernels.sigmoid_forward, lambda x: 1 / (1 + np.exp(-x)), 2.5),
    "tanh": (kernels.tanh_forward, np.tanh, 3),
    "softplus": (lambda x: kernels.softplus_forward(x, 1.0, 20.0),
                 lambda x: np.where(x > 20, x, np.logaddexp(0, x)), 3),
    "mish": (kernels.mish_forward, lambda x: x * np.tanh(np.logaddexp(0, x)), 4),
    "silu": (kernels.silu_forward, lambda x: x / (1 + np.exp(-x)), 3),
}


@pytest.mark.parametrize("name", CURVES)
def test_accuracy_over_all_floats(name):
    ours, exact, limit = CURVES[name]
    x = EVERYWHERE[np.isfinite(EVERYWHERE) & (np.abs(EVERYWHERE) < 1e30)]
    with np.errstate(all="ignore"):
        right = exact(x.astype(np.float64))
        y = ours(x)
        place = np.spacing(np.abs(right).astype(np.float32)).astype(np.float64)
        off = np.abs(y.astype(np.float64) - right) / place
    # below -87 exp(-x) becomes infinite, exp(x) loses bits: as in PyTorch, tiny results may be 0
    normal = (np.abs(right) > 1.2e-38) & (np.abs(right) < 3.4e38) & ((x > -87) | (right > 1))
    worst = np.argmax(np.where(normal, off, 0))
    assert off[worst] <= limit, f"{y[worst]} for {x[worst]}, not {right[worst]}"
    assert (np.abs(y - right)[(x <= -87) & (np.abs(right) < 1e-30)] < 1e-35).all()


ACTIVATIONS = {
    "relu6": (mt.relu6, F.relu6), "hardtanh": (mt.hardtanh, F.hardtanh),
    "leaky_relu": (mt.leaky_relu, F.leaky_relu), "hardsigmoid": (mt.hardsigmoid, F.hardsigmoid),
    "hardswish": (mt.hardswish, F.hardswish), "sigmoid": (mt.sigmoid, torch.sigmoid),
    "tanh": (mt.tanh, torch.tanh), "silu": (mt.silu, F.silu), "gelu": (mt.gelu, F.gelu),
    "elu": (mt.elu, F.elu), "selu": (mt.selu, F.selu),
    "celu": (lambda x: mt.celu(x, 2.0), lambda x: F.celu(x, 2.0)),
    "softplus": (mt.softplus, F.softplus), "mish": (mt.mish, F.mish),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_strange_numbers_as_in_pytorch(name):
    ours, theirs = ACTIVATIONS[name]
    x = np.array([np.nan, np.inf, 0, -0.0, 1e-40, -1e-40, 1e-30, -1e-30, 3, -3, 6, 1, -1, 50, -50,
                  1e4, -1e4, 3e37, -3e37, 0.5, 20], np.float32)
    t, t_torch = mt.Tensor(x, requires_grad=True), torch.from_numpy(x).requires_grad_()
    y, y_torch = ours(t), theirs(t_torch)
    np.testing.assert_allclose(y.data, y_torch.detach().numpy(), 2e-6, 3e-7)
    y.backward(np.ones_like(x))
    y_torch.backward(torch.ones_like(y_torch))
    np.testing.assert_allclose(t.grad.data[2:], t_torch.grad.numpy()[2:], 2e-5, 1e-6)
    assert np.isnan(t.grad.data[0]) == np.isnan(t_torch.grad.numpy()[0])


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
