"""Blurring and sharpening against torchvision."""
import numpy as np
import pytest
import torchvision.transforms as TT
import torchvision.transforms.functional as TF
from pictures import picture, same, same_gradient, same_pil, tensors

import minitorch_cnn as mt
from minitorch_cnn import transforms as T
from minitorch_cnn.transforms import functional as F


@pytest.mark.parametrize("kernel, sigma", [
    (3, None), ([5, 3], None), (5, 0.7), ([3, 7], [2.0, 0.5]), ([9, 9], [0.1])])
def test_gaussian_blur(kernel, sigma):
    for kind in ("L", "RGB"):
        same_pil(F.gaussian_blur(picture(kind), kernel, sigma),
                 TF.gaussian_blur(picture(kind), kernel, sigma), levels=1)  # halves may round up
    for dtype in (np.float32, np.float64, np.uint8):
        for shape in ((3, 13, 17), (2, 1, 13, 17)):
            x, tx = tensors(shape, dtype)
            same(F.gaussian_blur(x, kernel, sigma), TF.gaussian_blur(tx, kernel, sigma),
                 1 if dtype == np.uint8 else 2e-6)
            np.testing.assert_array_equal(x.data, tx.numpy())
    kernel = [kernel] * 2 if isinstance(kernel, int) else kernel
    same_gradient(lambda x: F.gaussian_blur(x, kernel, sigma),
                  lambda x: TF.gaussian_blur(x, kernel, sigma))


def test_a_kernel_wider_than_the_image_mirrors_it_again():
    x = np.ones((1, 3, 2), np.float32)
    np.testing.assert_allclose(F.gaussian_blur(x, 15, 4.0).data, x, rtol=1e-6)


@pytest.mark.parametrize("factor", [0, 0.5, 1, 2.5])
def test_sharpness(factor):
    for kind in ("L", "RGB"):
        img = picture(kind)
        same_pil(F.adjust_sharpness(img, factor), TF.adjust_sharpness(img, factor))
    for dtype in (np.float32, np.float64, np.uint8):
        for shape in ((3, 13, 17), (2, 1, 13, 17), (3, 2, 5)):
            x, tx = tensors(shape, dtype)
            same(F.adjust_sharpness(x, factor), TF.adjust_sharpness(tx, factor),
                 1 if dtype == np.uint8 else 2e-6)
    same_gradient(lambda x: F.adjust_sharpness(x, factor),
                  lambda x: TF.adjust_sharpness(x, factor))


def test_gaussian_blur_transform():
    t = T.GaussianBlur((5, 3), (0.5, 1.5))
    widths = [t.get_params(0.5, 1.5) for _ in range(300)]
    assert 0.5 <= min(widths) < 0.55 and 1.45 < max(widths) <= 1.5
    x, _ = tensors((1, 3, 9, 8))
    for seed in range(3):
        mt.manual_seed(seed)
        one = t(x)
        mt.manual_seed(seed)
        np.testing.assert_allclose(t.batched(x).data, one.data, atol=1e-6)
    y = t.batched(np.repeat(x.data, 5, 0)).data
    assert y.dtype == np.float32 and len(np.unique(y[:, 0, 0, 0])) == 5
    assert t(picture()).size == (17, 13)
    assert repr(t) == repr(TT.GaussianBlur((5, 3), (0.5, 1.5)))
    assert T.GaussianBlur(3, 2).sigma == (2, 2)


def test_random_sharpness():
    x, _ = tensors((2, 3, 6, 6))
    t = T.RandomAdjustSharpness(2, 1)
    np.testing.assert_array_equal(t(x).data, F.adjust_sharpness(x, 2).data)
    np.testing.assert_array_equal(t.batched(x).data, F.adjust_sharpness(x, 2).data)
    assert repr(t) == repr(TT.RandomAdjustSharpness(2, 1))


X = np.zeros((3, 6, 6), np.float32)


@pytest.mark.parametrize("call, error, message", [
    (lambda: F.gaussian_blur(X, 4), ValueError, "gaussian_blur: kernel_size must be odd, got 4"),
    (lambda: F.gaussian_blur(X, "a"), TypeError,
     "size must be an int or a sequence of 1 or 2 ints"),
    (lambda: F.gaussian_blur(X, 3, "a"), TypeError, "sigma must be a sequence of 1 or 2 numbers"),
    (lambda: F.gaussian_blur(X, 3, 0), ValueError, "gaussian_blur: sigma must be above 0, got"),
    (lambda: F.adjust_sharpness(X, -1), ValueError, "the factor must be 0 or more, got -1"),
    (lambda: T.GaussianBlur(2), ValueError, "GaussianBlur: kernel_size must be odd, got 2"),
    (lambda: T.GaussianBlur(3, 0), ValueError, "GaussianBlur: sigma must be above 0"),
    (lambda: T.GaussianBlur(3, (2, 1)), ValueError, r"GaussianBlur: sigma must be \(least, most\)"),
    (lambda: T.RandomAdjustSharpness(-1), ValueError,
     "RandomAdjustSharpness: the factor must be 0"),
])
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
