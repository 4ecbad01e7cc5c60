"""Smooth activations against torch, far out too."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from check_op import check_op

import minitorch_cnn as mt

FAR = np.array([[-1e4, -700, -90, -20.5, -1, -1e-3], [0.0, 0.5, 9.99, 20, 90, 1e4]])
SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.7, -0.7])
CASES = [("gelu", {}), ("gelu", dict(approximate="tanh")), ("logsigmoid", {}), ("mish", {}),
         ("sigmoid", {}), ("silu", {}), ("softplus", {}), ("softplus", dict(beta=2)),
         ("softplus", dict(beta=0.5, threshold=3)), ("softsign", {}), ("tanh", {}),
         ("tanhshrink", {})]


def torch_function(name):
    return getattr(F, name) if hasattr(F, name) else getattr(torch, name)


@pytest.mark.parametrize("name, options", CASES)
@pytest.mark.parametrize("x", [(3, 4), (), (0, 3), (2, 1, 3, 2), FAR, FAR.T[::2]],
                         ids=["2d", "0d", "empty", "4d", "far", "strided"])
def test_against_torch(name, options, x):
    check_op(getattr(mt, name), torch_function(name), x, **options)


@pytest.mark.parametrize("name, options", CASES)
def test_nan_and_infinity(name, options):
    y = getattr(mt, name)(mt.Tensor(SPECIAL), **options)
    np.testing.assert_allclose(y.data, torch_function(name)(torch.from_numpy(SPECIAL), **options))


@pytest.mark.parametrize("name", ["softplus", "mish", "logsigmoid", "silu", "gelu"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_out_values_and_gradients_are_finite(name, dtype):
    x = mt.Tensor(np.linspace(-1e4, 1e4, 401).astype(dtype), requires_grad=True)
    y = getattr(mt, name)(x)
    y.backward(np.ones(x.shape))
    assert np.isfinite(y.data).all() and np.isfinite(x.grad.data).all()


def test_softplus_is_stable_where_torch_overflows():
    x = mt.Tensor(np.array([800.0]), requires_grad=True)
    y = mt.softplus(x, threshold=1e5)
    y.backward()
    assert y.item() == 800 and x.grad.item() == 1


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softsign", "tanhshrink"])
def test_integers_become_float32(name):
    x = np.arange(-3, 4)
    y = getattr(mt, name)(mt.Tensor(x))
    assert y.dtype == np.float32
    theirs = torch_function(name)(torch.from_numpy(x))
    np.testing.assert_allclose(y.data, theirs.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("x, dim", [((3, 4), -1), ((3, 4), 1), ((4, 3), 0), ((2, 6, 3), 1),
                                    ((2,), 0), ((0, 4), 1), ((3, 0), 1)])
def test_glu(x, dim):
    check_op(mt.glu, F.glu, x, dim=dim)


@pytest.mark.parametrize("call, error, words", [
    (lambda: mt.gelu([1]), TypeError, "gelu: input must hold floats"),
    (lambda: mt.gelu([1.0], approximate="erf"), ValueError, '"none" or "tanh", got \'erf\''),
    (lambda: mt.silu([1]), TypeError, "silu: input must hold floats"),
    (lambda: mt.mish([1]), TypeError, "mish: input must hold floats"),
    (lambda: mt.softplus([1]), TypeError, "softplus: input must hold floats"),
    (lambda: mt.logsigmoid([1]), TypeError, "logsigmoid: input must hold floats"),
    (lambda: mt.softsign([True]), TypeError, "softsign: not defined for bools"),
    (lambda: mt.tanhshrink([True]), TypeError, "tanhshrink: not defined for bools"),
    (lambda: mt.glu([1, 2]), TypeError, "glu: input must hold floats"),
    (lambda: mt.glu([1.0, 2.0, 3.0]), ValueError, "glu: dim -1 is halved, so its size must"),
    (lambda: mt.glu(1.0), ValueError, "glu: dim -1 is halved"),
    (lambda: mt.glu([1.0, 2.0], 1), IndexError, "glu: dim 1 does not exist"),
])
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
