"""The error function, in every language, against the C library's."""
import math

import numpy as np
import pytest

from minitorch_cnn import kernels

POINTS = np.concatenate([np.linspace(-7, 7, 2001), [0.46875, -0.46875, 4, -4, 1e-300, 1e10, -1e10]])
LANGUAGES = ["reference", "cpu"]


def expected(x):
    return np.array([math.erf(v) for v in x.ravel().tolist()]).reshape(x.shape)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dtype, close", [(np.float64, 1e-15), (np.float32, 2e-7),
                                          (np.float16, 1e-3)])
def test_erf(language, dtype, close):
    with np.errstate(over="ignore"):
        x = POINTS.astype(dtype)
    with kernels.use(language):
        y = kernels.erf(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, expected(x), rtol=close, atol=1e-320)


@pytest.mark.parametrize("language", LANGUAGES)
def test_erf_of_special_values_and_layouts(language):
    with kernels.use(language):
        y = kernels.erf(np.array([np.inf, -np.inf, np.nan, -0.0]))
        np.testing.assert_array_equal(y, [1, -1, np.nan, -0.0])
        assert np.signbit(y[3])
        for x in (np.array(0.3), np.zeros((0, 3)), np.linspace(-2, 2, 24).reshape(4, 6).T[::2],
                  np.broadcast_to(np.float32(0.5), (3, 2)), np.linspace(-3, 3, 20000)):
            np.testing.assert_allclose(kernels.erf(x), expected(x), rtol=1e-6)
            assert kernels.erf(x).shape == x.shape


def test_erf_is_monotonic_and_odd_in_the_reference():
    with kernels.use("reference"):
        y = kernels.erf(np.linspace(0, 5, 5001))
        np.testing.assert_array_equal(kernels.erf(-np.linspace(0, 5, 5001)), -y)
    assert (np.diff(y) >= -2e-16).all()
