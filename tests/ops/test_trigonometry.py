"""Trigonometry, against torch."""
import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt

INF, NAN = float("inf"), float("nan")
EVERYTHING = np.array([0.0, 0.3, 1.0, 1.5, 3.0, -0.3, -1.0, -1.5, 20.0, INF, -INF, NAN])


@pytest.mark.parametrize("op", ["sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh",
                                "asin", "acos", "atan"])
def test_against_torch(op):
    for x in (EVERYTHING, np.array(0.7), np.zeros((0, 3)),
              np.linspace(-0.9, 0.9, 12).reshape(3, 4).T, np.broadcast_to(np.array(0.2), (2, 3))):
        check_op(getattr(mt, op), getattr(torch, op), x)
    for x in (np.array([1, 0, -1]), np.array([True, False])):
        check_op(getattr(mt, op), getattr(torch, op), x, dtypes=[np.float32])


def test_atan2():
    check_op(mt.atan2, torch.atan2, (3, 1), (4,))
    values = np.array([0.0, -0.0, 1.0, -2.0, INF, -INF, NAN])
    check_op(mt.arctan2, torch.arctan2, *np.meshgrid(values, values))
    check_op(mt.atan2, torch.atan2, np.array([1, -1]), np.array([1, 2]), dtypes=[np.float32])
    check_op(mt.atan2, torch.atan2, np.array([1, -1]), (2,))
