"""Random tensors: distribution, range, dtype, seeds, errors."""
import numpy as np
import pytest

import minitorch_cnn as mt

MAKERS = {
    "rand": lambda **o: mt.rand(50, 4, **o), "randn": lambda **o: mt.randn((50, 4), **o),
    "rand_like": lambda **o: mt.rand_like(np.ones((50, 4)), **o),
    "randn_like": lambda **o: mt.randn_like(np.ones((50, 4)), **o),
    "randint": lambda **o: mt.randint(0, 9, (50, 4), **o),
    "randint_like": lambda **o: mt.randint_like(np.ones((50, 4)), 9, **o),
    "randperm": lambda **o: mt.randperm(50, **o),
    "normal": lambda **o: mt.normal(0, 1, (50, 4), **o),
    "bernoulli": lambda **o: mt.bernoulli(np.full((50, 4), 0.5), **o),
}


@pytest.mark.parametrize("name", MAKERS)
def test_seeds(name):
    mt.manual_seed(3)
    first, second = MAKERS[name]().tolist(), MAKERS[name]().tolist()
    mt.manual_seed(3)
    assert MAKERS[name]().tolist() == first != second
    own = [MAKERS[name](generator=mt.Generator().manual_seed(5)).tolist() for _ in range(2)]
    assert own[0] == own[1] == MAKERS[name](generator=mt.Generator().manual_seed(5)).tolist()
    assert own[0] != first


def test_rand():
    y = mt.rand(100, 100)
    assert y.dtype == np.float32 and y.data.min() >= 0 and y.data.max() < 1
    assert abs(y.data.mean() - 0.5) < 0.01 and abs(y.data.var() - 1 / 12) < 0.002


def test_randn_and_normal():
    y = mt.randn(100, 100)
    assert y.dtype == np.float32 and abs(y.data.mean()) < 0.05 and abs(y.data.std() - 1) < 0.03
    y = mt.normal(3.0, 0.5, (100, 100))
    assert y.dtype == np.float32
    assert abs(y.data.mean() - 3) < 0.03 and abs(y.data.std() - 0.5) < 0.02


@pytest.mark.parametrize("op", ["rand", "randn"])
def test_sizes_and_dtypes(op):
    for size, shape in (((2, 3), (2, 3)), (((2, 3),), (2, 3)), (((),), ()), ((0, 2), (0, 2))):
        assert getattr(mt, op)(*size).shape == shape
    for dtype in ("float16", "float32", "float64"):
        assert getattr(mt, op)(2, dtype=dtype).dtype == dtype
        assert getattr(mt, op + "_like")(np.ones(2, dtype)).dtype == dtype
    assert getattr(mt, op)(2, requires_grad=True).requires_grad
    with pytest.raises(TypeError, match=f"{op}: draws floats, not int64; use randint"):
        getattr(mt, op)(2, dtype="int64")
    with pytest.raises(TypeError, match=f"{op}_like: draws floats, not int64"):
        getattr(mt, op + "_like")(np.array([1]))


def test_normal_of_tensors():
    mean, std = np.array([0.0, 100.0], "float32"), np.array([[1.0], [0.0]], "float32")
    y = mt.normal(mt.Tensor(mean), mt.Tensor(std))
    assert (y.shape, y.dtype) == ((2, 2), np.float32) and y.tolist()[1] == [0, 100]
    assert mt.normal(mean, 0.0).tolist() == [0, 100]
    assert mt.normal(5.0, np.zeros(3)).dtype == np.float64
    assert mt.normal(mean=1.0, std=0.0, size=(2,)).tolist() == [1, 1]


def test_what_normal_refuses():
    with pytest.raises(TypeError, match="normal: pass a size, or a tensor as mean or std"):
        mt.normal(0.0, 1.0)
    with pytest.raises(ValueError, match="normal: std must not be negative, got -1"):
        mt.normal(0.0, -1.0, (2,))
    with pytest.raises(TypeError, match="normal: draws floats, not int64"):
        mt.normal(np.array([1, 2]), 1)


def test_randint():
    y = mt.randint(2, 5, (1000,))
    assert y.dtype == np.int64 and set(y.tolist()) == {2, 3, 4}
    assert set(mt.randint(2, (100,)).tolist()) == {0, 1}
    assert mt.randint(high=5, size=(2, 3)).shape == (2, 3)
    assert mt.randint(low=-5, high=-4, size=(1,)).item() == -5
    assert mt.randint(5, (2,), dtype="float32").dtype == np.float32
    assert mt.randint(256, (2,), dtype="uint8").dtype == np.uint8
    assert mt.randint_like(np.ones(2, "float32"), 1, 2).tolist() == [1, 1]


@pytest.mark.parametrize("arguments, error, message", [
    ((5, 2, (2,)), ValueError, "low must be below high, got 5 and 2"),
    ((0, (2,)), ValueError, "low must be below high"),
    ((5, 2), TypeError, r"pass randint\(high, size\) or randint\(low, high, size\)"),
    ((0.5, 2, (2,)), TypeError, "bounds must be integers, got 0.5 and 2")])
def test_what_randint_refuses(arguments, error, message):
    with pytest.raises(error, match=f"randint: {message}"):
        mt.randint(*arguments)


def test_randint_out_of_the_dtype_s_range():
    with pytest.raises(ValueError, match="randint: uint8 cannot hold the numbers from 0 to 299"):
        mt.randint(0, 300, (3,), dtype="uint8")


def test_randperm():
    assert sorted(mt.randperm(10).tolist()) == list(range(10))
    assert mt.randperm(0).tolist() == [] and mt.randperm(3, dtype="int32").dtype == np.int32
    with pytest.raises(ValueError, match="randperm: sizes must not be negative"):
        mt.randperm(-1)


def test_bernoulli():
    y = mt.bernoulli(mt.Tensor(np.full((100, 100), 0.3, "float32")))
    assert y.dtype == np.float32
    assert set(np.unique(y.data)) == {0, 1} and abs(y.data.mean() - 0.3) < 0.02
    assert mt.bernoulli(np.array([0.0, 1.0])).tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"bernoulli: probabilities must be in \[0, 1\]"):
        mt.bernoulli(np.array([1.5]))
    with pytest.raises(TypeError, match="bernoulli: draws floats, not int64"):
        mt.bernoulli(np.array([1]))
