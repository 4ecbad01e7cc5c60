import numpy as np
import pytest

from minitorch_cnn.attacks import Quantity, fgsm, normalized, px, unit
from minitorch_cnn.attacks.units import as_quantity


def test_values_are_shares_of_the_pixel_range():
    assert px(8).value == 8 / 255
    assert unit(0.03).value == 0.03
    assert normalized(0.2, std=0.3081).value == 0.2 * 0.3081
    assert px(np.int64(51)) == unit(np.float64(0.2))
    assert unit(0.5).grey_levels == 127.5


def test_both_units_are_shown():
    assert repr(px(8)) == "px(8) [0.03137 of the pixel range, 8/255]"
    assert repr(unit(0.03)) == "unit(0.03) [0.03 of the pixel range, 7.65/255]"
    assert repr(normalized(0.2, std=0.3081)) == \
        "normalized(0.2, std=0.3081) [0.06162 of the pixel range, 15.71/255]"


def test_what_stands_for_a_quantity():
    assert as_quantity("a", "eps", 0.1) == unit(0.1)
    assert as_quantity("a", "eps", 0) == unit(0) and as_quantity("a", "eps", 1) == unit(1)
    assert as_quantity("a", "eps", np.float32(0.5)).value == 0.5
    eps = px(3)
    assert as_quantity("a", "eps", eps) is eps


@pytest.mark.parametrize("make, value", [(px, -1), (unit, -0.1), (unit, np.nan), (px, np.inf)])
def test_refused_numbers(make, value):
    with pytest.raises(ValueError, match=r"a distance must be finite and at least 0"):
        make(value)


def test_refused_kinds():
    for value in ("8", None, True, [0.1, 0.2]):
        with pytest.raises(TypeError, match="needs a number, got"):
            px(value)


def test_normalized_refuses_bad_std():
    with pytest.raises(ValueError, match="std must be above 0"):
        normalized(0.2, std=0)
    with pytest.raises(ValueError, match="at least 0"):
        normalized(-0.2, std=0.3)
    with pytest.raises(TypeError, match="one distance holds for all pixels and channels"):
        normalized(0.2, std=[0.2, 0.3, 0.4])


def test_eps_of_an_attack(two_pixels):
    image = np.full((1, 1, 1, 2), 0.5)
    with pytest.raises(ValueError, match=r"fgsm: eps=8 has no unit; write px\(8\)"):
        fgsm(two_pixels, image, 0, 8)
    with pytest.raises(ValueError, match="fgsm: eps must be finite and at least 0, got -0.1"):
        fgsm(two_pixels, image, 0, -0.1)
    with pytest.raises(ValueError, match="fgsm: eps must be finite and at least 0, got -8"):
        fgsm(two_pixels, image, 0, -8)
    with pytest.raises(ValueError, match="more than the whole pixel range"):
        fgsm(two_pixels, image, 0, 8.0)
    with pytest.raises(TypeError, match=r"eps must be px\(8\).* got str"):
        fgsm(two_pixels, image, 0, "8")


def test_frozen():
    with pytest.raises(AttributeError):
        px(8).value = 0.5
    assert isinstance(px(8), Quantity)
