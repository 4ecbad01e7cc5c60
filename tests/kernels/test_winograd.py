"""Winograd's convolution: against the reference, its rounding, when it is taken, and the switch."""
import functools
import os
import subprocess
import sys

import numpy as np
import pytest
from check_kernels import cut_small, force_winograd, run
from kernel_problems import channels_last

import minitorch_cnn as mt
from minitorch_cnn import kernels, nn
from minitorch_cnn.kernels.cpu import winograd

ONE = (1, 1), ((1, 1), (1, 1)), (1, 1), 1   # stride, padding, dilation, groups


@pytest.fixture(params=[2, 4])
def forced(request, monkeypatch):
    """Every convolution that it can do is done by F(m x m, 3x3)."""
    force_winograd(request.param, functools.partial(monkeypatch.setattr))
    yield request.param
    monkeypatch.undo()
    winograd.best.cache_clear()


def normal(rng, *shape):
    return channels_last(rng.standard_normal(shape).astype(np.float32))


def test_the_identity_behind_it(rng):
    """A^T [(G w) * (B^T x)] slides w over x, for any numbers."""
    for m in (2, 4):
        AT, G, BT = winograd.matrices(m)
        w, x = rng.standard_normal(3), rng.standard_normal(m + 2)
        np.testing.assert_allclose(AT @ ((G @ w) * (BT @ x)), np.correlate(x, w), rtol=1e-12)


def test_drawn_problems(forced):
    for seed in range(500):
        run("three_by_three", seed)


def test_drawn_problems_in_small_pieces(forced, monkeypatch):
    cut_small(monkeypatch.setattr)
    for seed in range(500, 800):
        run("three_by_three", seed)


def test_rounding(rng, forced):
    """What the docstring of ``kernels/cpu/winograd.py`` states, with room for other numbers."""
    x, w, dy = normal(rng, 4, 64, 16, 16), normal(rng, 48, 64, 3, 3), normal(rng, 4, 48, 16, 16)
    forward, gradient, weights = [
        np.linalg.norm(ours - right) / np.linalg.norm(right) for ours, right in
        ((kernels.conv2d_forward(x, w, None, *ONE), reference("forward", x, w, None)),
         (kernels.conv2d_input_gradient(dy, w, (16, 16), *ONE),
          reference("input_gradient", dy, w, (16, 16))),
         (kernels.conv2d_weight_gradient(x, dy, (3, 3), *ONE),
          reference("weight_gradient", x, dy, (3, 3))))]
    assert max(forward, gradient) < (1e-6 if forced == 4 else 4e-7)
    assert weights < (2e-6 if forced == 4 else 8e-7)


def reference(name, *arrays):
    arrays = [a.astype(float) if isinstance(a, np.ndarray) else a for a in arrays]
    return kernels.PRIMITIVES[f"conv2d_{name}"].version("reference")(*arrays, *ONE)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e38])
def test_one_strange_number_changes_only_what_it_reaches(rng, forced, value):
    x, w = np.abs(normal(rng, 2, 16, 12, 12)), np.abs(normal(rng, 16, 16, 3, 3))
    x[1, 3, 5, 6] = value
    y = kernels.conv2d_forward(x, w, None, *ONE)
    with kernels.winograd(False):
        np.testing.assert_array_equal(y, kernels.conv2d_forward(x, w, None, *ONE))
    if value != 1e38:
        assert not np.isfinite(y[1, :, 4:7, 5:8]).any()
        y[1, :, 4:7, 5:8] = 0
        assert np.isfinite(y).all()


def test_the_switch(rng):
    x, w = normal(rng, 4, 64, 28, 28), normal(rng, 64, 64, 3, 3)
    y = kernels.conv2d_forward(x, w, None, *ONE)
    with kernels.winograd(False):
        direct = kernels.conv2d_forward(x, w, None, *ONE)
        with kernels.winograd():
            assert (kernels.conv2d_forward(x, w, None, *ONE) == y).all()
        assert (kernels.conv2d_forward(x, w, None, *ONE) == direct).all()
    assert (direct != y).any()
    np.testing.assert_allclose(y, direct, atol=1e-5 * np.abs(direct).max())
    assert (kernels.conv2d_forward(x, w, None, *ONE) == y).all()


@pytest.mark.parametrize("value, taken", [("0", False), ("1", True)])
def test_the_switch_in_the_environment(value, taken):
    code = ("import minitorch_cnn as mt; from minitorch_cnn import kernels, nn;"
            "print(kernels.explain(nn.Conv2d(64, 64, 3, padding=1), mt.randn(4, 64, 28, 28)))")
    text = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "MINITORCH_CNN_WINOGRAD": value}).stdout
    assert ("Winograd" in text) == taken


@pytest.mark.parametrize("layer, size, taken", [
    (nn.Conv2d(64, 64, 3, padding=1), 28, "F(4x4, 3x3)"),
    (nn.Conv2d(64, 64, 3), 30, "F(4x4, 3x3)"),
    (nn.Conv2d(3, 64, 3, padding=1), 28, ""),           # the transforms cost more than they save
    (nn.Conv2d(64, 2, 3, padding=1), 28, ""),
    (nn.Conv2d(64, 64, 3, stride=2), 28, ""),
    (nn.Conv2d(64, 64, 3, dilation=2), 28, ""),
    (nn.Conv2d(64, 64, 3, groups=2), 28, ""),
    (nn.Conv2d(64, 64, 5, padding=2), 28, ""),
    (nn.Conv2d(64, 64, 3, padding=3), 28, ""),          # a border that must be exactly 0
])
def test_when_it_is_taken(layer, size, taken):
    (choice,) = kernels.explain(layer, mt.randn(4, layer.in_channels, size, size))
    assert ("Winograd" in choice.why) == bool(taken) and taken in choice.why


def test_results_that_see_only_zeros_are_zero(rng):
    x, w = normal(rng, 4, 64, 28, 28), normal(rng, 64, 64, 3, 3)
    y = kernels.conv2d_forward(x, w, None, (1, 1), ((4, 1), (1, 1)), (1, 1), 1)
    assert not y[:, :, :2].any() and y[:, :, 2:].any()


@pytest.mark.parametrize("value", [1, np.nan])
def test_calls_noted_once_decide_anew(rng, forced, value):
    """A recording made with finite numbers, played with others."""
    x, w = np.abs(normal(rng, 2, 16, 12, 12)), np.abs(normal(rng, 16, 16, 3, 3))
    capture = kernels.capture()
    with capture.running():
        y = kernels.conv2d_forward(x, w, None, *ONE)
        dx = kernels.conv2d_input_gradient(x, w, (12, 12), *ONE)
        dw = kernels.conv2d_weight_gradient(x, x, (3, 3), *ONE)
    x[1, 3, 5, 6] = value
    for function, arguments in capture.calls:
        function(*arguments)
    np.testing.assert_array_equal(y, kernels.conv2d_forward(x, w, None, *ONE))
    np.testing.assert_array_equal(dx, kernels.conv2d_input_gradient(x, w, (12, 12), *ONE))
    np.testing.assert_array_equal(dw, kernels.conv2d_weight_gradient(x, x, (3, 3), *ONE))
