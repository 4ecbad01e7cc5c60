"""How operands meet: promotion, broadcasting and the sums on the way back."""
import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
import torch
from check_op import check_op
from hypothesis import given, settings

import minitorch_cnn as mt
from minitorch_cnn.ops.broadcast import exact_number, sum_to, unbroadcast


@settings(max_examples=40, deadline=None)
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=3))
def test_any_shapes_that_broadcast(shapes):
    check_op(mt.mul, torch.mul, *shapes.input_shapes, dtypes=[np.float64])
    check_op(mt.sub, torch.sub, *shapes.input_shapes, dtypes=[np.float64])


def test_unbroadcast():
    dx = np.arange(24.0).reshape(2, 3, 4)
    assert unbroadcast(dx, dx) is dx
    np.testing.assert_array_equal(unbroadcast(dx, np.zeros((3, 1))), dx.sum((0, 2))[:, None])
    assert unbroadcast(dx, 2.0) == dx.sum()
    np.testing.assert_array_equal(sum_to(dx, (1, 1, 4)), dx.sum((0, 1), keepdims=True))


@pytest.mark.parametrize("op", ["add", "sub", "mul", "div", "floor_divide", "remainder", "fmod",
                                "pow", "maximum", "minimum", "fmax", "fmin", "atan2", "logaddexp",
                                "eq", "lt", "isclose", "logical_and", "bitwise_or"])
def test_shapes_that_do_not_broadcast(op):
    kind = "int64" if op == "bitwise_or" else "float32"
    with pytest.raises(ValueError, match=rf"{op}: shapes \(2, 3\) and \(4,\) do not broadcast"):
        getattr(mt, op)(np.ones((2, 3), kind), np.ones(4, kind))


def test_other_ops_whose_shapes_do_not_broadcast():
    x, mask = np.ones((2, 3)), np.ones(4, bool)
    for op, call in [("where", lambda: mt.where(mask, x, 0)),
                     ("masked_fill", lambda: mt.masked_fill(x, mask, 0)),
                     ("clamp", lambda: mt.clamp(x, np.ones(4))),
                     ("lerp", lambda: mt.lerp(x, np.ones(4), 0.5)),
                     ("normal", lambda: mt.normal(x, np.ones(4)))]:
        with pytest.raises(ValueError, match=f"{op}: shapes .* do not broadcast"):
            call()


def test_exact_number():
    for value in (300, -300, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="masked_fill: .* does not fit into uint8"):
            exact_number("masked_fill", value, np.dtype("uint8"))
    assert exact_number("op", -1, np.dtype("uint8")) == 255
    assert exact_number("op", 2.7, np.dtype("int64")) == 2
    assert exact_number("op", 3, np.dtype("bool")) is True
