"""Roots, exponentials, logarithms and the error function, against torch."""
import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt

INF, NAN = float("inf"), float("nan")
EVERYTHING = np.array([0.0, 1e-12, 0.5, 1.0, 3.0, 20.0, -0.5, -1.0, -3.0, -20.0, INF, -INF, NAN])
OPS = ["sqrt", "rsqrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "erf"]


@pytest.mark.parametrize("op", OPS)
def test_against_torch(op):
    ours, theirs = getattr(mt, op), getattr(torch, op)
    check_op(ours, theirs, EVERYTHING)
    for x in (np.array(0.7), np.zeros((0, 3)), np.linspace(0.1, 2, 12).reshape(3, 4).T[::2],
              np.broadcast_to(np.array([0.3, 0.6]), (3, 2))):
        check_op(ours, theirs, x)


@pytest.mark.parametrize("op", OPS + ["sin", "reciprocal"])
def test_integers_and_bools_become_float32(op):
    for x in (np.array([1, 2, 5]), np.array([True, False])):
        check_op(getattr(mt, op), getattr(torch, op), x, dtypes=[np.float32])


@pytest.mark.parametrize("op", OPS)
def test_float16_stays_float16(op):
    x = np.array([0.1, 1.0, 2.0], "float16")
    y = getattr(mt, op)(mt.Tensor(x))
    assert y.dtype == np.float16
    expected = getattr(torch, op)(torch.from_numpy(x))
    np.testing.assert_allclose(y.data, expected.numpy(), rtol=3e-3)


def test_logaddexp():
    check_op(mt.logaddexp, torch.logaddexp, (3, 1), (4,))
    values = np.array([0.0, 1.0, -1000.0, 1000.0, INF, -INF, NAN])
    check_op(mt.logaddexp, torch.logaddexp, *np.meshgrid(values, values))
    assert mt.logaddexp(np.array([1]), np.array([2])).dtype == np.float32
