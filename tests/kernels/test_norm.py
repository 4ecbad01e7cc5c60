"""The batch-norm kernels in every language against plain formulas in float64."""
import numpy as np
import pytest

from minitorch_cnn import kernels

SHAPES = [(4, 3), (2, 3, 5), (2, 3, 4, 5), (1, 3, 1, 2), (2, 1, 2, 2, 2), (5, 17, 3, 3)]
CLOSE = {np.float32: dict(rtol=1e-4, atol=1e-5), np.float64: dict(rtol=1e-10, atol=1e-12)}


def axes(x):
    return (0, *range(2, x.ndim))


def wide(v, x):
    return np.asarray(v, np.float64).reshape((1, -1) + (1,) * (x.ndim - 2))


def layouts(x):
    """x itself, channels last in memory, and with holes."""
    yield x
    yield np.ascontiguousarray(np.moveaxis(x, 1, -1)).swapaxes(-1, 1) if x.ndim == 3 else \
        np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    yield np.repeat(x, 2, axis=0)[::2]


@pytest.fixture(params=[np.float32, np.float64])
def dtype(request):
    return request.param


@pytest.mark.parametrize("shape", SHAPES)
def test_statistics(language, dtype, shape, rng):
    for x in layouts((rng.standard_normal(shape) * 2 + 1).astype(dtype)):
        mean, var = kernels.batch_norm_statistics(x)
        assert mean.dtype == var.dtype == dtype and mean.shape == var.shape == (shape[1],)
        np.testing.assert_allclose(mean, x.astype(np.float64).mean(axes(x)), **CLOSE[dtype])
        np.testing.assert_allclose(var, x.astype(np.float64).var(axes(x)), **CLOSE[dtype])


def test_statistics_survive_a_large_mean(language, rng):
    x = (rng.standard_normal((32, 2, 40, 40)) + 5000).astype(np.float32)
    mean, var = kernels.batch_norm_statistics(x)
    np.testing.assert_allclose(mean, x.astype(np.float64).mean((0, 2, 3)), rtol=1e-7)
    np.testing.assert_allclose(var, x.astype(np.float64).var((0, 2, 3)), rtol=1e-4)


def test_statistics_of_an_empty_batch_are_nan(language):
    with np.errstate(all="ignore"):
        mean, var = kernels.batch_norm_statistics(np.ones((0, 3, 2), np.float32))
    assert mean.shape == var.shape == (3,) and np.isnan(mean).all() and np.isnan(var).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("affine", ["both", "weight", "bias", "none"])
def test_forward(language, dtype, shape, affine, rng):
    C = shape[1]
    mean, inv_std, w, b = rng.uniform(0.5, 2, (4, C)).astype(dtype)
    w = w if affine in ("both", "weight") else None
    b = b if affine in ("both", "bias") else None
    for x in layouts(rng.standard_normal(shape).astype(dtype)):
        y = kernels.batch_norm_forward(x, mean, inv_std, w, b)
        expected = (x - wide(mean, x)) * wide(inv_std, x)
        expected = expected * wide(1 if w is None else w, x) + wide(0 if b is None else b, x)
        assert y.dtype == dtype and y.shape == shape
        np.testing.assert_allclose(y, expected, **CLOSE[dtype])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_backward(language, dtype, shape, training, weighted, rng):
    C, m = shape[1], np.prod(shape) // shape[1]
    w = rng.uniform(0.5, 2, C).astype(dtype) if weighted else None
    dy = rng.standard_normal(shape).astype(dtype)
    for x in layouts(rng.standard_normal(shape).astype(dtype)):
        mean = x.mean(axes(x)).astype(dtype)
        inv_std = (1 / np.sqrt(x.var(axes(x)) + 0.1)).astype(dtype)
        xhat = (x - wide(mean, x)) * wide(inv_std, x)
        db, dw = dy.sum(axes(x), dtype=float), (dy * xhat).sum(axes(x))
        dx = (dy - (wide(db, x) + xhat * wide(dw, x)) / m) if training else dy
        dx = dx * wide(inv_std, x) * wide(1 if w is None else w, x)
        for needs in ((1, 1, 1), (1, 0, 0), (0, 1, 1), (0, 0, 1)):
            results = kernels.batch_norm_backward(dy, x, mean, inv_std, w, training, needs)
            for result, expected, need in zip(results, (dx, dw, db), needs):
                assert (result is not None) == bool(need)
                if need:
                    assert result.dtype == dtype and result.shape == expected.shape
                    np.testing.assert_allclose(result, expected, **CLOSE[dtype])
