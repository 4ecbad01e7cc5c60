"""Activations of straight pieces against torch, at their kinks too."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from check_op import check_op

import minitorch_cnn as mt

KINKS = np.array([[-1e4, -6, -3, -1, -0.5, -0.0], [0.0, 0.5, 1, 3, 6, 1e4]])
SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.7, -0.7])
CASES = [("relu6", {}), ("hardtanh", {}), ("hardtanh", dict(min_val=-3, max_val=0.5)),
         ("threshold", dict(threshold=0.5, value=-7.0)), ("hardsigmoid", {}), ("hardswish", {}),
         ("hardshrink", {}), ("hardshrink", dict(lambd=1)), ("hardshrink", dict(lambd=-1)),
         ("hardshrink", dict(lambd=0)), ("softshrink", {}), ("softshrink", dict(lambd=3)),
         ("softshrink", dict(lambd=0))]


@pytest.mark.parametrize("name, options", CASES)
@pytest.mark.parametrize("x", [(3, 4), (), (0, 3), (2, 1, 3, 2), KINKS, KINKS.T[::2]],
                         ids=["2d", "0d", "empty", "4d", "kinks", "strided"])
def test_against_torch(name, options, x):
    # torch's hardsigmoid multiplies float64 gradients by a float32 1/6
    tolerance = {np.float64: dict(rtol=1e-7), np.float32: dict(rtol=1e-6)}
    check_op(getattr(mt, name), getattr(F, name), x, tolerance=tolerance, **options)


@pytest.mark.parametrize("name, options", CASES)
def test_nan_and_infinity(name, options):
    y = getattr(mt, name)(mt.Tensor(SPECIAL), **options)
    theirs = getattr(F, name)(torch.from_numpy(SPECIAL), **options)
    np.testing.assert_array_equal(y.data, theirs.numpy())


@pytest.mark.parametrize("name, arguments", [("relu6", ()), ("hardtanh", (-2, 2)),
                                             ("hardtanh", (-1.5, 2.5)), ("threshold", (1.5, 20.5)),
                                             ("threshold", (-1.5, -2.5))])
def test_integers_stay_integers(name, arguments):
    x = np.arange(-4, 9)
    y = getattr(mt, name)(mt.Tensor(x), *arguments)
    theirs = getattr(F, name)(torch.from_numpy(x), *arguments).numpy()
    assert y.dtype == theirs.dtype
    np.testing.assert_array_equal(y.data, theirs)


@pytest.mark.parametrize("call, error, words", [
    (lambda: mt.relu6([True]), TypeError, "relu6: not defined for bools"),
    (lambda: mt.hardtanh([True]), TypeError, "hardtanh: not defined for bools"),
    (lambda: mt.hardtanh([1.0], 2, 1), ValueError, "hardtanh: min_val must not exceed max_val"),
    (lambda: mt.hardtanh(np.ones(1, np.uint8)), TypeError, "uint8 cannot hold the negative limit"),
    (lambda: mt.threshold([True], 0, 1), TypeError, "threshold: not defined for bools"),
    (lambda: mt.hardsigmoid([1]), TypeError, "hardsigmoid: input must hold floats"),
    (lambda: mt.hardswish([1]), TypeError, "hardswish: input must hold floats"),
    (lambda: mt.hardshrink([1]), TypeError, "hardshrink: input must hold floats"),
    (lambda: mt.softshrink([1]), TypeError, "softshrink: input must hold floats"),
    (lambda: mt.softshrink([1.0], -1), ValueError, "softshrink: lambd must be 0 or more, got -1"),
])
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
