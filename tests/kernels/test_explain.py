"""Which kernel a layer took, and why."""
import pytest

import minitorch_cnn as mt
from minitorch_cnn import kernels, nn


def rows(model, *inputs):
    return {(c.layer, c.kernel): c for c in kernels.explain(model, *inputs)}


def test_layers_are_named_and_modes_kept():
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Sequential(nn.ReLU()))
    before = model[1].running_mean.data.copy()
    found = rows(model, mt.randn(2, 1, 8, 8))
    assert found["0", "conv2d_forward"].language == "cpu"
    assert "tiles of" in found["0", "conv2d_forward"].why
    assert ("2.0", "relu_forward") in found
    assert model.training and model[1].training
    assert (model[1].running_mean.data == before).all()
    assert not model[0]._forward_hooks


def test_special_cases_are_told_apart():
    model = nn.Sequential(nn.Conv2d(32, 32, 3, groups=32), nn.Conv2d(32, 2, 3))
    found = rows(model, mt.randn(1, 32, 9, 9))
    assert "depthwise" in found["0", "conv2d_forward"].why
    assert "2 output channels" in found["1", "conv2d_forward"].why


def test_no_silent_fall_to_the_reference():
    model = nn.Conv2d(2, 2, 3).double()
    (choice,) = kernels.explain(model, mt.randn(1, 2, 5, 5).double())
    assert choice.language == "reference" and "float64" in choice.why
    with kernels.use("reference"):
        (choice,) = kernels.explain(nn.Conv2d(2, 2, 3), mt.randn(1, 2, 5, 5))
    assert "asked for" in choice.why
    (choice,) = kernels.explain(lambda x: mt.unfold(x, 3), mt.randn(1, 2, 5, 5))
    assert choice.layer == "" and choice.why == "not written in cpu"


def test_everything_is_put_back_after_an_error():
    model = nn.Sequential(nn.Linear(3, 2))
    with pytest.raises(ValueError, match="linear"):
        kernels.explain(model, mt.randn(2, 5))
    assert model.training and not model[0]._forward_hooks
    assert not kernels.listeners


def test_as_a_table():
    text = str(kernels.explain(nn.Sequential(nn.Linear(3, 2)), mt.randn(2, 3)))
    assert text.splitlines()[0].split() == ["layer", "kernel", "language", "why"]
    assert "linear_forward" in text
