"""The number of threads, and who else may use them."""
import numpy as np
import pytest

import minitorch_cnn as mt


@pytest.fixture(autouse=True)
def _as_before():
    before = mt.get_num_threads()
    yield
    mt.set_num_threads(before)


def test_results_do_not_need_several_threads(rng):
    x = rng.standard_normal((4, 16, 9, 9)).astype(np.float32)
    w = rng.standard_normal((16, 16, 3, 3)).astype(np.float32)
    many = mt.conv2d(x, w).data
    mt.set_num_threads(1)
    assert mt.get_num_threads() == 1
    np.testing.assert_allclose(mt.conv2d(x, w).data, many, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("n", [0, -1, 10_000, 1.5, "2"])
def test_a_number_that_cannot_be(n):
    with pytest.raises(ValueError, match="set_num_threads: n must be an int from 1 to"):
        mt.set_num_threads(n)


def test_openblas_does_not_spin_beside_our_threads(rng):
    import threadpoolctl
    mt.relu(rng.standard_normal((64, 1024)).astype(np.float32))  # the first kernel sets it
    path = np.__path__[0].replace("numpy", "numpy.libs")
    ours = [pool for pool in threadpoolctl.threadpool_info()
            if pool["internal_api"] == "openblas" and pool["filepath"].startswith(path)]
    assert all(pool["num_threads"] == 1 for pool in ours)


def test_describe_says_what_runs():
    assert "Numba" in mt.kernels.describe() and "threads" in mt.kernels.describe()
    with mt.kernels.use("reference"):
        assert "NumPy reference" in mt.kernels.describe()
