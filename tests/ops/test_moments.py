"""var, std and their pairs with the mean, against torch."""
import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt

pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning")

DIMS = [((2, 3, 4), None), ((2, 3, 4), 0), ((2, 3, 4), -1), ((2, 3, 4), (0, 2)),
        ((), None), ((), 0), ((3,), 0), ((3, 1), 1), ((0, 3), 0), ((0, 3), 1), ((0, 3), None)]


@pytest.mark.parametrize("options", [{}, dict(correction=0), dict(unbiased=False, keepdim=True),
                                     dict(correction=0.5), dict(unbiased=True)])
@pytest.mark.parametrize("shape, dim", DIMS, ids=str)
@pytest.mark.parametrize("op", ["var", "std"])
def test_dims(op, shape, dim, options):
    check_op(getattr(mt, op), getattr(torch, op), shape, dim=dim, **options)


@pytest.mark.parametrize("op", ["var", "std"])
def test_forms_of_the_call(op):
    for arguments in ((), (False,), (True,), (0,), (0, False), (1, True, True), ([0, 1],)):
        check_op(getattr(mt, op), getattr(torch, op), (3, 4), *arguments)


@pytest.mark.parametrize("op", ["var", "std"])
def test_no_dims_are_all_dims(op):
    # torch reduces all going forward but none on the way back, so it is not the measure here
    check_op(lambda x: getattr(mt, op)(x, ()), getattr(torch, op), (3, 4))


@pytest.mark.parametrize("op", ["var", "std"])
def test_equal_elements_and_offsets(op):
    check_op(getattr(mt, op), getattr(torch, op), np.full((2, 3), 1.5), 1)
    check_op(getattr(mt, op), getattr(torch, op), np.broadcast_to(np.array([[1.0], [2.0]]), (2, 3)))
    x = np.array([1e4 + 1, 1e4 + 2, 1e4 + 4])  # mean squares would lose all digits
    assert abs(getattr(mt, op)(x.astype("float32")).item() - getattr(np, op)(x, ddof=1)) < 1e-3


def test_more_correction_than_elements():
    for correction in (2, 3):
        y = mt.var(mt.Tensor(np.array([1.0, 2.0])), correction=correction)
        assert y.item() == float("inf")


@pytest.mark.parametrize("op", ["var_mean", "std_mean"])
def test_pairs(op):
    for position in (0, 1):
        check_op(lambda x, p=position, **o: getattr(mt, op)(x, **o)[p],
                 lambda x, p=position, **o: getattr(torch, op)(x, **o)[p],
                 (3, 4), dim=1, keepdim=True)
        check_op(lambda x, p=position: getattr(mt, op)(x, False)[p],
                 lambda x, p=position: getattr(torch, op)(x, False)[p], (3, 4))


@pytest.mark.parametrize("op", ["var", "std", "var_mean", "std_mean"])
def test_errors(op):
    with pytest.raises(TypeError, match=f"{op}: input must hold floats, got int64"):
        getattr(mt, op)(np.array([1, 2]))
    with pytest.raises(TypeError, match=f"{op}: pass unbiased or correction, not both"):
        getattr(mt, op)(np.ones(2), unbiased=True, correction=0)
