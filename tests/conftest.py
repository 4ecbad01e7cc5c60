"""What all tests share."""
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]  # check_op.py; the clone before an installed copy

# torchvision registers fakes for ops that a CPU build of torch lacks; declare them first.
_library = torch.library.Library("torchvision", "FRAGMENT")
_library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
_library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


def pytest_addoption(parser):
    parser.addoption("--device", choices=["sim", "cuda"], default="sim",
                     help="run the tests in tests/gpu in the simulator or on a GPU")


@pytest.fixture
def rng():
    """A seeded generator."""
    return np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _seeded():
    """Every test starts from the same seed and leaves the switches as they were."""
    import minitorch_cnn as mt
    mt.manual_seed(0)
    torch.manual_seed(0)
    yield
    assert mt.is_grad_enabled(), "a test left recording switched off"
