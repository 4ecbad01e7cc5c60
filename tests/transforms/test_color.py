"""Colors against torchvision: functions, ColorJitter and the conversions to grey."""
import numpy as np
import pytest
import torchvision.transforms as TT
import torchvision.transforms.functional as TF
from pictures import picture, same, same_gradient, same_pil, tensors

import minitorch_cnn as mt
from minitorch_cnn import transforms as T
from minitorch_cnn.transforms import functional as F

ADJUST = {
    "adjust_brightness": [0, 0.5, 1, 1.7], "adjust_contrast": [0, 0.4, 1, 2.3],
    "adjust_saturation": [0, 0.3, 1, 2], "adjust_hue": [-0.5, -0.2, 0, 0.13, 0.5],
    "adjust_gamma": [0, 0.5, 1, 2.2],
}
CASES = [(name, factor) for name, factors in ADJUST.items() for factor in factors]


@pytest.mark.parametrize("name, factor", CASES)
def test_adjust(name, factor):
    ours, theirs = getattr(F, name), getattr(TF, name)
    for kind in ("L", "RGB"):
        img = picture(kind)
        same_pil(ours(img, factor), theirs(img, factor))
        same_pil(img, picture(kind))
    for dtype in (np.float32, np.float64, np.uint8):
        for shape in ((3, 13, 17), (1, 13, 17), (2, 3, 13, 17)):
            x, tx = tensors(shape, dtype)
            # integers are cut: a value next to a whole number may fall to either side
            same(ours(x, factor), theirs(tx, factor), 1 if dtype == np.uint8 else 2e-5)
            np.testing.assert_array_equal(x.data, tx.numpy())


@pytest.mark.parametrize("name, factor", [
    ("adjust_brightness", 1.4), ("adjust_contrast", 1.6), ("adjust_saturation", 0.4),
    ("adjust_hue", 0.2), ("adjust_gamma", 1.8)])
def test_gradients(name, factor):
    close = 2e-4 if name == "adjust_hue" else 1e-9  # torchvision's HSV is float32
    same_gradient(lambda x: getattr(F, name)(x, factor), lambda x: getattr(TF, name)(x, factor),
                  atol=close)
    same_gradient(lambda x: F.solarize(F.rgb_to_grayscale(x, 3), 0.4),
                  lambda x: TF.solarize(TF.rgb_to_grayscale(x, 3), 0.4))


def test_hue_of_a_single_color():
    """Red turned by a third is green, by two thirds blue; grey has no hue, black no saturation."""
    red = np.float32([1, 0, 0]).reshape(3, 1, 1)
    for turn, color in ((1 / 3, [0, 1, 0]), (-1 / 3, [0, 0, 1]), (0.5, [0, 1, 1]), (0, [1, 0, 0])):
        np.testing.assert_allclose(F.adjust_hue(red, turn).data.ravel(), color, atol=1e-6)
    for grey in (0.0, 0.3, 1.0):
        np.testing.assert_array_equal(F.adjust_hue(np.full((3, 2, 2), grey), 0.3).data, grey)


def test_more_contrast_moves_away_from_the_mean():
    x = np.float64([[[0.2, 0.4], [0.5, 0.5]]])
    np.testing.assert_allclose(F.adjust_contrast(x, 2).data, [[[0, 0.4], [0.6, 0.6]]], atol=1e-12)


@pytest.mark.parametrize("channels", [1, 3])
def test_grey(channels):
    for kind in ("L", "RGB", "RGBA", "P"):
        img = picture(kind)
        same_pil(F.to_grayscale(img, channels), TF.to_grayscale(img, channels))
        same_pil(F.rgb_to_grayscale(img, channels), TF.rgb_to_grayscale(img, channels))
        same_pil(T.Grayscale(channels)(img), TT.Grayscale(channels)(img))
    for dtype in (np.float32, np.uint8):
        x, tx = tensors((2, 3, 5, 4), dtype)
        y, ty = F.rgb_to_grayscale(x, channels), TF.rgb_to_grayscale(tx, channels)
        same(y, ty, 1 if dtype == np.uint8 else 2e-6)


def test_invert_and_solarize():
    for kind in ("L", "RGB"):
        img = picture(kind)
        same_pil(F.invert(img), TF.invert(img))
        same_pil(F.solarize(img, 100), TF.solarize(img, 100))
    for dtype, threshold in ((np.float32, 0.4), (np.uint8, 100)):
        x, tx = tensors(dtype=dtype)
        same(F.invert(x), TF.invert(tx))
        same(F.solarize(x, threshold), TF.solarize(tx, threshold))


# ColorJitter --------------------------------------------------------------------------------------

@pytest.mark.parametrize("options", [
    dict(), dict(brightness=0.4), dict(contrast=(0.4, 1.6)), dict(saturation=2, hue=0.1),
    dict(brightness=[0.4, 1.6], contrast=[0.4, 1.6]), dict(hue=(-0.2, 0.3)),
    dict(brightness=(1, 1)), dict(brightness=1.5)])
