"""Crops, borders and mirror images against torchvision."""
import numpy as np
import pytest
import torchvision.transforms.functional as TF
from pictures import picture, same, same_gradient, same_pil, tensors

import minitorch_cnn as mt
from minitorch_cnn.transforms import functional as F

KINDS = ["L", "RGB", "RGBA", "F", "P"]
DTYPES = [np.float32, np.float64, np.uint8]


def check(name, *args, dtypes=DTYPES, kinds=KINDS, **options):
    """A function of both libraries on PIL images of several modes, and on tensors."""
    ours, theirs = getattr(F, name), getattr(TF, name)
    for kind in kinds:
        img = picture(kind)
        kept = np.array(img)
        y, ty = ours(img, *args, **options), theirs(img, *args, **options)
        for a, b in zip(y, ty) if isinstance(y, tuple) else [(y, ty)]:
            same_pil(a, b)
        np.testing.assert_array_equal(np.array(img), kept)
    for dtype in dtypes:
        for shape in ((3, 13, 17), (2, 1, 13, 17), (13, 17)):
            x, tx = tensors(shape, dtype)
            y, ty = ours(x, *args, **options), theirs(tx, *args, **options)
            for a, b in zip(y, ty) if isinstance(y, tuple) else [(y, ty)]:
                same(a, b)
            np.testing.assert_array_equal(x.data, tx.numpy())


def test_flips():
    check("hflip")
    check("vflip")


@pytest.mark.parametrize("box", [(2, 3, 5, 6), (0, 0, 13, 17), (-2, -3, 9, 8), (10, 12, 6, 9),
                                 (-5, -5, 30, 30), (0, 16, 1, 1)])
def test_crop(box):
    check("crop", *box)


@pytest.mark.parametrize("size", [5, [4], (6, 8), (7, 8), (20, 6), (5, 21), 30, (13, 17)])
def test_center_crop(size):
    check("center_crop", size)


@pytest.mark.parametrize("padding", [2, [3], (1, 2), [1, 2, 3, 4], 0])
@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_pad(padding, mode):
    kinds = KINDS if mode == "constant" else ["L", "RGB", "F", "P"]
    dtypes = DTYPES if mode != "reflect" else DTYPES[:2]
    ours = [(3, 13, 17), (2, 1, 13, 17)]
    for kind in kinds:
        img = picture(kind)
        same_pil(F.pad(img, padding, 7, mode), TF.pad(img, padding, 7, mode))
    for dtype in dtypes:
        for shape in ours:
            x, tx = tensors(shape, dtype)
            same(F.pad(x, padding, 1, mode), TF.pad(tx, padding, 1, mode))


@pytest.mark.parametrize("padding", [[-1, 2, 3, -4], [-2, -1, -3, -2]])
@pytest.mark.parametrize("mode", ["constant", "edge", "symmetric"])
def test_negative_padding_crops(padding, mode):
    x, tx = tensors()
    same(F.pad(x, padding, 0.5, mode), TF.pad(tx, padding, 0.5, mode))
    img = picture("RGB")
    same_pil(F.pad(img, padding, 5, mode), TF.pad(img, padding, 5, mode))


def test_a_constant_border_may_be_all_there_is():
    x, tx = tensors((1, 3, 2))
    same(F.pad(x, [-2, 0, 3, 0], 0.5), TF.pad(tx, [-2, 0, 3, 0], 0.5))


def test_pad_with_a_color():
    img = picture("RGB")
    same_pil(F.pad(img, 2, (10, 20, 30)), TF.pad(img, 2, (10, 20, 30)))
    x, _ = tensors()
    y = F.pad(x, 2, (0.1, 0.2, 0.3))
    for c, number in enumerate((0.1, 0.2, 0.3)):
        np.testing.assert_array_equal(y.data[c], F.pad(x[c], 2, number).data)


def test_a_mirror_may_be_wider_than_the_image():
    x = np.arange(3.0).reshape(1, 1, 3)
    np.testing.assert_array_equal(F.pad(x, (4, 0, 0, 0), padding_mode="reflect").data[0, 0],
                                  [0, 1, 2, 1, 0, 1, 2])


@pytest.mark.parametrize("size", [4, (5, 6), [3], (13, 17)])
def test_five_and_ten_crops(size):
    check("five_crop", size, kinds=["L", "RGB"], dtypes=[np.float32])
    check("ten_crop", size, kinds=["L"], dtypes=[np.float32])
    check("ten_crop", size, True, kinds=["RGB"], dtypes=[np.float32])


@pytest.mark.parametrize("name, args", [
    ("hflip", ()), ("vflip", ()), ("crop", (-1, 2, 5, 9)), ("center_crop", (5,)),
    ("center_crop", (12,)), ("pad", (2, 0.5)), ("pad", ((1, 2), 0, "edge")),
    ("pad", ((1, 2), 0, "reflect")), ("pad", (3, 0, "symmetric"))])
def test_gradients(name, args):
    same_gradient(lambda x: getattr(F, name)(x, *args), lambda x: getattr(TF, name)(x, *args))


def test_arrays_become_tensors():
    array = np.random.default_rng(0).random((1, 4, 4))
    for y in (F.hflip(array), F.crop(array, 0, 0, 2, 2), F.pad(array, 1), F.center_crop(array, 2)):
        assert isinstance(y, mt.Tensor)


X = np.zeros((3, 6, 6), np.float32)


@pytest.mark.parametrize("call, error, message", [
    (lambda: F.hflip([1, 2]), TypeError,
     "hflip: img must be a PIL image, a Tensor or an array, got"),
    (lambda: F.vflip(None), TypeError, "vflip: img must be"),
    (lambda: F.pad(X, "a"), TypeError,
     "pad: padding must be an int or a sequence of 1, 2 or 4 ints"),
    (lambda: F.pad(X, 1.5), TypeError, "pad: padding must be an int"),
    (lambda: F.pad(X, (1, 2, 3)), ValueError, "pad: padding must be an int, or 1, 2 .* got 3"),
    (lambda: F.pad(X, 1, "red"), TypeError, "pad: fill must be a number or a sequence"),
    (lambda: F.pad(X, 1, (1, 2)), ValueError, "pad: fill has 2 numbers, the image 3 channels"),
    (lambda: F.pad(picture("RGB"), 1, (1, 2)), ValueError, "pad: fill has 2 numbers, the image 3"),
    (lambda: F.pad(X, 1, 0, "wrap"), ValueError,
     "padding_mode must be one of constant, edge, .*'wr"),
    (lambda: F.pad(X, -3), ValueError, "leaves nothing of an image of height 6 and width 6"),
    (lambda: F.pad(X, (-7, 0, 9, 0), 0, "edge"), ValueError, "leaves nothing of an image"),
    (lambda: F.crop(X, 0, 0, 0, 2), ValueError, "crop: height and width must be at least 1, got 0"),
    (lambda: F.center_crop(X, "a"), TypeError, "center_crop: size must be an int or a sequence"),
    (lambda: F.center_crop(X, (1, 2, 3)), ValueError, "center_crop: size must be an int"),
    (lambda: F.center_crop(X, 0), ValueError, "center_crop: size must be at least 1, got 0"),
    (lambda: F.five_crop(X, 7), ValueError, r"five_crop: size \(7, 7\) is larger than the image"),
    (lambda: F.ten_crop(X, 7), ValueError, r"size \(7, 7\) is larger than the image, \(6, 6\)"),
])
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
