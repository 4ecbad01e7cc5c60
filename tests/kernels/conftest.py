"""What the tests of the kernels share."""
import pytest

from minitorch_cnn import kernels


@pytest.fixture(params=["reference", "cpu"])
def language(request):
    """Every language in turn; kernels are computed in it as long as the test runs."""
    with kernels.use(request.param):
        yield request.param