def test_ranges_are_torchvisions(options):
    ours, theirs = T.ColorJitter(**options), TT.ColorJitter(**options)
    for name in ("brightness", "contrast", "saturation", "hue"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert repr(ours) == repr(theirs)


def test_factors_are_drawn_evenly_and_orders_too():
    draws = [T.ColorJitter.get_params((0.5, 2), None, (0, 1), (-0.5, 0.5)) for _ in range(600)]
    orders = np.array([draw[0] for draw in draws])
    assert (np.sort(orders, 1) == np.arange(4)).all()
    assert (abs(np.stack([(orders == i).mean(0) for i in range(4)]) - 0.25) < 0.08).all()
    assert all(draw[2] is None for draw in draws)
    for i, (least, most) in ((1, (0.5, 2)), (3, (0, 1)), (4, (-0.5, 0.5))):
        factors = np.sort([draw[i] for draw in draws])
        assert least <= factors[0] and factors[-1] <= most and isinstance(draws[0][i], float)
        even = np.linspace(least, most, len(factors))
        assert abs(factors - even).max() < 0.08 * (most - least)


def test_jitter_applies_the_functions_in_the_drawn_order():
    t = T.ColorJitter(0.4, 0.5, 0.6, 0.2)
    for seed in range(4):
        mt.manual_seed(seed)
        ours = t(picture())
        mt.manual_seed(seed)
        order, *factors = t.get_params(t.brightness, t.contrast, t.saturation, t.hue)
        expected = picture()
        names = ("adjust_brightness", "adjust_contrast", "adjust_saturation", "adjust_hue")
        for i in order:
            expected = getattr(TF, names[i])(expected, factors[i])
        same_pil(ours, expected)


@pytest.mark.parametrize("options", [
    dict(brightness=0.6), dict(contrast=0.7), dict(brightness=[0.4, 1.6], contrast=[0.4, 1.6]),
    dict(brightness=0.3, contrast=0.3, saturation=0.3, hue=0.3)])
def test_many_images_are_jittered_one_by_one(options):
    t = T.ColorJitter(**options)
    x, _ = tensors((1, 3, 6, 5))
    for seed in range(6):
        mt.manual_seed(seed)
        one = t(x)
        mt.manual_seed(seed)
        many = t.batched(x)
        np.testing.assert_allclose(many.data, one.data, atol=2e-6)
    copies = t.batched(np.repeat(x.data, 20, 0))
    assert len(np.unique(copies.data[:, 0, 0, 0])) > 10  # each by factors of its own


def test_random_grey_invert_and_solarize():
    x, _ = tensors((2, 3, 5, 4))
    for t, changed in ((T.RandomGrayscale(1), F.rgb_to_grayscale(x, 3)),
                       (T.RandomInvert(1), F.invert(x)), (T.RandomSolarize(0.5, 1),
                                                          F.solarize(x, 0.5))):
        np.testing.assert_array_equal(t(x).data, changed.data)
        np.testing.assert_array_equal(t.batched(x).data, changed.data)
        t.p = 0
        assert t(x) is x
        np.testing.assert_array_equal(t.batched(x).data, x.data)
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    solarized = T.RandomSolarize(100, 1).batched(levels).data * 255
    np.testing.assert_allclose(solarized.ravel(), np.where(levels >= 100, 255 - levels, levels)
                               .ravel(), atol=1e-4)
    assert repr(T.RandomGrayscale(0.2)) == repr(TT.RandomGrayscale(0.2))
    assert repr(T.RandomSolarize(9, 0.2)) == repr(TT.RandomSolarize(9, 0.2))
    assert T.RandomGrayscale().p == TT.RandomGrayscale().p == 0.1


X = np.zeros((3, 6, 6), np.float32)


@pytest.mark.parametrize("call, error, message", [
    (lambda: F.adjust_brightness(X, -1), ValueError,
     "adjust_brightness: the factor must be 0 or mor"),
    (lambda: F.adjust_brightness(X, "1"), TypeError,
     "adjust_brightness: the factor must be a number"),
    (lambda: F.adjust_contrast(X, -1), ValueError, "adjust_contrast: the factor must be 0 or more"),
    (lambda: F.adjust_saturation(X, -1), ValueError,
     "adjust_saturation: the factor must be 0 or mor"),
    (lambda: F.adjust_hue(X, 0.6), ValueError,
     "adjust_hue: the factor must be from -0.5 to 0.5, got"),
    (lambda: F.adjust_hue(picture(), -0.6), ValueError, "adjust_hue: the factor must be from -0.5"),
    (lambda: F.adjust_gamma(X, -1), ValueError, "adjust_gamma: the factor must be 0 or more"),
    (lambda: F.adjust_gamma(picture(), -1), ValueError,
     "adjust_gamma: the factor must be 0 or more"),
    (lambda: F.invert(X[:2]), TypeError,
     r"invert: needs an image \(..., C, H, W\) with C = 1 or 3 ch"),
    (lambda: F.solarize(X[0], 1), TypeError, r"solarize: an image has shape \(..., C, H, W\), got"),
    (lambda: F.rgb_to_grayscale(X, 2), ValueError, "num_output_channels must be 1 or 3, got 2"),
    (lambda: F.to_grayscale(X), TypeError,
     "img must be a PIL image, got ndarray; use rgb_to_graysca"),
    (lambda: T.Grayscale(2), ValueError, "Grayscale: num_output_channels must be 1 or 3"),
    (lambda: T.RandomGrayscale(1.5), ValueError,
     "RandomGrayscale: p is a probability, from 0 to 1"),
    (lambda: T.ColorJitter(-1), ValueError, "brightness as a single number must not be negative"),
    (lambda: T.ColorJitter(contrast="a"), TypeError,
     "contrast must be a number or \\(least, most\\)"),
    (lambda: T.ColorJitter(hue=0.6), ValueError,
     r"hue must be \(least, most\) within \(-0.5, 0.5\)"),
    (lambda: T.ColorJitter(saturation=(2, 1)), ValueError,
     "saturation must be \\(least, most\\) wit"),
])
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
