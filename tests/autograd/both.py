"""Run the same lines under PyTorch and under minitorch_cnn."""
import numpy as np
import torch

import minitorch_cnn as mt

LIBRARIES = {"torch": torch, "minitorch_cnn": mt}


def leaf(lib, values, requires_grad=True):
    """A float64 leaf of either library."""
    array = np.array(values, np.float64)
    if lib is torch:
        return torch.from_numpy(array).requires_grad_(requires_grad)
    return mt.Tensor(array, requires_grad=requires_grad)


def plain(value):
    """Tensors as lists, so that results of both libraries compare equal."""
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value.tolist() if hasattr(value, "tolist") else value


def same_in_both(scenario):
    """``scenario(lib)`` gives equal results, or raises errors of the same kind, in both."""
    ours, theirs = _outcome(scenario, mt), _outcome(scenario, torch)
    assert ours == theirs
    return ours


def _outcome(scenario, lib):
    try:
        return plain(scenario(lib))
    except (RuntimeError, ValueError, TypeError):
        return "an error"
