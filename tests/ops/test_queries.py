"""Questions about tensors, and the constants that stand beside the functions."""
import numpy as np
import torch

import minitorch_cnn as mt


def test_what_it_is():
    things = [mt.ones(2), mt.nn.Parameter(mt.ones(2)), np.ones(2), 1.0, [1], None]
    assert [mt.is_tensor(x) for x in things] == [True, True, False, False, False, False]
    for dtype in ("float16", "float32", "float64", "int64", "uint8", "bool"):
        ours, theirs = mt.ones(2, dtype=dtype), torch.ones(2, dtype=getattr(torch, dtype))
        assert mt.is_floating_point(ours) == torch.is_floating_point(theirs)


def test_number_of_elements():
    for shape in ((), (0,), (2, 3), (2, 0, 3)):
        assert mt.numel(mt.zeros(shape)) == torch.numel(torch.zeros(shape))
    assert isinstance(mt.numel(mt.zeros(2)), int)


def test_constants():
    for name in ("e", "inf", "pi"):
        assert getattr(mt, name) == getattr(torch, name)
    assert mt.nan != mt.nan
    assert isinstance(mt.ones(2, 3).shape, mt.Size) and mt.ones(2, 3).shape == mt.Size([2, 3])
